"""CPU use of each host over time, as a simulation has it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import MOST_HOSTS, empty, finished, name_axis, rows_are, shares_scale, time_unit
from dashboards.figures.series import time_axis

_OFF = "rgba(132, 140, 150, 0.28)"
_ROW, _DENSE = 14, 500
_TITLE = "CPU use of the hosts over time"


def use(heat: pd.DataFrame) -> Figure:
    """Show the CPU use of each host over time, the most used on top; grey is off."""
    caption = (
        f"CPU served on each {_hosts(heat)} over time, as a share of physical CPU, the most used on top; grey: not on."
    )
    return _maps({"": heat}, _TITLE, caption)


def pair(before: pd.DataFrame, after: pd.DataFrame) -> Figure:
    """Show two simulations of the same hosts below each other, in one order of hosts and one scale of colors."""
    caption = (
        f"CPU served on each {_hosts(pd.concat([before, after]))} over time, before and after, as a share of physical "
        "CPU, the most used after the plan on top; grey: not on."
    )
    return _maps({"Before": before, "After": after}, f"{_TITLE}, before and after", caption)


def _hosts(heat: pd.DataFrame) -> str:
    count = heat["host"].nunique()
    return f"of {count:,} hosts" if count > 1 else "host"


def _maps(tables: Mapping[str, pd.DataFrame], title: str, caption: str) -> Figure:
    names = list(dict.fromkeys(name for table in tables.values() for name in table["host"]))
    if not names:
        return empty(title, caption)
    found = [_matrix(table, names) for table in tables.values()]
    order = np.lexsort([-_mean(values) for _, values in found])
    rows = _DENSE // len(found) if len(names) > MOST_HOSTS else _ROW * len(names)
    height = 130 + (max(rows, 60) + 40) * len(found)
    titles = tuple(tables) if len(tables) > 1 else None
    figure = make_subplots(rows=len(found), shared_xaxes=True, vertical_spacing=50 / height, subplot_titles=titles)
    longest = max(float(edges[-1]) for edges, _ in found)
    for row, (edges, values) in enumerate(found, 1):
        figure.add_trace(_map(edges, values[order], longest), row=row, col=1)
    _dress(figure, [names[place] for place in order])
    time_axis(figure, longest, len(found))
    return rows_are(finished(figure, title, caption, height), "hosts", [names[place] for place in order])


def _map(edges: Any, values: Any, longest: float) -> Any:
    unit, name = time_unit(longest)
    image = go.Heatmap(
        x=(edges / unit).astype(np.float32), y=np.arange(len(values)), z=values.round(3).astype(np.float32),
        coloraxis="coloraxis", hoverongaps=False,
    )  # fmt: skip
    return image.update(hovertemplate="%{y} at %{x:.1f} " + name + ": %{z:.1%}<extra></extra>")


def _dress(figure: Figure, names: list[str]) -> None:
    name_axis(figure, names)
    dense = len(names) > MOST_HOSTS
    figure.update_yaxes(ticks="", showticklabels=not dense, title_text="Hosts" if dense else None, showgrid=False)
    figure.update_yaxes(range=[len(names) - 0.5, -0.5])
    figure.update_xaxes(ticks="", showgrid=False)
    figure.update_annotations(font_size=13, x=0, xanchor="left")
    shares_scale(figure)
    figure.update_layout(plot_bgcolor=_OFF)


def _matrix(heat: pd.DataFrame, names: list[str]) -> tuple[Any, Any]:
    """Return the edges of the bins, and CPU use with shape (hosts, bins), NaN where a host is off or not there."""
    time, bins = pd.factorize(heat["time_s"].astype(np.float64), sort=True)
    host = pd.Index(names).get_indexer(pd.Index(heat["host"]))
    values = np.full((len(names), max(len(bins), 1)), np.nan)
    values[host, time] = heat["cpu_share"].to_numpy(np.float64)
    ends = np.asarray(bins) if len(bins) else np.ones(1)
    width = ends[1] - ends[0] if len(ends) > 1 else ends[0]
    return np.concatenate([[max(ends[0] - width, 0.0)], ends]), values


def _mean(values: Any) -> Any:
    return np.nan_to_num(values).mean(axis=1)
