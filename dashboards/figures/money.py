"""Cost against savings."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import finished, labels, name_axis
from dashboards.theme import AFTER, BEFORE, GOOD, OTHER, WARNING
from dashboards.words import euros, known, months


def break_even(summary: Mapping[str, Any]) -> Figure:
    """Show what is saved so far against what is paid once, over months."""
    saving, once = _amount(summary, "saving_eur_year"), _amount(summary, "once_eur")
    payback = summary.get("payback_months")
    shown = _horizon(payback)
    month = np.linspace(0.0, shown, 73)
    figure = go.Figure()
    for name, value, color, dash in (
        ("saved so far", saving * month / 12, GOOD, "solid"),
        ("paid once" if once >= 0 else "paid once (negative: earned)", np.full(len(month), once), WARNING, "dash"),
    ):
        line = {"color": color, "width": 2.5, "dash": dash}
        hover = "after %{x:.0f} months: €%{y:,.0f}<extra>" + name + "</extra>"
        figure.add_trace(go.Scatter(x=month, y=value, mode="lines", name=name, line=line, hovertemplate=hover))
    if known(payback) and 0 < float(payback or 0) <= shown:
        _mark(figure, float(payback or 0), once, shown)
    tick = 3 if shown <= 24 else 12
    figure.update_xaxes(title_text="Months from the end of the plan", range=[0, shown], dtick=tick)
    figure.update_yaxes(title_text="Euros, all together [€]", tickformat=",~s", rangemode="tozero")
    return finished(figure, "Cost against savings", _verdict(saving, once, payback))


def _amount(summary: Mapping[str, Any], key: str) -> float:
    value = summary.get(key)
    return float(value) if known(value) and value is not None else 0.0


def _horizon(payback: Any) -> float:
    """Return the months to show: about three times the payback."""
    wanted = 3 * payback if known(payback) and payback > 0 else 36
    return next((months for months in (12.0, 24.0, 36.0, 60.0) if months >= wanted), 120.0)


def _mark(figure: Figure, payback: float, once: float, shown: float) -> None:
    mark = {"size": 11, "color": AFTER, "symbol": "diamond"}
    dot = go.Scatter(x=np.array([payback]), y=np.array([once]), mode="markers", name="break-even", marker=mark)
    figure.add_trace(dot.update(hovertemplate=f"break-even after {months(payback)}<extra></extra>"))
    side = "top right" if payback < shown / 2 else "top left"
    text = f"break-even: {months(payback)}"
    figure.add_vline(x=payback, line={"color": BEFORE, "dash": "dot"}, annotation_text=text, annotation_position=side)


def _verdict(saving: float, once: float, payback: Any) -> str:
    if saving <= 0:
        return "The plan saves nothing a year, so what it costs is never paid back."
    if once <= 0:
        once_text = f"earns {euros(-once)}" if once < 0 else "costs nothing"
        return f"The plan saves {euros(saving)} a year and {once_text} once, so it pays from the first day."
    if not known(payback):
        return f"The plan costs {euros(once)} once and saves {euros(saving)} a year; it is not paid back."
    return (
        f"The {euros(once)} paid once are back after {months(payback)}; from then on, {euros(saving)} a year are saved."
    )


def breakdown(costs: pd.DataFrame) -> Figure:
    """Show what is paid a year before and after, and what is paid once, by item."""
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.06, column_widths=[0.6, 0.4])
    place = np.arange(len(costs))
    names = labels(costs["item"], 60)
    for column, key, name, color in (
        (1, "before_eur_year", "a year before", BEFORE),
        (1, "after_eur_year", "a year after", AFTER),
        (2, "once_eur", "once", OTHER),
    ):
        bar = go.Bar(x=costs[key].to_numpy(), y=place, orientation="h", name=name, marker={"color": color})
        bar.update(customdata=names, hovertemplate="%{customdata}, " + name + ": €%{x:,.0f}<extra></extra>")
        figure.add_trace(bar, row=1, col=column)
    name_axis(figure, costs["item"], col=1)
    figure.update_yaxes(range=[len(costs) - 0.4, -0.6], showgrid=False)
    for column, title in ((1, "A year [€/year]"), (2, "Once [€]")):
        figure.update_xaxes(title_text=title, tickformat=",~s", nticks=5, zeroline=True, col=column)
    figure.update_layout(barmode="group", bargap=0.25)
    caption = "What is paid a year as it is and after the plan, and what the plan costs once (negative: earned)."
    return finished(figure, "What is paid for what", caption, 130 + 44 * len(costs))
