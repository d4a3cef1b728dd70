"""What is drawn: from the seed and the run alone, and as it was measured."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from models import catalog
from models.errors import InputError
from models.execution.chances import NONE, Chances, draw
from models.execution.course import Course
from models.problem import Problem
from tests.models.execution.plans import by_hand

_FOLDERS = [Path(os.environ.get("CONSOLIDATE_DATA", "../shared/data")), Path(__file__).parents[4] / "shared" / "data"]
EXECUTIONS = next((file for each in _FOLDERS if (file := each / "mvm" / "real_executions.csv").is_file()), None)
MANY = 4000


def many(mib: float, mbps: float) -> Course:
    """Return a course of many moves of one size."""
    problem = Problem.of([[1]] * MANY, [[MANY]] * 2, start=[0] * MANY)
    rows = [(vm, 0, 1, 0.0, 10.0) for vm in range(MANY)]
    return by_hand(problem, rows, transferred_mib=[mib] * MANY, bandwidth_mbps=[mbps] * MANY)


def test_same_seed_same_draw() -> None:
    """The seed and the number of the run decide, and nothing else."""
    course = many(2000.0, 500.0)
    one, again, other = (draw(course, Chances(), 7, run) for run in (3, 3, 4))
    assert (one.factor == again.factor).all()
    assert (one.fails == again.fails).all()
    assert not (one.factor == other.factor).all()


def test_factors_spread_as_measured() -> None:
    """At 500 Mbit/s the 5 % to 95 % of the catalog; the mean is 1 within 2 %; twice the noise squares the factor."""
    course = many(1907.0, 500.0)
    found = draw(course, Chances(), 1, 0).factor[0]
    row = next(row for row in catalog.rows("execution_spread") if row["case"] == "2000-500")
    assert np.quantile(found, [0.25, 0.75]) == pytest.approx([float(row["q25"]), float(row["q75"])], rel=0.02)
    assert found.mean() == pytest.approx(1.0, abs=0.02)
    assert draw(course, Chances(noise=2.0), 1, 0).factor[0] == pytest.approx(found**2)


def test_nothing_is_nothing() -> None:
    """Without noise and chances all is as planned."""
    found = draw(many(2000.0, 1000.0), NONE, 1, 0)
    assert (found.factor == 1).all()
    assert not found.fails.any()
    assert (found.drops, found.losses) == ((), ())


def test_chances_are_kept() -> None:
    """Of 4,000 attempts about a tenth fails; of 300 runs about half have a drop, on a link that is used, in time."""
    course = many(2000.0, 1000.0)
    assert draw(course, Chances(failure_share=0.1), 1, 0).fails[0].mean() == pytest.approx(0.1, abs=0.02)
    small = by_hand(Problem.of([[1]], [[9], [9], [9]], start=[0]), [(0, 0, 1, 0.0, 10.0)])
    drops = [drop for run in range(300) for drop in draw(small, Chances(drop_share=0.5), 1, run).drops]
    assert len(drops) == pytest.approx(150, abs=30)
    assert {drop.link for drop in drops} == {0, 1}
    assert all(0 <= drop.start_s < 10 and drop.end_s == drop.start_s + 60 for drop in drops)


@pytest.mark.parametrize("wrong", [{"failure_share": 1.5}, {"noise": -1.0}, {"drop_s": float("nan")}, {"retries": -1}])
def test_wrong_chances_are_refused(wrong: dict[str, float]) -> None:
    """A share is from 0 to 1, and so on."""
    with pytest.raises(InputError):
        Chances(**wrong)  # type: ignore[arg-type]


@pytest.mark.skipif(EXECUTIONS is None, reason="The measured executions are not here: set CONSOLIDATE_DATA.")
def test_the_catalog_is_what_was_measured() -> None:
    """Quantiles, means and counts follow from the 1,200 executions."""
    assert EXECUTIONS is not None
    with EXECUTIONS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for case in catalog.rows("execution_spread"):
        seconds = np.array([
            float(row["real_duration_s"]) for row in rows
            if (row["mem_used_mb"], row["bw_mbps"]) == (case["memory_mb"], case["bandwidth_mbps"])
        ])  # fmt: skip
        ratio = seconds / seconds.mean()
        assert len(ratio) == int(case["executions"])
        assert np.log(ratio).std(ddof=1) == pytest.approx(float(case["sigma_log"]), abs=1e-4)
        shares = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
        stated = [float(value) for name, value in case.items() if name.startswith("q")]
        assert np.quantile(ratio, shares) == pytest.approx(stated, abs=1e-4)
