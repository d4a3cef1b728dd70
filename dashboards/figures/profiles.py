"""VMs that peak at different hours: those of one host through the day, and what methods of packing make of it."""

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import finished, label
from dashboards.theme import BEFORE, OKABE_ITO, WARNING

_LEAST = 1e-5
"""Share at which what was never overloaded is drawn; the axis is logarithmic."""


def against(methods: pd.DataFrame) -> Figure:
    """Show hosts against the share of overloads on days held back: a panel a trace, a mark a method."""
    traces = list(dict.fromkeys(methods["trace"]))
    names = list(dict.fromkeys(str(name) for name in methods["method"]))
    columns = min(len(traces), 2) or 1
    rows = -(-len(traces) // columns) or 1
    titles = [label(trace, 60) for trace in traces]
    figure = make_subplots(rows=rows, cols=columns, subplot_titles=titles, vertical_spacing=0.3 / rows)
    for place, trace in enumerate(traces):
        own = methods[methods["trace"] == trace]
        for number, name in enumerate(names):
            rows_of = own[own["method"] == name]
            if len(rows_of):
                mark = _mark(rows_of, name, number, legend=trace == _first(methods, name))
                figure.add_trace(mark, row=place // columns + 1, col=place % columns + 1)
    figure.update_yaxes(type="log", dtick=1, tickformat=".3~%", range=np.log10([_LEAST / 2, 1]).tolist())
    figure.update_yaxes(title_text="Overloaded, worst host", col=1)
    figure.update_xaxes(title_text="Hosts", rangemode="tozero")
    caption = (
        "Hosts needed, and the share of samples in which the worst host is overloaded on days that packing did not "
        f"see, by method of packing. What is never overloaded is drawn at {_LEAST:.3%}."
    )
    return finished(figure, "Hosts against overload", caption, 60 + 360 * rows)


def _first(methods: pd.DataFrame, name: str) -> str:
    """Return the first trace with a method, whose mark stands for it in the legend."""
    return str(methods.loc[methods["method"] == name, "trace"].iloc[0])


def _mark(rows: pd.DataFrame, name: str, number: int, *, legend: bool) -> "go.Scatter":
    share = rows["worst_host_share"].to_numpy(np.float64)
    color = OKABE_ITO[number % len(OKABE_ITO)]
    symbols = ("circle", "diamond", "square", "triangle-up", "cross", "x")
    marker = {"color": color, "symbol": symbols[number % len(symbols)], "size": 11}
    mark = go.Scatter(x=rows["hosts"].to_numpy(), y=np.maximum(share, _LEAST), mode="markers", name=label(name, 40))
    mark.update(marker=marker, legendgroup=name, showlegend=legend, customdata=share)
    return mark.update(hovertemplate=label(name, 40) + ": hosts %{x}, %{customdata:.3%}<extra></extra>")


def _gain(mix: pd.DataFrame) -> float:
    """Return by how much the peaks of VMs, all at once, are more than the highest that they take together."""
    peaks = mix.groupby("vm")["cpu_mhz"].max().sum()
    return float(peaks - mix.groupby("hour")["cpu_mhz"].sum().max())


def stacked(mix: pd.DataFrame) -> Figure:
    """
    Show what the VMs of a host take through the day, on top of each other, against their peaks all at once.

    Of several hosts, as those of a plan made in parts, it is the one whose VMs gain most.
    """
    figure = go.Figure()
    mix = mix[mix["host"] == max(mix["host"].unique(), key=lambda host: _gain(mix[mix["host"] == host]), default="")]
    names = list(dict.fromkeys(mix["vm"]))
    peaks = 0.0
    for number, name in enumerate(names):
        own = mix[mix["vm"] == name].sort_values("hour")
        values = own["cpu_mhz"].to_numpy(np.float64)
        peaks += float(np.nan_to_num(values).max(initial=0.0))
        color = BEFORE if number >= len(OKABE_ITO) else OKABE_ITO[number]
        area = go.Scatter(x=own["hour"].to_numpy(), y=values, stackgroup="cpu", name=label(name), mode="lines")
        area.update(line={"color": color, "width": 0.5}, hovertemplate=label(name) + ": %{y:,.0f} MHz<extra></extra>")
        figure.add_trace(area)
    figure.add_hline(peaks, line={"dash": "dash", "color": WARNING}, annotation_text="their peaks, all at once")
    figure.update_xaxes(title_text="Hour of the day, UTC", range=[0, 23], dtick=3)
    figure.update_yaxes(title_text="CPU [MHz]", rangemode="tozero")
    host = label(mix["host"].iloc[0]) if len(mix) else "no host"
    together = float(mix.groupby("hour")["cpu_mhz"].sum().max()) if len(mix) else 0.0
    caption = (
        f"CPU of the VMs that the plan puts on {host}, mean of the days by hour: {together:,.0f} MHz at the highest, "
        f"where their peaks sum up to {peaks:,.0f} MHz. It is the host that gains most by this."
    )
    return finished(figure, "VMs that peak at different hours share a host", caption, 420)
