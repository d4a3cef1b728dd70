"""Series over time: panels below each other that share the time since the start."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import MOST_POINTS, Floats, empty, finished, in_time, thinned, time_unit
from dashboards.words import duration

_PANEL, _GAP, _REST = 150, 26, 90
"""Heights of a panel, of the space below it, and of what is around them all. [px]"""
_FEW = 12
"""So few points are drawn as spans: of one point alone there is no line."""
_MOST_SPANS = 96
_LINES: Mapping[str, Mapping[str, Any]] = {
    "faint": {"width": 1},
    "steps": {"shape": "hv"},
    "layer": {"width": 0},
}
_SPANS = tuple(60.0 * minutes for minutes in (1, 5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200))
_TICKS = ((6, 1), (12, 2), (36, 6), (72, 12))
"""Up to so many hours, a tick every so many."""


@dataclass(frozen=True, eq=False)
class Series:
    """
    Values over time.

    Parameters
    ----------
    name
        What they are, for the legend.
    time_s, values
        When, and how much; NaN is a gap. Shape (points,).
    color
        Of the line or the bars.
    draw
        line; faint, a thin one; growth from zero; steps, each held until the next; spans, each held since the one
        before; layer of a stack; or bars, stacked.
    """

    name: str
    time_s: Floats
    values: Floats
    color: str
    draw: str = "line"

    @property
    def known(self) -> bool:
        """Whether there is any value."""
        return bool(np.isfinite(self.values).any())

    @property
    def any(self) -> bool:
        """Whether any value is not zero."""
        return bool(np.nan_to_num(self.values).any())


@dataclass(frozen=True)
class Panel:
    """Series on one axis: its title with the unit, whether they are shares of one, and whether a legend tells them."""

    title: str
    series: tuple[Series, ...]
    share: bool = False
    told: bool = True

    @property
    def few(self) -> bool:
        """Whether the values are counts so small that the axis must not be divided further."""
        values = np.concatenate([np.nan_to_num(each.values) for each in self.series])
        return bool((values == np.round(values)).all() and 0 < values.max() <= 4)

    @property
    def any(self) -> bool:
        """Whether any value of any series is not zero."""
        return any(each.any for each in self.series)


def panels(title: str, caption: str, wanted: Iterable[Panel]) -> Figure:
    """Return the panels below each other, without series that are not known; a legend tells series that share one."""
    shown = [replace(each, series=known) for each in wanted if (known := _known(each))]
    if not shown:
        return empty(title, caption)
    longest = _longest([each for panel in shown for each in panel.series])
    height = _REST + (_PANEL + _GAP) * len(shown)
    figure = make_subplots(rows=len(shown), shared_xaxes=True, vertical_spacing=_GAP / height)
    named: set[str] = set()
    for row, panel in enumerate(shown, 1):
        _fill(figure, panel, row, time_unit(longest), named)
    time_axis(figure, longest, len(shown))
    figure.update_layout(showlegend=bool(named), bargap=0, barmode="stack")
    return finished(figure, title, caption, height + (20 if named else 0))


def _longest(series: list[Series]) -> float:
    """Return the last time; the last bar may reach beyond it."""
    return max(float(each.time_s.max()) for each in [each for each in series if each.draw != "bars"] or series)


def _fill(figure: Figure, panel: Panel, row: int, unit: tuple[float, str], named: set[str]) -> None:
    """Draw a panel; a name that is in the legend already is not told again."""
    for each in panel.series:
        told = panel.told and len(panel.series) > 1 and each.name not in named
        named |= {each.name} if told else set()
        trace = _trace(each, unit[0]).update(showlegend=told, hovertemplate=_hover(panel, each, unit[1]))
        figure.add_trace(trace, row=row, col=1)
    ticks: dict[str, Any] = {"dtick": 1} if panel.few else {"nticks": 5}
    ticks |= {"tickformat": "~%" if panel.share else ","}
    figure.update_yaxes(title_text=panel.title, rangemode="tozero", **ticks, row=row, col=1)


def _known(panel: Panel) -> tuple[Series, ...]:
    return tuple(each for each in panel.series if each.known)


def time_axis(figure: Figure, longest_s: float, row: int) -> None:
    """Give all panels the time since the start, named below the last."""
    unit, name = time_unit(longest_s)
    figure.update_xaxes(range=[0, longest_s / unit or 1])
    every = next((every for most, every in _TICKS if longest_s / unit <= most), 24)
    if name == "hours":
        figure.update_xaxes(tick0=0, dtick=every)
    figure.update_xaxes(title_text=f"Time since the start [{name}]", row=row, col=1)
    in_time(figure, unit)


def _trace(series: Series, unit: float) -> Any:
    if series.draw == "bars":
        return _bars(series, unit)
    time, values, spans = series.time_s, series.values, series.draw == "spans" or len(series.time_s) <= _FEW
    if series.draw == "growth":
        time, values = np.append(0.0, time), np.append(0.0, values)
    elif spans:
        time, values = np.append(_start(time), time), np.append(values[0], values)
    keep = _rows(time, values, series.draw)
    line = {"color": series.color, "width": 1.8, **_LINES.get(series.draw, {})}
    line |= {"shape": "vh"} if spans and series.draw != "growth" else {}
    trace = go.Scatter(x=_brief(time[keep] / unit), y=_brief(values[keep]), name=series.name, mode="lines")
    trace.update(line=line, legendgroup=series.name)
    if series.draw == "faint":
        return trace.update(opacity=0.3)
    return trace.update(stackgroup="layers") if series.draw == "layer" else trace


def _start(time_s: Floats) -> float:
    """Return when the first span starts if it is as long as the second; a lone one starts with the simulation."""
    return max(float(2 * time_s[0] - time_s[1]), 0.0) if len(time_s) > 1 else 0.0


def _bars(series: Series, unit: float) -> Any:
    width = _step(series.time_s)
    x, marker = (series.time_s - width / 2) / unit, {"color": series.color, "line": {"width": 0}}
    return go.Bar(x=_brief(x), y=series.values, width=0.9 * width / unit, name=series.name, marker=marker)


def _rows(time_s: Floats, values: Floats, draw: str) -> Any:
    """Return the points to draw; the layers of a stack need the same ones, so that these are every so many."""
    if draw != "layer":
        return thinned(time_s, np.nan_to_num(values))
    return np.arange(0, len(time_s), -(-len(time_s) // MOST_POINTS))


def _brief(values: Floats) -> Any:
    return np.asarray(values, np.float32)


def _hover(panel: Panel, series: Series, name: str) -> str:
    value = "%{y:.3~p}" if panel.share else "%{y:,.4~r}"
    return f"{series.name}: {value} at %{{x:.2~f}} {name}<extra></extra>"


def grown(time_s: Floats, so_far: Floats) -> tuple[Floats, Floats, str]:
    """
    Return how much a count that only grows grew in each span of time, at the spans' ends, and the span in words.

    A span is a step where there are few of them, else a round one. Of a series that is cut off at its start, what grew
    before its first time does not count.

    >>> grown(np.arange(1, 5) * 60.0, np.array([1, 1, 4, 5]))
    (array([ 60., 120., 180., 240.]), array([1., 0., 3., 1.]), '1 min')
    """
    place, ends, span = _spans(time_s)
    found = np.zeros(len(ends))
    late = len(time_s) > 1 and time_s[0] > 1.5 * _step(time_s)
    np.add.at(found, place, np.nan_to_num(np.diff(so_far, prepend=so_far[0] if late else 0.0)))
    return ends, found, span


def mean(time_s: Floats, values: Floats) -> tuple[Floats, Floats, str]:
    """
    Return the mean of each span, as `grown` does, the last one cut at the last time; of what is not known it is NaN.

    >>> mean(np.array([60.0, 120.0]), np.array([0.5, np.nan]))
    (array([ 60., 120.]), array([0.5, nan]), '1 min')
    """
    place, ends, span = _spans(time_s)
    known = np.bincount(place, np.isfinite(values), minlength=len(ends))
    total = np.bincount(place, np.nan_to_num(values), minlength=len(ends))
    ends[-1:] = time_s[-1:]
    return ends, np.divide(total, known, out=np.full(len(ends), np.nan), where=known > 0), span


def most(time_s: Floats, values: Floats) -> tuple[Floats, Floats, str]:
    """Return the largest value of each span, as `mean` does."""
    place, ends, span = _spans(time_s)
    found = np.full(len(ends), np.nan)
    np.fmax.at(found, place, values)
    ends[-1:] = time_s[-1:]
    return ends, found, span


def span_of(time_s: Floats) -> str:
    """Return the span of `grown`, `mean` and `most` in words."""
    return _spans(time_s)[2]


def timed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose time is known."""
    found: pd.DataFrame = table.loc[np.isfinite(table["time_s"].to_numpy(np.float64))]
    return found


def _spans(time_s: Floats) -> tuple[Any, Floats, str]:
    """Return the span that each time is in, the spans' ends, and a span in words."""
    if not len(time_s):
        return np.zeros(0, int), np.zeros(0), ""
    step = _step(time_s)
    least = max(float(time_s[-1] - time_s[0] + step) / _MOST_SPANS, step)
    span = step if len(time_s) <= _MOST_SPANS else next((each for each in _SPANS if each >= least), least)
    place = np.maximum(np.ceil(time_s / span - 1e-6).astype(int) - 1, 0)
    first = int(place.min())
    return place - first, (np.arange(first, place.max() + 1) + 1) * span, duration(span)


def _step(time_s: Floats) -> float:
    """Return the longest time between two rows; of a lone row, its time."""
    return float(np.diff(time_s).max() if len(time_s) > 1 else time_s[0]) or 1.0
