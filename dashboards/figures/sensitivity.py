"""How much each setting of a study matters: tornados, and shares of the variance."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import Floats, finished, label, labels, name_axis, shares_scale, wrapped
from dashboards.metrics import METRICS, solved
from dashboards.scenarios import AXIS, axes
from dashboards.theme import AFTER, BEFORE, WARNING, ink_on

MOST_PANELS, MOST_AXES, MOST_COLUMNS = 4, 8, 12
_ROW, _AROUND, _REST = 34, 74, 64
"""Heights of a bar, of what is around the bars of a metric, and around all. [px]"""
_UNSET = ("None", "nan", "")


def swinging(sensitivity: pd.DataFrame) -> list[str]:
    """Return the metrics of a study that vary and that are known here, in the order to show them."""
    there = set(sensitivity["metric"])
    return [metric for metric in METRICS if metric in there]


def tornado(sensitivity: pd.DataFrame, scenarios: pd.DataFrame) -> Figure:
    """Show how far each setting moves metrics from their means, the one that matters most on top of each."""
    names = _names(scenarios)
    tables = {metric: _widest(sensitivity, metric) for metric in swinging(sensitivity)[:MOST_PANELS]}
    sizes = [_ROW * len(table) for table in tables.values()]
    height = _REST + sum(sizes) + _AROUND * len(sizes)
    figure = make_subplots(rows=len(sizes), row_heights=sizes, vertical_spacing=_AROUND / height)
    for row, (metric, table) in enumerate(tables.items(), 1):
        _swings(figure, row, metric, table.assign(axis=[names.get(axis, axis) for axis in table["axis"]]), scenarios)
    figure.update_layout(barmode="overlay", bargap=0.3)
    caption = (
        "By setting, the means of the runs with the value that has the least, and with the one that has the most, "
        "whatever else varies; the dotted line is the mean of all. The widest bar matters most."
    )
    return finished(figure, "What matters most", caption, height)


def _names(scenarios: pd.DataFrame) -> dict[str, str]:
    return {axis.removeprefix(AXIS): short.replace("_", " ") for axis, short in axes(scenarios).items()}


def _widest(sensitivity: pd.DataFrame, metric: str) -> pd.DataFrame:
    rows = sensitivity[sensitivity["metric"] == metric]
    order = np.argsort(-(rows["most"] - rows["least"]).to_numpy(np.float64), kind="stable")
    return rows.iloc[order[:MOST_AXES]]


def _swings(figure: Figure, row: int, metric: str, table: pd.DataFrame, scenarios: pd.DataFrame) -> None:
    title, format_ = METRICS[metric]
    middle, place = float(solved(scenarios)[metric].mean()), np.arange(len(table))
    for end, name, color in (("least", "value with the least", AFTER), ("most", "value with the most", WARNING)):
        values = ["not set" if value in _UNSET else value for value in table[f"{end}_at"].astype(str)]
        bar = go.Bar(x=table[end].to_numpy() - middle, base=middle, y=place, orientation="h", name=name)
        told = [f"{axis} = {at}" for axis, at in zip(labels(table["axis"], 40), labels(values, 40), strict=True)]
        bar.update(marker={"color": color}, text=labels(values, 18), textposition="auto", insidetextanchor="end")
        bar.update(textangle=0)
        bar.update(customdata=[*zip(told, table[end], strict=True)], legendgroup=name, showlegend=row == 1)
        bar.update(hovertemplate="%{customdata[0]}: %{customdata[1]:" + format_ + "}<extra></extra>")
        figure.add_trace(bar, row=row, col=1)
    figure.add_vline(x=middle, line={"color": BEFORE, "dash": "dot", "width": 1.5}, row=row, col=1)
    name_axis(figure, table["axis"], row=row, col=1)
    figure.update_xaxes(title_text=title, tickformat=format_, nticks=6, row=row, col=1)


def _percentages(values: Floats) -> Any:
    """Return the texts of the cells, each in the ink that its colour asks for; none where nothing is known."""
    up, across = np.nonzero(np.isfinite(values))
    shown = values[up, across]
    texts = go.Scatter(x=across, y=up, mode="text", text=[f"{each:.0%}" for each in shown], showlegend=False)
    return texts.update(textfont={"color": ink_on(np.clip(shown, 0, 1).tolist())}, hoverinfo="skip", cliponaxis=False)


def indices(sensitivity: pd.DataFrame, scenarios: pd.DataFrame) -> Figure:
    """Show which share of each metric's variance each setting explains by itself: the first-order Sobol indices."""
    names, metrics = _names(scenarios), swinging(sensitivity)
    shares = sensitivity.pivot_table(index="metric", columns="axis", values="first_order", sort=False).reindex(metrics)
    shares = shares.iloc[:, np.argsort(-shares.fillna(0.0).to_numpy().sum(axis=0), kind="stable")].iloc[
        :, :MOST_COLUMNS
    ]
    values = shares.to_numpy(np.float64)
    cells = go.Heatmap(
        x=np.arange(values.shape[1]), y=np.arange(len(values)), z=values.astype(np.float32), coloraxis="coloraxis",
        xgap=2, ygap=2, hoverongaps=False,
        customdata=[[f"{METRICS[metric][0]}: {label(axis, 40)}" for axis in shares] for metric in metrics],
        hovertemplate="%{customdata} explains %{z:.1%} of the variance<extra></extra>",
    )  # fmt: skip
    figure = go.Figure([cells, _percentages(values)])
    name_axis(figure, [METRICS[metric][0].partition(" [")[0] for metric in metrics])
    called = [wrapped(names.get(str(axis), axis), 16) for axis in shares]
    figure.update_xaxes(tickvals=np.arange(len(called)), ticktext=called, title_text="Setting", showgrid=False)
    shares_scale(figure)
    caption = (
        "For each metric, the share of its variance over the scenarios that each setting explains by itself (the "
        "first-order Sobol index). What a row lacks to 100 % comes from settings together, and from chance; settings "
        "that only vary together cannot be told apart, and each has the whole. Empty: it changes nothing."
    )
    return finished(figure, "What explains the differences", caption, 170 + _ROW * len(metrics))
