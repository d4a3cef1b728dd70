"""Hosts before and after: how full they are, one by one or as a distribution."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.figures.canvas import MOST_HOSTS, finished, label, limit_line, name_axis
from dashboards.theme import AFTER, BEFORE, SEQUENTIAL, WARNING

RESOURCES = (("CPU", "cpu_share"), ("Memory", "memory_share"))
_STRIP = 120


def utilisation(hosts: pd.DataFrame) -> go.Figure:
    """Show how full each host is reserved, before and after; by rank where there are many."""
    return _each(hosts) if len(hosts) <= MOST_HOSTS else _ranked(hosts)


def _each(hosts: pd.DataFrame) -> go.Figure:
    rows = hosts.sort_values(["cluster", "fullest_share_after", "fullest_share_before"], ascending=[True, False, False])
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.04)
    for column, (title, share) in enumerate(RESOURCES, 1):
        _bars(figure, rows, title, share, column)
    name_axis(figure, rows["host"], col=1)
    figure.update_yaxes(range=[len(rows) - 0.4, -0.6], showgrid=False)
    figure.update_layout(barmode="overlay", bargap=0.35, hovermode="y")
    caption = (
        "CPU and memory reserved on each host, as a share of what may be used on it: bars after the plan, "
        "ticks before. Hosts without a bar are off after it."
    )
    return finished(figure, "How full each host is, before and after", caption, 120 + 17 * len(rows))


def _bars(figure: go.Figure, rows: pd.DataFrame, title: str, share: str, column: int) -> None:
    place = np.arange(len(rows))
    hover = "%{customdata}: %{x:.0%}"
    common = {"y": place, "customdata": [label(name, 60) for name in rows["host"]], "showlegend": column == 1}
    after = go.Bar(
        x=rows[f"{share}_after"].to_numpy(), orientation="h", name="after", marker={"color": AFTER},
        hovertemplate=hover + " after<extra></extra>", legendgroup="after", **common,
    )  # fmt: skip
    before = go.Scatter(
        x=rows[f"{share}_before"].to_numpy(), mode="markers", name="before", legendgroup="before",
        marker={"symbol": "line-ns", "size": 11, "line": {"width": 2.5, "color": BEFORE}},
        hovertemplate=hover + " before<extra></extra>", **common,
    )  # fmt: skip
    figure.add_trace(after, row=1, col=column)
    figure.add_trace(before, row=1, col=column)
    most = _top(rows, [share])
    figure.update_xaxes(title_text=f"{title} [% usable]", tickformat=".0%", range=[0, most], col=column)
    limit_line(figure, row=1, col=column)


def _top(rows: pd.DataFrame, shares: list[str]) -> float:
    columns = [f"{share}_{when}" for share in shares for when in ("before", "after")]
    return float(max(1.08, np.nanmax(rows[columns].to_numpy(), initial=0.0) * 1.05))


def _ranked(hosts: pd.DataFrame) -> go.Figure:
    figure = make_subplots(rows=2, row_heights=[0.7, 0.3], vertical_spacing=0.16)
    strips, names = [], []
    for (title, share), dash in zip(RESOURCES, ("solid", "dot"), strict=True):
        for when, color in (("before", BEFORE), ("after", AFTER)):
            ranked = _descending(hosts, share, when)
            keep = np.unique(np.linspace(0, len(ranked) - 1, 400).astype(int))
            line = go.Scatter(
                x=keep + 1, y=ranked[keep], name=f"{title} {when}", line={"color": color, "dash": dash, "shape": "hv"},
                hovertemplate=f"{title} {when}: host %{{x}} from the top is %{{y:.0%}} full<extra></extra>",
            )  # fmt: skip
            figure.add_trace(line, row=1, col=1)
            strips.append(_binned(ranked))
            names.append(f"{title} {when}")
    _strip(figure, names, np.array(strips), len(hosts))
    figure.add_hline(y=1, line={"color": WARNING, "width": 1.5, "dash": "dash"}, row=1, col=1)
    figure.update_yaxes(title_text="Reserved [% usable]", tickformat=".0%", rangemode="tozero", row=1, col=1)
    figure.update_xaxes(range=[0, len(hosts)], row=1, col=1)
    caption = (
        f"The {len(hosts):,} hosts from the fullest to the emptiest, by what is reserved on them as a share of what "
        "may be used; the dashed line is the limit, and hosts that are off count as empty."
    )
    return finished(figure, "How full the hosts are, before and after", caption, 520)


def _descending(hosts: pd.DataFrame, share: str, when: str) -> Any:
    return np.sort(hosts[f"{share}_{when}"].fillna(0.0).to_numpy())[::-1]


def _binned(ranked: Any) -> Any:
    edges = np.unique(np.linspace(0, len(ranked), _STRIP, endpoint=False).astype(int))
    return np.maximum.reduceat(ranked, edges)


def _strip(figure: go.Figure, names: list[str], strips: Any, hosts: int) -> None:
    heat = go.Heatmap(
        x=np.linspace(1, hosts, strips.shape[1]), y=names, z=strips.astype(np.float32), zmin=0, zmax=1,
        colorscale=SEQUENTIAL, hovertemplate="%{y}: around host %{x:.0f}, up to %{z:.0%} full<extra></extra>",
        colorbar={"tickformat": ".0%", "len": 0.34, "y": 0, "yanchor": "bottom", "thickness": 12, "outlinewidth": 0},
    )  # fmt: skip
    figure.add_trace(heat, row=2, col=1)
    figure.update_yaxes(autorange="reversed", row=2, col=1)
    figure.update_xaxes(title_text="Hosts, fullest first", row=2, col=1)


def fullest(hosts: pd.DataFrame) -> go.Figure:
    """Show how the fullest dimension of the hosts that are on is distributed against the limit."""
    figure = go.Figure()
    for when, color, dash in (("before", BEFORE, "dot"), ("after", AFTER, "solid")):
        on = hosts.loc[hosts[f"on_{when}"], f"fullest_share_{when}"].dropna()
        share = np.sort(on.to_numpy())
        part = np.arange(1, len(share) + 1) / max(len(share), 1)
        keep = np.unique(np.linspace(0, len(share) - 1, 500).astype(int)) if len(share) else np.array([], int)
        line = go.Scatter(
            x=share[keep], y=part[keep], name=f"{when} ({len(share):,} hosts on)",
            line={"color": color, "shape": "hv", "dash": dash, "width": 2.5},
            hovertemplate="%{y:.0%} of hosts are at most %{x:.0%} full<extra>" + when + "</extra>",
        )  # fmt: skip
        figure.add_trace(line)
    limit_line(figure)
    figure.update_xaxes(
        title_text="Fullest resource of a host [% usable]", tickformat=".0%", range=[0, _top(hosts, ["fullest_share"])]
    )
    figure.update_yaxes(title_text="Hosts [% of those on]", tickformat=".0%", range=[0, 1.04])
    caption = (
        "Share of the running hosts whose fullest resource is at most so full: "
        "the further right, the better the hosts are used; nothing should lie right of the limit."
    )
    return finished(figure, "Distribution of the fullest resource per host", caption)
