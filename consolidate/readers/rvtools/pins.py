"""VMs that must stay on their host, and why."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from consolidate.readers import noticed
from consolidate.readers.rvtools.tab import Tab
from models.arrays import NOWHERE, Mask
from models.counting import counted
from models.errors import Finding

_AGENT = re.compile(r"vCLS([- (].*)?", re.IGNORECASE)
_CONTROLLER = re.compile(r"NTNX-.*-CVM|.*-CVM|OmniStackVC-.*|.*stCtlVM.*|SCVM-.*", re.IGNORECASE)
_FT_OFF = frozenset({"", "notconfigured", "disabled", "0"})
_BUS_OFF = frozenset({"", "nosharing", "0", "none"})
_SENSITIVE = frozenset({"high", "3"})
_CONNECTED = frozenset({"", "connected", "0"})
LARGE_VCPUS = 8


def reasons(tabs: Mapping[str, Tab], names: list[str], findings: list[Finding]) -> list[str]:
    """Return for each VM why it is pinned; empty if it is not."""
    found: list[list[str]] = [[] for _ in names]
    for reason, mask in _pinned(tabs, names):
        rows = np.flatnonzero(mask)
        for row in rows:
            found[row].append(reason)
        if len(rows):
            shown = noticed.examples([names[row] for row in rows])
            text = f"{counted(len(rows), 'VM is pinned to its', 'VMs are pinned to their')} host ({reason}): {shown}."
            findings.append(Finding("info", "pinned", text, tabs["vinfo"].sheet.file, count=len(rows)))
    return ["; ".join(parts) for parts in found]


def _pinned(tabs: Mapping[str, Tab], names: list[str]) -> Iterator[tuple[str, Mask]]:
    vinfo = tabs["vinfo"]
    own = vinfo.texts("vm")
    yield "vCLS agent", np.asarray([bool(_AGENT.fullmatch(name)) for name in own], bool)
    yield "storage controller", np.asarray([bool(_CONTROLLER.fullmatch(name)) for name in own], bool)
    yield "fault tolerance", np.asarray([_folded(state) not in _FT_OFF for state in vinfo.texts("ft")], bool)
    lost = [_folded(state) not in _CONNECTED for state in vinfo.texts("connection")]
    yield "not connected to vCenter", np.asarray(lost, bool)
    size = len(names)
    yield "DirectPath I/O", _of(tabs, "vnetwork", lambda tab: tab.flags("direct"), size)
    yield "SR-IOV adapter", _of(tabs, "vnetwork", lambda tab: _contains(tab.texts("adapter"), "sriov"), size)
    yield "USB device connected", _of(tabs, "vusb", lambda tab: tab.flags("connected"), size)
    yield "disks on a shared SCSI bus", _of(tabs, "vdisk", _shared, size)


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _contains(texts: list[str], part: str) -> Mask:
    return np.asarray([part in _folded(text) for text in texts], bool)


def _shared(tab: Tab) -> Mask:
    return np.asarray([_folded(bus) not in _BUS_OFF for bus in tab.texts("bus")], bool)


def _in(tab: Tab) -> Mask:
    return tab.flags("connected")


def _of(tabs: Mapping[str, Tab], name: str, mark: Callable[[Tab], Mask], size: int) -> Mask:
    """Return the VMs that a marked row of a tab is about."""
    result = np.zeros(size, bool)
    if name in tabs:
        rows = tabs[name].vms
        result[rows[mark(tabs[name]) & (rows != NOWHERE)]] = True
    return result


def notes(tabs: Mapping[str, Tab], guests: Mapping[str, list[Any]], findings: list[Finding]) -> None:
    """Note what does not pin a VM but is worth a look before it is moved."""
    vinfo, names = tabs["vinfo"], guests["vm"]
    large = np.asarray(guests["vcpus"]) > LARGE_VCPUS
    free = ~np.asarray(guests["pinned"], bool)
    seen = {
        "latency-sensitive": (
            np.asarray([_folded(level) in _SENSITIVE for level in vinfo.texts("latency")], bool),
            "VM has high latency sensitivity; a migration pauses it",
            "VMs have high latency sensitivity; a migration pauses them",
        ),
        "large": (
            large & free,
            f"VM has more than {LARGE_VCPUS} vCPUs; pin it if it is a storage controller",
            f"VMs have more than {LARGE_VCPUS} vCPUs; pin them if they are storage controllers",
        ),
        "raw-disk": (
            _of(tabs, "vdisk", lambda tab: tab.flags("raw"), len(names)) & free,
            "VM has raw disks, which every host it may move to must see",
            "VMs have raw disks, which every host they may move to must see",
        ),
        "drive-connected": (
            (_of(tabs, "vcd", _in, len(names)) | _of(tabs, "vfloppy", _in, len(names))) & free,
            "VM has a CD or floppy drive connected; disconnect it, or a migration may be refused",
            "VMs have a CD or floppy drive connected; disconnect them, or migrations may be refused",
        ),
        "snapshots": (
            _of(tabs, "vsnapshot", lambda tab: np.ones(len(tab.vms), bool), len(names)),
            "VM has snapshots; delete those that are not needed before its disks move",
            "VMs have snapshots; delete those that are not needed before their disks move",
        ),
        "consolidation-needed": (
            vinfo.flags("consolidation"),
            "VM needs its snapshot disks consolidated",
            "VMs need their snapshot disks consolidated",
        ),
    }
    for code, (mask, one, several) in seen.items():
        rows = np.flatnonzero(mask)
        if len(rows):
            shown = noticed.examples([names[row] for row in rows])
            text = f"{counted(len(rows), one, several)}: {shown}."
            findings.append(Finding("info", code, text, vinfo.sheet.file, count=len(rows)))
