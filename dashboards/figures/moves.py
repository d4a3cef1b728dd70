"""The plan over time: migrations, and the hosts that they set free."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures import links
from dashboards.figures.canvas import empty, finished, label, name_axis, rows_are, thinned, time_unit
from dashboards.theme import AFTER, OKABE_ITO, SEQUENTIAL, WARNING
from dashboards.words import count, duration

MOST_ROWS, MOST_BARS = 40, 150
_TITLE = "Migrations over time"
_GAP = 0.003
"""What is cut off the end of each bar, as a share of the whole time, so that neighbours keep apart."""
_LINKS, _SPACE = 100, 24
"""Heights of each rate below the bars, and of the space above it. [px]"""
_LINKS_TOLD = "Below, the rate that migrations are given: of all together, and of the busiest link of any host."


def gantt(moves: pd.DataFrame) -> Figure:
    """
    Show when each move runs, and below it the load of the links.

    A VM has a row; beyond `MOST_ROWS` moves are packed, beyond `MOST_BARS` a wave has a bar.
    """
    if moves.empty:
        return empty(_TITLE, "No VM has to move.")
    if len(moves) > MOST_BARS:
        return _by_wave(moves)
    ordered = moves.sort_values(["start_s", "end_s"], kind="stable")
    lone = len(moves) <= MOST_ROWS
    rows = np.arange(len(ordered)) if lone else _lanes(ordered["start_s"].to_numpy(), ordered["end_s"].to_numpy())
    last = float(ordered["end_s"].max())
    unit, name = time_unit(last)
    bars = 18 * len(ordered) if lone else 22 * (int(rows.max()) + 1)
    heights = [bars, _LINKS, _LINKS]
    whole = sum(heights) + 2 * _SPACE
    figure = make_subplots(rows=3, shared_xaxes=True, row_heights=heights, vertical_spacing=_SPACE / whole)
    for wave, part in ordered.assign(row=rows).groupby("wave", sort=True):
        bar = _wave_bars(part, int(str(wave)), unit, last).update(showlegend=moves["wave"].nunique() <= 8)
        figure.add_trace(bar, row=1, col=1)
    links.add(figure, moves, unit, name, 2)
    if lone:
        name_axis(figure, ordered["vm"], row=1, col=1)
        caption = "Each bar is one migration, from its start to its end; colours are waves."
    else:
        packed = {"title_text": "Migrations at<br>the same time", "autorange": "reversed", "showticklabels": False}
        figure.update_yaxes(**packed, row=1, col=1)
        caption = "Each bar is one migration; migrations that run at the same time lie below one another."
    figure.update_xaxes(rangemode="tozero")
    figure.update_xaxes(title_text=f"Time from the start of the plan [{name}]", row=3, col=1)
    figure.update_layout(barmode="overlay", bargap=0.25)
    finished(figure, _TITLE, f"{caption} {_LINKS_TOLD}", 116 + whole)
    return rows_are(figure, "vms", ordered["vm"]) if lone else figure


def _apart(length_s: Any, whole_s: float) -> Any:
    """Return the lengths of bars with a gap behind each, of a third of the bar at most."""
    return np.maximum(length_s - _GAP * whole_s, length_s * 2 / 3)


def _wave_bars(part: pd.DataFrame, wave: int, unit: float, whole_s: float) -> Any:
    columns = (part[name] for name in ("vm", "source", "destination", "duration_s", "downtime_ms"))
    about = [
        f"{label(vm, 60)}<br>{label(source, 40)} → {label(destination, 40)}<br>"
        f"{duration(duration_s)}, pause {duration(downtime_ms / 1000)}"
        for vm, source, destination, duration_s, downtime_ms in zip(*columns, strict=True)
    ]
    return go.Bar(
        base=part["start_s"].to_numpy() / unit,
        x=_apart((part["end_s"] - part["start_s"]).to_numpy(), whole_s) / unit,
        y=part["row"].to_numpy(),
        orientation="h",
        name=f"wave {wave}",
        marker={"color": OKABE_ITO[(wave - 1) % 4], "line": {"width": 0}},
        customdata=about,
        hovertemplate="%{customdata}<extra>wave " + str(wave) + "</extra>",
    )


def _lanes(start: Any, end: Any) -> Any:
    """Return for each move the first lane that is free at its start; moves come by start."""
    free: list[float] = []
    rows = np.zeros(len(start), int)
    for move, begin in enumerate(start):
        lane = next((index for index, until in enumerate(free) if until <= begin), len(free))
        free[lane : lane + 1] = [end[move]]
        rows[move] = lane
    return rows


def waves(moves: pd.DataFrame) -> pd.DataFrame:
    """Return one row a wave: its moves, when it starts and ends, the hosts that VMs leave, and the data sent."""
    return (
        moves.groupby("wave", sort=True)
        .agg(
            moves=("vm", "size"),
            start_s=("start_s", "min"),
            end_s=("end_s", "max"),
            sources=("source", "nunique"),
            transferred_mib=("transferred_mib", "sum"),
        )
        .reset_index()
    )


def trade_off(frontier: pd.DataFrame) -> Figure:
    """Show plans by hosts on and moves, coloured by their risk; a star is the plan that is told here."""
    figure = go.Figure()
    for chosen, symbol, name in ((False, "circle", "Other plans"), (True, "star", "This plan")):
        part = frontier[frontier["chosen"] == chosen]
        figure.add_trace(_plans(part, frontier["risk_share"], symbol, name))
    figure.update_xaxes(title_text="Migrations", rangemode="tozero", tickformat=",~s")
    figure.update_yaxes(title_text="Hosts on after the plan", rangemode="tozero")
    figure.update_layout(legend={"orientation": "h"})
    caption = (
        "Each mark is a plan that keeps all rules, and that no other beats in hosts, moves and risk at once. Further "
        "down are fewer hosts, further left fewer moves; the lighter, the longer virtual CPUs are predicted to wait, "
        "or the fuller the fullest host is."
    )
    return finished(figure, "Hosts against moves and risk", caption, 420)


def _plans(part: pd.DataFrame, risk: pd.Series, symbol: str, name: str) -> Any:
    told = part[["risk_share", "fullest_share", "power_w"]].to_numpy()
    return go.Scatter(
        x=part["moves"].to_numpy(),
        y=part["hosts_after"].to_numpy(),
        mode="markers",
        name=name,
        marker={
            "size": 18 if symbol == "star" else 12,
            "symbol": symbol,
            "color": part["risk_share"].to_numpy(),
            "cmin": float(risk.min()),
            "cmax": max(float(risk.max()), float(risk.min()) + 1e-6),
            "colorscale": SEQUENTIAL,
            "line": {"width": 1, "color": WARNING if symbol == "star" else OKABE_ITO[0]},
            "showscale": symbol == "circle",
            "colorbar": {"title": {"text": "Risk"}, "tickformat": ".2~%", "nticks": 6},
        },
        customdata=told,
        hovertemplate="hosts %{y:,}, moves %{x:,}<br>risk %{customdata[0]:.1%}, fullest %{customdata[1]:.0%}, "
        "%{customdata[2]:,.0f} W<extra></extra>",
    )


def _by_wave(moves: pd.DataFrame) -> Figure:
    table = waves(moves)
    unit, name = time_unit(float(table["end_s"].max()))
    start, end = table["start_s"].to_numpy() / unit, table["end_s"].to_numpy() / unit
    heights = [150, 130, _LINKS, _LINKS]
    whole = sum(heights) + 3 * _SPACE
    figure = make_subplots(rows=4, shared_xaxes=True, row_heights=heights, vertical_spacing=_SPACE / whole)
    bars = go.Bar(
        x=(start + end) / 2, width=_apart(end - start, float(end.max())),
        y=table["moves"].to_numpy(), name="moves in a wave",
        marker={"color": AFTER, "opacity": 0.8, "line": {"width": 0}},
        customdata=np.stack([table["wave"], table["sources"]], axis=-1),
        hovertemplate="wave %{customdata[0]}: moves %{y:,}, hosts that they leave %{customdata[1]:,}<extra></extra>",
    )  # fmt: skip
    done = np.sort(moves["end_s"].to_numpy())
    keep = np.unique(np.linspace(0, len(done) - 1, 500).astype(int))
    line = go.Scatter(
        x=done[keep] / unit, y=keep + 1, mode="lines", name="moves done",
        line={"color": WARNING, "shape": "hv", "width": 2.5},
        hovertemplate="moves done %{y:,} after %{x:.1f} " + name + "<extra></extra>",
    )  # fmt: skip
    figure.add_trace(bars, row=1, col=1)
    figure.add_trace(line, row=2, col=1)
    figure.update_yaxes(title_text="Moves in a wave", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="Moves done", rangemode="tozero", row=2, col=1)
    links.add(figure, moves, unit, name, 3)
    figure.update_xaxes(rangemode="tozero")
    figure.update_xaxes(title_text=f"Time from the start of the plan [{name}]", row=4, col=1)
    figure.update_layout(showlegend=False)
    caption = (
        f"The {count(len(moves), 'migration')} in {count(len(table), 'wave')}: a bar is a wave, as wide as it lasts "
        f"and as high as it has moves; then the moves done so far. {_LINKS_TOLD}"
    )
    return finished(figure, _TITLE, caption, 90 + whole)


def progress(hosts: pd.DataFrame, moves: pd.DataFrame, actions: pd.DataFrame) -> Figure:
    """Show hosts on and their draw while the plan runs."""
    title = "Hosts on and power while the plan runs"
    if moves.empty and actions.empty:
        return empty(title, "The plan changes nothing.")
    last = max(moves["end_s"].max() if len(moves) else 0.0, actions["end_s"].max() if len(actions) else 0.0)
    unit, name = time_unit(float(last))
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.1)
    series = (("Hosts on", *_on(hosts, actions), AFTER), ("Power [kW]", *_draw(hosts, moves, actions), WARNING))
    for row, (what, when, value, color) in enumerate(series, 1):
        x, y = np.concatenate([[0.0], when, [1.15 * last]]) / unit, np.append(value, value[-1])
        keep = thinned(x, y)
        line = go.Scatter(
            x=x[keep], y=y[keep], mode="lines", name=what, line={"color": color, "shape": "hv", "width": 2.5},
            hovertemplate="%{y:,.2~f} after %{x:.1f} " + name + "<extra></extra>",
        )  # fmt: skip
        figure.add_trace(line, row=row, col=1)
        figure.update_yaxes(title_text=what, rangemode="tozero", tickformat=",", row=row, col=1)
    figure.update_xaxes(range=[0, 1.15 * last / unit])
    figure.update_xaxes(title_text=f"Time from the start of the plan [{name}]", row=2, col=1)
    figure.update_layout(showlegend=False)
    caption = (
        "Hosts that are on, and the draw of all hosts, as the plan goes on; "
        "a host's draw is taken to change when its last migration or power action ends."
    )
    return finished(figure, title, caption, 420)


def _on(hosts: pd.DataFrame, actions: pd.DataFrame) -> tuple[Any, Any]:
    ordered = actions.sort_values("end_s", kind="stable")
    step = np.where(ordered["action"] == "boot", 1, -1)
    return ordered["end_s"].to_numpy(), int(hosts["on_before"].sum()) + np.concatenate([[0], np.cumsum(step)])


def _draw(hosts: pd.DataFrame, moves: pd.DataFrame, actions: pd.DataFrame) -> tuple[Any, Any]:
    events = pd.concat(
        [actions.set_index("host")["end_s"], *(moves.set_index(end)["end_s"] for end in ("source", "destination"))]
    )
    last = events.groupby(level=0).max()
    change = (hosts.set_index("host")["power_w_after"] - hosts.set_index("host")["power_w_before"]).fillna(0.0)
    when = last.reindex(change.index).dropna().sort_values(kind="stable")
    steps = np.cumsum(change[when.index].to_numpy())
    before = float(hosts["power_w_before"].sum())
    return when.to_numpy(), (before + np.concatenate([[0.0], steps])) / 1000
