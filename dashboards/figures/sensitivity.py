"""How much each setting of a study matters: a tornado."""

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go
from dashboards.figures.canvas import finished, labels, name_axis
from dashboards.scenarios import axes
from dashboards.theme import AFTER, BEFORE, WARNING

METRIC = "cost_after_eur_year"
_TITLES = {METRIC: "Running cost a year", "hosts_after": "Hosts on after the plan", "moves": "Migrations"}
_UNITS = {METRIC: "€/year", "hosts_after": "hosts", "moves": "migrations"}
_COLUMNS = ("axis", "low", "high", "least", "most")


def swings(scenarios: pd.DataFrame, metric: str = METRIC) -> pd.DataFrame:
    """
    Return one row a setting: its values with the least and the most of a metric, and both, the widest first.

    The metric of a value is the mean over all other settings and seeds. Runs without a plan do not count; a setting
    of which one value alone has plans is left out.

    >>> scenarios = pd.DataFrame({"status": "feasible", "axis.a.x": [1, 1, 2, 2], "axis.a.y": [1, 2, 1, 2],
    ...                           "moves": [0.0, 4.0, 10.0, 14.0]})
    >>> swings(scenarios, "moves")[["axis", "low", "high", "least", "most"]].to_numpy().tolist()
    [['x', '1', '2', 2.0, 12.0], ['y', '1', '2', 5.0, 9.0]]
    """
    feasible = scenarios[(scenarios["status"] != "infeasible") & scenarios[metric].notna()]
    found = []
    for axis, name in axes(scenarios).items():
        value = feasible[axis].astype(object).where(feasible[axis].notna(), "not set").map(str)
        means = feasible[metric].astype(float).groupby(value, sort=False).mean()
        if len(means) > 1:
            low, high = str(means.idxmin()), str(means.idxmax())
            found.append((name, low, high, float(means.min()), float(means.max())))
    table = pd.DataFrame(found, columns=pd.Index(_COLUMNS))
    width = (table["most"] - table["least"]).to_numpy(np.float64)
    return table.iloc[np.argsort(-width, kind="stable")].reset_index(drop=True)


def tornado(scenarios: pd.DataFrame, metric: str = METRIC) -> Figure:
    """Show how far each setting moves a metric from its mean, the one that matters most on top."""
    table = swings(scenarios, metric)
    feasible = scenarios[scenarios["status"] != "infeasible"]
    middle = float(feasible[metric].mean())
    figure, place = go.Figure(), np.arange(len(table))
    for end, value, name, color in (
        ("least", "low", "value with the least", AFTER),
        ("most", "high", "value with the most", WARNING),
    ):
        bar = go.Bar(x=table[end].to_numpy() - middle, base=middle, y=place, orientation="h", name=name)
        told = [f"{axis} = {at}" for axis, at in zip(labels(table["axis"], 40), labels(table[value], 40), strict=True)]
        text = labels(table[value], 18)
        bar.update(marker={"color": color}, customdata=told, text=text, textposition="auto", insidetextanchor="end")
        bar.update(hovertemplate="%{customdata}: %{base:,.4~s} %{x:+,.3~s} " + _UNITS[metric] + "<extra></extra>")
        figure.add_trace(bar)
    figure.add_vline(x=middle, line={"color": BEFORE, "dash": "dot", "width": 1.5})
    name_axis(figure, table["axis"])
    figure.update_xaxes(title_text=f"{_TITLES[metric]} [{_UNITS[metric]}]", tickformat=",.3~s", nticks=6)
    figure.update_layout(barmode="overlay", bargap=0.3)
    caption = (
        f"{_TITLES[metric]} by setting: the means of the plans with the value that has the least, and with the one "
        "that has the most, whatever else varies; the dotted line is the mean of all. The widest bar matters most."
    )
    return finished(figure, "What matters most", caption, 130 + 36 * len(table))
