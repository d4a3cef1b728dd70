"""Which VM a row is about: names that are unique, and rows of other tabs joined to those of vInfo."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from consolidate.readers import noticed
from consolidate.readers.rvtools.fields import FIELDS
from consolidate.readers.rvtools.tab import Tab
from models.arrays import NOWHERE, Rows
from models.counting import counted
from models.errors import Finding

_KEYS = (("sdk", "id"), ("uuid",), ("id", "vm"), ("vm", "host"), ("vm",))
"""What tells VMs apart, the surest first; a vCenter's ids are unique only within it."""


def distinct(tab: Tab) -> Tab:
    """Return vInfo without rows that hold a VM again, as merged exports have them."""
    keys = list(zip(tab.texts("sdk"), tab.texts("id"), tab.texts("vm"), strict=True))
    first: dict[tuple[str, str, str], int] = {}
    kept = [place for place, key in enumerate(keys) if not (key[0] and key[1]) or first.setdefault(key, place) == place]
    again = len(tab) - len(kept)
    if not again:
        return tab
    rows_hold = counted(again, "row holds", "rows hold")
    text = f"{rows_hold} a VM of the same vCenter and VM ID again; the first row of each counts."
    tab.findings.append(Finding("warning", "same-vm-twice", text, tab.sheet.file, 0, tab.header("id"), count=again))
    columns = tuple(tuple(column[place] for place in kept) for column in tab.sheet.columns)
    rows = tuple(tab.sheet.rows[place] for place in kept)
    return replace(tab, sheet=replace(tab.sheet, columns=columns, rows=rows))


def unique_names(tab: Tab) -> list[str]:
    """Return the VMs' names; those that stand more than once are told apart by VM ID, else by a number."""
    names, ids = tab.texts("vm"), tab.texts("id")
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        places[name or "(no name)"].append(place)
    taken = {name for name, found in places.items() if len(found) == 1}
    result = [name or "(no name)" for name in names]
    for name, found in places.items():
        if len(found) > 1:
            for place, label in zip(found, _labels(name, [ids[place] for place in found], taken), strict=True):
                result[place] = label
    _report(tab, {name: found for name, found in places.items() if len(found) > 1})
    return result


def _labels(name: str, ids: Sequence[str], taken: set[str]) -> list[str]:
    telling = all(ids) and len(set(ids)) == len(ids)
    labels = []
    for place, given in enumerate(ids, start=1):
        label = f"{name} ({given if telling else place})"
        while label in taken:
            label += "'"
        taken.add(label)
        labels.append(label)
    return labels


def _report(tab: Tab, repeated: dict[str, list[int]]) -> None:
    if repeated:
        count = sum(map(len, repeated.values()))
        text = (
            f"{counted(count, 'VM')} share {counted(len(repeated), 'name')} and are told apart by VM ID or a number: "
        )
        row = tab.sheet.rows[next(iter(repeated.values()))[0]]
        found = Finding(
            "warning", "duplicate-name", text + f"{noticed.examples(sorted(repeated))}.", tab.sheet.file, row,
            tab.header("vm"), count=count,
        )  # fmt: skip
        tab.findings.append(found)


def joined(vinfo: Tab, tab: Tab) -> Tab:
    """Return a tab that knows its rows' VMs."""
    if tab.has("vm") or "vm" not in FIELDS[tab.name]:
        return replace(tab, vms=_rows(vinfo, tab)) if tab.has("vm") else tab
    text = "Has no column VM, so its rows match no VM and are not used."
    tab.findings.append(Finding("warning", "unmatched-rows", text, tab.sheet.file, 1, "VM", count=len(tab)))
    return replace(tab, vms=np.full(len(tab), NOWHERE, np.int32))


def _rows(vinfo: Tab, tab: Tab) -> Rows:
    """Return for each row of a tab the VM's row in vInfo, `NOWHERE` if none or several could be meant."""
    result = np.full(len(tab), NOWHERE, np.int32)
    for key in _KEYS:
        if not all(tab.has(name) and vinfo.has(name) for name in key):
            continue
        ours, theirs = (list(zip(*(side.texts(name) for name in key), strict=True)) for side in (vinfo, tab))
        single = {value for value, count in Counter(ours).items() if count == 1 and all(value)}
        row = {value: place for place, value in enumerate(ours) if value in single}
        for place in np.flatnonzero(result == NOWHERE):
            result[place] = row.get(theirs[place], NOWHERE)
    lost = np.flatnonzero(result == NOWHERE)
    if len(lost):
        every = f"of {counted(len(tab), 'row')}"
        those = counted(len(lost), f"{every} matches no VM of vInfo and is", f"{every} match no VM of vInfo and are")
        text = f"{those} not used."
        example = tab.texts("vm")[lost[0]]
        found = Finding(
            "warning", "unmatched-rows", text, tab.sheet.file, tab.sheet.rows[lost[0]], "VM", example, len(lost)
        )
        tab.findings.append(found)
    return result
