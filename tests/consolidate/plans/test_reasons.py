"""Why each VM moves, in words."""

import numpy as np

from consolidate.plans.reasons import Reasons
from models.check.violation import Violation
from models.formulation import formulate
from models.plan import Moves, Placement, Plan
from models.rules import Offline, Rule
from tests.models.machines import inventory
from tests.models.strategies import rows


def reason(
    homes: list[int], host: list[int], on: list[bool], *rules: Rule, note: str = "", broken: tuple[Violation, ...] = ()
) -> str:
    """Return why VM 0 moves."""
    formulation = formulate(inventory(homes), rules=rules)
    start = formulation.problem.start
    moves = Moves.of(vm=[0], source=[start[0]], destination=[host[0]], start_s=[0], end_s=[1], reason=[note])
    plan = Plan(Placement(np.array(host), np.array(on)), moves)
    (found,) = Reasons(formulation, plan, np.array([105.4, 200.0]), broken).all()
    return found


def test_empties_a_host() -> None:
    """
    The host that is emptied, what that saves, and what the other one has left.

    8,459 of 175,104 MiB and 4 of 80 vCPUs are taken: both leave 95 %.
    """
    assert reason([0], [1], [False, True]) == (
        "empties small, which saves 105 W; large keeps 95% of usable memory and 95% of usable CPU free"
    )


def test_a_rule_demands_it() -> None:
    """The rule that drains the host is named."""
    assert "as the rule “retire” demands" in reason([0], [1], [False, True], Offline(hosts=rows(0), name="retire"))


def test_mends_a_rule() -> None:
    """A VM that leaves where it breaks a rule says which."""
    broken = Violation("Spread", ("vm-0", "vm-1"), 2, 1, "apart")
    assert "leaves small, where it breaks Spread “apart”" in reason([0, 0], [1, 0], [True, True], broken=(broken,))


def test_mends_an_overload() -> None:
    """So does one on a host over its capacity."""
    broken = Violation("Capacity", ("small",), 50, 40, "vcpus")
    assert "breaks Capacity “vcpus”" in reason([0, 0], [1, 0], [True, True], broken=(broken,))


def test_makes_room() -> None:
    """A VM that steps aside names the one that comes."""
    assert "makes room on small for vm-1" in reason([0, 1], [1, 0], [True, True])


def test_new() -> None:
    """A new VM was nowhere."""
    assert "was on no host" in reason([-1], [1], [True, True])


def test_a_note_comes_first() -> None:
    """What the scheduler noted is told before."""
    assert reason([0], [1], [False, True], note="goes by way of x").startswith("goes by way of x; empties small")


def test_else() -> None:
    """A move for balance says that."""
    assert "in balance" in reason([0, 0], [1, 0], [True, True])
