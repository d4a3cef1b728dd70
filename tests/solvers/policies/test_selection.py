import numpy as np
import pytest
from hypothesis import given, settings

from models.arrays import Floats
from models.decisions import View
from models.laws.sharing import summed
from solvers.policies.selection import (
    SELECTIONS,
    MaximumCorrelation,
    MinimumMigrationTime,
    MinimumUtilization,
    RandomChoice,
    Selection,
    SmallestSufficient,
    multiple_correlation,
)
from tests.solvers.policies.views import seen, views


def chosen(selection: Selection, view: View, *excess: float) -> list[int]:
    """Return which VMs leave hosts that have too much."""
    vms = selection(view, np.array([*excess, *[0.0] * (len(view.open) - len(excess))]), view.movable)
    return [int(vm) for vm in vms]


def test_the_vm_of_least_memory_leaves() -> None:
    """With 150 MHz too much, the VMs of 1 and 2 GiB leave, which ask for 100 MHz each; that of 4 GiB stays."""
    view = seen([0, 0, 0], [400, 100, 100], memory_mib=np.array([4096.0, 2048, 1024]))
    assert chosen(MinimumMigrationTime(), view, 150) == [2, 1]


def test_no_more_leave_than_needed() -> None:
    """With 100 MHz too much one VM of 100 MHz is enough."""
    assert chosen(MinimumMigrationTime(), seen([0, 0], [100, 100]), 100) == [0]


def test_the_least_busy_vm_leaves() -> None:
    """200 of 2,000 MHz is less busy than 150 of 1,000."""
    view = seen([0, 0], [150, 200], size_mhz=np.array([1000.0, 2000]))
    assert chosen(MinimumUtilization(), view, 100) == [1]


def test_the_smallest_that_is_enough_leaves() -> None:
    """150 MHz too much: of 100, 200, 250 and 400 the one of 200."""
    assert chosen(SmallestSufficient(), seen([0, 0, 0, 0], [100, 200, 250, 400]), 150) == [1]


def test_the_largest_leave_where_none_is_enough() -> None:
    """300 MHz too much, of 100, 150 and 200: that of 200; then 100 are too much, and that of 100 is enough."""
    assert chosen(SmallestSufficient(), seen([0, 0, 0], [100, 150, 200]), 300) == [2, 0]


def test_random_choice_is_repeatable() -> None:
    """The same moment is decided alike, another one or another seed is not always."""
    view = seen([0] * 30, [10.0] * 30)
    first = chosen(RandomChoice(1), view, 45)
    assert first == chosen(RandomChoice(1), view, 45)
    assert len(first) == 5
    assert first != chosen(RandomChoice(2), view, 45)
    assert first != chosen(RandomChoice(1), seen([0] * 30, [10.0] * 30, time_s=300), 45)


PAST = np.array([[1.0, 2, 7], [2, 4, 1], [3, 6, 8], [4, 8, 2], [5, 10, 8], [6, 12, 1]]) * 10
"""Two VMs that rise together, and one that does not care."""


def test_vms_that_rise_together_are_parted() -> None:
    """Of two VMs with correlation 1 and one without, one of the two leaves: the first, since both hold as much."""
    view = seen([0, 0, 0], PAST[0].tolist(), history_mhz=PAST)
    assert chosen(MaximumCorrelation(), view, 5) == [0]


def test_multiple_correlation_is_that_of_a_regression() -> None:
    """The squared multiple correlation is the explained share of a least-squares fit on the others, with intercept."""
    past = np.random.default_rng(1).random((12, 4))
    view = seen([0] * 4, past[0].tolist(), history_mhz=past)
    for vm, found in enumerate(multiple_correlation(view, np.ones(4, np.bool_), 12)):
        others = np.column_stack([np.ones(12), np.delete(past, vm, axis=1)])
        assert found == pytest.approx(_explained(others, past[:, vm]), abs=1e-6)


def _explained(others: Floats, own: Floats) -> float:
    rest = own - others @ np.linalg.lstsq(others, own, rcond=None)[0]
    return float(1 - (rest**2).sum() / ((own - own.mean()) ** 2).sum())


def test_vms_that_do_the_same_explain_each_other() -> None:
    """Of three equal series, in single precision, each is explained by the other two."""
    past = np.repeat(np.arange(12, dtype=np.float32)[:, None] * 7 % 5, 3, axis=1)
    view = seen([0] * 3, past[0].tolist(), history_mhz=past)
    assert multiple_correlation(view, np.ones(3, np.bool_), 12) == pytest.approx(1)


def test_with_few_samples_the_total_of_the_others_counts() -> None:
    """Three samples of four VMs: the first rises as the total of the others does, correlation 1."""
    past = np.array([[3.0, 1, 1, 1], [2, 1, 1, 0], [1, 1, 0, 0]])
    view = seen([0] * 4, past[0].tolist(), history_mhz=past)
    assert multiple_correlation(view, np.ones(4, np.bool_), 3)[0] == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(views())
def test_every_selection_is_enough_and_no_more(view: View) -> None:
    """Each host is within its limit or has no VM left that may leave; without the last VM it would not be enough."""
    excess = np.maximum(view.cpu_mhz - view.capacity_mhz * 0.4, 0.0)
    may = view.movable & (view.demand_mhz > 0)
    for kind in SELECTIONS.values():
        vms = kind()(view, excess, may)
        gone = summed(view.demand_mhz[vms], view.host[vms], len(excess))
        left = may.copy()
        left[vms] = False
        waiting = summed(left.astype(np.float64), view.host, len(excess))
        assert len(np.unique(vms)) == len(vms)
        assert may[vms].all()
        assert ((gone >= excess - 1e-9) | (waiting == 0)).all()
        last = {int(view.host[vm]): float(view.demand_mhz[vm]) for vm in vms}
        assert all(gone[host] - demand < excess[host] for host, demand in last.items())
