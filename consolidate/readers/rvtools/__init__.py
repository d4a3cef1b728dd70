"""
RVTools exports: a workbook, or a folder of CSV files.

The tabs vInfo and vHost are needed; vCPU, vMemory, vDisk, vNetwork, vUSB, vCD, vFloppy, vSnapshot, vCluster, vNIC,
vDatastore, the switches' tabs and vMetaData add to them when they are there.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from consolidate.readers import delimited, files, join, noticed, workbook
from consolidate.readers.reading import Options, Reading
from consolidate.readers.rvtools import hosts, identity, reach, rule_names, vms
from consolidate.readers.rvtools.fields import FIELDS
from consolidate.readers.rvtools.tab import Tab, tab_of
from consolidate.readers.sheet import Sheet, text
from models.errors import Finding
from models.inventory import Hosts, Inventory, Vms

_TAB = re.compile(r"(?:.*?tab|.*[^a-z])?((?:dv|v)[a-z]+)", re.IGNORECASE)


def tab_name(stem: str) -> str:
    """
    Return the RVTools tab that a file or sheet holds, in lower case; empty if it holds none that is used.

    >>> tab_name("RVTools_tabvInfo"), tab_name("2024-05-01 vHost"), tab_name("dvPort"), tab_name("notes")
    ('vinfo', 'vhost', 'dvport', '')
    """
    found = _TAB.fullmatch(stem.strip())
    name = found[1].casefold() if found else ""
    return name if name in FIELDS else ""


def read(path: Path, options: Options) -> Reading:
    """
    Read an RVTools export.

    Raises
    ------
    InputError
        With every error found; also if too few VMs are on a host that is known, unless the reading is lenient.
    """
    findings: list[Finding] = []
    hashes: dict[str, str] = {}
    tabs = _tabs(path, options, findings, hashes)
    _require(tabs, path, findings)
    noticed.stop_on_errors(findings)
    vinfo = identity.distinct(tabs["vinfo"])
    tabs = {name: identity.joined(vinfo, tab) for name, tab in tabs.items()} | {"vinfo": vinfo}
    file = vinfo.sheet.file
    named, known = vms.named_hosts(tabs), tabs["vhost"].texts("host")
    given = join.host_map(options.host_map, known, options, findings)
    found = join.joined(named, known, given, file, findings)
    guests = vms.table(tabs, findings)
    guests["host"], unmatched = join.settled(named, found, vms.running(guests), options, file, findings)
    table = hosts.table(tabs, guests, findings, lenient=options.lenient)
    noticed.stop_on_errors(findings)
    reach.add(tabs, table, guests, found, findings)
    vms.follow_hosts(guests, table)
    entries = rule_names.entries(vinfo, guests["vm"], findings)
    inventory = Inventory(Hosts.of(**table), Vms.of(**guests), entries, _taken(tabs), files.title(path))
    return Reading(inventory, noticed.capped(findings), hashes=hashes, unmatched=unmatched)


def _tabs(path: Path, options: Options, findings: list[Finding], hashes: dict[str, str]) -> dict[str, Tab]:
    if path.is_dir():
        sheets = _folder(path, options, findings, hashes)
    else:
        sheets = workbook.read(path, tab_name, findings, hashes)
    tabs: dict[str, Tab] = {}
    for name, sheet in sheets.items():
        tab = tab_name(name)
        if tab in tabs:
            message = f"Tab {tab} is there twice; give one export at a time."
            findings.append(Finding("error", "duplicate-tab", message, sheet.file))
        elif tab:
            tabs[tab] = tab_of(tab, sheet, options.decimal, findings)
    return tabs


def _folder(path: Path, options: Options, findings: list[Finding], hashes: dict[str, str]) -> dict[str, Sheet]:
    files = sorted(file for file in path.iterdir() if file.suffix.casefold() == ".csv" and tab_name(file.stem))
    sheets = {file.stem: delimited.read(file, options, findings, hashes) for file in files}
    return {name: sheet for name, sheet in sheets.items() if sheet is not None}


def _require(tabs: Mapping[str, Tab], path: Path, findings: list[Finding]) -> None:
    for name, shown in (("vinfo", "vInfo"), ("vhost", "vHost")):
        if name not in tabs and not any(finding.severity == "error" for finding in findings):
            findings.append(Finding("error", "missing-tab", f"Tab {shown} is missing.", path.name))
        elif name in tabs:
            wanted = ("vm", "cpus", "memory", "power", "host") if name == "vinfo" else ("host",)
            _require_columns(tabs[name], wanted, findings)


def _require_columns(tab: Tab, wanted: tuple[str, ...], findings: list[Finding]) -> None:
    for field in wanted:
        if not tab.has(field):
            message = f"Column is missing. Columns found: {', '.join(tab.sheet.header)[:300]}."
            spelling = _SPELLING.get(field, field)
            findings.append(Finding("error", "missing-column", message, tab.sheet.file, 1, spelling))
    if not len(tab):
        findings.append(Finding("error", "empty-file", "Holds no rows.", tab.sheet.file))


_SPELLING = {"vm": "VM", "cpus": "CPUs", "memory": "Memory", "power": "Powerstate", "host": "Host"}


def _taken(tabs: Mapping[str, Tab]) -> str:
    """Return when the export was made, in ISO 8601 where it can be told."""
    written = next(iter(tabs["vmetadata"].cells("taken")), "") if "vmetadata" in tabs else ""
    plain = text(written)
    found = re.match(r"(\d{4})[/.-](\d\d?)[/.-](\d\d?)[ T]?(\d\d?:\d\d(?::\d\d)?)?", plain)
    if not found:
        return plain
    day = f"{int(found[1]):04}-{int(found[2]):02}-{int(found[3]):02}"
    return f"{day}T{found[4].zfill(5 if found[4].count(':') == 1 else 8)}" if found[4] else day
