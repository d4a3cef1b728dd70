"""The benchmark of schedules: its table, its plans, and what it promises on published cases."""

import csv
import json
import os
from pathlib import Path

import pytest

from models.check import timing
from solvers.schedule import Schedule
from tests.benchmarks import mvm, schedule

DATA = Path(os.environ.get("CONSOLIDATE_DATA", Path(__file__).parents[2].parent / "shared" / "data")) / "mvm"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the published cases are not here")


def test_table_and_plans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two cases: a row for each, proven optimal and unbroken, and a plan with every move and action of the case."""
    cases = [DATA / "random" / "ucc15-random-18.json", DATA / "energy" / "ucc15-energy-mvm.json"]
    arguments = [*map(str, cases), "--seconds", "20", "--csv", str(tmp_path / "o.csv"), "--plans", str(tmp_path)]
    assert schedule.main([*arguments, "--workers", "1"]) == 0
    assert capsys.readouterr().out.startswith("case,moves,makespan_s,bound_s,status,seconds,violations\n")
    with (tmp_path / "o.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["makespan_s"], row["status"], row["violations"]) for row in rows] == [
        ("211", "optimal", "0"),
        ("407", "optimal", "0"),
    ]
    plan, case = (json.loads(path.read_text()) for path in (tmp_path / "ucc15-energy-mvm.json", cases[1]))
    assert {(move["vm"], move["source"], move["destination"]) for move in plan["moves"]} == {
        (move["vm"], move["src"], move["dst"]) for move in case["moves"]
    }
    assert {(each["action"], each["host"]) for each in plan["actions"]} == {
        (each["action"], each["host"]) for each in case["node_actions"]
    }
    assert max(each["end_s"] for each in plan["actions"]) == 407


@pytest.mark.parametrize(
    ("size", "hot", "hot_s", "cold", "mbps", "seconds"),
    [
        (3000, 96, 2, 2.0, 500, 69),
        (2000, 96, 2, 2.0, 1000, 20),
        (4000, 5, 3, 0.0, 1000, 36),
        (2000, 5, 3, 0.0, 1000, 18),
    ],
)
def test_formula(size: int, hot: int, hot_s: int, cold: float, mbps: float, seconds: int) -> None:
    """The published formula in floating point: as the reference results use it."""
    vm = {"mem_used_mb": size, "hot_dirty_mb": hot, "hot_dirty_s": hot_s, "cold_dirty_mb_s": cold}
    assert mvm.formula(vm, mbps) == seconds


def test_under_nine_kilowatts() -> None:
    """
    The case of 72 hosts is done under 9,000 W, which its recorded plan exceeds by 1,276 W.

    Lists that boot as early as they can take 490 s, and loads over capacities prove no more than 407 s.
    """
    case = mvm.read(DATA / "energy" / "ucc15-capping-mvm.json")
    way = mvm.powered(mvm.transition(case), case, mvm.budget(case))
    plan = Schedule(seconds=2.0, exact=0)(way)
    (recorded,) = timing.violations(way.problem, mvm.recorded(case, way), way.timing, draw=way.draw)
    assert recorded.amount == 10_276.0
    assert not schedule.broken(way, plan)
    assert len(plan.moves) == 96
    assert 440 <= plan.makespan_bound_s <= plan.makespan_s < 490
