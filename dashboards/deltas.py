"""How two results differ, metric by metric, in words and numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboards.grids import heading
from dashboards.metrics import METRICS
from dashboards.results import SUMMARIES, Results, contract
from dashboards.words import MISSING, Number, count, duration, euros, known, number, percent, share, short
from models.tables import Field

MOST = 30
"""Metrics that are told and drawn, those that differ most; the table has them all."""
LEAST, _LEAST_POINTS = 0.0005, 1e-6
"""Of the first, and of shares as such: what differs by less is left to the table."""
_BIG = (
    "hosts_after", "cost_after_eur_year", "moves", "energy_kwh", "sim_energy_kwh", "cost_eur", "migrations",
    "makespan_s", "ready_share_max", "power_after_w", "overload_share", "sim_overload_share", "unserved_share",
    "makespan_p90_s", "stopped_share", "overhead_mhz",
)  # fmt: skip
"""Metrics with a big number each, if the two have one scenario: the first six that are there."""
_MOST_BIG = 6
_HEADS = ("Metric", "First", "Second", "Difference", "Of the first", "Interval")
_PERCENT = "\u00a0%"


def ranked(deltas: pd.DataFrame) -> pd.DataFrame:
    """
    Return what differs by `LEAST` or more, with the difference over what the first has as `share`, the largest first.

    What may be chance comes after what is sure, or of which there is no interval.
    """
    found = deltas[deltas["delta"] != 0].copy()
    found["share"] = found["delta"] / found["first"].abs()
    shares = np.array([written(str(metric)) is percent for metric in found["metric"]], bool)
    tiny = shares & (found["delta"].abs() < _LEAST_POINTS)
    found = found[(found["share"].abs() >= LEAST) & ~tiny]
    found["told"] = found["sure"] | found["low"].isna()
    order = np.lexsort([-found["share"].abs().to_numpy(np.float64), ~found["told"].to_numpy(bool)])
    return found.iloc[order]


def several(deltas: pd.DataFrame) -> bool:
    """Return whether there are several scenarios."""
    return len(deltas["scenario"].unique()) > 1


def field(metric: str) -> Field | None:
    """Return what a metric means: a key of some summary, or a column of a study's scenarios."""
    known_as = (contract("study", "scenarios"), *SUMMARIES.values())
    return next((each[metric] for each in known_as if metric in each), None)


def called(metric: str) -> str:
    """
    Return what a metric is called, with its unit.

    >>> called("moves"), called("once_eur"), called("power_before_w")
    ('Migrations', 'Once [EUR]', 'Power before [W]')
    """
    return METRICS[metric][0] if metric in METRICS else heading(metric, field(metric))


def written(metric: str) -> Callable[[Any], str]:
    """Return what writes values of a metric, as its unit wants."""
    unit = getattr(field(metric), "unit", "")
    if unit.startswith("EUR"):
        return euros
    if unit == "months":
        return lambda value: f"{value:,.1f}" if known(value) else MISSING
    return {"share": percent, "s": duration}.get(unit, short)


def change(metric: str, value: float) -> str:
    """
    Return a difference with its sign; of shares in points.

    >>> change("moves", -3.0), change("ready_share_max", 0.0021), change("moves", 0.0)
    ('−3', '+0.21 points', '0')
    """
    write = written(metric)
    sign, text = "+" if value > 0 else "−" if value < 0 else "", write(abs(value))
    return sign + (f"{text.partition(_PERCENT)[0]} points" if write is percent else text)


def rows(results: Results) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return headings, and the metrics that differ most, each as texts."""
    deltas = results.tables["deltas"]
    wanted = len(_HEADS) if _sampled(results) else -1
    lines = [_line(row, told=several(deltas)) for row in ranked(deltas).head(MOST).to_dict("records")]
    return _HEADS[:wanted], [line[:wanted] for line in lines]


def named(row: Mapping[Any, Any], *, told: bool, unit: bool = True) -> str:
    """Return what a row is about: its metric, with its unit or not, and its scenario where that is told."""
    of = f", {row['scenario']}" if told else ""
    metric = called(str(row["metric"]))
    return f"{metric if unit else metric.partition(' [')[0]}{of}"


def _line(row: Mapping[Any, Any], *, told: bool) -> tuple[str, ...]:
    metric = str(row["metric"])
    write = written(metric)
    part = f"{row['share']:+.1%}".replace("%", _PERCENT).replace("-", "−") if known(row["share"]) else MISSING
    delta = change(metric, row["delta"])
    return named(row, told=told), write(row["first"]), write(row["second"]), delta, part, _interval(row)


def _interval(row: Mapping[Any, Any]) -> str:
    if not known(row["low"]):
        return MISSING
    low, high = (change(str(row["metric"]), row[end]) for end in ("low", "high"))
    return f"{low} to {high}{'' if row['sure'] else ', may be chance'}"


def told(results: Results) -> str:
    """Return what the numbers are, in sentences."""
    summary, found = results.summary, len(ranked(results.tables["deltas"]))
    text = f"The first is {summary.get('first')}, the second {summary.get('second')}."
    if _sampled(results):
        text += f" Numbers are means over seeds, intervals of {share(summary.get('confidence'))}."
    if found > MOST:
        text += f" Of {count(found, 'metric')} that differ by {share(LEAST, 2)} or more these {MOST} differ most."
    text += " The table of all metrics has the rest."
    return text


def numbers(results: Results) -> Sequence[Number | None]:
    """Return the big numbers: of one scenario its metrics, of several how many differ."""
    deltas, summary = results.tables["deltas"], results.summary
    if not several(deltas) and len(deltas):
        known_of = {str(row["metric"]): row for row in deltas.to_dict("records")}
        return [_number(known_of[name]) for name in _BIG if name in known_of][:_MOST_BIG]
    scenarios = Number("Scenarios that both have", number(deltas["scenario"].nunique()))
    differing = Number("Metrics that differ", number(summary.get("differing")), f"of {number(len(deltas))}")
    sure = Number("More than chance", number(summary.get("sure")), "their intervals leave zero out")
    return [scenarios, differing, sure if _sampled(results) else None]


def _number(row: Mapping[Any, Any]) -> Number:
    metric, delta = str(row["metric"]), float(row["delta"])
    write, title = written(metric), called(metric).partition(" [")[0]
    if not delta:
        return Number(title, write(row["first"]), "the same in both")
    interval = f"; {_interval(row)}" if known(row["low"]) else ""
    ends = dict.fromkeys((write(row["first"]), write(row["second"])))
    return Number(title, " → ".join(ends), change(metric, delta) + interval)


def notice(results: Results) -> str:
    """Return what the two do not have in common though a comparison supposes it; empty: nothing."""
    return " ".join(map(str, results.summary.get("warnings") or []))


def _sampled(results: Results) -> bool:
    return bool(results.tables["deltas"]["low"].notna().any())
