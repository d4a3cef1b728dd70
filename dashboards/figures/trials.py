"""What a study tried beyond its plans: whether they held up, how much growth fits, and when they are paid back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import finished, labels, scenario_axis
from dashboards.metrics import METRICS, known, short_means, solved
from dashboards.theme import AFTER, GOOD, WARNING
from dashboards.words import count, months

MOST_BARS = 40
_TITLES = {"overload_share": "Overloaded [%]", "unserved_share": "Not served [%]"}
"""Short ones, as the panels stand side by side."""
_ROW, _REST = 30, 130
"""Heights of a scenario, and of what is around all. [px]"""


def held_up(scenarios: pd.DataFrame, limits: Mapping[str, float]) -> Figure:
    """
    Show what simulations of the scenarios had, against the most that they may have; the worst first.

    Parameters
    ----------
    limits
        Keys of a simulation's summary with their most, as the study has them.
    """
    wanted = [key for key in dict.fromkeys((*limits, *_TITLES)) if known(scenarios, f"sim_{key}")][:3]
    table, settings = short_means(scenarios)
    kept = solved(scenarios).groupby("scenario", sort=False)["held_up"].all()
    table["held"] = [bool(kept[name]) for name in table["full_name"]]
    worst = [table[f"sim_{key}"] / (limits.get(key) or 1.0) for key in wanted]
    table = table.iloc[np.argsort(-np.max(worst, axis=0), kind="stable")] if worst else table
    shown = table.head(MOST_BARS)
    figure = make_subplots(cols=max(len(wanted), 1), shared_yaxes=True, horizontal_spacing=0.1)
    for column, key in enumerate(wanted, 1):
        _tried(figure, shown, key, column, limits.get(key))
    scenario_axis(figure, shown["scenario"], row=1, col=1)
    caption = (
        f"{int(table['held'].sum())} of {count(len(table), 'scenario')} held up: what was simulated of them, in the "
        "mean of their seeds, against the most that the study allows (dashed), the worst first. A scenario holds up if "
        f"all its seeds do.{_cut(shown, table)}{settings}"
    )
    return finished(figure, "Did it hold up?", caption, _REST + _ROW * len(shown))


def _tried(figure: Figure, table: pd.DataFrame, key: str, column: int, limit: float | None) -> None:
    title, format_ = METRICS.get(f"sim_{key}", (key.replace("_", " ").capitalize(), ",.3~s"))
    place, names = np.arange(len(table)), np.array(labels(table["scenario"], 60))
    value, held = table[f"sim_{key}"].to_numpy(np.float64), table["held"].to_numpy(bool)
    for mask, name, color, symbol in ((held, "held up", AFTER, "circle"), (~held, "did not", WARNING, "x")):
        if not mask.any():
            continue
        hover = "%{customdata}: %{x:" + format_ + "}<extra>" + name + "</extra>"
        dots = go.Scatter(
            x=value[mask], y=place[mask], mode="markers", name=name, customdata=names[mask], cliponaxis=False
        )
        dots.update(marker={"color": color, "symbol": symbol, "size": 11}, legendgroup=name, showlegend=column == 1)
        figure.add_trace(dots.update(hovertemplate=hover), row=1, col=column)
    if limit is not None:
        figure.add_vline(x=limit, line={"color": WARNING, "width": 1.5, "dash": "dash"}, row=1, col=column)
    most = 1.1 * max(np.nanmax(value, initial=0.0), limit or 0.0) or 1.0
    axis = {"title_text": _TITLES.get(key, title.replace(", simulated", "")), "tickformat": format_, "nticks": 3}
    figure.update_xaxes(**axis, range=[-0.04 * most, most], row=1, col=column)


def _cut(shown: pd.DataFrame, table: pd.DataFrame) -> str:
    return "" if len(shown) == len(table) else f" Only the first {len(shown)} of {len(table):,} are shown."


def full(scenarios: pd.DataFrame) -> Figure:
    """Show how much growth each scenario's estate takes until it is full, and the months until then."""
    table, settings = short_means(scenarios)
    table = table.sort_values("full_growth", ascending=False, kind="stable")
    shown = table.head(MOST_BARS)
    timed = known(shown, "full_months")
    figure = make_subplots(cols=2 if timed else 1, shared_yaxes=True, horizontal_spacing=0.15)
    growth = shown["full_growth"].to_numpy(np.float64)
    none = ["does not fit today" if factor <= 0 else f"{factor - 1:+.0%}" for factor in growth]
    told = [
        f"{name}: {text}, {count(round(vms), 'VM')} on {count(round(hosts), 'host')}"
        for name, text, vms, hosts in zip(
            labels(shown["scenario"], 60), none, shown["full_vms"], shown["full_hosts_after"], strict=True
        )
    ]
    _add(figure, np.maximum(growth - 1, 0.0), none, told, AFTER, 1)
    axis = {"rangemode": "tozero", "nticks": 3, "tickangle": 0, "row": 1}
    figure.update_xaxes(title_text="Growth [%]", tickformat="+.0%", **axis, col=1)
    if timed:
        left = shown["full_months"].to_numpy(np.float64)
        _add(figure, left, [f"{value:,.1f}" if np.isfinite(value) else "" for value in left], told, GOOD, 2)
        figure.update_xaxes(title_text="Until then [months]", **axis, col=2)
    scenario_axis(figure, shown["scenario"], row=1, col=1)
    figure.update_layout(showlegend=False, bargap=0.3)
    caption = (
        "The largest growth for which a plan was found, in the mean of the seeds, the scenario with most room first"
        f"{'; and when that is reached at the growth a year of the settings' if timed else ''}. For a heuristic, that "
        f"no plan was found for more is no proof that there is none.{_cut(shown, table)}{settings}"
    )
    return finished(figure, "How much growth until the estate is full", caption, 110 + _ROW * len(shown))


def paid_back(scenarios: pd.DataFrame) -> Figure:
    """Show after how many months the plan of each scenario is paid back, the quickest first."""
    table, settings = short_means(scenarios)
    table = table.sort_values(["payback_months", "once_eur"], kind="stable")
    shown = table.head(MOST_BARS)
    after = shown["payback_months"].to_numpy(np.float64)
    once, saved = shown["once_eur"], shown["saving_eur_year"]
    told = [
        f"{name}: €{paid:,.0f} once, €{each:,.0f} saved a year"
        for name, paid, each in zip(labels(shown["scenario"], 60), once, saved, strict=True)
    ]
    figure = make_subplots(cols=1)
    _add(figure, np.nan_to_num(after), [months(value) for value in after], told, GOOD, 1)
    scenario_axis(figure, shown["scenario"], row=1, col=1)
    figure.update_xaxes(title_text="Paid back after [months]", rangemode="tozero", tickformat=",")
    figure.update_layout(showlegend=False, bargap=0.3)
    caption = (
        "Months until what a scenario's plan costs once is paid back by what it saves, in the mean of its seeds, the "
        f"quickest first; at once: it earns money from the first day.{_cut(shown, table)}{settings}"
    )
    return finished(figure, "Break-even of the scenarios", caption, 110 + _ROW * len(shown))


def _add(figure: Figure, value: Any, text: list[str], told: list[str], color: str, column: int) -> None:
    bar = go.Bar(x=value, y=np.arange(len(value)), orientation="h", marker={"color": color}, text=text)
    bar.update(textposition="auto", cliponaxis=False, textangle=0, customdata=told)
    figure.add_trace(bar.update(hovertemplate="%{customdata} (%{text})<extra></extra>"), row=1, col=column)
