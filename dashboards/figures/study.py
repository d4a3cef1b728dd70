"""Scenarios compared."""

from collections.abc import Container
from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import finished, grouped, label, labels, scenario_axis
from dashboards.metrics import known, short_means, solved
from dashboards.theme import AFTER, BEFORE, GOOD, OKABE_ITO, OTHER
from dashboards.words import MISSING, euros

MOST_BARS = 40
_SPREAD = ("hosts_after", "overhead_mhz")
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")
_COSTS = (
    ("cost_after_eur_year", "cost after", "Cost after [€/year]"),
    ("sim_cost_eur", "cost of energy, simulated", "Energy cost, simulated [€]"),
)
"""What scenarios cost, the first that is known: (column, name, title of the axis)."""
_PAIRS = (
    (("moves", "Migrations", ",~s"), ("hosts_after", "Hosts on after the plan", ",~s")),
    (
        ("risk_share", "Risk: wait for a core, or overloads [% of time]", ".3~p"),
        ("cost_after_eur_year", "Running cost [€/year]", ",~s"),
    ),
)
"""What is drawn against what: (column, title, how it is written), across and up."""
_TOLD = ["hosts_after", "moves", "cost_after_eur_year"]
"""What a mark tells of a scenario under the pointer."""
_MOST_TOLD = 8
"""Scenarios at one place that are told of."""
_RING = 7
"""By how much a mark is wider than the next that is drawn upon it. [px]"""


def bars(scenarios: pd.DataFrame) -> Figure:
    """Compare hosts and running costs of the scenarios, the cheapest first; of simulations alone the energy's cost."""
    table, settings = short_means(scenarios)
    cost, called, title = next((each for each in _COSTS if known(table, each[0])), _COSTS[0])
    compared = (1, "hosts_before", "hosts before", BEFORE), (1, "hosts_after", "hosts after", AFTER)
    table = table.sort_values(cost, kind="stable")
    shown = table.head(MOST_BARS)
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.1)
    place, names = np.arange(len(shown)), labels(shown["scenario"], 60)
    for column, key, name, color in (*compared, (2, cost, called, GOOD)):
        bar = go.Bar(x=shown[key].to_numpy(), y=place, orientation="h", name=name, marker={"color": color})
        bar.update(customdata=names, hovertemplate="%{customdata}, " + name + ": %{x:,.1~f}<extra></extra>")
        figure.add_trace(bar, row=1, col=column)
    _bar_axes(figure, shown["scenario"], title)
    most = "" if len(table) <= MOST_BARS else f" Only the first {MOST_BARS} of {len(table):,} are shown."
    caption = f"Hosts on and cost of each scenario, averaged over its seeds, the cheapest first.{most}"
    return finished(figure, "Scenarios compared", caption + settings, 120 + 34 * len(shown))


def _bar_axes(figure: Figure, names: "pd.Series[Any]", cost: str) -> None:
    scenario_axis(figure, names, col=1)
    for column, title in ((1, "Hosts on"), (2, cost)):
        figure.update_xaxes(title_text=title, tickformat=",~s", nticks=5, col=column)
    figure.update_layout(barmode="group", bargap=0.25)


def overhead_axes(scenarios: pd.DataFrame) -> list[str]:
    """Return the study's axes that are settings of overhead."""
    return [str(name) for name in scenarios if str(name).startswith("axis.overhead.")]


def by_overhead(scenarios: pd.DataFrame) -> Figure:
    """Show hosts and overhead for each value of the settings of overhead, all other settings averaged."""
    feasible = solved(scenarios)
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


def frontier(scenarios: pd.DataFrame, unbeaten: Container[str] = ()) -> Figure:
    """
    Show hosts against moves: what a further freed host costs in migrations; and, where both are known, risk and cost.

    Parameters
    ----------
    unbeaten
        Names of the scenarios that no other beats in all of that at once; empty: not known.
    """
    table, settings = short_means(scenarios)
    table["risk_share"] = table["ready_share_max"].fillna(table["overload_share_max"])
    pairs = [pair for pair in _PAIRS if all(known(table, column) for column, _, _ in pair)] or [*_PAIRS[:1]]
    best = np.array([str(name) in unbeaten for name in table["full_name"]], bool)
    height = 110 + 320 * len(pairs)
    figure = make_subplots(rows=len(pairs), vertical_spacing=80 / height)
    for row, (across, up) in enumerate(pairs, 1):
        for trace in _marks(table, best, across[0], up[0]):
            figure.add_trace(trace.update(showlegend=row == 1), row=row, col=1)
        figure.update_xaxes(title_text=across[1], rangemode="tozero", tickformat=across[2], row=row, col=1)
        figure.update_yaxes(title_text=up[1], rangemode="tozero", tickformat=up[2], row=row, col=1)
    caption = "Each mark is a scenario, averaged over its seeds: the further down and the further left, the better."
    if any("×" in text for trace in figure.data for text in trace.text):
        caption += " Scenarios that share a mark are counted beside it (×2)."
    if best.any():
        caption += " Filled marks are scenarios that no other beats in hosts, moves, risk and cost at once."
    figure.update_layout(legend_itemsizing="constant")
    return finished(figure, "Hosts against moves", caption + settings, height)


def _marks(table: pd.DataFrame, best: Any, across: str, up: str) -> list[Any]:
    """Return the marks: few scenarios have a symbol and a line in the legend each; those at one place are told."""
    table = _together(table, across, up)
    if len(table) <= len(_SYMBOLS):
        rows = [(name, table["scenario"] == name) for name in table["scenario"]]
        return [
            _points(table[mask], across, up, label(name, 40), row, filled=bool(best[mask].all() or not best.any()))
            for row, (name, mask) in enumerate(rows)
        ]
    groups = [("others", ~best, 4), ("no other beats them", best, 0)] if best.any() else [("scenarios", ~best, 0)]
    return [_points(table[mask], across, up, name, row, filled=row == 0) for name, mask, row in groups if mask.any()]


def _together(table: pd.DataFrame, across: str, up: str) -> pd.DataFrame:
    """
    Return the table with what each mark tells of all scenarios at its place.

    ``_over`` counts the marks that are drawn upon it; the lowest, which is the widest, has ``_counted``, their number.
    """
    place = table[[across, up]].astype(np.float64).round(9)
    groups = place.assign(_told=_told(table)).groupby([across, up], sort=False, dropna=False)
    told = groups["_told"].transform(lambda lines: "<br>".join(lines[:_MOST_TOLD]) + _rest(len(lines)))
    over, size = groups.cumcount(ascending=False), groups["_told"].transform("size")
    counted = [f"×{many}" if many > 1 and above == many - 1 else "" for many, above in zip(size, over, strict=True)]
    return table.assign(_told=told, _over=over, _counted=counted)


def _told(table: pd.DataFrame) -> list[str]:
    lines = zip(labels(table["scenario"], 60), *(table[name] for name in _TOLD), strict=True)
    return [
        f"{name}: hosts {_figure(hosts)}, moves {_figure(moves)}, {euros(cost)} a year"
        for name, hosts, moves, cost in lines
    ]


def _figure(value: float) -> str:
    return f"{value:,.6g}" if np.isfinite(value) else MISSING


def _rest(many: int) -> str:
    return f"<br>and {many - _MOST_TOLD:,} more" if many > _MOST_TOLD else ""


def _points(table: pd.DataFrame, across: str, up: str, name: str, row: int, *, filled: bool) -> Any:
    symbol = _SYMBOLS[row] if filled else f"{_SYMBOLS[row]}-open"
    size = (12 if filled else 9) + (_RING * int(table["_over"].iloc[0]) if len(table) == 1 else 0)
    return go.Scatter(
        x=table[across].to_numpy(),
        y=table[up].to_numpy(),
        mode="markers+text",
        name=name,
        legendgroup=name,
        marker={"size": size, "symbol": symbol, "color": OKABE_ITO[row % 5], "opacity": 0.9},
        text=table["_counted"].tolist(),
        textposition="middle right",
        cliponaxis=False,
        customdata=table["_told"].tolist(),
        hovertemplate="%{customdata}<extra></extra>",
    )
