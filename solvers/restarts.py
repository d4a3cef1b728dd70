"""Restarts after the loss of any one host, stated exactly: for small models, where sums over hosts say too little."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from models.arrays import Ints, Rows
from solvers.couplings import AtMost
from solvers.relations import Relations

MOST_RESTARTS = 60_000
"""Items times hosts squared up to which restarts are stated."""

MOST_PAIRS = 5_000
"""Items times hosts up to which the restarts after one loss are packed exactly."""

SECONDS = 0.5
"""Deterministic time for one such packing. [s]"""

Literals = Sequence[Mapping[int, Any]]
"""For each item, a literal for each host that it may be on."""


def stateable(relations: Relations) -> bool:
    """Return whether the spare rules ask for one host each, and are small."""
    pairs = sum(len(hosts) ** 2 for hosts, _ in relations.spares)
    return all(count == 1 for _, count in relations.spares) and relations.items * pairs <= MOST_RESTARTS


def state(model: Any, relations: Relations, at: Literals, on: Sequence[Any]) -> None:
    """Add to a model that whichever host is lost, what runs on it finds room on the others of its rule."""
    for (hosts, _), stranded in zip(relations.spares, relations.stranded, strict=True):
        restart: dict[tuple[int, int], dict[int, Any]] = {pair: {} for pair in permutations(hosts.tolist(), 2)}
        for item, lost in _at_risk(relations, at, hosts, stranded):
            options = [host for host in hosts.tolist() if host != lost and _takes(relations, item, host)]
            literals = {host: model.new_bool_var("") for host in options}
            model.add(sum(literals.values()) == at[item][lost])
            for host, literal in literals.items():
                restart[lost, host][item] = literal
        for (_, host), arrivals in restart.items():
            _fits(model, relations, at, on[host], host, arrivals)
        for lost in hosts.tolist():
            arrivals_at = {host: arrivals for (gone, host), arrivals in restart.items() if gone == lost}
            _counted(model, relations, at, lost, arrivals_at)


def _at_risk(
    relations: Relations, at: Literals, hosts: Rows, stranded: Mapping[int, frozenset[int]]
) -> Iterator[tuple[int, int]]:
    """Yield running items and hosts whose loss they must survive."""
    for item in np.flatnonzero(relations.running).tolist():
        for host in hosts.tolist():
            if host in at[item] and stranded.get(item) != frozenset((host,)):
                yield item, host


def _takes(relations: Relations, item: int, host: int) -> bool:
    return bool(relations.scope[relations.which[item], host] and not relations.closed[host])


def _fits(model: Any, relations: Relations, at: Literals, on: Any, host: int, arrivals: Mapping[int, Any]) -> None:
    """State that a host has room for what is on it and what is restarted there."""
    if not arrivals:
        return
    demand = relations.demand[relations.problem.kind[host]]
    for column, room in enumerate(relations.problem.failover[host]):
        stays = [int(demand[item, column]) * each[host] for item, each in enumerate(at) if host in each]
        comes = [int(demand[item, column]) * literal for item, literal in arrivals.items()]
        model.add(sum(stays) + sum(comes) <= int(room) * on)


def _counted(
    model: Any, relations: Relations, at: Literals, lost: int, arrivals: Mapping[int, Mapping[int, Any]]
) -> None:
    """State that places hold no more than they may after the restarts."""
    for relation in relations.at_most:
        for place in np.unique(relation.place[relation.place >= 0]):
            inside = set(np.flatnonzero(relation.place == place).tolist())
            comes = [
                int(relation.weight[item]) * literal
                for host in inside & arrivals.keys()
                for item, literal in arrivals[host].items()
                if relation.weight[item]
            ]
            stays = [
                int(relation.weight[item]) * at[item][host]
                for item in np.flatnonzero(relation.weight).tolist()
                for host in inside & at[item].keys()
                if host != lost
            ]
            fixed = relations.fixed & (np.isin(relations.start, list(inside - {lost})))
            if comes and int(relation.weight[fixed].sum()) <= relation.most:
                model.add(sum(stays) + sum(comes) <= relation.most)


def packing(
    relations: Relations, options: Mapping[int, Rows], room: Mapping[int, Ints], held: Sequence[Ints]
) -> dict[int, int] | None:
    """
    Return a host for each item so that all have room; None if there is none, or it would take too long.

    Parameters
    ----------
    relations
        The problem.
    options
        For each item, the hosts that it may restart on by itself.
    room
        What each host has left. Shape (dims,) each.
    held
        For each sum that is limited, what each place holds already. Shape (places,) each.
    """
    from ortools.sat.python import cp_model

    if sum(map(len, options.values())) > MOST_PAIRS or not all(map(len, options.values())):
        return None
    model = cp_model.CpModel()
    at = {item: {int(host): model.new_bool_var("") for host in hosts} for item, hosts in options.items()}
    for literals in at.values():
        model.add_exactly_one(literals.values())
    for host, free in room.items():
        demand = relations.demand[relations.problem.kind[host]]
        for column, most in enumerate(free):
            terms = [int(demand[item, column]) * each[host] for item, each in at.items() if host in each]
            model.add(sum(terms) <= int(most))
    for relation, totals in zip(relations.at_most, held, strict=True):
        _limited(model, relation, totals, at)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = SECONDS
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return {
        item: next(host for host, literal in literals.items() if solver.boolean_value(literal))
        for item, literals in at.items()
    }


def _limited(model: Any, relation: AtMost, totals: Ints, at: Mapping[int, Mapping[int, Any]]) -> None:
    """State that no place of a relation holds more than it may."""
    sums: dict[int, list[Any]] = {}
    for item, literals in at.items():
        for host, literal in literals.items():
            if relation.weight[item] and relation.place[host] >= 0:
                sums.setdefault(int(relation.place[host]), []).append(int(relation.weight[item]) * literal)
    for place, terms in sums.items():
        model.add(sum(terms) <= relation.most - int(totals[place]))
