"""Which datastores and networks VMs need, and which of them hosts reach."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from consolidate.readers import join, noticed
from consolidate.readers.rvtools.tab import Tab
from models.arrays import NOWHERE
from models.counting import counted
from models.errors import Finding

_DATASTORE = re.compile(r"\s*\[([^\]]+)\]")
_LIST = re.compile(r"[,;\n]\s*")


def add(
    tabs: Mapping[str, Tab],
    hosts: dict[str, list[Any]],
    guests: dict[str, list[Any]],
    found: Mapping[str, str],
    findings: list[Finding],
) -> None:
    """Add the columns datastores and networks; a host reaches at least what the VMs on it use."""
    stores, networks = _datastores(tabs), _networks(tabs)
    known = hosts["host"]
    for name, needs, offers in (
        ("datastores", stores, _offered_datastores(tabs, known)),
        ("networks", networks, _offered_networks(tabs, known)),
    ):
        if offers:
            _add_used(offers, guests["host"], needs)
            _report(name, known, offers, tabs["vhost"].sheet.file, findings)
        guests[name] = [_joined(need) for need in needs]
        hosts[name] = [_joined(offers.get(host, ())) for host in known]


def _joined(names: Iterable[str]) -> str:
    return ";".join(sorted(name.replace(";", "_") for name in names if name))


def _datastores(tabs: Mapping[str, Tab]) -> list[set[str]]:
    """Return the datastores that each VM's files are on."""
    vinfo = tabs["vinfo"]
    result = [_named(path) for path in vinfo.texts("path")]
    if "vdisk" in tabs:
        tab = tabs["vdisk"]
        for row, path in zip(tab.vms, tab.texts("path"), strict=True):
            if row != NOWHERE:
                result[row] |= _named(path)
    return result


def _named(path: str) -> set[str]:
    found = _DATASTORE.match(path)
    return {found[1]} if found else set()


def _networks(tabs: Mapping[str, Tab]) -> list[set[str]]:
    """Return the networks that each VM's adapters are on, those that are neither connected nor will be left out."""
    vinfo, tab = tabs["vinfo"], tabs.get("vnetwork")
    if tab is None:
        listed = [vinfo.texts(f"network_{place}") for place in range(1, 9) if vinfo.has(f"network_{place}")]
        return [set(row) - {""} for row in zip(*listed, strict=True)] if listed else [set() for _ in range(len(vinfo))]
    result: list[set[str]] = [set() for _ in range(len(vinfo))]
    used = tab.flags("connected") | tab.flags("starts")
    used |= not (tab.has("connected") or tab.has("starts"))
    for row, network, use in zip(tab.vms, tab.texts("network"), used, strict=True):
        if row != NOWHERE and use and network:
            result[row].add(network)
    return result


def _offered_datastores(tabs: Mapping[str, Tab], hosts: list[str]) -> dict[str, set[str]]:
    """Return the datastores of each host, from the hosts that vDatastore lists; nothing if it lists none."""
    tab = tabs.get("vdatastore")
    if tab is None or not tab.has("hosts"):
        return {}
    return _offered(zip(tab.texts("name"), tab.texts("hosts"), strict=True), hosts)


def _offered(pairs: Iterable[tuple[str, str]], hosts: list[str]) -> dict[str, set[str]]:
    listed = [(name, _LIST.split(members)) for name, members in pairs if name and members]
    found = join.joined((host for _, members in listed for host in members), hosts, {}, "", [])
    offers: dict[str, set[str]] = defaultdict(set)
    for name, members in listed:
        for host in members:
            if host in found:
                offers[found[host]].add(name)
    return dict(offers)


def _offered_networks(tabs: Mapping[str, Tab], hosts: list[str]) -> dict[str, set[str]]:
    """Return the port groups of each host's own switches, and of the distributed ones that it is a member of."""
    pairs = []
    for name in ("vport", "vswitch"):
        tab = tabs.get(name)
        if tab is not None and tab.has("host") and tab.has("network"):
            pairs += list(zip(tab.texts("network"), tab.texts("host"), strict=True))
    offers = _offered(pairs, hosts)
    if not offers:
        return {}
    for network, members in _distributed(tabs, hosts):
        for host in members:
            offers.setdefault(host, set()).add(network)
    return offers


def _distributed(tabs: Mapping[str, Tab], hosts: list[str]) -> list[tuple[str, list[str]]]:
    """Return distributed port groups with their switch's hosts: all hosts where it does not list them."""
    tab, switches = tabs.get("dvport"), tabs.get("dvswitch")
    if tab is None:
        return []
    members: dict[str, list[str]] = {}
    if switches is not None and switches.has("hosts"):
        for switch, listed in zip(switches.texts("switch"), switches.texts("hosts"), strict=True):
            found = join.joined(_LIST.split(listed), hosts, {}, "", [])
            members[switch] = sorted(set(found.values()))
    pairs = zip(tab.texts("network"), tab.texts("switch"), strict=True)
    return [(network, members.get(switch) or hosts) for network, switch in pairs]


def _add_used(offers: dict[str, set[str]], hosts: list[str], needs: list[set[str]]) -> None:
    for host, used in zip(hosts, needs, strict=True):
        if host in offers:
            offers[host] |= used


def _report(what: str, hosts: list[str], offers: Mapping[str, set[str]], file: str, findings: list[Finding]) -> None:
    without = [host for host in hosts if not offers.get(host)]
    if without:
        one, many = f"host is listed with no {what} and is", f"hosts are listed with no {what} and are"
        text = f"{counted(len(without), one, many)} taken to reach all: {noticed.examples(without)}."
        findings.append(Finding("warning", f"no-{what}", text, file, count=len(without)))
