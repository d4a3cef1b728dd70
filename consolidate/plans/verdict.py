"""What the independent checker says of a plan; no plan is shown without."""

from dataclasses import dataclass, replace

import numpy as np

from consolidate.readers.reading import Reading
from models.check import balloons as check_balloons
from models.check import dependencies as check_dependencies
from models.check import limits as check_limits
from models.check import placement as check
from models.check import rollback, timeline
from models.check import timing as check_timing
from models.check.violation import Violation
from models.counting import counted
from models.errors import BrokenPromiseError, Finding
from models.network import Limits
from models.plan import Placement, Plan, Transition
from models.problem import Problem

REPLAYS, MANY_MOVES, MOST_MOVES = 3, 5_000, 20_000
"""Replays with other durations, in which moves start by events; of plans with more moves one is made, or none."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the independent checker says: violations of the start, new ones on the way, and those of the end."""

    before: tuple[Violation, ...]
    during: tuple[Violation, ...]
    after: tuple[Violation, ...]

    @property
    def left(self) -> tuple[Violation, ...]:
        """Hard violations of the starting state that the plan does not mend."""
        return tuple(each for each in self.after if each.existed and each.price is None)


def ended(problem: Problem, placement: Placement) -> tuple[Violation, ...]:
    """Return what the checker says of a placement, given how its VMs restart after a loss."""
    from solvers.spare import restarts

    shown = restarts(problem, placement.host, placement.on)
    return check.judged(problem, check.violations(problem, placement.host, placement.on, shown))


def checked(
    problem: Problem, found: Plan, allowed: Limits, reading: Reading, ways: Transition | None = None
) -> Verdict:
    """
    Return what the checker says of the start, of every moment of the plan and its rollback, and of the end.

    Parameters
    ----------
    allowed
        What may run at once.
    ways
        The rules about time and the draw that a power budget is judged by, if there are any.

    Raises
    ------
    BrokenPromiseError
        If the end, the platform's limits or capacity are broken: no rule of the user's can be the cause of that.
    """
    after = ended(problem, found.placement)
    nic = np.maximum(reading.inventory.hosts.migration_mbps, 1.0)
    ports = None if ways is None or ways.storage is None else ways.storage.port_mbps
    slots = check_limits.violations(problem, found, allowed, nic, reading.network, None, ports)
    timed = () if ways is None else check_timing.violations(
        problem, found, ways.timing, draw=ways.draw, limits=allowed, datastores=ways.datastores, disks=ways.disks
    )  # fmt: skip
    shrunk = check_balloons.violations(problem, found, None if ways is None else ways.balloon_mib)
    samples = REPLAYS if len(found.moves) <= MANY_MOVES else int(len(found.moves) <= MOST_MOVES)
    waiting = check_dependencies.violations(problem, found, allowed, nic, reading.network, ports, samples=samples)
    during = (*timeline.violations(problem, found), *rollback.violations(problem, found))
    excused = {rule.kind for rule in problem.rules if rule.continuous}
    lasting = [each for each in check.new((*during, *waiting)) if each.rule not in excused]
    broken = (*check.new(slots), *check.new(timed), *shrunk, *check.new(after), *lasting)
    if broken:
        listed = "\n".join(f"  {violation}" for violation in broken[:20])
        raise BrokenPromiseError(f"The plan breaks {counted(len(broken), 'rule')} and is not shown:\n{listed}")
    before = check.judged(problem, check.violations(problem, problem.start, problem.on))
    return Verdict(before, during, after)


def safe(problem: Problem, found: Plan, verdict: Verdict) -> Plan:
    """Return the plan, or the start as it is if a rule that holds at every moment is broken on the way or back."""
    broken = check.new(verdict.during)
    if not broken:
        return found
    reason = f"Every order of moves that was found breaks a rule on the way: {broken[0]}."
    names = tuple(dict.fromkeys(f"{each.rule} {each.name}".strip() for each in broken))
    start = replace(
        found.placement, host=problem.start, on=problem.on, status="infeasible", reason=reason, blocking=names
    )
    return Plan(start)


def over_capacity(verdict: Verdict, start: str = "Today already") -> list[Finding]:
    """Return a warning for each kind of violation that the start already has; `start` says what it is."""
    kinds: dict[str, list[Violation]] = {}
    for violation in verdict.before:
        kinds.setdefault(f"{violation.rule} {violation.name}".strip(), []).append(violation)
    return [
        Finding("warning", "start-violation", f"{start}: {found[0]}{_more(len(found) - 1)}.", count=len(found))
        for found in kinds.values()
    ]


def _more(count: int) -> str:
    return f", and {count} more of the kind" if count else ""
