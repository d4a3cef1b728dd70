"""Restarts after the loss of single hosts, for many hosts at once; what finds no way here may still find one."""

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from solvers.relations import Relations
from solvers.state import State, hardness

FEW_HOSTS = 12
"""Hosts up to which restarts are sought host by host; compiled code is not worth loading for so few."""


def restarted(state: State, on: Mask, hosts: Rows) -> dict[int, dict[int, int]]:
    """
    Return, for hosts whose loss is survived at once, the host on which each item that runs there is restarted.

    Parameters
    ----------
    state
        Who is where; it is left as it was.
    on
        Hosts that are on. Shape (hosts,).
    hosts
        Hosts, each of which may be lost, and which take what ran on the lost one.
    """
    if len(hosts) <= FEW_HOSTS:
        return {}
    from solvers.kernels import restarts

    relations = state.relations
    items, begin = _residents(state, hosts)
    receivers = hosts[on[hosts] & ~relations.closed[hosts]]
    room = np.array(relations.problem.failover, np.int64)
    free = ((room - state.load) / np.maximum(room, 1))[receivers].min(axis=1, initial=np.inf)
    found = np.full(len(items), NOWHERE, np.int64)
    restarts.restarted(
        hosts.astype(np.int64),
        begin,
        items,
        np.array(relations.which, np.int64),
        np.array(relations.demand),
        np.array(relations.problem.kind, np.int64),
        state.load.copy(),
        room,
        np.ascontiguousarray(receivers[np.argsort(-free, kind="stable")], np.int64),
        np.ascontiguousarray(relations.scope & ~relations.closed),
        *_sums(relations),
        np.concatenate([np.zeros(0, np.int64), *state.totals]),
        found,
    )
    return _complete(relations, hosts, begin, items, found)


def _residents(state: State, hosts: Rows) -> tuple[Ints, Ints]:
    """Return the running items on the hosts, the hardest of each first, and where those of each host begin."""
    relations = state.relations
    row = np.full(relations.hosts + 1, NOWHERE, np.int64)
    row[hosts] = np.arange(len(hosts))
    items = np.flatnonzero(relations.running & (row[state.host] != NOWHERE))
    order = np.lexsort((-hardness(relations, items), row[state.host[items]]))
    items = items[order].astype(np.int64)
    return items, np.searchsorted(row[state.host[items]], np.arange(len(hosts) + 1)).astype(np.int64)


def _sums(relations: Relations) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Return the sums per place as flat arrays; see the kernel."""
    sums = relations.at_most
    sizes = [len(each) for each in relations.of_item]
    relation = np.array([index for each in relations.of_item for index in each], np.int64)
    weight = np.array([sums[index].weight[item] for item, each in enumerate(relations.of_item) for index in each])
    place = np.array([each.place for each in sums], np.int64).reshape(len(sums), relations.hosts)
    places = [int(each.place.max(initial=-1)) + 1 for each in sums]
    return (
        np.cumsum([0, *sizes], dtype=np.int64),
        relation,
        weight.astype(np.int64),
        np.ascontiguousarray(place),
        np.array([each.most for each in sums], np.int64),
        np.cumsum([0, *places], dtype=np.int64),
    )


def _complete(relations: Relations, hosts: Rows, begin: Ints, items: Ints, found: Ints) -> dict[int, dict[int, int]]:
    """Return the restarts of hosts all of whose items found a host and have no surroundings to stay in."""
    bound = np.zeros(relations.items, np.bool_)
    for near in relations.near:
        bound[near.items] |= near.lasting
    good = (found != NOWHERE) & ~bound[items]
    bad = np.concatenate([[0], np.cumsum(~good)])
    whole = np.flatnonzero(bad[begin[1:]] == bad[begin[:-1]])
    return {
        int(hosts[index]): dict(
            zip(
                items[begin[index] : begin[index + 1]].tolist(),
                found[begin[index] : begin[index + 1]].tolist(),
                strict=True,
            )
        )
        for index in whole
    }
