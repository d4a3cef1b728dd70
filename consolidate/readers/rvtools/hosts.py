"""Hosts from vHost, with what vCluster and vNIC add."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from consolidate.readers import cells, noticed
from consolidate.readers.join import short
from consolidate.readers.rvtools.tab import Tab
from models.arrays import Floats
from models.counting import counted
from models.errors import Finding
from models.inventory import Hosts

_CLOCK = re.compile(r"@\s*([\d.]+)\s*GHz", re.IGNORECASE)
_COLUMNS = {"cores": "# Cores", "cpu_mhz": "Speed", "memory_mib": "# Memory"}


def table(
    tabs: Mapping[str, Tab], guests: Mapping[str, list[Any]], findings: list[Finding], *, lenient: bool
) -> dict[str, list[Any]]:
    """Return the columns of the hosts; a figure that is missing and cannot be derived is an error."""
    tab = tabs["vhost"]
    cores, clock = _cores(tab), _clock(tab)
    memory = _memory(tabs, guests, findings, lenient=lenient)
    maintenance = tab.flags("maintenance") | tab.flags("quarantine")
    columns = {
        "host": tab.texts("host"),
        "cores": cores.tolist(),
        "cpu_mhz": clock.tolist(),
        "memory_mib": memory.tolist(),
        "cluster": _of_vms(tabs, guests, "cluster"),
        "datacenter": _of_vms(tabs, guests, "datacenter"),
        "rack": tab.texts("fault_domain"),
        "model": [" ".join(filter(None, pair)) for pair in zip(tab.texts("vendor"), tab.texts("model"), strict=True)],
        "cpu_model": tab.texts("cpu_model"),
        "threads_per_core": np.where(tab.flags("threads"), 2, 1).tolist(),
        "cpu_generation": [now or most for now, most in zip(tab.texts("evc"), tab.texts("most_evc"), strict=True)],
        "maintenance": maintenance.tolist(),
        "cpu_used_mhz": (tab.numbers("cpu_usage") / 100 * cores * clock).tolist(),
        "memory_used_mib": (tab.numbers("memory_usage") / 100 * memory).tolist(),
    }
    sockets = np.nan_to_num(tab.numbers("sockets"))
    if (sockets >= 1).all():
        columns["sockets"] = sockets.tolist()
    cells.duplicates(tab.sheet, columns["host"], tab.header("host"), findings)
    _check(tab, columns, findings)
    columns["cores"] = [int(value) for value in np.nan_to_num(cores)]
    columns |= _migration_rates(tabs, columns["host"], findings)
    return columns


def _of_vms(tabs: Mapping[str, Tab], guests: Mapping[str, list[Any]], field: str) -> list[str]:
    """Return where hosts belong: as vHost says, else, where it has no such column, as their VMs mostly say."""
    tab = tabs["vhost"]
    if tab.has(field):
        return tab.texts(field)
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for host, place in zip(guests["host"], tabs["vinfo"].texts(field), strict=True):
        said[host][place] += 1
    return [said[host].most_common(1)[0][0] if said[host] else "" for host in tab.texts("host")]


def _cores(tab: Tab) -> Floats:
    derived = tab.numbers("sockets") * tab.numbers("cores_per_socket")
    cores = tab.numbers("cores")
    return np.where(np.isnan(cores), derived, cores)


def _clock(tab: Tab) -> Floats:
    """Return the clock of a core, from the CPU's model name where it is missing."""
    named = [_CLOCK.search(text) for text in tab.texts("cpu_model")]
    derived = np.asarray([float(found[1]) * 1000 if found else np.nan for found in named], float)
    clock = tab.numbers("speed")
    return np.where(np.isnan(clock), derived, clock)


def _memory(
    tabs: Mapping[str, Tab], guests: Mapping[str, list[Any]], findings: list[Finding], *, lenient: bool
) -> Floats:
    """Return installed memory: as written, else what a cluster's total leaves, else, if lenient, what its VMs have."""
    tab = tabs["vhost"]
    memory = tab.numbers("memory")
    for cluster, total in _cluster_memory(tabs.get("vcluster")).items():
        members = np.asarray(tab.texts("cluster"), object) == cluster
        unknown = np.flatnonzero(members & np.isnan(memory))
        rest = total - np.nansum(memory[members])
        if len(unknown) == 1 and rest > 0:
            memory[unknown] = rest
            text = f"Memory of a host is missing; taken from the total of cluster {cluster!r}."
            name = tab.texts("host")[unknown[0]]
            findings.append(Finding("warning", "derived-memory", text, tab.sheet.file, 0, "# Memory", name))
    unknown = np.flatnonzero(np.isnan(memory))
    if lenient and len(unknown):
        used = _memory_of_vms(guests)
        memory[unknown] = [max(used[tab.texts("host")[row]], 1.0) for row in unknown]
        who = counted(len(unknown), "host")
        text = f"Memory of {who} is unknown; taken to be no more than the running VMs there have."
        findings.append(Finding("warning", "unknown-memory", text, tab.sheet.file, 0, "# Memory", count=len(unknown)))
    return memory


def _cluster_memory(tab: Tab | None) -> dict[str, float]:
    if tab is None:
        return {}
    totals = zip(tab.texts("cluster"), tab.numbers("memory").tolist(), strict=True)
    return {name: total for name, total in totals if name and total > 0}


def _memory_of_vms(guests: Mapping[str, list[Any]]) -> Mapping[str, float]:
    used: dict[str, float] = defaultdict(float)
    rows = zip(guests["host"], guests["memory_mib"], guests["power_state"], guests["template"], strict=True)
    for host, memory, power, template in rows:
        used[host] += memory if power == "on" and not template else 0.0
    return used


def _check(tab: Tab, columns: Mapping[str, list[Any]], findings: list[Finding]) -> None:
    """Find hosts without a figure that they must have, and figures out of range."""
    declared = Hosts.columns()
    for name, header in _COLUMNS.items():
        values = np.asarray(columns[name], float)
        unknown = [tab.sheet.rows[row] for row in np.flatnonzero(np.isnan(values))]
        if unknown:
            every = f"of {counted(len(tab), 'host')}"
            text = (
                f"{counted(len(unknown), f'{every} has', f'{every} have')} no figure, the first in row {unknown[0]}, "
            )
            text += "and it cannot be derived; add it to vHost."
            first = 1 if not tab.has(_FIELD[name]) else unknown[0]
            findings.append(Finding("error", "missing-figure", text, tab.sheet.file, first, header, count=len(unknown)))
        low, high = declared[name].low or 0.0, declared[name].high or np.inf
        for row in np.flatnonzero((values < low) | (values > high)):
            text = f"Expected a number from {low:,.0f} to {high:,.0f} {declared[name].unit}."
            place = tab.sheet.rows[row]
            findings.append(Finding("error", "value", text, tab.sheet.file, place, header, f"{values[row]:g}"))
    if not any(columns["cpu_generation"]):
        text = "No host has an EVC level; CPU compatibility is not checked."
        findings.append(Finding("info", "no-evc", text, tab.sheet.file, 0, "Current EVC"))


_FIELD = {"cores": "cores", "cpu_mhz": "speed", "memory_mib": "memory"}


def _migration_rates(tabs: Mapping[str, Tab], hosts: list[str], findings: list[Finding]) -> dict[str, list[Any]]:
    """Return the rate of each host's fastest NIC, if there is a tab of NICs."""
    tab = tabs.get("vnic")
    if tab is None or not tab.has("speed"):
        return {}
    fastest: dict[str, float] = defaultdict(float)
    for host, speed in zip(tab.texts("host"), np.nan_to_num(tab.numbers("speed")), strict=True):
        fastest[short(host)] = max(fastest[short(host)], float(speed))
    default = Hosts.columns()["migration_mbps"].default
    unknown = [host for host in hosts if fastest[short(host)] <= 0]
    if unknown:
        shown = noticed.examples(unknown)
        who = counted(len(unknown), "host has", "hosts have")
        text = f"{who} no NIC with a link; {default:,.0f} Mbit/s is taken: {shown}."
        findings.append(Finding("warning", "no-nic", text, tab.sheet.file, 0, "Speed", count=len(unknown)))
    return {"migration_mbps": [fastest[short(host)] or default for host in hosts]}
