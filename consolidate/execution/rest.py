"""What is left of a plan, planned from the present state with as few changes as can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from consolidate import inputs
from consolidate.execution.drift import DONE, Drift, Step
from consolidate.execution.remaining import Case
from consolidate.execution.scene import formulated
from consolidate.planning import Planned
from consolidate.plans.rechecking import as_planned, judge, rules_of, settings_of
from consolidate.plans.tracking import STALE, Recheck, recheck
from consolidate.readers import moments
from consolidate.readers.reading import Reading
from consolidate.runbooks import folder as results_of
from consolidate.runbooks.names import belongs
from consolidate.settings import Settings
from models.arrays import names

NOTHING, IN_ORDER, ANEW, SOLVED = "nothing", "in order", "scheduled anew", "solved again"
"""How the rest was found: there is none; the moves in their order; the same moves in another; other moves."""
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
        What stood against a smaller change, and what was given up in the end, in sentences.
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
    plan, settings = results_of.read(path), settings_of(path)
    belongs(path, plan, reading.inventory)
    here = present(as_planned(path, reading), found.steps)
    again = recheck(path, here, judge(path, rules))
    own, formulation = formulated(here, settings, rules_of(path, rules))
    open_steps = _open(found, again)
    wrong = [reason for reason in again.reasons if again.verdict == STALE][:-1]
    wrong += [f"Move {step.number}, {step.vm}: {step.why}" for step in again.steps
              if step.state == "impossible" and step.vm in here.inventory.vm_row]  # fmt: skip
    if not open_steps and not wrong:
        return Rest(NOTHING, (), again, None)
    timing = inputs.timed(rules_of(path, rules), here, settings, passed_s=_passed_s(found, settings))
    case = Case(plan, found, here, settings, own, timing, formulation, open_steps)
    if not wrong:
        for how, make in ((IN_ORDER, case.in_order), (ANEW, case.anew)):
            made = make()
            if isinstance(made, Planned):
                return Rest(how, tuple(wrong), again, made)
            wrong.append(made)
    solved = case.solved(progress)
    wrong += [*solved.given_up, *_unreturned(case, solved.planned)]
    return Rest(SOLVED, tuple(wrong), again, solved.planned, *_changes(case, solved.planned))


def _passed_s(found: Drift, settings: Settings) -> float:
    """
    Return for how long rules about time have counted, in seconds.

    Dates and hours of the day were read as seconds from when the plan was to begin; else all count from when it began.
    """
    begins = settings.migration.begins
    if begins is None or found.started != found.started:
        return found.now_s
    return found.started + found.now_s - moments.moment(begins)[0]


def _open(found: Drift, again: Recheck) -> tuple[Step, ...]:
    """Return the moves that are not done, neither by the journal nor by the inventory, and can be."""
    states = {step.number: step.state for step in again.steps}
    return tuple(step for step in found.steps if step.state != DONE and states.get(step.number) == "to do")


def _unreturned(case: "Case", solved: Planned) -> list[str]:
    """Return a sentence for each VM that has given memory up, and that the plan of the rest does not give it back."""
    moves = solved.plan.moves
    returned = set(moves.vm[moves.source == moves.destination].tolist())
    return [
        f"{case.problem.vms[vm]} has given up {mib:,.0f} MiB, for which its host has no room: give them back by hand."
        for vm, mib in case.pressed().items()
        if vm not in returned
    ]


def _changes(case: "Case", solved: Planned) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the VMs that no longer move, and those that move elsewhere than before."""
    before = {step.vm: step.destination for step in case.steps}
    table = solved.tables["moves"]
    after = dict(zip(table["vm"], table["destination"], strict=True))
    return (
        tuple(vm for vm in before if vm not in after),
        tuple(str(vm) for vm, host in after.items() if before.get(str(vm)) != host),
    )


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
