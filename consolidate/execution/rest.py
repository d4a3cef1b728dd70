"""What is left of a plan, planned from the present state with as few changes as can be."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from consolidate.execution import drift as drifted
from consolidate.execution.drift import DONE, RUNNING, Drift, Step
from consolidate.execution.scene import formulated
from consolidate.planning import Planned, limits, transition
from consolidate.readers.reading import Reading
from consolidate.rechecking import judge, rules_of, settings_of
from consolidate.runbooks import folder as results_of
from consolidate.runbooks.folder import Folder
from consolidate.settings import Settings
from consolidate.tracking import STALE, Recheck, recheck
from consolidate.verdict import Verdict, checked
from models.arrays import NOWHERE, Rows, names
from models.check import placement as check
from models.errors import BrokenPromiseError
from models.execution.outlook import Seen, outlook
from models.formulation import Formulation
from models.inventory import Inventory
from models.network import Limits
from models.plan import HostAction, Moves, Placement, Plan
from models.problem import Problem
from models.rules import Offline, Rule

NOTHING, IN_ORDER, ANEW, SOLVED = "nothing", "in order", "scheduled anew", "solved again"
"""How the rest was found: there is none; the moves in their order; the same moves in another; other moves."""
_LEAST_S = 0.1
"""What a move that should have ended by now is still taken to need, in s."""
SHARES = 8
"""Of the hosts that a plan frees, all are tried to be emptied, then 7 of 8, and so on."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Rest:
    """
    What is left of a plan.

    Parameters
    ----------
    how
        `NOTHING`, `IN_ORDER`, `ANEW` or `SOLVED`.
    why
        What stood against a smaller change, in sentences.
    recheck
        The plan against the present state.
    planned
        The plan of the rest; None if nothing is left.
    dropped, added
        VMs that were to be moved and are not, and the other way round, or elsewhere than before.
    """

    how: str
    why: tuple[str, ...]
    recheck: Recheck
    planned: Planned | None
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether there is a plan of the rest, or nothing is left."""
        return self.planned is None or self.planned.summary["status"] != "infeasible"


def present(reading: Reading, steps: Sequence[Step]) -> Reading:
    """Return the reading in which VMs are where the moves that are done brought them, where it is older than these."""
    inventory = reading.inventory
    host = inventory.vms.host.copy()
    for step in steps:
        row = inventory.vm_row.get(step.vm)
        if step.state == DONE and row is not None and str(host[row]) == step.source:
            host[row] = step.destination
    on = inventory.hosts.power_state.copy()
    for name in {str(each) for each in host if each in inventory.host_row}:
        on[inventory.host_row[name]] = "on"
    vms, hosts = replace(inventory.vms, host=names(host)), replace(inventory.hosts, power_state=names(on))
    return replace(reading, inventory=replace(inventory, vms=vms, hosts=hosts))


def rest(
    path: Path, found: Drift, reading: Reading, rules: Path | None = None, progress: Progress | None = None
) -> Rest:
    """
    Plan what is left of a plan from the present state.

    First the moves that are left are kept, in their order; if what happened forbids that, they are scheduled anew; if
    they cannot be done or break a rule, VMs are placed again with the fewest moves.

    Parameters
    ----------
    path, found
        The plan, and what became of it.
    reading
        The inventory, of now or of when the plan was made.
    rules
        Rules in place of those that the plan keeps.
    """
    from consolidate.estate import supposed

    plan, settings = results_of.read(path), settings_of(path)
    here = present(supposed(reading, settings.estate), found.steps)
    again = recheck(path, here, judge(path, rules))
    own, formulation = formulated(here, settings, rules_of(path, rules))
    open_steps = _open(found, again)
    wrong = [reason for reason in again.reasons if again.verdict == STALE][:-1]
    wrong += [f"Move {step.number}, {step.vm}: {step.why}" for step in again.steps
              if step.state == "impossible" and step.vm in here.inventory.vm_row]  # fmt: skip
    if not open_steps and not wrong:
        return Rest(NOTHING, (), again, None)
    case = _Case(plan, found, here, settings, own, formulation, open_steps)
    if not wrong:
        for how, make in ((IN_ORDER, case.in_order), (ANEW, case.anew)):
            made = make()
            if isinstance(made, Planned):
                return Rest(how, tuple(wrong), again, made)
            wrong.append(made)
    solved = case.solved(progress)
    return Rest(SOLVED, tuple(wrong), again, solved, *_changes(case, solved))


def _open(found: Drift, again: Recheck) -> tuple[Step, ...]:
    """Return the moves that are not done, neither by the journal nor by the inventory, and can be."""
    states = {step.number: step.state for step in again.steps}
    return tuple(step for step in found.steps if step.state != DONE and states.get(step.number) == "to do")


def _changes(case: "_Case", solved: Planned) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the VMs that no longer move, and those that move elsewhere than before."""
    before = {step.vm: step.destination for step in case.steps}
    table = solved.tables["moves"]
    after = dict(zip(table["vm"], table["destination"], strict=True))
    return (
        tuple(vm for vm in before if vm not in after),
        tuple(str(vm) for vm, host in after.items() if before.get(str(vm)) != host),
    )


@dataclass(frozen=True, eq=False)
class _Case:
    """The present state, and what is to be done from it."""

    plan: Folder
    drift: Drift
    reading: Reading
    settings: Settings
    rules: tuple[Rule, ...]
    formulation: Formulation
    steps: tuple[Step, ...]

    @property
    def problem(self) -> Problem:
        return self.formulation.problem

    @property
    def inventory(self) -> Inventory:
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
        found = limits(self.settings, placement, self.problem)
        size = max(Counter(self._wave(step) for step in self.steps).values(), default=0)
        wave = max(found.wave, size)
        return replace(found, wave=wave, pilot=wave if self.drift.count(DONE) else max(found.pilot, 1))

    def in_order(self) -> Planned | str:
        """Return the plan of the moves that are left, in their order; else why that cannot be."""
        placement = self.placement()
        moves, actions = self._retimed(placement)
        makespan_s, longest_s = (float(each.max(initial=0.0)) for each in (moves.end_s, moves.end_s - moves.start_s))
        return self._planned(Plan(placement, moves, actions, makespan_s=makespan_s, makespan_bound_s=longest_s))

    def anew(self) -> Planned | str:
        """Return the same moves scheduled anew; else why that cannot be."""
        from solvers.schedule import ListSchedule

        placement = self.placement()
        way = transition(self.reading, self.formulation, placement, self.settings)
        found = ListSchedule()(replace(way, limits=self.limits(placement)))
        if found.blocked:
            return "; ".join(f"{name} {why}" for name, why in list(found.blocked.items())[:5]) + "."
        return self._planned(found)

    def solved(self, progress: Progress | None) -> Planned:
        """Return the plan with the fewest moves that still empties hosts that the plan frees, as many as can be."""
        from consolidate import upkeep

        own = self._own()
        if len(freed := self._freed()):
            found = upkeep.drained(self.reading, self.settings, freed, own, progress)
            if found.summary["status"] != "infeasible":
                return found
        nobody = np.zeros(0, np.int32)
        return upkeep.repaired(self.reading, self.settings, nobody, own, progress).planned

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
            verdict = checked(self.problem, found, self.limits(found.placement), self.reading)
        except BrokenPromiseError as problem:
            return " ".join(str(problem).split())
        if broken := check.new(verdict.during):
            return f"On the way: {broken[0]}."
        return self._told(found, verdict)

    def _told(self, found: Plan, verdict: Verdict) -> Planned:
        from consolidate import objective, outcome, plan_tables
        from consolidate.economy import Economy

        began = perf_counter()
        economy = Economy(self.reading.inventory, self.reading.usage, self.formulation, self.settings)
        ways = transition(self.reading, self.formulation, found.placement, self.settings)
        formulation = objective.formulated(economy, ways)
        economy = replace(economy, formulation=formulation)
        result = outcome.Outcome(self.reading, self.settings, formulation, economy, found, verdict, 0)
        return Planned(
            formulation, found, verdict, result.summary(perf_counter() - began), plan_tables.tables(result),
            result.manifest(), self.rules,
        )  # fmt: skip


def as_json(found: Rest) -> Mapping[str, Any]:
    """Return it made of JSON's own types."""
    planned = found.planned
    return {
        "how": found.how,
        "why": list(found.why),
        "plan_verdict": found.recheck.verdict,
        "reasons": list(found.recheck.reasons),
        "moves": 0 if planned is None else len(planned.plan.moves),
        "makespan_s": 0.0 if planned is None else float(planned.plan.moves.end_s.max(initial=0.0)),
        "status": "unchanged" if planned is None else str(planned.summary["status"]),
        "dropped": list(found.dropped),
        "added": list(found.added),
    }
