"""What the independent checker says of a plan; no plan is shown without."""

from dataclasses import dataclass

import numpy as np

from consolidate.readers.reading import Reading
from models.check import limits as check_limits
from models.check import placement as check
from models.check import rollback, timeline
from models.check.violation import Violation
from models.errors import BrokenPromiseError, Finding
from models.network import Limits
from models.plan import Plan
from models.problem import Problem


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the independent checker says: violations of the start, new ones on the way, and those of the end."""

    before: tuple[Violation, ...]
    during: tuple[Violation, ...]
    after: tuple[Violation, ...]


def checked(problem: Problem, found: Plan, allowed: Limits, reading: Reading) -> Verdict:
    """
    Return what the checker says of the start, of every moment of the plan and its rollback, and of the end.

    Raises
    ------
    BrokenPromiseError
        If a plan that is called feasible breaks a hard rule that held at the start.
    """
    before = check.violations(problem, problem.start, problem.on)
    after = check.judged(problem, check.violations(problem, found.placement.host, found.placement.on))
    nic = np.maximum(reading.inventory.hosts.migration_mbps, 1.0)
    during = (
        *timeline.violations(problem, found),
        *rollback.violations(problem, found),
        *check_limits.violations(problem, found, allowed, nic, reading.network),
    )
    broken = (*check.new(during), *check.new(after))
    if broken:
        listed = "\n".join(f"  {violation}" for violation in broken[:20])
        raise BrokenPromiseError(f"The plan breaks {len(broken)} rules and is not shown:\n{listed}")
    return Verdict(before, during, after)


def over_capacity(verdict: Verdict) -> list[Finding]:
    """Return a warning for each kind of violation that the start already has."""
    kinds: dict[str, list[Violation]] = {}
    for violation in verdict.before:
        kinds.setdefault(f"{violation.rule} {violation.name}".strip(), []).append(violation)
    return [
        Finding(
            "warning",
            "start-violation",
            f"The starting state breaks {kind} {len(found)} times, first: {found[0]}.",
            count=len(found),
        )
        for kind, found in kinds.items()
    ]
