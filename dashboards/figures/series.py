"""Series over time: panels below each other that share the time since the start."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import Floats, empty, finished, thinned, time_unit
from dashboards.words import duration

_PANEL, _GAP, _REST = 150, 26, 90
"""Heights of a panel, of the space below it, and of what is around them all. [px]"""
_FEW = 12
"""So many points are marked one by one: a line through one of them alone would not be seen."""
_MOST_BARS = 96
_SPANS = tuple(60.0 * minutes for minutes in (1, 5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200))
_TICKS = ((12, 3), (36, 6), (72, 12))
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
        line; steps, each held until the next; layer of a stack; or bars.
    dash
        Of a line.
    """

    name: str
    time_s: Floats
    values: Floats
    color: str
    draw: str = "line"
    dash: str = "solid"

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
    """Series on one axis: its title with the unit, and whether the values are shares of one."""

    title: str
    series: tuple[Series, ...]
    share: bool = False

    @property
    def any(self) -> bool:
        """Whether any value of any series is not zero."""
        return any(each.any for each in self.series)


def panels(title: str, caption: str, wanted: Iterable[Panel]) -> Figure:
    """Return the panels below each other, without series that are not known; a legend tells series that share one."""
    shown = [Panel(each.title, known, each.share) for each in wanted if (known := _known(each))]
    if not shown:
        return empty(title, caption)
    longest = max(float(each.time_s.max()) for panel in shown for each in panel.series)
    unit, name = time_unit(longest)
    height = _REST + (_PANEL + _GAP) * len(shown)
    figure = make_subplots(rows=len(shown), shared_xaxes=True, vertical_spacing=_GAP / height)
    named: set[str] = set()
    for row, panel in enumerate(shown, 1):
        for each in panel.series:
            told = len(panel.series) > 1 and each.name not in named
            named |= {each.name} if told else set()
            trace = _trace(each, unit).update(showlegend=told, hovertemplate=_hover(panel, each, name))
            figure.add_trace(trace, row=row, col=1)
        ticks = "~%" if panel.share else ","
        figure.update_yaxes(title_text=panel.title, rangemode="tozero", tickformat=ticks, nticks=5, row=row, col=1)
    time_axis(figure, longest, len(shown))
    figure.update_layout(showlegend=bool(named), bargap=0)
    return finished(figure, title, caption, height + (20 if named else 0))


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


def _trace(series: Series, unit: float) -> Any:
    if series.draw == "bars":
        width = float(np.diff(series.time_s, prepend=0.0).max())
        x = (series.time_s - width / 2) / unit
        marker = {"color": series.color, "line": {"width": 0}}
        return go.Bar(x=_brief(x), y=series.values, width=0.9 * width / unit, name=series.name, marker=marker)
    keep = _rows(series)
    line = {"color": series.color, "width": 1.8, "dash": series.dash, "shape": "hv" if series.draw == "steps" else None}
    trace = go.Scatter(
        x=_brief(series.time_s[keep] / unit), y=_brief(series.values[keep]), name=series.name, legendgroup=series.name,
        mode="lines+markers" if len(keep) <= _FEW else "lines", line=line, marker={"size": 6},
    )  # fmt: skip
    return trace.update(stackgroup="layers", line_width=0.5) if series.draw == "layer" else trace


def _rows(series: Series) -> Any:
    """Return the points to draw; the layers of a stack need the same ones, so that these are every so many."""
    if series.draw != "layer":
        return thinned(series.time_s, np.nan_to_num(series.values))
    return np.arange(0, len(series.time_s), -(-len(series.time_s) // 2_000))


def _brief(values: Floats) -> Any:
    return np.asarray(values, np.float32)


def _hover(panel: Panel, series: Series, name: str) -> str:
    value = "%{y:.3~p}" if panel.share else "%{y:,.4~r}"
    return f"{series.name}: {value} at %{{x:.2~f}} {name}<extra></extra>"


def per_span(time_s: Floats, so_far: Floats) -> tuple[Floats, Floats, str]:
    """
    Return how much a count that only grows grew in each span of time, at the spans' ends, and the span in words.

    A span is a step where there are few of them, else a round one.

    >>> per_span(np.arange(1, 5) * 60.0, np.array([1, 1, 4, 5]))
    (array([ 60., 120., 180., 240.]), array([1., 0., 3., 1.]), '1 min')
    """
    if not len(time_s):
        return time_s, so_far, ""
    step = float(np.diff(time_s, prepend=0.0).max())
    span = step if len(time_s) <= _MOST_BARS else _span(float(time_s[-1]), step)
    place = np.maximum(np.ceil(time_s / span - 1e-6).astype(int) - 1, 0)
    grown = np.zeros(int(place.max()) + 1)
    np.add.at(grown, place, np.nan_to_num(np.diff(so_far, prepend=0.0)))
    return (np.arange(len(grown)) + 1) * span, grown, duration(span)


def _span(longest_s: float, step_s: float) -> float:
    least = max(longest_s / _MOST_BARS, step_s)
    return next((span for span in _SPANS if span >= least), least)
