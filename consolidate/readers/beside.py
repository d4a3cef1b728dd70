"""Files that may stand beside an inventory's tables: rules, readings and links."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from consolidate.readers import delimited, documents, noticed, rules, tables
from consolidate.readers.reading import Options, Reading
from models.arrays import frozen, names
from models.counting import counted
from models.errors import Finding
from models.inventory import Column, Inventory
from models.network import Network

RULES, NETWORK, USAGE = "rules.yaml", "network.csv", ("usage.parquet", "usage.csv")
_LINKS = {
    "lower": Column("Lower end: a host or a switch.", "text", required=True),
    "upper": Column("Upper end: the switch above it.", "text", required=True),
    "capacity_mbps": Column("Rate in each direction.", "number", "Mbit/s", required=True, low=1, high=1e8),
}


def complete(reading: Reading, folder: Path | None, options: Options) -> Reading:
    """
    Return the reading with rules, readings and links from the folder, if there is one.

    Raises
    ------
    InputError
        With every error of these files.
    """
    findings, hashes = list(reading.findings), dict(reading.hashes)
    there = {name: folder / name for name in (RULES, NETWORK, *USAGE) if folder and present(folder / name)}
    inventory = reading.inventory
    if RULES in there:
        inventory = with_rules(inventory, there[RULES], findings, hashes)
    path = options.usage or there.get(USAGE[0]) or there.get(USAGE[1])
    series = None
    if path is not None:
        from consolidate.readers import usage

        series = usage.read(path, inventory, options, findings, hashes)
    links = network(there[NETWORK], inventory, options, findings, hashes) if NETWORK in there else None
    noticed.stop_on_errors(findings)
    return replace(
        reading,
        inventory=inventory,
        findings=noticed.capped(findings),
        usage=series,
        network=links,
        hashes=hashes,
    )


def present(path: Path) -> bool:
    """Say whether a file is there, be it a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def with_rules(inventory: Inventory, path: Path, findings: list[Finding], hashes: dict[str, str]) -> Inventory:
    """Return the inventory with the rules of a file that stands beside it."""
    tree = documents.read(path, findings, hashes)
    if tree is None:
        return inventory
    rules.checked(tree, inventory, path.name, findings)
    return replace(inventory, rules=(*inventory.rules, *(documents.plain(tree, rules.NAMES) or ())))


def network(
    path: Path, inventory: Inventory, options: Options, findings: list[Finding], hashes: dict[str, str]
) -> Network | None:
    """Read ``network.csv``: links between hosts and switches, each end with one link up at most."""
    sheet = delimited.read(path, options, findings, hashes)
    if sheet is None:
        return None
    origins = {name: tables.Origin(sheet.header.index(name)) for name in _LINKS if name in sheet.header}
    found = tables.values(sheet, _LINKS, origins, options.decimal, findings)
    if len(found) < len(_LINKS):
        return None
    lower, upper = found["lower"], found["upper"]
    findings += _unconnected(path.name, lower, upper, inventory)
    return Network(names(lower), names(upper), frozen(np.asarray(found["capacity_mbps"], float), np.float64))


def _unconnected(file: str, lower: Iterable[str], upper: Iterable[str], inventory: Inventory) -> list[Finding]:
    above = dict(zip(lower, upper, strict=True))
    missing = [name for name in inventory.hosts.host if name not in above]
    found = []
    if missing:
        message = f"{counted(len(missing), 'host has', 'hosts have')} no link: {noticed.examples(missing)}."
        found.append(Finding("error", "no-link", message, file, 0, "lower", count=len(missing)))
    circles = [name for name in above if _circular(name, above)]
    if circles:
        message = f"Links lead in a circle at {noticed.examples(circles)}; a tree was expected."
        found.append(Finding("error", "circle", message, file, 0, "upper", count=len(circles)))
    return found


def _circular(name: str, above: dict[str, str]) -> bool:
    place: str | None = name
    for _ in range(len(above) + 1):
        place = above.get(place) if place is not None else None
        if place is None:
            return False
        if place == name:
            return True
    return False
