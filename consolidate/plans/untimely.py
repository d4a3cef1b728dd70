"""Where rules about time keep a plan from being made: which of them, whom they hold, and what would help."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from models.counting import counted
from models.errors import Finding, InputError
from models.plan import Placement, Plan, Transition
from models.problem import Problem
from models.timing import PowerBudget

if TYPE_CHECKING:
    from solvers.scheduling.closed import Closed

MOST_TRIALS = 24
"""Placements tried to find out which rules it is; then none is taken to be superfluous any more."""
MOST_TOLD = 20
"""VMs and hosts without an order of moves that are told one by one."""
MOST_REMEDIES = 6

Schedule = Callable[..., Plan]
"""Returns the plan for a placement; with ``lifted``, without the rules about time of that title."""


def affordable(ways: Transition) -> None:
    """
    Check that budgets of power that hold from the beginning are no less than what is drawn then.

    Raises
    ------
    InputError
        With each that is.
    """
    if ways.draw is None:
        return
    now = float(ways.draw.host_w[ways.problem.on].sum() + ways.draw.vm_w.sum())
    wrong = [
        Finding("error", "power-budget", f"The hosts draw {now:,.0f} W now; a budget of {rule.watts:,.0f} W that holds "
                "from the beginning cannot be kept.", rule.file or "rules", rule.row, "watts", f"{rule.watts:g}")
        for rule in ways.timing
        if isinstance(rule, PowerBudget) and rule.from_s <= 0 and rule.watts < now
    ]  # fmt: skip
    if wrong:
        raise InputError(wrong)


def findings(closed: "Sequence[Closed]", plan: Plan) -> Iterator[Finding]:
    """Yield what rules about time exclude by themselves, and who stays since no order of moves was found."""
    for each in closed:
        yield Finding("info", "no-time", f"{each.why}.")
    held = [f"{name} {why}." for name, why in plan.blocked.items()]
    for told in held[:MOST_TOLD]:
        yield Finding("warning", "no-order-of-moves", told)
    if len(held) > MOST_TOLD:
        more = counted(len(held) - MOST_TOLD, "more VM or host stays as it is", "more VMs or hosts stay as they are")
        text = f"{more} since no order of moves was found."
        yield Finding("warning", "no-order-of-moves", text, count=len(held) - MOST_TOLD)


def stranded(
    placement: Placement, stuck: dict[str, str], failed: Plan | None, titles: Sequence[str], schedule: Schedule
) -> Placement:
    """
    Return a placement without a plan, with the rules about time named that hold its moves, and what would help.

    Parameters
    ----------
    stuck
        VMs and hosts that no order can move, and why.
    failed
        The last plan in which they could not be moved.
    titles
        Of all rules about time.
    """
    named = [title for title in dict.fromkeys(titles) if any(title in why for why in stuck.values())]
    if failed is None or not named:
        return placement
    helps = [title for title in named[:MOST_REMEDIES] if not schedule(failed.placement, lifted=title).blocked]
    blocking = (*named, *[name for name in stuck if name not in named][:MOST_TOLD])
    return replace(placement, blocking=blocking, remedies=tuple(f"Lift the rule {title}." for title in helps))


def explained(plan: Plan, problem: Problem, closed: "Sequence[Closed]", place: Callable[[Problem], Placement]) -> Plan:
    """Return the plan; where nothing is done since rules about time exclude it, with those rules and what helps."""
    from solvers.blocking import smallest

    titles = tuple(dict.fromkeys(each.rule.name for each in closed))
    if plan.placement.status != "unchanged" or plan.placement.reason or not titles:
        return plan
    left = MOST_TRIALS

    def frees(names: Sequence[str]) -> bool:
        nonlocal left
        left -= 1
        rules = tuple(each.rule for each in closed if each.rule.name in names)
        found = place(replace(problem, rules=(*problem.rules, *rules))) if left >= 0 else None
        return found is None or bool(found.status != "infeasible" and np.count_nonzero(found.on) < problem.on.sum())

    if not frees(()):
        return plan
    core = smallest(frees, titles)
    helps = [title for title in core[:MOST_REMEDIES] if frees([name for name in titles if name != title])]
    why = " ".join(f"{each.why}." for each in closed if each.rule.name in core)
    remedies = tuple(f"Lift the rule {title}." for title in helps)
    return replace(plan, placement=replace(plan.placement, reason=why, blocking=core, remedies=remedies))
