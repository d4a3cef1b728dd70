"""What is made of a study's scenarios: what metrics depend on, and which scenarios no other beats."""

import numpy as np
import pandas as pd
import pytest

from consolidate.what_if import pareto, sensitivity
from models.tables import PARETO, SCENARIO_METRICS, SENSITIVITY, frame

EMPTY = {"str": "", "int64": 0, "float64": float("nan")}


def scenarios(hosts: list[int], axes: dict[str, list[float]], **more: object) -> pd.DataFrame:
    """Return scenarios with hosts on at the end, and axes."""
    size = len(hosts)
    columns: dict[str, list[object]] = {key: [EMPTY[spec.dtype]] * size for key, spec in SCENARIO_METRICS.items()}
    names = [f"s{row}" for row in range(size)]
    columns |= {"status": ["optimal"] * size, "hosts_after": list(hosts), "scenario": list(names)}
    columns |= {key: list(values) for key, values in more.items()}  # type: ignore[call-overload]
    return pd.concat(
        [pd.DataFrame({f"axis.{key}": axes[key] for key in axes}), frame(SCENARIO_METRICS, columns)], axis=1
    )


def test_a_tornado_by_hand() -> None:
    """Hosts are 10 x + y of x in (0, 1), y in (0, 2): x swings them by 10 and is 100/104 of the variance, y by 2."""
    table = scenarios([0, 2, 10, 12], {"x": [0, 0, 1, 1], "y": [0, 2, 0, 2]})
    found = sensitivity.table(table, whole=True)
    assert list(found.columns) == list(SENSITIVITY)
    assert found["axis"].tolist() == ["x", "y"]
    assert (found["most"] - found["least"]).tolist() == [10.0, 2.0]
    assert found["first_order"].tolist() == pytest.approx([100 / 104, 4 / 104])
    assert (found["least_at"][0], found["most_at"][0]) == ("0", "1")


def test_scenarios_without_a_plan_do_not_count() -> None:
    """One that failed has no hosts, which is not few."""
    table = scenarios([8, 6, 0], {"x": [0, 1, 2]}, status=["optimal", "optimal", "failed"])
    found = sensitivity.table(table, whole=False)
    assert (found["least"][0], found["most"][0]) == (6.0, 8.0)


def test_indices_of_a_sample() -> None:
    """Of y = 4 a + b with uniform a and b, a explains 16/17 of the variance; the estimate of noise is near 0."""
    rng = np.random.default_rng(5)
    a, b, noise = rng.random((3, 512))
    values = 4 * a + b
    shares = [
        sensitivity.first_order(values, sensitivity.groups(pd.Series(each))[0], corrected=True)
        for each in (a, b, noise)
    ]
    assert shares == pytest.approx([16 / 17, 1 / 17, 0.0], abs=0.04)


def test_the_pareto_frontier() -> None:
    """Of four, one is beaten in everything, one breaks a rule, and the mean of two seeds counts."""
    table = scenarios(
        [5, 5, 6, 7, 4], {}, scenario=["few", "few", "calm", "worse", "broken"], seed=[1, 2, 1, 1, 1],
        moves=[40, 50, 10, 50, 1], cost_after_eur_year=[9.0, 11.0, 12.0, 13.0, 1.0], violations=[0, 0, 0, 0, 1],
        ready_share_max=[0.02, 0.02, 0.01, 0.03, 0.0],
    )  # fmt: skip
    found = pareto.table(table)
    assert list(found.columns) == list(PARETO)
    assert found["scenario"].tolist() == ["few", "calm"]
    assert (found["moves"][0], found["cost_after_eur_year"][0]) == (45.0, 10.0)
