"""The moves of a plan that are left: in their order, scheduled anew, or with VMs placed again."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.execution import drift as drifted
from consolidate.execution.drift import DONE, RUNNING, Drift, Step
from consolidate.execution.giving import given_back
from consolidate.planning import Planned
from consolidate.plans.verdict import Verdict, checked
from consolidate.plans.ways import limits, transition
from consolidate.readers.reading import Reading
from consolidate.runbooks.folder import Folder
from consolidate.settings import Settings
from models.arrays import NOWHERE, Rows
from models.check import placement as check
from models.errors import BrokenPromiseError
from models.execution.outlook import Seen, outlook
from models.formulation import Formulation
from models.inventory import Inventory
from models.network import Limits
from models.plan import HostAction, Moves, Placement, Plan, Transition
from models.problem import Problem
from models.rules import Offline, Rule
from models.timing import Timing

if TYPE_CHECKING:
    from consolidate.plans.upkeep import Repaired

_LEAST_S = 0.1
"""What a move that should have ended by now is still taken to need, in s."""
SHARES = 8
"""Of the hosts that a plan frees, all are tried to be emptied, then 7 of 8, and so on."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Case:
    """
    The present state, and what is to be done from it.

    Parameters
    ----------
    plan, drift
        The plan, and what became of it.
    reading, settings, rules, formulation
        Where VMs are now, and the problem that this makes.
    timing
        Rules about time, from now on.
    steps
        The moves that are left.
    """

    plan: Folder
    drift: Drift
    reading: Reading
    settings: Settings
    rules: tuple[Rule, ...]
    timing: tuple[Timing, ...]
    formulation: Formulation
    steps: tuple[Step, ...]

    @property
    def problem(self) -> Problem:
        """The problem that the present state makes."""
        return self.formulation.problem

    @property
    def inventory(self) -> Inventory:
        """The inventory of the present state."""
        return self.reading.inventory

    def placement(self) -> Placement:
        """Return where the moves that are left lead, hosts that the plan frees being off if they are empty."""
        host, on = np.array(self.problem.start), np.array(self.problem.on)
        for step in self.steps:
            host[self.inventory.vm_row[step.vm]] = self.inventory.host_row[step.destination]
        on[host[host != NOWHERE]] = True
        for action in self.plan.actions:
            row = self.inventory.host_row.get(action.host)
            if row is not None:
                on[row] = action.action == "boot" or bool((host[self.problem.takes] == row).any())
        return Placement(host.astype(np.int32), on, solver="track")

    def limits(self, placement: Placement) -> Limits:
        """Return the platform's limits; once a move is done, the first wave of the rest is no pilot."""
        found = limits(self.settings, placement, self.problem, self.timing)
        size = max(Counter(self._wave(step) for step in self.steps).values(), default=0)
        wave = max(found.wave, size)
        return replace(found, wave=wave, pilot=wave if self.drift.count(DONE) else max(found.pilot, 1))

    def _ways(self, placement: Placement) -> Transition:
        """Return what a scheduler and the checker need to know, from now on."""
        from consolidate.plans.economy import Economy

        economy = Economy(self.inventory, self.reading.usage, self.formulation, self.settings)
        way = transition(self.reading, self.formulation, placement, self.settings)
        return replace(way, limits=self.limits(placement), timing=self.timing, draw=economy.draw(self.problem))

    def in_order(self) -> Planned | str:
        """Return the plan of the moves that are left, in their order; else why that cannot be."""
        placement = self.placement()
        moves, actions = self._retimed(placement)
        makespan_s, longest_s = (float(each.max(initial=0.0)) for each in (moves.end_s, moves.end_s - moves.start_s))
        pressed = self.pressed()
        return self._planned(
            Plan(placement, moves, actions, makespan_s=makespan_s, makespan_bound_s=longest_s, pressed=pressed)
        )

    def anew(self) -> Planned | str:
        """Return the same moves scheduled anew; else why that cannot be."""
        from solvers.schedule import Schedule

        placement = self.placement()
        chosen = self.settings.migration.schedule_seconds
        found = Schedule(chosen, self.settings.search.seed)(self._ways(placement))
        if found.blocked:
            return "; ".join(f"{name} {why}" for name, why in list(found.blocked.items())[:5]) + "."
        return self._planned(given_back(found, self.pressed()))

    def solved(self, progress: Progress | None) -> "Repaired":
        """Return the plan with the fewest moves that still empties hosts that the plan frees, as many as can be."""
        from consolidate.plans import upkeep

        # Rules about time that came with the data are at hand as seen from now.
        own, timeless = self._own(), upkeep.timeless(self.reading)
        if len(freed := self._freed()):
            found = upkeep.drained(timeless, self.settings, freed, own, progress, timing=self.timing)
            if found.summary["status"] != "infeasible":
                return upkeep.Repaired(self._whole(found), ())
        nobody = np.zeros(0, np.int32)
        made = upkeep.repaired(timeless, self.settings, nobody, own, progress, timing=self.timing)
        return replace(made, planned=self._whole(made.planned))

    def pressed(self) -> dict[int, float]:
        """Return the memory that VMs have given up by now and not been given back, by row. [MiB]."""
        still = {
            step.vm for step in self.steps
            if step.source != step.destination or self.plan.moves[step.number - 1].balloon_mib > 0
        }  # fmt: skip
        waiting = {step.vm for step in self.steps} - still
        taken = {move.vm: move.balloon_mib for move in self.plan.moves if move.balloon_mib > 0}
        return {self.inventory.vm_row[vm]: taken[vm] for vm in sorted(waiting & taken.keys())}

    def _whole(self, found: Planned) -> Planned:
        """Return the plan in which memory that was taken is given back, where that can be."""
        pressed = self.pressed()
        if not pressed or found.summary["status"] == "infeasible":
            return found
        made = self._planned(given_back(found.plan, pressed))
        return made if isinstance(made, Planned) else found

    def _freed(self) -> Rows:
        """Return hosts that the plan frees and that can be emptied together, those with the fewest VMs first."""
        from solvers.repair import Repair

        known = [self.inventory.host_row[host] for host in self.plan.freed() if host in self.inventory.host_row]
        count = np.bincount(self.problem.start[self.problem.start != NOWHERE], minlength=len(self.problem.hosts))
        freed = np.array(sorted(known, key=lambda row: (count[row], row)), np.int32)
        for part in sorted({len(freed) * share // SHARES for share in range(1, SHARES + 1)} - {0}, reverse=True):
            offline = Offline(hosts=np.sort(freed[:part]), name="drain")
            problem = replace(self.problem, rules=(*self.problem.rules, offline))
            if Repair(seed=self.settings.search.seed)(problem).status != "infeasible":
                return np.sort(freed[:part])
        return freed[:0]

    def _own(self) -> tuple[Rule, ...]:
        """Return the user's rules without those that came with the data, which planning adds itself."""
        from consolidate.readers.rules import parse

        came = len(parse(self.inventory.rules, self.inventory, self.inventory.source))
        return self.rules[: len(self.rules) - came]

    def _retimed(self, placement: Placement) -> tuple[Moves, tuple[HostAction, ...]]:
        """Return what is left at the times that are predicted, from now."""
        course = drifted.bare(self.plan)
        numbers = {step.number for step in self.steps}
        rows = [step.number - 1 for step in self.steps]
        steps = self.drift.steps
        seen = Seen(
            np.array([step.start_s if step.state in (DONE, RUNNING) else np.nan for step in steps]),
            np.array([step.end_s if step.state == DONE else np.nan for step in steps]),
            np.array([step.state != DONE and step.number not in numbers for step in steps], np.bool_),
        )
        size, now = len(steps), self.drift.now_s
        done = {
            size + row: now for row, action in enumerate(self.plan.actions)
            if action.action == "boot" and self._is_on(action.host)
        }  # fmt: skip
        found = outlook(course, seen, now, self.drift.ratio, done, _LEAST_S)
        start = np.maximum(found.start_s[rows] - now, 0.0)
        end = np.maximum(found.end_s[rows] - now, start)
        live = np.array([self.plan.moves[row].live for row in rows], np.bool_)
        vm = [self.inventory.vm_row[step.vm] for step in self.steps]
        sent = np.array([self.plan.moves[row].transferred_mib for row in rows])
        moves = Moves.of(
            vm=vm,
            source=[self.inventory.host_row.get(step.source, NOWHERE) for step in self.steps],
            destination=[self.inventory.host_row[step.destination] for step in self.steps],
            wave=[self._wave(step) for step in self.steps],
            start_s=start, end_s=end,
            bandwidth_mbps=self._rates(rows), transferred_mib=sent, live=live & self.inventory.running[vm],
            downtime_ms=[self.plan.moves[row].downtime_ms * self.drift.ratio for row in rows],
            converges=[self.plan.moves[row].converges for row in rows],
            rounds=[1] * len(rows), reason=[self.plan.moves[row].reason for row in rows],
            balloon_mib=[self.plan.moves[row].balloon_mib for row in rows],
            disk_mib=[self.plan.moves[row].disk_mib for row in rows],
        )  # fmt: skip
        actions = tuple(
            HostAction(row, action.action, max(float(found.start_s[size + at]) - now, 0.0),
                       max(float(found.end_s[size + at]) - now, 0.0), action.reason)
            for at, action in enumerate(self.plan.actions)
            if (row := self.inventory.host_row.get(action.host)) is not None
            and placement.on[row] == (action.action == "boot") != self.problem.on[row]
        )  # fmt: skip
        return moves.take(np.lexsort((moves.end_s, moves.start_s))), actions

    def _wave(self, step: Step) -> int:
        """Return the wave of a move: one whose wave is over belongs to the newest that has begun."""
        begun = [each.wave for each in self.drift.steps if each.state in (DONE, RUNNING)]
        return max(step.wave, max(begun, default=0)) if step.state != RUNNING else step.wave

    def _rates(self, rows: Sequence[int]) -> Any:
        """Return the rate that each move has, in Mbit/s: as planned, or less where moves take longer than that."""
        from models.laws.migration import MBIT_PER_MIB, PUBLISHED

        planned = np.array([max(self.plan.moves[row].duration_s, 1e-9) for row in rows])
        sent = np.array([self.plan.moves[row].transferred_mib for row in rows]) * MBIT_PER_MIB
        return sent / PUBLISHED.efficiency / (planned * max(self.drift.ratio, 1.0))

    def _is_on(self, host: str) -> bool:
        row = self.inventory.host_row.get(host)
        return row is not None and bool(self.problem.on[row])

    def _planned(self, found: Plan) -> Planned | str:
        """Return the whole result of a plan, or what the checker has against it."""
        try:
            ways = self._ways(found.placement)
            verdict = checked(self.problem, found, ways.limits, self.reading, ways)
        except BrokenPromiseError as problem:
            return " ".join(str(problem).split())
        if broken := check.new(verdict.during):
            return f"On the way: {broken[0]}."
        return self._told(found, verdict)

    def _told(self, found: Plan, verdict: Verdict) -> Planned:
        from consolidate.plans import objective, outcome, plan_tables
        from consolidate.plans.economy import Economy

        began = perf_counter()
        economy = Economy(self.reading.inventory, self.reading.usage, self.formulation, self.settings)
        ways = transition(self.reading, self.formulation, found.placement, self.settings)
        formulation = objective.formulated(economy, ways)
        economy = replace(economy, formulation=formulation)
        result = outcome.Outcome(self.reading, self.settings, formulation, economy, found, verdict, 0, ways)
        return Planned(
            formulation, found, verdict, result.summary(perf_counter() - began), plan_tables.tables(result),
            result.manifest(), self.rules,
        )  # fmt: skip
