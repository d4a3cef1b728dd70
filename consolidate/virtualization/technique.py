"""How VMs are virtualized, from the settings: the catalog with its overlay, and the what-if."""

from pathlib import Path

from consolidate.readers import documents, noticed
from consolidate.readers.selectors import Selector
from consolidate.settings import Overhead
from models.changes import Change
from models.charging import Technique
from models.errors import Finding, InputError
from models.inventory import Inventory
from models.technology import Catalog, standard

NAMES = ("net_path", "disk_path", "microarchitecture", "workload", "technology")
"""Settings that name a row of the catalog."""


def technique(chosen: Overhead, inventory: Inventory, *, selecting: bool = False) -> Technique:
    """
    Return what the settings mean for an inventory.

    Parameters
    ----------
    chosen
        The settings.
    inventory
        Whose VMs are named.
    selecting
        Whether VMs may be named though nothing is to change for them.

    Raises
    ------
    InputError
        With every name that the catalog or the inventory does not know.
    """
    catalog = overlaid(chosen.catalog)
    problems = [each for name in NAMES for each in strange(catalog, name, getattr(chosen, name))]
    rows = _selected(chosen.vms, inventory, "overhead.vms", problems)
    profiles = _profiles(chosen.workloads, inventory, catalog, problems)
    changes = (chosen.technology, chosen.net_path, chosen.disk_path, chosen.page_size)
    if chosen.vms and not selecting and not any(changes):
        text = "VMs are named for a what-if, and none is told: give a technology, a path or a page size."
        problems.append(Finding("error", "setting", text, "settings", 0, "overhead.vms", chosen.vms[0]))
    noticed.stop_on_errors(problems)
    return Technique(
        catalog=catalog,
        change=Change(
            technology=catalog.technology(chosen.technology) if chosen.technology else "",
            net_path=chosen.net_path or "",
            disk_path=chosen.disk_path or "",
            page_size=chosen.page_size or "",
            microarchitecture=chosen.microarchitecture or "",
            vms=rows,
        ),
        workload=chosen.workload,
        profiles=profiles,
        readings=chosen.readings,
        scale_work=chosen.scale_work,
        direct_io_pins=chosen.direct_io_pins,
    )


def strange(catalog: Catalog, name: str, value: object) -> list[Finding]:
    """Return what is wrong with the value of a setting that names a row of the catalog: that there is none."""
    tables = {
        "net_path": catalog.net_paths,
        "disk_path": catalog.disk_paths,
        "microarchitecture": catalog.microarchitectures,
        "workload": catalog.workloads,
    }
    if not value or not isinstance(value, str):
        return []
    try:
        catalog.technology(value) if name == "technology" else tables[name].row(value)
    except InputError as problem:
        text = problem.findings[0].message
        return [Finding("error", "setting", text, "settings", 0, f"overhead.{name}", value)]
    return []


def _profiles(
    given: dict[str, str], inventory: Inventory, catalog: Catalog, problems: list[Finding]
) -> tuple[tuple[tuple[int, ...], str], ...]:
    """Return the rows and the profile of each selector."""
    found = []
    for text, key in given.items():
        problems += strange(catalog, "workload", key)
        found.append((_selected([text], inventory, "overhead.workloads", problems) or (), key))
    return tuple(found)


def _selected(selectors: list[str], inventory: Inventory, key: str, problems: list[Finding]) -> tuple[int, ...] | None:
    """Return the rows of the VMs that are named; None if none is."""
    if not selectors:
        return None
    selector, rows = Selector(inventory), set[int]()
    for text in selectors:
        try:
            rows |= {int(row) for row in selector.vms(text)}
        except ValueError as problem:
            problems.append(Finding("error", "setting", str(problem), "settings", 0, key, text))
    return tuple(sorted(rows))


def overlaid(file: str | None) -> Catalog:
    """
    Return the catalog with the rows of a file in place of its own.

    Raises
    ------
    InputError
        With every part, key and value of the file that is wrong, and its line.
    """
    if not file:
        return standard()
    path, findings = Path(file), list[Finding]()
    tree = documents.read(path, findings, {})
    noticed.stop_on_errors(findings)
    plain = documents.plain(tree) if tree is not None else {}
    if not isinstance(plain, dict):
        raise InputError([Finding("error", "overlay", "Expected a mapping of tables.", path.name)])
    try:
        return standard().overlaid({str(part): given for part, given in plain.items()})
    except InputError as problem:
        raise InputError([documents.placed(finding, path.name, tree) for finding in problem.findings]) from None
