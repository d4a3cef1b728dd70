"""Comparisons made up for the tests, as the contract has them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.tables import DELTAS, frame
from tests.dashboards import factory

METRICS: dict[str, tuple[float, float, float]] = {
    "hosts_after": (15.0, 13.0, 0.0),
    "moves": (84.0, 97.0, 4.0),
    "cost_after_eur_year": (55_000.0, 48_500.0, 900.0),
    "payback_months": (0.8, 3.2, 0.4),
    "ready_share_max": (0.031, 0.033, 0.005),
    "violations_after": (0.0, 2.0, 1.0),
    "power_after_w": (4100.0, 4100.0, 0.0),
}
"""By metric: what the first has, what the second has, and half the width of the interval of the difference."""


def usual(folder: Path, scenarios: Sequence[str] = ("today",), seeds: int = 3, **given: Any) -> Path:
    """Write a comparison of two studies with some scenarios; the keys given go into its summary."""
    names = [(scenario, metric) for scenario in scenarios for metric in METRICS]
    first, second, half = (np.array([METRICS[metric][part] for _, metric in names]) for part in range(3))
    half = half if seeds > 1 else np.full(len(names), np.nan)
    delta = second - first
    sure = np.abs(delta) > half
    columns = {
        "scenario": [scenario for scenario, _ in names], "metric": [metric for _, metric in names],
        "first": first, "second": second, "delta": delta, "low": delta - half, "high": delta + half,
        "seeds": np.full(len(names), seeds), "paired": np.ones(len(names), bool), "sure": sure,
    }  # fmt: skip
    told = {
        "schema_version": 1, "command": "compare", "verdict": "Of 7 metrics 6 differ, 5 of them by more than chance.",
        "source": "vcenter-export", "first": "study", "second": "other", "confidence": 0.95, "metrics": len(names),
        "differing": int((delta != 0).sum()), "sure": int(sure.sum()), "paid_back": [], "warnings": [],
    }  # fmt: skip
    return factory.write(folder, told | given, {"deltas": frame(DELTAS, columns)})


def several(folder: Path) -> Path:
    """Write a comparison of two studies that share eight scenarios, so that not all that differs is drawn."""
    return usual(folder, [f"ceiling {ceiling}, {spare} spare" for ceiling in (0.6, 0.7, 0.8, 0.9) for spare in (0, 1)])


def plans(folder: Path) -> Path:
    """Write a comparison of two plans, which have no seeds, and not all in common."""
    return usual(folder, ("",), 1, warnings=["first is of the estate 'a', second of 'b'."], first="a", second="b")


def hostile(folder: Path) -> Path:
    """Write a comparison whose scenarios and sentences try to break out of the page."""
    texts: dict[str, Any] = {"verdict": factory.HOSTILE[0], "first": factory.HOSTILE[1], "second": factory.HOSTILE[2]}
    return usual(folder, factory.HOSTILE, **texts, warnings=list(factory.HOSTILE), paid_back=[factory.HOSTILE[6]])
