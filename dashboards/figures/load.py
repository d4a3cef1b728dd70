"""Measured load over time, hosts × time."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import MOST_HOSTS, finished, in_time, name_axis, rows_are, shares_scale, time_unit
from dashboards.words import count

_MOST_TIMES = 240


def heat(load: pd.DataFrame) -> Figure:
    """Show CPU use over time before and after: a row a host, or a row a group of hosts of like load."""
    hosts, times, before, after = _matrices(load)
    grouped = len(hosts) > MOST_HOSTS
    if grouped:
        before, after = _groups(before), _groups(after)
    else:
        order = np.argsort(-_mean(after), kind="stable")
        hosts, before, after = hosts[order], before[order], after[order]
    unit, name = time_unit(float(times.max(initial=0)))
    height = 640 if grouped else 170 + 26 * len(before)
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=60 / height, subplot_titles=("Before", "After"))
    for row, values in enumerate((before, after), 1):
        image = go.Heatmap(x=times / unit, z=values.astype(np.float32), coloraxis="coloraxis", hoverongaps=False)
        figure.add_trace(image.update(hovertemplate="%{x:.1f} " + name + ": %{z:.0%}<extra></extra>"), row=row, col=1)
    _rows(figure, hosts, len(before), grouped)
    figure.update_xaxes(title_text=f"Time since the first sample [{name}]", row=2, col=1)
    figure.update_xaxes(ticks="", showgrid=False)
    in_time(figure, unit)
    figure.update_yaxes(ticks="")
    figure.update_annotations(font_size=13)
    figure.update_annotations(x=0, xanchor="left")
    shares_scale(figure)
    what = f"{count(len(hosts), 'host')} in {count(len(before), 'group')} of like load" if grouped else "each host"
    caption = f"Peak CPU use of {what} over time, as a share of physical CPU, the most loaded on top; a gap is no load."
    finished(figure, "CPU use over time, before and after", caption, height)
    return figure if grouped else rows_are(figure, "hosts", hosts)


def _rows(figure: Figure, hosts: Any, rows: int, grouped: bool) -> None:
    if grouped:
        figure.update_yaxes(showticklabels=False, title_text="Hosts", autorange="reversed", showgrid=False)
        return
    for row in (1, 2):
        name_axis(figure, hosts, row=row, col=1)


def _matrices(load: pd.DataFrame) -> tuple[Any, Any, Any, Any]:
    """Return hosts, times, and CPU before and after with shape (hosts, times): the peak of each span of time."""
    host, hosts = pd.factorize(load["host"])
    time, times = pd.factorize(load["time_s"], sort=True)
    step = -(-len(times) // _MOST_TIMES) or 1
    shape = len(hosts), -(-len(times) // step)
    filled = []
    for column in ("cpu_before", "cpu_after"):
        matrix = np.full(shape, np.nan)
        np.fmax.at(matrix, (host, time // step), load[column].to_numpy(np.float64))
        matrix[~(np.nan_to_num(matrix).max(axis=1) > 0)] = np.nan
        filled.append(matrix)
    return np.asarray(hosts), np.asarray(times)[::step], filled[0], filled[1]


def _mean(values: Any) -> Any:
    return np.nan_to_num(values).mean(axis=1)


def _groups(values: Any) -> Any:
    """Return groups of hosts of like load, each cell the peak of its hosts."""
    ranked = values[np.argsort(-_mean(values), kind="stable")]
    edges = np.linspace(0, len(ranked), MOST_HOSTS, endpoint=False).astype(int)
    return np.fmax.reduceat(ranked, edges)
