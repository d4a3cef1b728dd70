"""What is to become of hosts: they serve, are to be drained or decommissioned, or are candidates to buy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from models.inventory import Hosts, Inventory
from models.rules import Ban, MaxOnline, Offline, Rule

SERVES, DRAIN, DECOMMISSION, CANDIDATE = STATES = ("serves", "drain", "decommission", "candidate")
LEAVING = (DRAIN, DECOMMISSION)
"""States of hosts that are to end empty."""


@dataclass(frozen=True, eq=False)
class Offer:
    """
    A model of host that may be bought, as often as `count` says, for any cluster if it names none.

    Parameters
    ----------
    host
        Its columns, as a table of one host that is called as the model is.
    count
        How many there are to be had.
    """

    host: Hosts
    count: int

    @property
    def model(self) -> str:
        """The name of the model."""
        return str(self.host.model[0])


def rules(inventory: Inventory) -> tuple[Rule, ...]:
    """
    Return what lifecycles demand of a placement.

    A host to be decommissioned ends empty and off; one to be drained ends empty, and may stay on; of a model that is
    offered to several clusters, no more are on than there are to be had.
    """
    hosts, everyone = inventory.hosts, np.arange(len(inventory.vms))
    found: list[Rule] = []
    gone, drained = (np.flatnonzero(hosts.lifecycle == state) for state in (DECOMMISSION, DRAIN))
    if len(gone):
        found.append(Offline(hosts=gone, name="to be decommissioned"))
    if len(drained) and len(everyone):
        found.append(Ban(vms=everyone, hosts=drained, name="to be drained"))
    found.extend(_had(inventory))
    return tuple(found)


def _had(inventory: Inventory) -> Iterator[Rule]:
    hosts = inventory.hosts
    offered = hosts.lifecycle == CANDIDATE
    for model in dict.fromkeys(hosts.model[offered & (hosts.offered > 0)].tolist()):
        rows = np.flatnonzero(offered & (hosts.model == model))
        most = int(hosts.offered[rows].max())
        if len(rows) > most:
            yield MaxOnline(hosts=rows, most=most, name=f"{model}: {most} to be had")


def with_offers(inventory: Inventory, offers: Sequence[Offer]) -> Inventory:
    """Return the inventory with candidates at its end: of each model, as many for each cluster as there are."""
    tables = [inventory.hosts]
    for offer in offers:
        named = str(offer.host.cluster[0])
        clusters = [named] if named else list(dict.fromkeys(inventory.hosts.cluster.tolist())) or [""]
        tables.append(_candidates(offer, clusters, inventory.hosts))
    taken = set(inventory.hosts.host.tolist())
    every = _joined(tables)
    fresh = [row < len(inventory.hosts) or name not in taken for row, name in enumerate(every.host)]
    return replace(inventory, hosts=_rows(every, np.flatnonzero(fresh)))


def _candidates(offer: Offer, clusters: Sequence[str], among: Hosts) -> Hosts:
    one, size = offer.host, offer.count * len(clusters)
    columns: dict[str, Any] = {item.name: np.repeat(getattr(one, item.name), size) for item in fields(Hosts)}
    cluster = np.repeat(np.array(clusters, object), offer.count)
    several = len(clusters) > 1
    names = [
        f"new {offer.model} {number + 1}" + (f" in {cluster[number]}" if several else "") for number in range(size)
    ]
    given: dict[str, Any] = {
        "host": names, "cluster": cluster, "lifecycle": [CANDIDATE] * size, "power_state": ["off"] * size,
        "offered": [offer.count] * size,
    }  # fmt: skip
    return Hosts.of(**(columns | _usual(among, cluster, columns) | given))


def _usual(among: Hosts, cluster: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what all hosts of a candidate's cluster have alike, where the offer leaves it open."""
    found = {}
    for name in _OF_CLUSTER:
        usual = {each: set(getattr(among, name)[among.cluster == each].tolist()) for each in set(cluster)}
        alike = [next(iter(usual[each])) if len(usual[each]) == 1 else "" for each in cluster]
        found[name] = np.where(columns[name] == "", alike, columns[name])
    return found


_OF_CLUSTER = ("datacenter", "trust_zone", "datastores", "networks", "os_family")


def _joined(tables: Sequence[Hosts]) -> Hosts:
    return Hosts.of(
        **{item.name: np.concatenate([getattr(table, item.name) for table in tables]) for item in fields(Hosts)}
    )


def _rows(hosts: Hosts, rows: Any) -> Hosts:
    return Hosts.of(**{item.name: getattr(hosts, item.name)[rows] for item in fields(Hosts)})


def serving(inventory: Inventory, states: Sequence[str]) -> Inventory:
    """Return the inventory in which hosts of these states serve."""
    rows = np.flatnonzero(np.isin(inventory.hosts.lifecycle, states))
    return marked(inventory, {SERVES: rows}) if len(rows) else inventory


def marked(inventory: Inventory, states: Mapping[str, Any]) -> Inventory:
    """Return the inventory in which hosts, by row, have another state: ``{"drain": rows}``."""
    lifecycle = inventory.hosts.lifecycle.copy()
    for state, rows in states.items():
        lifecycle[rows] = state
    columns = {item.name: getattr(inventory.hosts, item.name) for item in fields(Hosts)}
    return replace(inventory, hosts=Hosts.of(**(columns | {"lifecycle": lifecycle})))
