"""What schedules are bettered in besides their makespan, and which moves make a wave: small cases by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models import aims
from models.check import limits as check
from models.network import Limits
from models.plan import Moves, Plan, Transition
from models.problem import Problem
from solvers.schedule import ListSchedule, Schedule
from solvers.scheduling.waves import least_waves
from tests.solvers.transitions import transition

FREE = Limits(outgoing=99, incoming=99, per_host=99, wave=99, pilot=99, pause_s=0.0)


def way(start: list[int], host: list[int], lasts: list[float], **rest: Any) -> Transition:
    """Return moves of 1 Gbit/s between hosts with NICs of 4 Gbit/s, which last so long, in s."""
    problem = Problem.of([[1]] * len(start), [[99]] * (max(start + host) + 1), start=start)
    given = {"nic_mbps": np.full(len(problem.hosts), 4000.0), "limits": FREE, "duration_s": np.array(lasts, float)}
    return transition(problem, host, on=np.ones(len(problem.hosts), np.bool_), **(given | rest))


def told(moved: Transition, plan: Plan) -> tuple[float, float, float, int]:
    """Return makespan, sum of ends, peak share of a link, and moves at risk at once."""
    risky = aims.of_moves(moved, plan.moves)
    peak = aims.peak_link_share(moved, plan.moves)
    return plan.makespan_s, aims.sum_of_ends_s(plan.moves), peak, aims.at_once(plan.moves, risky)


def test_what_a_schedule_is_like() -> None:
    """
    Two moves leave a host from 0 to 4 s and from 2 to 6 s, a third from 6 to 8 s; the first two do not converge.

    Together they take 2 of 4 Gbit/s from 2 to 4 s, and are two at risk at once then; ends add up to 4 + 6 + 8.
    """
    moved = way([0, 0, 0], [1, 2, 1], [4, 4, 2])
    moves = Moves.of(
        vm=[0, 1, 2], source=[0, 0, 0], destination=[1, 2, 1], start_s=[0, 2, 6], end_s=[4, 6, 8],
        bandwidth_mbps=[1000] * 3, transferred_mib=[1024] * 3, converges=[False, False, True],
    )  # fmt: skip
    assert told(moved, Plan(moved.placement, moves, makespan_s=8)) == (8, 18, 0.5, 2)


def test_few_at_risk_at_once() -> None:
    """Two moves of 2 s that do not converge are over one after the other while a third takes 10 s."""
    moved = way([0, 1, 2], [3, 4, 5], [10, 2, 2], dirty_mib_s=np.array([0.0, 1000.0, 1000.0]))
    assert told(moved, Schedule(seconds=1.0)(moved))[3] == 2
    assert told(moved, Schedule(seconds=1.0, then=("moves_at_risk",))(moved))[::3] == (10, 1)


@pytest.mark.parametrize("then", ["sum_of_ends", "peak_link_load", "moves_at_risk"])
def test_nothing_to_better(then: str) -> None:
    """Where nobody moves, there is nothing to better, and no time passes."""
    moved = way([0, 1], [0, 1], [4, 4])
    plan = Schedule(seconds=1.0, then=(then,))(moved)
    assert (len(plan.moves), plan.makespan_s) == (0, 0.0)


@pytest.mark.parametrize(("tolerance", "makespan", "peak"), [(0.0, 2, 0.75), (1.0, 4, 0.5), (2.0, 6, 0.25)])
def test_emptier_links(tolerance: float, makespan: float, peak: float) -> None:
    """Three moves of 2 s leave a host: at once, in two rounds, or one after the other, as far as they may last."""
    moved = way([0, 0, 0], [1, 2, 3], [2, 2, 2])
    plan = Schedule(seconds=1.0, then=("peak_link_load",), tolerance=tolerance)(moved)
    assert told(moved, plan)[::2] == (makespan, peak)
    assert not check.violations(moved.problem, plan, FREE, moved.nic_mbps)


def test_early_ends() -> None:
    """Through one slot moves of 5, 3 and 1 s go the short one first: 1 + 4 + 9, and not 5 + 8 + 9."""
    moved = way([0, 0, 0], [1, 1, 1], [5, 3, 1], limits=replace(FREE, total=1))
    assert told(moved, ListSchedule()(moved))[:2] == (9, 22)
    assert told(moved, Schedule(seconds=1.0, then=("sum_of_ends",))(moved))[:2] == (9, 14)


def test_stages_in_order() -> None:
    """Within the makespan ends stay early and the link half full; given twice the time it is a quarter full."""
    moved = way([0, 0], [1, 2], [2, 2])
    found = [
        told(moved, Schedule(seconds=1.0, then=then, tolerance=tolerance)(moved))[1:3]
        for then in (("sum_of_ends", "peak_link_load"), ("peak_link_load", "sum_of_ends"))
        for tolerance in (0.0, 1.0)
    ]
    assert found == [(4, 0.5), (6, 0.25), (4, 0.5), (6, 0.25)]


def test_long_moves_share_a_wave() -> None:
    """
    Two hosts are left by moves of 9, 2 and 1 s each, two a wave: as they come 1 + 9 + 9, well composed 1 + 2 + 9.

    The first wave takes the quickest two.
    """
    limits = replace(FREE, wave=2, pilot=2)
    moved = way([0, 0, 0, 1, 1, 1], [2, 3, 4, 2, 3, 4], [9, 2, 1, 9, 2, 1], limits=limits)
    assert ListSchedule()(moved).makespan_s == 19
    plan = Schedule(seconds=1.0)(moved)
    assert plan.makespan_s == plan.makespan_bound_s == 12
    assert not check.violations(moved.problem, plan, limits, moved.nic_mbps)


def test_groups_stay_whole_in_few_waves() -> None:
    """Groups of 1, 3, 3 and 1 in waves of 4 after a first of 0 need two waves; taken as they come three."""
    limits = replace(FREE, wave=4, pilot=1)
    groups = np.array([0, 1, 1, 1, 1, 2, 2, 2, 3], np.int32)
    moved = way([0] * 9, [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 2, 2, 2, 2, 2, 2, 2], groups=groups, limits=limits)
    plan = Schedule(seconds=1.0)(moved)
    assert len(np.unique(plan.moves.wave)) == 3 == least_waves(limits, 9, groups.astype(np.int64))
    for group in range(1, 4):
        assert len(np.unique(plan.moves.wave[groups[plan.moves.vm] == group])) == 1


@pytest.mark.parametrize(
    ("moves", "groups", "least"),
    [(0, [], 0), (2, [0, 1], 1), (7, [-1] * 7, 3), (8, [0] * 4 + [1] * 4, 3), (12, [0] * 4 + [1] * 4 + [2] * 4, 4)],
)
def test_least_waves(moves: int, groups: list[int], least: int) -> None:
    """The first wave takes 2, the others 4; three groups of 4 need one each, whichever of them loses one or two."""
    assert least_waves(Limits(wave=4, pilot=2), moves, np.array(groups, np.int64)) == least
