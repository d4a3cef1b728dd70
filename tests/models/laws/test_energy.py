"""What a rearrangement draws over time: by hand, and a published timeline to the joule."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from models.check import timing
from models.laws import energy
from models.plan import HostAction, Moves, Placement, Plan
from models.problem import Problem
from models.timing import Draw, PowerBudget
from tests.benchmarks import mvm

DATA = Path(os.environ.get("CONSOLIDATE_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
CASE = DATA / "mvm" / "energy" / "ucc15-capping-mvm.json"


def test_by_hand() -> None:
    """
    One host on with one VM draws 110 W; the other boots for 2 s (150 W), the VM moves for 2 s at 160 Mbit/s (10 + 5 W).

    Then the first host shuts down for 1 s, and the second one is left.
    """
    problem = Problem.of([[1]], [[9]] * 2, start=[0], on=[True, False])
    plan = Plan(
        Placement(np.array([1], np.int32), np.array([False, True])),
        Moves.of(vm=[0], source=[0], destination=[1], start_s=[2], end_s=[4], bandwidth_mbps=[160]),
        (HostAction(1, "boot", 0.0, 2.0), HostAction(0, "shutdown", 4.0, 5.0)),
    )
    draw = Draw(np.full(2, 100.0), np.full(2, 50.0), np.array([10.0]), migration_w=5.0)
    times, watts = energy.timeline(problem, plan, draw)
    assert (times.tolist(), watts.tolist()) == ([0, 2, 4, 5], [260, 225, 210, 110])
    assert energy.energy_j(times, watts, 6.0) == 2 * 260 + 2 * 225 + 210 + 110


def test_copies_of_disks_draw() -> None:
    """A move draws by the faster of its copies, 320 Mbit/s of disks: 20 + 5 W; so does one of a VM that is off."""
    problem = Problem.of([[1], [1]], [[9]] * 2, start=[0, 0])
    moves = Moves.of(
        vm=[0, 1], source=[0, 0], destination=[1, 1], start_s=[0, 4], end_s=[4, 6], bandwidth_mbps=[160, 0],
        storage_mbps=[320, 320], disk_mib=[9, 9], live=[True, False],
    )  # fmt: skip
    plan = Plan(Placement(np.array([1, 1], np.int32), np.ones(2, np.bool_)), moves)
    draw = Draw(np.zeros(2), np.zeros(2), np.zeros(2), migration_w=5.0)
    times, watts = energy.timeline(problem, plan, draw)
    assert (times.tolist(), watts.tolist()) == ([0, 4, 6], [25, 25, 0])
    budget = (PowerBudget(watts=24.0),)
    (found,) = timing.violations(problem, plan, budget, draw=draw)
    assert (found.rule, found.amount) == ("PowerBudget", 25)


@pytest.mark.skipif(not CASE.exists(), reason="the published cases are not here")
def test_published_timeline() -> None:
    """The recorded plan of 72 hosts and 96 VMs takes 3,530,496 J in 407 s and draws 10,276 W at most."""
    case = json.loads(CASE.read_text(encoding="utf-8"))
    way = mvm.transition(case)
    times, watts = energy.timeline(way.problem, mvm.recorded(case, way), mvm.draw(case))
    assert (energy.energy_j(times, watts, 407.0), watts.max()) == (3_530_496.0, 10_276.0)
