"""Hosts before and after: how full they are, one by one or as a distribution."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import MOST_HOSTS, finished, labels, limit_line, name_axis, rows_are
from dashboards.theme import AFTER, BEFORE, SEQUENTIAL, WARNING
from dashboards.words import count

RESOURCES = (("CPU", "cpu_share"), ("Memory", "memory_share"))
_STRIP = 120


def as_it_is(hosts: pd.DataFrame) -> pd.DataFrame:
    """Return the table with every host left as it is before the plan."""
    return hosts.assign(**{f"{name}_after": hosts[f"{name}_before"] for name in _columns(hosts)})


def _columns(hosts: pd.DataFrame) -> list[str]:
    return [str(name).removesuffix("_before") for name in hosts if str(name).endswith("_before")]


_STATES = ("before", "before", BEFORE), ("after", "after", AFTER)


def _states(hosts: pd.DataFrame, when: str = "both") -> tuple[tuple[str, str, str], ...]:
    """Return what to show: (column suffix, name, color); once where the plan changes nothing."""
    if when != "both":
        return tuple(state for state in _STATES if state[0] == when)
    names = [name for name in _columns(hosts) if name.endswith("_share")]
    before, after = (hosts[[f"{name}_{when}" for name in names]].to_numpy() for when in ("before", "after"))
    if np.array_equal(before, after, equal_nan=True):
        return (("after", "today", AFTER),)
    return _STATES


def utilisation(hosts: pd.DataFrame, when: str = "both") -> Figure:
    """
    Show how full each host is reserved, before and after, or one of them; by rank where there are many.

    The second item of a bar's ``customdata`` is the index of its host in the table.
    """
    return _each(hosts, when) if len(hosts) <= MOST_HOSTS else _ranked(hosts, when)


def _title(subject: str, states: tuple[tuple[str, str, str], ...]) -> str:
    if len(states) > 1:
        return f"{subject}, before and after"
    return f"{subject} {'today' if states[0][1] != 'after' else 'after the plan'}"


def _each(hosts: pd.DataFrame, when: str) -> Figure:
    rows = hosts.sort_values(["on_after", "fullest_share_after", "fullest_share_before"], ascending=False)
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.13)
    for column, (title, share) in enumerate(RESOURCES, 1):
        _bars(figure, rows, title, share, column, _states(hosts, when))
    name_axis(figure, rows["host"], col=1)
    figure.update_yaxes(range=[len(rows) - 0.4, -0.6], showgrid=False)
    figure.update_layout(barmode="overlay")
    states = _states(hosts, when)
    off = ", and hosts with a wide bar alone are off after the plan" if len(states) > 1 else ""
    caption = (
        "CPU and memory reserved on each host, as a share of what may be used on it: "
        f"the dashed line is the limit{off}."
    )
    finished(figure, _title("How full each host is", states), caption, 120 + 18 * len(rows))
    return rows_are(figure, "hosts", rows["host"])


def _bars(
    figure: Figure, rows: pd.DataFrame, title: str, share: str, column: int, states: tuple[tuple[str, str, str], ...]
) -> None:
    names = np.array([*zip(labels(rows["host"], 60), rows.index.astype(str), strict=True)])
    for when, name, color in states:
        bar = go.Bar(
            x=rows[f"{share}_{when}"].to_numpy(), y=np.arange(len(rows)), width=0.4 if name == "after" else 0.82,
            orientation="h", name=name, legendgroup=name, showlegend=column == 1, customdata=names,
            marker={"color": color, "line": {"width": 0}, "opacity": 0.55 if name == "before" else 1},
            hovertemplate="%{customdata[0]}: " + title + " %{x:.0%} " + name + "<extra></extra>",
        )  # fmt: skip
        figure.add_trace(bar, row=1, col=column)
    most = _top(rows, [share])
    figure.update_xaxes(title_text=f"{title} [%]", nticks=4, tickformat=".0%", range=[0, most], col=column)
    limit_line(figure, row=1, col=column)


def _top(rows: pd.DataFrame, shares: list[str]) -> float:
    columns = [f"{share}_{when}" for share in shares for when in ("before", "after")]
    return float(max(1.08, np.nanmax(rows[columns].to_numpy(), initial=0.0) * 1.05))


def _ranked(hosts: pd.DataFrame, when: str) -> Figure:
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.14)
    strips, names = [], []
    for (title, share), dash in zip(RESOURCES, ("solid", "dot"), strict=True):
        for suffix, state, color in _states(hosts, when):
            ranked = _descending(hosts, share, suffix)
            keep = np.unique(np.linspace(0, len(ranked) - 1, 400).astype(int))
            line = go.Scatter(
                x=keep + 1, y=ranked[keep], mode="lines", name=f"{title} {state}",
                line={"color": color, "dash": dash, "shape": "hv"},
                hovertemplate=f"{title} {state}: host %{{x}} from the top is %{{y:.0%}} full<extra></extra>",
            )  # fmt: skip
            figure.add_trace(line, row=1, col=1)
            strips.append(_binned(ranked))
            names.append(f"{title} {state}")
    _strip(figure, names, np.array(strips), len(hosts))
    figure.add_hline(y=1, line={"color": WARNING, "width": 1.5, "dash": "dash"}, row=1, col=1)
    figure.update_yaxes(title_text="Reserved [% usable]", tickformat=".0%", rangemode="tozero", row=1, col=1)
    figure.update_xaxes(range=[0, len(hosts)], tickformat=",", row=1, col=1)
    caption = (
        f"The {count(len(hosts), 'host')} from the fullest to the emptiest, by what is reserved on them as a share of "
        "what may be used; the dashed line is the limit, and hosts that are off count as empty."
    )
    return finished(figure, _title("How full the hosts are", _states(hosts, when)), caption, 520)


def _descending(hosts: pd.DataFrame, share: str, when: str) -> Any:
    return np.sort(hosts[f"{share}_{when}"].fillna(0.0).to_numpy())[::-1]


def _binned(ranked: Any) -> Any:
    edges = np.unique(np.linspace(0, len(ranked), _STRIP, endpoint=False).astype(int))
    return np.maximum.reduceat(ranked, edges)


def _strip(figure: Figure, names: list[str], strips: Any, hosts: int) -> None:
    heat = go.Heatmap(
        x=np.linspace(1, hosts, strips.shape[1]), y=names, z=strips.astype(np.float32), zmin=0, zmax=1,
        colorscale=SEQUENTIAL, hovertemplate="%{y}: around host %{x:.0f}, up to %{z:.0%} full<extra></extra>",
        colorbar={
            "orientation": "h", "tickformat": ".0%", "nticks": 3, "len": 0.4, "thickness": 8, "outlinewidth": 0,
            "x": 1, "xanchor": "right", "y": 0.26, "yanchor": "bottom",
        },
    )  # fmt: skip
    figure.add_trace(heat, row=2, col=1)
    figure.update_yaxes(autorange="reversed", ticks="", row=2, col=1)
    figure.update_xaxes(title_text="Hosts, fullest first", tickformat=",", ticks="", row=2, col=1)


def fullest(hosts: pd.DataFrame) -> Figure:
    """Show how the fullest dimension of the hosts that are on is distributed against the limit."""
    figure = go.Figure()
    for when, name, color in _states(hosts):
        on = hosts.loc[hosts[f"on_{when}"], f"fullest_share_{when}"].dropna()
        share = np.sort(on.to_numpy())
        part = np.arange(1, len(share) + 1) / max(len(share), 1)
        keep = np.unique(np.linspace(0, len(share) - 1, 500).astype(int)) if len(share) else np.array([], int)
        line = go.Scatter(
            x=share[keep], y=part[keep], mode="lines", name=f"{name} ({count(len(share), 'host')} on)",
            line={"color": color, "shape": "hv", "dash": "dot" if name == "before" else "solid", "width": 2.5},
            hovertemplate="%{y:.0%} of hosts are at most %{x:.0%} full<extra>" + name + "</extra>",
        )  # fmt: skip
        figure.add_trace(line)
    limit_line(figure)
    figure.update_xaxes(
        title_text="Fullest resource of a host [% usable]", tickformat=".0%", range=[0, _top(hosts, ["fullest_share"])]
    )
    figure.update_yaxes(title_text="Hosts [% of those on]", tickformat=".0%", range=[0, 1.04])
    caption = (
        "Share of the running hosts whose fullest resource is at most so full: "
        "the further right, the better the hosts are used; nothing should lie right of the limit, the dashed line."
    )
    return finished(figure, "Distribution of the fullest resource per host", caption)
