"""Where the cycles of the hosts go after a plan, and how long virtual CPUs wait for a core."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import MOST_HOSTS, Floats, empty, finished, labels, name_axis, rows_are
from dashboards.theme import AFTER, OKABE_ITO, OTHER, WARNING
from dashboards.words import count

PARTS = (
    ("work_mhz_after", "own work", AFTER),
    ("guest_overhead_mhz_after", "added in the guest", OKABE_ITO[4]),
    ("host_overhead_mhz_after", "added on the host", WARNING),
    ("headroom_mhz_after", "headroom", "rgba(138,146,156,0.45)"),
)
_READY = "ready_share_after"
_MOST_GROUPS = 120


def use(hosts: pd.DataFrame) -> Figure:
    """Show what the CPU of each host that is on is used for after the plan; by rank where there are many."""
    on = hosts[hosts["on_after"]]
    changed = not np.array_equal(hosts["work_mhz_before"], hosts["work_mhz_after"], equal_nan=True)
    title = f"Where the cycles go {'after the plan' if changed else 'today'}"
    if on.empty:
        return empty(title, "No host is on.")
    rows = on.sort_values("cpu_mhz_after", ascending=False, kind="stable")
    return _each(rows, title) if len(rows) <= MOST_HOSTS else _ranked(rows, title)


def _waited(rows: pd.DataFrame) -> bool:
    """Return whether the ready time of any host is predicted."""
    return bool(rows[_READY].notna().any())


def _each(rows: pd.DataFrame, title: str) -> Figure:
    widths = [0.72, 0.28] if _waited(rows) else [1.0]
    figure = make_subplots(cols=len(widths), shared_yaxes=True, horizontal_spacing=0.1, column_widths=widths)
    names, place = labels(rows["host"], 60), np.arange(len(rows))
    for key, name, color in PARTS:
        hover = "%{customdata}, " + name + ": %{x:,.1f} GHz<extra></extra>"
        figure.add_trace(_bar(_stacked(rows[key]), place, name, color, names, hover), row=1, col=1)
    if _waited(rows):
        _add_waits(figure, rows, names)
    name_axis(figure, rows["host"], col=1)
    figure.update_yaxes(range=[len(rows) - 0.4, -0.6], showgrid=False)
    figure.update_layout(barmode="stack", bargap=0.25)
    figure.update_xaxes(title_text="CPU [GHz]", tickformat=",~s", nticks=5, col=1)
    caption = _caption(f"each of the {count(len(rows), 'host that is', 'hosts that are')} on", _waited(rows))
    return rows_are(finished(figure, title, caption, 130 + 18 * len(rows)), "hosts", rows["host"])


def _add_waits(figure: Figure, rows: pd.DataFrame, names: list[str]) -> None:
    hover = "%{customdata}: virtual CPUs wait %{x:.2%} of the time<extra></extra>"
    waits = _bar(rows[_READY].to_numpy(), np.arange(len(rows)), "ready time", OTHER, names, hover)
    figure.add_trace(waits.update(showlegend=False), row=1, col=2)
    most = max(float(np.nanmax(rows[_READY].to_numpy(), initial=0.0)) * 1.05, 0.01)
    figure.update_xaxes(title_text="Ready time [%]", tickformat="~%", nticks=3, tickangle=0, range=[0, most], col=2)


def _bar(x: Any, y: Any, name: str, color: str, names: list[str], hover: str) -> Any:
    bar = go.Bar(x=x, y=y, orientation="h", name=name, marker={"color": color, "line": {"width": 0}})
    return bar.update(customdata=names, hovertemplate=hover)


def _stacked(mhz: "pd.Series[Any]") -> Floats:
    """Return what a bar can stack, in GHz: headroom that is overdrawn is none."""
    found: Floats = np.maximum(mhz.fillna(0.0).to_numpy(np.float64), 0.0) / 1000
    return found


def _caption(which: str, waited: bool) -> str:
    wait = (
        "ready time is the predicted share of time that virtual CPUs wait for a core"
        if waited
        else "ready time is not predicted: CPU is only known as allocated"
    )
    return (
        f"CPU that may be used on {which}, by what it is reserved for: the VMs' own work, what virtualization adds on "
        f"virtual CPUs and on threads of the host, and what is left; {wait}."
    )


def _ranked(rows: pd.DataFrame, title: str) -> Figure:
    edges = np.unique(np.linspace(0, len(rows), min(_MOST_GROUPS, len(rows)), endpoint=False).astype(int))
    sizes = np.diff([*edges, len(rows)])
    middle = edges + (sizes + 1) / 2
    heights = [0.68, 0.32] if _waited(rows) else [1.0]
    figure = make_subplots(rows=len(heights), shared_xaxes=True, row_heights=heights, vertical_spacing=0.08)
    for key, name, color in PARTS:
        mean = np.add.reduceat(_stacked(rows[key]), edges) / sizes
        hover = name + " around host %{x:,.0f}: %{y:,.1f} GHz<extra></extra>"
        bars = go.Bar(x=middle, width=sizes, y=mean, name=name, marker={"color": color, "line": {"width": 0}})
        figure.add_trace(bars.update(hovertemplate=hover), row=1, col=1)
    figure.update_layout(barmode="stack", bargap=0)
    figure.update_yaxes(title_text="CPU of a host [GHz]", tickformat=",~s", row=1, col=1)
    if _waited(rows):
        figure.add_trace(_waits(rows, edges, sizes, middle), row=2, col=1)
        figure.update_yaxes(title_text="Ready time [%]", tickformat="~%", rangemode="tozero", nticks=4, row=2, col=1)
    figure.update_xaxes(title_text="Hosts, most reserved first", tickformat=",", row=len(heights), col=1)
    return finished(figure, title, _caption_of_groups(rows, len(edges)), 520 if _waited(rows) else 400)


def _caption_of_groups(rows: pd.DataFrame, groups: int) -> str:
    which = f"the {count(len(rows), 'host that is', 'hosts that are')} on, in {count(groups, 'group')} of like hosts"
    longest = ", ready time its longest" if _waited(rows) else ""
    return f"{_caption(which, _waited(rows))} CPU is the mean of a group{longest}."


def _waits(rows: pd.DataFrame, edges: Any, sizes: Any, middle: Floats) -> Any:
    longest = np.maximum.reduceat(rows[_READY].fillna(0.0).to_numpy(), edges)
    bars = go.Bar(x=middle, width=sizes, y=longest, name="ready time", showlegend=False)
    return bars.update(
        marker={"color": OTHER, "line": {"width": 0}},
        hovertemplate="around host %{x:,.0f}: at most %{y:.2%} of the time<extra></extra>",
    )
