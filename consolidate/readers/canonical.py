"""The product's own format: a folder with ``hosts.csv`` and ``vms.csv``, and optional files beside them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from consolidate.readers import beside, delimited, documents, files, noticed, tables
from consolidate.readers.reading import Options, Reading
from consolidate.readers.sheet import Sheet
from consolidate.readers.sheet import text as sheet_text
from consolidate.results import unguarded
from models.errors import Finding
from models.inventory import Column, Hosts, Inventory, Vms

HOSTS, VMS, ABOUT = "hosts.csv", "vms.csv", "about.yaml"
_KNOWN = (HOSTS, VMS, ABOUT, beside.RULES, beside.NETWORK, *beside.USAGE)
_SUFFIXES = (".csv", ".parquet", ".yaml", ".yml")


def read(folder: Path, options: Options) -> Reading:
    """
    Read a canonical folder.

    Raises
    ------
    InputError
        With every error of every file.
    """
    findings: list[Finding] = []
    hashes: dict[str, str] = {}
    _, hosts = _table(folder / HOSTS, Hosts.columns(), options, findings, hashes)
    findings += tables.doubts(HOSTS, hosts)
    sheet, vms = _table(folder / VMS, Vms.columns(), options, findings, hashes)
    unmatched = _detach_unknown(sheet, hosts, vms, options, findings) if sheet and "host" in hosts else Counter()
    taken = _taken(folder / ABOUT, findings, hashes)
    findings = _ignored(folder, options, findings)
    noticed.stop_on_errors(findings)
    inventory = Inventory(Hosts.of(**hosts), Vms.of(**vms), (), taken, files.title(folder))
    return beside.complete(Reading(inventory, tuple(findings), hashes=hashes, unmatched=unmatched), folder, options)


def _table(
    path: Path, columns: Mapping[str, Column], options: Options, findings: list[Finding], hashes: dict[str, str]
) -> tuple[Sheet | None, dict[str, list[Any]]]:
    sheet = delimited.read(path, options, findings, hashes)
    if sheet is None:
        return None, {}
    plain = tuple(tuple(map(unguarded, cells)) for cells in sheet.columns)
    sheet = replace(sheet, columns=plain)
    return sheet, tables.values(sheet, columns, _origins(sheet, columns, findings), options.decimal, findings)


def similar(folder: Path, name: str) -> str:
    """Return a hint at a file in the folder that may have been meant by a name, with a space before it, or nothing."""
    return noticed.suggestion(name, (file.name for file in _strangers(folder)))


def _strangers(folder: Path) -> list[Path]:
    """Return the files of our kinds that no inventory has; where case does not count, ours in other case is ours."""
    files_ = sorted(file for file in folder.iterdir() if file.suffix.casefold() in _SUFFIXES)
    ours = [folder / name for name in _KNOWN if (folder / name).exists()]
    return [file for file in files_ if file.name not in _KNOWN and not any(_same(file, own) for own in ours)]


def _same(one: Path, other: Path) -> bool:
    return one.name.casefold() == other.name.casefold() and one.samefile(other)


def _ignored(folder: Path, options: Options, findings: list[Finding]) -> list[Finding]:
    """Return the findings, a hint at each missing table, and a warning for each file not read, other YAML apart."""
    hinted = [
        replace(item, message=f"{item.message}{similar(folder, Path(item.file).name)}")
        if item.code == "missing-file"
        else item
        for item in findings
    ]
    given = {path.resolve() for path in (options.usage, options.host_map, options.column_map) if path is not None}
    for file in _strangers(folder):
        meant = noticed.suggestion(file.name, _KNOWN)
        if file.resolve() not in given and (meant or file.suffix.lower() not in (".yaml", ".yml")):
            message = f"Is no file of an inventory, and was not read with it.{meant}"
            hinted.append(Finding("warning", "ignored-file", message, file.name))
    return hinted


def _origins(sheet: Sheet, columns: Mapping[str, Column], findings: list[Finding]) -> dict[str, tables.Origin]:
    origins: dict[str, tables.Origin] = {}
    for position, name in enumerate(sheet.header):
        if name in origins:
            message = f"Column {name} is there twice."
            findings.append(Finding("error", "duplicate-column", message, sheet.file, 1, name))
        elif name in columns:
            origins[name] = tables.Origin(position)
        else:
            message = f"Column {name!r} is unknown and not used.{noticed.suggestion(name, columns)}"
            findings.append(Finding("warning", "unknown-column", message, sheet.file, 1, name))
    return origins


def _detach_unknown(
    sheet: Sheet,
    hosts: Mapping[str, list[Any]],
    vms: dict[str, list[Any]],
    options: Options,
    findings: list[Finding],
) -> Counter[str]:
    """Report VMs on hosts that the inventory does not have; a lenient reading takes them off."""
    known = {"", *hosts["host"]}
    unmatched: Counter[str] = Counter()
    for place, (row, host) in enumerate(zip(sheet.rows, vms.get("host", ()), strict=False)):
        if host not in known:
            unmatched[host] += 1
            vms["host"][place] = ""
            message = f"Is no host in {HOSTS}.{noticed.suggestion(host, known)}"
            severity = "warning" if options.lenient else "error"
            findings.append(Finding(severity, "unknown-host", message, sheet.file, row, "host", host))
    return unmatched


def _taken(path: Path, findings: list[Finding], hashes: dict[str, str]) -> str:
    """Return when the snapshot was taken, from ``about.yaml`` if there is one."""
    if not beside.present(path):
        return ""
    tree = documents.read(path, findings, hashes)
    if tree is None:
        return ""
    about = documents.mapping(tree, {"taken"}, path.name, findings)
    return sheet_text(about["taken"].value) if "taken" in about else ""
