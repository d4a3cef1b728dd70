"""The variables and constraints of a placement for CP-SAT: which item is on which host, and which hosts are on."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from models.arrays import NOWHERE, Ints, Mask
from solvers import overloads, restarts
from solvers.company import Company, Scattered
from solvers.cover import needs
from solvers.relations import Relations
from solvers.state import State


class Model:
    """The model's variables, and what can be read off them: which items are where, and which hosts are on."""

    def __init__(self, relations: Relations, margin: float, *, restarting: bool) -> None:
        from ortools.sat.python import cp_model

        self.relations = relations
        self.model = cp_model.CpModel()
        self.on: list[Any] = [self.model.new_bool_var(f"on{host}") for host in range(relations.hosts)]
        self.at: list[dict[int, Any]] = []
        for item in range(relations.items):
            hosts = np.flatnonzero(relations.allowed(item))
            self.at.append({int(host): self.model.new_bool_var("") for host in hosts})
            self.model.add_exactly_one(self.at[-1].values())
        self._room()
        self._switches(margin)
        self._relations()
        if overloads.stateable(relations):
            overloads.state(self.model, relations, self.at)
        if restarting:
            restarts.state(self.model, relations, self.at, self.on)
        self.weight = sum(int(weight) * literal for weight, literal in zip(relations.host_weight, self.on, strict=True))
        self.moves = sum(self._move_terms())

    def _move_terms(self) -> Iterator[Any]:
        for item, start in enumerate(self.relations.start):
            if start != NOWHERE:
                weight = int(self.relations.move_weight[item])
                yield weight if start not in self.at[item] else weight * (1 - self.at[item][int(start)])

    def _on_host(self) -> list[list[tuple[int, Any]]]:
        """Return, for each host, the items that may be on it and their literals."""
        found: list[list[tuple[int, Any]]] = [[] for _ in self.on]
        for item, options in enumerate(self.at):
            for host, literal in options.items():
                found[host].append((item, literal))
        return found

    def _room(self) -> None:
        relations = self.relations
        for host, options in enumerate(self._on_host()):
            kind = relations.problem.kind[host]
            for column, capacity in enumerate(relations.capacity[host]):
                terms = [(int(relations.demand[kind, item, column]), literal) for item, literal in options]
                if sum(amount for amount, _ in terms) > capacity:
                    self.model.add(sum(amount * at for amount, at in terms if amount) <= int(capacity) * self.on[host])
            for item, literal in options:
                if not (relations.asleep[item] and relations.start[item] == host):
                    self.model.add_implication(literal, self.on[host])

    def _switches(self, margin: float) -> None:
        """Force hosts on and off, and state what every set of hosts must offer, after a loss too."""
        relations = self.relations
        for host, literal in enumerate(self.on):
            if relations.forced_on[host] or relations.forced_off[host]:
                self.model.add(literal == int(not relations.forced_off[host]))
        for mask, most in relations.max_online:
            self.model.add(sum(self.on[host] for host in np.flatnonzero(mask)) <= most)
        for need in needs(relations, margin=margin):
            if need.amount > 0:
                self.offered(need.offers, need.amount, need.lost)
        offers = np.maximum(relations.problem.failover, relations.capacity)
        for (hosts, count), stranded in zip(relations.spares, relations.stranded, strict=True):
            inside = np.isin(np.arange(relations.hosts), hosts)
            if not self._stays_inside(inside):
                for column in range(offers.shape[1]):
                    held = self._held(inside, column, frozenset(stranded))
                    self.offered(np.where(inside, offers[:, column], 0), held * round(100 * (1 + margin)), count, 100)

    def _stays_inside(self, inside: Mask) -> bool:
        """Return whether all that may be on these hosts may be on no other: then its sum is a number."""
        sides = [(inside[list(options)].any(), inside[list(options)].all()) for options in self.at]
        return all(every or not some for some, every in sides)

    def _held(self, inside: Mask, column: int, without: frozenset[int]) -> Any:
        """Return a variable that holds what is on the hosts, but for some items."""
        demand, kind = self.relations.demand, self.relations.problem.kind
        total = self.model.new_int_var(0, int(demand[:, :, column].max(axis=0).sum()), "")
        terms = [
            int(demand[kind[host], item, column]) * literal
            for item, options in enumerate(self.at)
            for host, literal in options.items()
            if inside[host] and item not in without
        ]
        self.model.add(total == sum(terms))
        return total

    def offered(self, offers: Ints, amount: Any, lost: int, scale: int = 1) -> None:
        """State that what the hosts that are on offer reaches an amount, whichever of them are lost."""
        kept = [scale * int(offer) * literal for offer, literal in zip(offers, self.on, strict=True) if offer]
        total, most = sum(kept), scale * int(offers.max(initial=0))
        if lost < 2:
            for gone in kept if lost else (0,):
                self.model.add(total - gone >= amount)
            return
        least = self.model.new_int_var(0, most, "")
        excess = [self.model.new_int_var(0, most, "") for _ in kept]
        for offer, more in zip(kept, excess, strict=True):
            self.model.add(more >= offer - least)
        self.model.add(total - lost * least - sum(excess) >= amount)

    def _relations(self) -> None:
        relations = self.relations
        for relation in relations.at_most:
            self._at_most(relation.weight, relation.place, relation.most)
        for near in relations.near:
            group = [self.model.new_bool_var("") for _ in near.groups]
            self.model.add_exactly_one(group)
            for item in near.items:
                for host, literal in self.at[item].items():
                    self.model.add_bool_or(
                        [choice for choice, mask in zip(group, near.groups, strict=True) if mask[host]] + [~literal]
                    )
        for apart in relations.apart:
            self._apart(apart.part, apart.parts, apart.place)
        for company in relations.company:
            self._company(company)

    def _company(self, company: Company) -> None:
        """Let a place count as used, or as one that serves others, only if an item is there."""
        found: dict[int, list[Any]] = {}
        for item in company.items if isinstance(company, Scattered) else company.others:
            for host, literal in self.at[item].items():
                found.setdefault(int(company.place[host]), []).append(literal)
        if isinstance(company, Scattered):
            used = {place: self.model.new_bool_var("") for place in found}
            for place, literals in found.items():
                self.model.add_bool_or([*literals, ~used[place]])
            self.model.add(sum(used.values()) >= company.least)
            return
        for item in company.items:
            for host, literal in self.at[item].items():
                self.model.add_bool_or([*found.get(int(company.place[host]), ()), ~literal])

    def _at_most(self, weight: Any, place: Any, most: int) -> None:
        sums: dict[int, list[Any]] = {}
        totals: dict[int, int] = {}
        for item in np.flatnonzero(weight):
            for host, literal in self.at[item].items():
                if place[host] >= 0:
                    sums.setdefault(int(place[host]), []).append(int(weight[item]) * literal)
        for item in np.flatnonzero(weight):
            start = self.relations.start[item]
            if start != NOWHERE and self.relations.fixed[item] and place[start] >= 0:
                totals[int(place[start])] = totals.get(int(place[start]), 0) + int(weight[item])
        for spot, terms in sums.items():
            self.model.add(sum(terms) <= max(most, totals.get(spot, 0)))

    def _apart(self, part: Any, parts: int, place: Any) -> None:
        """Keep the parts in places of their own."""
        used: dict[tuple[int, int], Any] = {}
        for item in np.flatnonzero(part >= 0):
            for host, literal in self.at[item].items():
                own = used.setdefault((int(place[host]), int(part[item])), self.model.new_bool_var(""))
                self.model.add_implication(literal, own)
        for spot in np.unique(place):
            choices = [used[spot, index] for index in range(parts) if (spot, index) in used]
            if len(choices) > 1:
                self.model.add_at_most_one(choices)

    def hint(self, state: State, on: Mask) -> None:
        """Start the search from a placement."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for host, literal in enumerate(self.on):
            self.model.add_hint(literal, bool(on[host]))
        for item, options in enumerate(self.at):
            for host, literal in options.items():
                self.model.add_hint(literal, bool(state.host[item] == host))

    def read(self, solver: Any) -> tuple[State, Mask]:
        """Return what the solver found."""
        host = np.array(
            [next(place for place, at in options.items() if solver.boolean_value(at)) for options in self.at], np.int64
        )
        on = np.array([solver.boolean_value(literal) for literal in self.on], np.bool_)
        return State(self.relations, host), on
