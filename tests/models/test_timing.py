"""Rules about time as seen from a later moment."""

import numpy as np

from models.timing import Blackout, Deadline, PowerBudget, Serialize, Window, later

VMS = np.array([0, 1], np.int32)


def test_spans_move_closer_and_what_is_over_is_gone() -> None:
    """Of 0 to 100, 150 to 200 and 300 to 400, seen from 160, a part of the second and the third are left."""
    spans = ((0.0, 100.0), (150.0, 200.0), (300.0, 400.0))
    (found,) = later((Window(vms=VMS, spans=spans),), 160.0)
    assert isinstance(found, Window)
    assert found.spans == ((0.0, 40.0), (140.0, 240.0))


def test_a_window_that_is_over_lets_nothing_happen() -> None:
    """While a blackout that is over is none."""
    spans = ((0.0, 100.0),)
    (found,) = later((Window(vms=VMS, spans=spans), Blackout(vms=VMS, spans=spans)), 160.0)
    assert isinstance(found, Window)
    assert found.spans == ()


def test_deadlines_and_budgets() -> None:
    """A deadline of 1,000 is one of 400 after 600; a budget until 500 is over then."""
    rules = (Deadline(vms=VMS, until_s=1000.0), PowerBudget(watts=9.0, until_s=500.0), Serialize(vms=VMS))
    found = later(rules, 600.0)
    assert [rule.kind for rule in found] == ["Deadline", "Serialize"]
    assert isinstance(found[0], Deadline)
    assert found[0].until_s == 400


def test_seen_from_before() -> None:
    """Seen from 50 earlier all is later by 50; what holds from the beginning holds before it too."""
    rules = (Blackout(vms=VMS, spans=((0.0, 100.0), (300.0, 400.0))), PowerBudget(watts=9.0, from_s=20.0, until_s=50.0))
    dark, budget = later(rules, -50.0)
    assert isinstance(dark, Blackout)
    assert isinstance(budget, PowerBudget)
    assert dark.spans == ((0.0, 150.0), (350.0, 450.0))
    assert (budget.from_s, budget.until_s) == (70.0, 100.0)
