"""Scenarios compared."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import finished, grouped, labels, name_axis
from dashboards.scenarios import compact
from dashboards.theme import AFTER, BEFORE, GOOD, OKABE_ITO, OTHER

MOST_BARS = 40
UNSOLVED = ("infeasible", "failed")
"""What runs without a plan end with."""
_SPREAD = ("hosts_after", "overhead_mhz")
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")


def means(scenarios: pd.DataFrame) -> pd.DataFrame:
    """Return one row a scenario, numbers averaged over its seeds; runs without a plan do not count."""
    feasible = scenarios[~scenarios["status"].isin(UNSOLVED)]
    numbers = [name for name in feasible.select_dtypes("number") if not str(name).startswith("axis.")]
    return feasible.groupby("scenario", sort=False)[numbers].mean().reset_index()


_COMPARED = (
    (1, "hosts_before", "hosts before", BEFORE),
    (1, "hosts_after", "hosts after", AFTER),
    (2, "cost_after_eur_year", "cost after", GOOD),
)
"""What is compared: (panel, column, name, color)."""


def bars(scenarios: pd.DataFrame) -> Figure:
    """Compare hosts and running costs of the scenarios, the cheapest first."""
    table, settings = _short_means(scenarios)
    table = table.sort_values("cost_after_eur_year", kind="stable")
    shown = table.head(MOST_BARS)
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.1)
    place, names = np.arange(len(shown)), labels(shown["scenario"], 60)
    for column, key, name, color in _COMPARED:
        bar = go.Bar(x=shown[key].to_numpy(), y=place, orientation="h", name=name, marker={"color": color})
        bar.update(customdata=names, hovertemplate="%{customdata}, " + name + ": %{x:,.1~f}<extra></extra>")
        figure.add_trace(bar, row=1, col=column)
    _bar_axes(figure, shown["scenario"])
    most = "" if len(table) <= MOST_BARS else f" Only the first {MOST_BARS} of {len(table):,} are shown."
    caption = f"Hosts on and running cost of each scenario, averaged over its seeds, the cheapest first.{most}"
    return finished(figure, "Scenarios compared", caption + _named_by(settings), 120 + 34 * len(shown))


def _short_means(scenarios: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return `means` with short names of the scenarios, and the settings that they are named by."""
    short, settings = compact(scenarios)
    table = means(scenarios)
    return table.assign(scenario=[short[str(name)] for name in table["scenario"]]), settings


def _bar_axes(figure: Figure, names: "pd.Series[Any]") -> None:
    name_axis(figure, names, col=1)
    figure.update_yaxes(range=[len(names) - 0.4, -0.6], showgrid=False)
    for column, title in ((1, "Hosts on"), (2, "Cost after [€/year]")):
        figure.update_xaxes(title_text=title, tickformat=",~s", nticks=5, col=column)
    figure.update_layout(barmode="group", bargap=0.25)


def _named_by(settings: str) -> str:
    return f" They are named by {settings}." if settings else ""


def overhead_axes(scenarios: pd.DataFrame) -> list[str]:
    """Return the study's axes that are settings of overhead."""
    return [str(name) for name in scenarios if str(name).startswith("axis.overhead.")]


def by_overhead(scenarios: pd.DataFrame) -> Figure:
    """Show hosts and overhead for each value of the settings of overhead, all other settings averaged."""
    feasible = scenarios[~scenarios["status"].isin(UNSOLVED)]
    parts = [_by(feasible, axis) for axis in overhead_axes(scenarios)]
    rows = pd.concat(parts)
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.13)
    place = grouped(figure, rows["value"], rows["axis"], col=1)
    for column, (key, title, unit, color) in enumerate(
        (("hosts_after", "Hosts on", 1.0, AFTER), ("overhead_mhz", "Overhead [GHz]", 1000.0, OTHER)), 1
    ):
        figure.add_trace(_spread(rows, key, unit, place, color), row=1, col=column)
        figure.update_xaxes(title_text=title, tickformat=",~s", nticks=5, rangemode="tozero", col=column)
    figure.update_yaxes(range=[place.max() + 0.6, -0.6], showgrid=False)
    figure.update_layout(showlegend=False, bargap=0.3)
    caption = (
        "Hosts on after the plan, and CPU that virtualization adds, by setting of overhead: the mean of the plans that "
        "have it, whatever else varies, with a line from the least to the most."
    )
    return finished(figure, "What overhead does to hosts", caption, 110 + 26 * (int(place.max()) + 1))


def _by(feasible: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return mean, least and most of hosts and of overhead for each value of an axis, the fewest hosts first."""
    name = axis.removeprefix("axis.overhead.").replace("_", " ")
    groups = feasible.groupby(feasible[axis].astype(object).where(feasible[axis].notna(), "not set"), sort=False)
    found = {f"{key} {how}": groups[key].agg(how) for key in _SPREAD for how in ("mean", "min", "max")}
    table = pd.DataFrame(found).sort_values("hosts_after mean", kind="stable").reset_index(names="value")
    return table.assign(axis=name)


def _spread(rows: pd.DataFrame, key: str, unit: float, place: Any, color: str) -> Any:
    names = labels(rows["value"], 60)
    mean, least, most = (rows[f"{key} {how}"].to_numpy() / unit for how in ("mean", "min", "max"))
    spread = {"type": "data", "symmetric": False, "array": most - mean, "arrayminus": mean - least, "color": BEFORE}
    bar = go.Bar(
        x=mean, y=place, orientation="h", marker={"color": color}, error_x=spread if (most > least).any() else None
    )
    told = "%{customdata[0]}: %{x:,.1f} in the mean, from %{customdata[1]} to %{customdata[2]}<extra></extra>"
    ends = [(name, f"{low:,.1f}", f"{high:,.1f}") for name, low, high in zip(names, least, most, strict=True)]
    return bar.update(customdata=ends, hovertemplate=told)


def frontier(scenarios: pd.DataFrame) -> Figure:
    """Show hosts against moves: what a further freed host costs in migrations."""
    table, settings = _short_means(scenarios)
    figure = go.Figure()
    for row, name in enumerate(table["scenario"]) if len(table) <= len(_SYMBOLS) else ():
        figure.add_trace(_points(table.iloc[[row]], labels([name])[0], row))
    if not len(figure.data):
        figure.add_trace(_points(table, "scenarios", 0))
    figure.update_xaxes(title_text="Migrations", rangemode="tozero", tickformat=",~s")
    figure.update_yaxes(title_text="Hosts on after the plan", rangemode="tozero")
    caption = (
        "Each mark is a scenario, averaged over its seeds: further down are fewer hosts, further left fewer moves."
    )
    return finished(figure, "Hosts against moves", caption + _named_by(settings), 420)


def _points(table: pd.DataFrame, name: str, row: int) -> Any:
    return go.Scatter(
        x=table["moves"].to_numpy(),
        y=table["hosts_after"].to_numpy(),
        mode="markers",
        name=name,
        marker={"size": 12, "symbol": _SYMBOLS[row], "color": OKABE_ITO[row % 5], "opacity": 0.9},
        customdata=labels(table["scenario"], 60),
        hovertemplate="%{customdata}: %{y:,.1~f} hosts, %{x:,.1~f} moves<extra></extra>",
    )
