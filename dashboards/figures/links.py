"""What migrations put on the network: the rate of all of them, and of the busiest link of any host."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go
from dashboards.figures.canvas import Floats, thinned
from dashboards.theme import AFTER, OTHER

BINS = 400
"""Spans of time in which the busiest link is sought."""
_GBIT = 1000.0


def together(moves: pd.DataFrame) -> tuple[Floats, Floats]:
    """
    Return when the rate of all migrations together changes, and the rate from then on, in s and Mbit/s.

    >>> moves = pd.DataFrame({"start_s": [0.0, 10.0], "end_s": [20.0, 30.0], "bandwidth_mbps": [100.0, 50.0]})
    >>> [each.tolist() for each in together(moves)]
    [[0.0, 10.0, 20.0, 30.0], [100.0, 150.0, 50.0, 0.0]]
    """
    time, change = _events(moves)
    when, place = np.unique(time, return_inverse=True)
    rate = np.cumsum(np.bincount(place, change, minlength=len(when)))
    return when, np.maximum(rate, 0.0).round(6)


def busiest(moves: pd.DataFrame, bins: int = BINS) -> tuple[Floats, Floats]:
    """
    Return the ends of spans of time, and the rate of the busiest link in each, in s and Mbit/s.

    A link is a host's, and carries what leaves the host and what enters it apart, as full duplex does.

    >>> moves = pd.DataFrame({"source": ["a", "a", "b"], "destination": ["b", "c", "c"], "start_s": [0.0, 0.0, 30.0],
    ...                       "end_s": [20.0, 20.0, 40.0], "bandwidth_mbps": [100.0, 50.0, 80.0]})
    >>> [each.tolist() for each in busiest(moves, bins=4)]
    [[10.0, 20.0, 30.0, 40.0], [150.0, 150.0, 0.0, 80.0]]
    """
    last = float(moves["end_s"].max()) or 1.0
    found = np.zeros(bins)
    for end in ("source", "destination"):
        link = pd.factorize(moves[end])[0]
        start, until, rate = _steps(np.concatenate([link, link]), *_events(moves))
        first = np.clip((start / last * bins + 1e-9).astype(int), 0, bins - 1)
        stop = np.clip(np.ceil(until / last * bins - 1e-9).astype(int), first + 1, bins)
        _raise(found, first, stop - first, rate)
    return np.arange(1, bins + 1) * last / bins, found


def _events(moves: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the starts and then the ends of the moves, and how the rate changes at each."""
    rate = moves["bandwidth_mbps"].fillna(0.0).to_numpy(np.float64)
    times = [moves[name].to_numpy(np.float64) for name in ("start_s", "end_s")]
    return np.concatenate(times), np.concatenate([rate, -rate])


def _steps(link: Any, time: Floats, change: Floats) -> tuple[Floats, Floats, Floats]:
    """Return from when until when each link carries which rate; what carries nothing is left out."""
    order = np.lexsort([time, link])
    link, time = link[order], time[order]
    rate = np.cumsum(change[order])
    same = link[1:] == link[:-1]
    start, until, level = time[:-1][same], time[1:][same], rate[:-1][same]
    used = (level > 1e-6) & (until > start)
    return start[used], until[used], level[used]


def _raise(found: Floats, first: Any, length: Any, rate: Floats) -> None:
    """Raise the spans from `first`, so many, to the rate of each step."""
    place = np.repeat(first - np.cumsum(length) + length, length) + np.arange(length.sum())
    np.maximum.at(found, place, np.repeat(rate, length))


def add(figure: Figure, moves: pd.DataFrame, unit: float, name: str, row: int) -> None:
    """
    Draw the rates into two rows of a figure whose time is in a unit of so many seconds: of all, then the busiest link.

    Each has an axis of its own: beside the rate of hundreds of hosts that of one link would lie flat on the axis.
    """
    when, rate = together(moves)
    ends, most = busiest(moves)
    lines = (
        ("all migrations", "All moves", np.append(0.0, when), np.append(0.0, rate), AFTER, "hv"),
        ("busiest link of a host", "Busiest link", np.append(0.0, ends), np.append(most[:1], most), OTHER, "vh"),
    )
    for place, (title, short, time, values, color, shape) in enumerate(lines, row):
        keep = thinned(time, values)
        hover = title + ": %{y:,.2~f} Gbit/s after %{x:.1f} " + name + "<extra></extra>"
        line = go.Scatter(x=time[keep] / unit, y=values[keep] / _GBIT, mode="lines", name=title, hovertemplate=hover)
        line.update(line={"color": color, "shape": shape, "width": 2}, showlegend=False)
        figure.add_trace(line, row=place, col=1)
        axis = {"title_text": f"{short}<br>[Gbit/s]", "rangemode": "tozero", "nticks": 4, "tickformat": "~r"}
        figure.update_yaxes(**axis, row=place, col=1)
