"""A rehearsal: how long a plan takes in many runs, where it is stopped or late, and which moves decide."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import empty, finished, label, name_axis, thinned, time_unit
from dashboards.theme import AFTER, BEFORE, GOOD, OTHER, WARNING
from dashboards.words import count, duration, known

MOST_MOVES = 25
MOST_WAVES = 60
MOST_MARKS = 200
_MAKESPANS, _WAVES, _CRITICAL = "How long the plan takes", "Risk by wave", "Moves that decide how long it takes"
_REPLAYED = "The plan and one run of it"


def makespans(runs: pd.DataFrame, summary: Mapping[str, Any]) -> Figure:
    """Show how many of the completed runs are done when: a histogram, and the share done by then."""
    done = runs[runs["status"] == "completed"]["makespan_s"].to_numpy()
    if not len(done):
        return empty(_MAKESPANS, "In no run all moves are done.")
    unit, name = time_unit(float(done.max()))
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.1)
    bins = np.histogram_bin_edges(done / unit, bins=int(np.clip(np.sqrt(len(done)) * 2, 1, 60)))
    counts, edges = np.histogram(done / unit, bins)
    bars = go.Bar(
        x=(edges[1:] + edges[:-1]) / 2, width=np.diff(edges), y=counts, name="runs", marker={"color": BEFORE},
        hovertemplate="runs %{y:,} about %{x:.1f} " + name + "<extra></extra>",
    )  # fmt: skip
    ordered = np.sort(done) / unit
    part = np.arange(1, len(ordered) + 1) / len(ordered)
    keep = thinned(ordered, part)
    line = go.Scatter(
        x=ordered[keep], y=part[keep], mode="lines", name="done", line={"color": AFTER, "shape": "hv", "width": 2.5},
        hovertemplate="%{y:.1%} done within %{x:.1f} " + name + "<extra></extra>",
    )  # fmt: skip
    figure.add_trace(bars, row=1, col=1)
    figure.add_trace(line, row=2, col=1)
    for key, text, color in (
        ("makespan_planned_s", "planned", WARNING),
        ("makespan_p50_s", "P50", GOOD),
        ("makespan_p90_s", "P90", OTHER),
    ):
        _mark(figure, summary.get(key), unit, text, color)
    figure.update_yaxes(title_text="Runs", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="Share done [share]", range=[0, 1.02], tickformat=".0%", row=2, col=1)
    figure.update_xaxes(title_text=f"Time from the start of the plan [{name}]", row=2, col=1)
    figure.update_layout(bargap=0.02)
    caption = (
        f"Of {count(len(runs), 'run')}, the {len(done):,} in which all moves are done: above, how many take how long, "
        "below, the share done by then. Lines mark the plan, and what half and nine in ten of them keep."
    )
    return finished(figure, _MAKESPANS, caption, 440)


def _mark(figure: Figure, seconds: Any, unit: float, text: str, color: str) -> None:
    """Mark a time in both parts; its entry in the legend tells it."""
    if not known(seconds):
        return
    for row, top in ((1, 1.0), (2, 1.0)):
        figure.add_vline(x=seconds / unit, line={"color": color, "width": 1.5, "dash": "dash"}, row=row, col=1)
        if row == 1:
            figure.add_trace(
                go.Scatter(
                    x=[None], y=[top], mode="lines", name=f"{text}: {duration(seconds)}",
                    line={"color": color, "dash": "dash"},
                ),
                row=1, col=1,
            )  # fmt: skip


def wave_risks(waves: pd.DataFrame) -> Figure:
    """Show for each wave how often runs are stopped in it and how often it is late, and when it ends."""
    if waves.empty:
        return empty(_WAVES, "The plan has no waves.")
    shown = waves.head(MOST_WAVES)
    unit, name = time_unit(float(shown[["planned_end_s", "end_p90_s"]].max().max()))
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.1)
    for column, text, color in (("stop_share", "stopped", WARNING), ("late_share", "late", OTHER)):
        bars = go.Bar(
            x=shown["wave"], y=shown[column].fillna(0.0), name=text, marker={"color": color},
            hovertemplate="wave %{x}: %{y:.1%} " + text + "<extra></extra>",
        )  # fmt: skip
        figure.add_trace(bars, row=1, col=1)
    for column, text, color, symbol in (
        ("planned_end_s", "planned end", BEFORE, "line-ew"),
        ("end_p50_s", "end in half of the runs", AFTER, "circle"),
        ("end_p90_s", "end in nine of ten", WARNING, "triangle-up"),
    ):
        marks = go.Scatter(
            x=shown["wave"], y=shown[column] / unit, mode="markers", name=text,
            marker={"color": color, "size": 9, "symbol": symbol, "line": {"width": 2, "color": color}},
            hovertemplate="wave %{x}: %{y:.1f} " + name + "<extra>" + text + "</extra>",
        )  # fmt: skip
        figure.add_trace(marks, row=2, col=1)
    figure.update_yaxes(title_text="Share of runs [share]", rangemode="tozero", tickformat=".1%", row=1, col=1)
    figure.update_yaxes(title_text=f"End [{name}]", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(title_text="Wave", dtick=1 if len(shown) <= 20 else None, row=2, col=1)
    more = f" The first {MOST_WAVES} of {len(waves):,} waves are shown." if len(waves) > MOST_WAVES else ""
    caption = f"Above, how often a run is stopped in a wave, and how often it ends late; below, when it ends.{more}"
    return finished(figure, _WAVES, caption, 440)


def critical(risks: pd.DataFrame) -> Figure:
    """Show the moves that are most often on the critical path: without them, the plan would be shorter."""
    found = risks[risks["critical_share"] > 0]
    if found.empty:
        return empty(_CRITICAL, "In no run all moves are done.")
    shown = found.sort_values(["critical_share", "planned_start_s"], ascending=[False, True], kind="stable")
    shown = shown.head(MOST_MOVES)
    figure = go.Figure()
    for column, text, color in (
        ("critical_share", "on the critical path", AFTER),
        ("undone_share", "not done", WARNING),
    ):
        bars = go.Bar(
            x=shown[column].to_numpy(), y=np.arange(len(shown)), orientation="h", name=text, marker={"color": color},
            customdata=[
                f"{label(vm, 60)}, wave {wave}<br>{label(source, 40)} → {label(destination, 40)}"
                for vm, wave, source, destination in shown[["vm", "wave", "source", "destination"]].to_numpy()
            ],
            hovertemplate="%{customdata}<br>%{x:.1%} " + text + "<extra></extra>",
        )  # fmt: skip
        figure.add_trace(bars)
    name_axis(figure, shown["vm"])
    figure.update_xaxes(title_text="Share of runs [share]", rangemode="tozero", tickformat=".0%")
    figure.update_layout(barmode="group")
    caption = (
        f"The {len(shown):,} of {count(len(risks), 'move')} most often on the critical path of a completed run: when "
        "such a move takes longer, the plan does."
    )
    return finished(figure, _CRITICAL, caption, 150 + 24 * len(shown))


def replayed(executed: pd.DataFrame, risks: pd.DataFrame) -> Figure:
    """Show the moves done so far, in the plan and in the run that the datacenter carried out."""
    if executed.empty:
        return empty(_REPLAYED, "Nothing was carried out.")
    unit, name = time_unit(float(max(executed["end_s"].max(), risks["planned_end_s"].max())))
    back = executed["outcome"] == "taken back"
    steps = executed[back | (executed["outcome"] == "done")].sort_values("end_s", kind="stable")
    figure = go.Figure()
    for when, change, text, color in (
        (np.sort(risks["planned_end_s"].to_numpy()), np.ones(len(risks)), "planned", BEFORE),
        (steps["end_s"].to_numpy(), np.where(steps["outcome"] == "done", 1.0, -1.0), "carried out", AFTER),
    ):
        x, y = np.append(0.0, when) / unit, np.append(0.0, np.cumsum(change))
        keep = thinned(x, y)
        line = go.Scatter(
            x=x[keep], y=y[keep], mode="lines", name=text, line={"color": color, "shape": "hv", "width": 2.5},
            hovertemplate="moves done %{y:,} after %{x:.1f} " + name + "<extra>" + text + "</extra>",
        )  # fmt: skip
        figure.add_trace(line)
    wrong = executed[executed["outcome"].isin(("failed", "aborted"))].head(MOST_MARKS)
    if len(wrong):
        marks = go.Scatter(
            x=wrong["end_s"].to_numpy() / unit, y=np.zeros(len(wrong)), mode="markers", name="failed or aborted",
            marker={"color": WARNING, "symbol": "x", "size": 9}, customdata=[label(vm, 60) for vm in wrong["vm"]],
            hovertemplate="%{customdata}, after %{x:.1f} " + name + "<extra></extra>",
        )  # fmt: skip
        figure.add_trace(marks)
    figure.update_xaxes(title_text=f"Time from the start of the plan [{name}]", rangemode="tozero")
    figure.update_yaxes(title_text="Moves done", rangemode="tozero", tickformat=",")
    caption = (
        "Moves done so far: in the plan, and in the run that the datacenter carried out, where each starts when all "
        "that it waits for is over. Crosses are attempts that failed or lost their host."
    )
    return finished(figure, _REPLAYED, caption, 340)
