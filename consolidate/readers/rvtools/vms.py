"""VMs from vInfo, with what vCPU and vMemory add."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from consolidate.readers.join import UNNAMED
from consolidate.readers.rvtools import identity, pins
from consolidate.readers.rvtools.tab import Tab
from consolidate.readers.sheet import text as cell_text
from models.arrays import NOWHERE, Floats
from models.errors import Finding
from models.inventory import Vms

_POWER = {"poweredon": "on", "on": "on", "poweredoff": "off", "off": "off", "suspended": "suspended"}
_SIZES = {"vcpus": ("cpus", "vcpu", "cpus", 1.0), "memory_mib": ("memory", "vmemory", "size", 0.0)}
"""Field in vInfo, the other tab that has it and its field there, and what counts if no tab has it."""
_ROOTS = frozenset({"vm", "discovered virtual machine", "datacenters"})


def table(tabs: Mapping[str, Tab], findings: list[Finding]) -> dict[str, list[Any]]:
    """Return the columns of the VMs, their host aside."""
    tab = tabs["vinfo"]
    names = identity.unique_names(tab)
    guests: dict[str, list[Any]] = {
        "vm": names,
        "power_state": _power(tab, findings),
        "template": (tab.flags("template") | tab.flags("placeholder")).tolist(),
        "cluster": tab.texts("cluster"),
        "application": [app or _folder(path) for app, path in zip(tab.texts("vapp"), tab.texts("folder"), strict=True)],
        "platform_id": tab.texts("id"),
        "guest_os": [tools or set_ for tools, set_ in zip(tab.texts("os_tools"), tab.texts("os"), strict=True)],
        "cpu_generation": tab.texts("evc"),
    }
    guests["vcpus"] = [int(count) for count in _size(tabs, guests, "vcpus", findings)]
    guests["memory_mib"] = _size(tabs, guests, "memory_mib", findings)
    guests |= _used(tabs)
    guests["pin_reason"] = pins.reasons(tabs, names, findings)
    guests["pinned"] = [bool(reason) for reason in guests["pin_reason"]]
    pins.notes(tabs, guests, findings)
    return guests


def running(guests: Mapping[str, list[Any]]) -> list[bool]:
    """Return which VMs take CPU and memory."""
    pairs = zip(guests["power_state"], guests["template"], strict=True)
    return [power == "on" and not template for power, template in pairs]


def follow_hosts(guests: dict[str, list[Any]], hosts: Mapping[str, list[Any]]) -> None:
    """Give running VMs without a required CPU generation the one that their host shows them."""
    shown = dict(zip(hosts["host"], hosts["cpu_generation"], strict=True))
    guests["cpu_generation"] = [
        own or (shown.get(host, "") if runs else "")
        for own, host, runs in zip(guests["cpu_generation"], guests["host"], running(guests), strict=True)
    ]


def _folder(path: str) -> str:
    """Return the folder that a VM is filed in, if a person chose it."""
    last = re.split(r"[/\\]", path.strip("/\\"))[-1]
    return "" if last.casefold() in _ROOTS or re.fullmatch(r"group-[vd]\d+", last, re.IGNORECASE) else last


def _power(tab: Tab, findings: list[Finding]) -> list[str]:
    states = []
    for row, text in zip(tab.sheet.rows, tab.texts("power"), strict=True):
        state = _POWER.get(re.sub(r"[^a-z]", "", text.casefold()), "")
        if not state:
            message = "Expected poweredOn, poweredOff or suspended."
            findings.append(Finding("error", "value", message, tab.sheet.file, row, tab.header("power"), text))
        states.append(state or "on")
    return states


def named_hosts(tabs: Mapping[str, Tab]) -> list[str]:
    """Return the host that each VM names; where vInfo has none, the one in vCPU or vMemory."""
    vinfo = tabs["vinfo"]
    named = vinfo.texts("host")
    for name in ("vcpu", "vmemory"):
        if name in tabs:
            for row, host in zip(tabs[name].vms, tabs[name].texts("host"), strict=True):
                if row != NOWHERE:
                    named[row] = named[row] or host
    on = [state.casefold() == "poweredon" for state in vinfo.texts("power")]
    return [host or (UNNAMED if runs else "") for host, runs in zip(named, on, strict=True)]


def _size(
    tabs: Mapping[str, Tab],
    guests: Mapping[str, list[Any]],
    name: str,
    findings: list[Finding],
) -> list[Any]:
    """Return vCPUs or memory, from vInfo, else from the VM's row in vCPU or vMemory."""
    field, other, theirs, least = _SIZES[name]
    tab, sizes = tabs["vinfo"], tabs["vinfo"].numbers(field)
    borrowed = np.isnan(sizes)
    sizes = np.where(borrowed, _aligned(tab, tabs.get(other), theirs), sizes)
    declared = Vms.columns()[name]
    low, high = declared.low or 0.0, declared.high or np.inf
    runs = np.asarray(running(guests), bool)
    blank = np.isnan(sizes) | (sizes == 0) & (low > 0)
    whole = np.isnan(sizes) | (sizes == np.floor(sizes)) | (declared.kind != "integer")
    wrong = (runs & blank) | (sizes < 0) | (sizes > high) | ~whole
    for row in np.flatnonzero(wrong):
        text = f"Expected a {'whole ' if low else ''}number from {low:,.0f} to {high:,.0f}."
        value = cell_text(tab.cells(field)[row])
        where = (tab.sheet.file, tab.sheet.rows[row], tab.header(field))
        findings.append(Finding("error", "value", text, *where, value))
    filled = {f"have the figure from {other} instead": borrowed & ~blank, f"count as {least:g}": blank & ~wrong}
    for what, rows in filled.items():
        if rows.any():
            first = tab.sheet.rows[int(np.flatnonzero(rows)[0])]
            text, count = f"VMs without a figure {what}: {rows.sum()}.", int(rows.sum())
            findings.append(Finding("warning", "empty", text, tab.sheet.file, first, tab.header(field), count=count))
    result: list[Any] = np.where(blank | wrong, least, sizes).tolist()
    return result


def _used(tabs: Mapping[str, Tab]) -> dict[str, list[Any]]:
    """Return what VMs use and what is reserved for them."""
    vinfo = tabs["vinfo"]
    reserved = np.nan_to_num(_aligned(vinfo, tabs.get("vmemory"), "reservation"))
    locked = _aligned(vinfo, tabs.get("vmemory"), "locked") == 1
    size = _aligned(vinfo, tabs.get("vmemory"), "size")
    return {
        "cpu_used_mhz": _aligned(vinfo, tabs.get("vcpu"), "overall").tolist(),
        "memory_consumed_mib": _aligned(vinfo, tabs.get("vmemory"), "consumed").tolist(),
        "memory_active_mib": _aligned(vinfo, tabs.get("vmemory"), "active").tolist(),
        "cpu_reservation_mhz": _positive(np.nan_to_num(_aligned(vinfo, tabs.get("vcpu"), "reservation"))),
        "memory_reservation_mib": _positive(np.where(locked, np.nan_to_num(size), reserved)),
    }


def _positive(values: Floats) -> list[float]:
    positive: list[float] = np.maximum(values, 0.0).tolist()
    return positive


def _aligned(vinfo: Tab, tab: Tab | None, field: str) -> Floats:
    """Return a field of another tab for each VM of vInfo, NaN where there is none."""
    result = np.full(len(vinfo), np.nan)
    if tab is not None and tab.has(field):
        values = tab.flags(field).astype(float) if field == "locked" else tab.numbers(field)
        known = tab.vms != NOWHERE
        result[tab.vms[known]] = np.where(values < 0, np.nan, values)[known]
    return result
