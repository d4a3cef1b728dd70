"""Every host of a large estate at one place, before and after: what is on, how full it is, and what is freed."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import cells_are, finished, label, labels, shares_scale
from dashboards.theme import WARNING
from dashboards.words import count

_OFF = "rgba(132, 140, 150, 0.32)"
_MOST_TOLD = 2_000
"""Hosts that are named under the pointer; the names of more would take more room than all else."""
_LEAST, _MOST_NAMED, _GAPS = 25, 45, 60
"""Hosts of a row at least, where there are as many; clusters with a name; cells across that are set apart, at most."""
_CELL, _ROOM, _AROUND = 15, (240, 640), 168
"""Height of a cell, the least and the most of all cells, and what is around them. [px]"""
_TOP = 64
"""Height of the scale of colours, and of the titles below it. [px]"""


def cells(hosts: pd.DataFrame) -> Figure:
    """
    Show each host as a cell, clusters below one another, with the colour of its fullest resource; grey is off.

    A host has the same place before and after: those that stay on come first, the fullest of them on the left.
    """
    order = hosts.assign(name=hosts["cluster"].replace("", "no cluster")).sort_values(
        ["name", "on_after", "fullest_share_before"], ascending=[True, False, False], kind="stable"
    )
    column, row, heads = _places(order["name"])
    rows = int(row.max()) + 1
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.04, subplot_titles=("Before", "After"))
    for place, when in enumerate(("before", "after"), 1):
        for trace in _panel(order, column, row, when):
            figure.add_trace(trace, row=1, col=place)
    named = {"tickvals": [*heads.values()], "ticktext": labels(heads, 18)} if len(heads) <= _MOST_NAMED else {}
    figure.update_yaxes(range=[rows - 0.5, -0.5], showgrid=False, ticks="", showticklabels=False, **named)
    figure.update_yaxes(title_text="" if named else "Hosts, by cluster", showticklabels=bool(named), col=1)
    figure.update_xaxes(title_text="Hosts of a cluster", showticklabels=False, ticks="", showgrid=False)
    for title, axis in zip(figure.layout.annotations, figure.select_xaxes(), strict=True):
        title.update(font_size=13, x=axis.domain[0], xanchor="left")
    shares_scale(figure)
    figure.update_layout(showlegend=False)
    boots = bool((order["on_after"] & ~order["on_before"]).any())
    caption = (
        f"Each cell is one of {count(len(hosts), 'host')}, at the same place before and after, {len(heads):,} "
        f"{'clusters' if len(heads) > 1 else 'cluster'} from the top down: the lighter, the fuller its fullest "
        f"resource, of what may be used; grey is off{', and a cross is switched on by the plan' if boots else ''}."
    )
    height = _AROUND + int(np.clip(_CELL * rows, *_ROOM))
    finished(figure, "Which hosts are on, and how full, before and after", caption, height).update_layout(margin_t=_TOP)
    places = np.full((rows, int(column.max()) + 1), "", object)
    places[row, column] = order["host"]
    return cells_are(figure, "hosts", places)


def _places(clusters: "pd.Series[Any]") -> tuple[Any, Any, dict[str, int]]:
    """
    Return column and row of each host, and the row on which each cluster begins; hosts come cluster by cluster.

    >>> column, row, heads = _places(pd.Series(["a", "a", "b"]))
    >>> column.tolist(), row.tolist(), heads
    ([0, 1, 0], [0, 0, 1], {'a': 0, 'b': 1})
    """
    sizes = clusters.value_counts(sort=False).reindex(clusters.unique())
    width = int(min(sizes.max(), max(_LEAST, np.ceil(np.sqrt(len(clusters))))))
    rows = -(-sizes.to_numpy() // width)
    first = np.concatenate([[0], np.cumsum(rows)[:-1]])
    within = np.concatenate([np.arange(size) for size in sizes])
    return (
        within % width,
        np.repeat(first, sizes) + within // width,
        dict(zip(map(str, sizes.index), first.tolist(), strict=True)),
    )


def _panel(hosts: pd.DataFrame, column: Any, row: Any, when: str) -> list[Any]:
    """Return the cells of one state: hosts that are off, those that are on, and crosses on those that are booted."""
    shape, on = (int(row.max()) + 1, int(column.max()) + 1), hosts[f"on_{when}"].to_numpy(bool)
    share = hosts[f"fullest_share_{when}"].fillna(0.0).to_numpy(np.float64)
    told = [
        f"{label(host, 60)}<br>{before:,} → {count(after, 'VM')}<br>"
        for host, before, after in zip(hosts["host"], hosts["vms_before"], hosts["vms_after"], strict=True)
        if len(hosts) <= _MOST_TOLD
    ] or [""] * len(hosts)
    found = []
    for mask, values, scale, state in (
        (~on, np.zeros(len(hosts)), {"colorscale": [[0, _OFF], [1, _OFF]], "showscale": False}, "off"),
        (on, share, {"coloraxis": "coloraxis"}, "%{z:.0%} full"),
    ):
        grid, texts = np.full(shape, np.nan), np.full(shape, "", object)
        grid[row[mask], column[mask]], texts[row[mask], column[mask]] = values[mask], np.array(told, object)[mask]
        cell = go.Heatmap(
            z=grid.round(3).astype(np.float32), customdata=texts if told[0] else None, hoverongaps=False, **scale
        )
        gap = 1 if max(shape) <= _GAPS else 0
        found.append(
            cell.update(
                xgap=gap, ygap=gap, hovertemplate=("%{customdata}" if told[0] else "") + state + "<extra></extra>"
            )
        )
    booted = (hosts["on_after"] & ~hosts["on_before"]).to_numpy(bool)
    if when == "after" and booted.any():
        mark = {"symbol": "x-thin", "size": 7, "color": WARNING, "line": {"width": 2, "color": WARNING}}
        found.append(go.Scatter(x=column[booted], y=row[booted], mode="markers", marker=mark, hoverinfo="skip"))
    return found
