"""How two results differ: a mark and its interval for each metric, over what the metric is in the first."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboards.deltas import LEAST, MOST, called, change, named, ranked, several, written
from dashboards.drawing import Figure, go
from dashboards.figures.canvas import empty, finished, label, scenario_axis
from dashboards.theme import AFTER, BEFORE
from dashboards.words import share

_TITLE = "What differs"
_WIDEST = 1.0
"""Shares beyond it are drawn at the edge, and written there, so that one of them does not make all others small."""
_NAME = 30
"""Characters of a line of a metric's name."""
_ROW, _REST = 30, 116
"""Heights of a metric, and of what is around all. [px]"""


def shares(deltas: pd.DataFrame, confidence: float | None) -> Figure:
    """
    Show differences as shares of the first result's means, with their intervals; the largest first.

    Parameters
    ----------
    deltas
        The columns of `models.tables.DELTAS`, of one scenario or several.
    """
    found = ranked(deltas)
    drawn = found[found["first"] != 0].head(MOST)
    if drawn.empty:
        return empty(_TITLE, f"No metric that the first result has any of differs by {share(LEAST, 2)} or more.")
    drawn, sampled = drawn.assign(place=np.arange(len(drawn))), bool(drawn["low"].notna().any())
    figure = go.Figure()
    for mask, name, color, symbol in (
        (drawn["told"], "more than chance", AFTER, "circle"),
        (~drawn["told"], "may be chance", BEFORE, "circle-open"),
    ):
        if mask.any():
            figure.add_trace(_marks(drawn[mask], name, color, symbol))
    scenario_axis(figure, [named(row, told=several(deltas), unit=False) for row in drawn.to_dict("records")], _NAME)
    figure.add_vline(x=0, line={"color": BEFORE, "width": 1})
    figure.update_xaxes(title_text="Difference [% of the first]", tickformat="+,.0%", range=_range(drawn))
    figure.update_layout(showlegend=sampled)
    interval = f"with the {share(confidence)} interval over seeds" if sampled else "of one seed, so without an interval"
    caption = f"The second result less the first, as a share of what the first has, {interval}; the largest come first"
    caption += ", but after all others what may be chance." if sampled else "."
    if len(found) > len(drawn):
        caption += f" {len(drawn)} of the {len(found):,} metrics that differ by {share(LEAST, 2)} or more are drawn."
    return finished(figure, _TITLE, caption, _REST + _ROW * len(drawn))


def _marks(rows: pd.DataFrame, name: str, color: str, symbol: str) -> Any:
    """Return the marks of one kind; of those beyond the edge the share is written."""
    part, size = rows["share"], rows["first"].abs()
    at, low, high = (ends.clip(-_WIDEST, _WIDEST) for ends in (part, rows["low"] / size, rows["high"] / size))
    far = (part != at).tolist()
    edges = ["triangle-right" if each > 0 else "triangle-left" for each in part]
    symbols = [edge if out else symbol for edge, out in zip(edges, far, strict=True)]
    trace = go.Scatter(
        x=at.tolist(), y=rows["place"].tolist(), mode="markers+text", name=name, cliponaxis=False,
        marker={"size": 10, "color": color, "symbol": symbols},
        text=[f"{each:+,.0%}" if out else "" for each, out in zip(part, far, strict=True)],
        textposition=["middle left" if each > 0 else "middle right" for each in part],
        customdata=[_hover(row) for row in rows.to_dict("records")], hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    if rows["low"].isna().all():
        return trace
    upper, lower = ((end - at).abs().fillna(0.0).tolist() for end in (high, low))
    return trace.update(error_x={"type": "data", "array": upper, "arrayminus": lower, "color": color, "thickness": 1.5})


def _hover(row: Mapping[Any, Any]) -> str:
    metric = str(row["metric"])
    of = f"{label(row['scenario'], 60)}<br>" if row["scenario"] else ""
    values = f"{written(metric)(row['first'])} → {written(metric)(row['second'])}"
    return f"{of}{label(called(metric), 60)}: {values} ({change(metric, row['delta'])})"


def _range(rows: pd.DataFrame) -> list[float]:
    """Return from where to where the axis goes: over all intervals, and zero."""
    size = rows["first"].abs()
    ends = np.concatenate([rows["share"], rows["low"] / size, rows["high"] / size, [0.0]])
    low, high = max(float(np.nanmin(ends)), -_WIDEST), min(float(np.nanmax(ends)), _WIDEST)
    return [low - 0.06 * (high - low), high + 0.06 * (high - low)]
