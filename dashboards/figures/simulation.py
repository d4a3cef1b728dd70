"""A simulation over time."""

from typing import Any

import pandas as pd

from dashboards.drawing import Figure, go, make_subplots
from dashboards.figures.canvas import finished, thinned, time_unit
from dashboards.theme import AFTER, GOOD, OTHER, WARNING

_TIME = "Time since the start"


def _panels(timeline: pd.DataFrame, panels: list[tuple[str, str, float, str]], fill: bool = False) -> Figure:
    """Return one panel below the other, each of (axis title, column, divisor, color)."""
    figure = make_subplots(rows=len(panels), shared_xaxes=True, vertical_spacing=0.08)
    time = timeline["time_s"].to_numpy()
    unit, name = time_unit(float(time.max(initial=0.0)))
    for row, (title, column, divisor, color) in enumerate(panels, 1):
        values = timeline[column].to_numpy()
        keep = thinned(time, values)
        figure.add_trace(
            go.Scatter(
                x=time[keep] / unit, y=values[keep] / divisor, mode="lines", name=title,
                line={"color": color, "width": 1.8, "shape": "hv" if column == "hosts_on" else "linear"},
                fill="tozeroy" if fill else None, hovertemplate="%{y:,.2~f} at %{x:.1f} " + name + "<extra></extra>",
            ),
            row=row, col=1,
        )  # fmt: skip
        figure.update_yaxes(title_text=title, rangemode="tozero", tickformat=",", row=row, col=1)
    figure.update_xaxes(title_text=f"{_TIME} [{name}]", row=len(panels), col=1)
    return figure.update_layout(showlegend=False)


def power(timeline: pd.DataFrame) -> Figure:
    """Show hosts on and the draw of all hosts."""
    figure = _panels(timeline, [("Hosts on", "hosts_on", 1.0, AFTER), ("Power [kW]", "power_w", 1000.0, WARNING)])
    return finished(figure, "Hosts on and power", "Hosts that are on, and the draw of all hosts, over time.", 420)


def energy(timeline: pd.DataFrame) -> Figure:
    """Show the energy used so far."""
    figure = _panels(timeline, [("Energy so far [kWh]", "energy_kwh", 1.0, GOOD)])
    return finished(figure, "Energy", "Energy that all hosts have used since the start.", 320)


def added(timeline: pd.DataFrame) -> Figure:
    """Show the CPU that virtualization adds to the demand."""
    figure = _panels(timeline, [("Added CPU [GHz]", "overhead_mhz", 1000.0, OTHER)])
    caption = "CPU that virtualization adds to what the VMs ask for, on virtual CPUs and on threads of the hosts."
    return finished(figure, "What virtualization adds", caption, 320)


def overload(timeline: pd.DataFrame) -> Figure:
    """Show overloaded hosts and CPU that was asked for and not served."""
    panels = [
        ("Overloaded hosts", "overloaded_hosts", 1.0, WARNING),
        ("Unserved CPU [GHz]", "cpu_unserved_mhz", 1000.0, OTHER),
    ]
    caption = "Hosts whose demand exceeds their CPU, and the CPU that was asked for and not served."
    return finished(_panels(timeline, panels, fill=True), "Overload", caption, 400)


def migrations(timeline: pd.DataFrame) -> Figure:
    """Show migrations under way, where a step ever sees one, and ended so far."""
    ended = ("Ended so far", "migrations", 1.0, GOOD)
    if not timeline["migrating"].any():
        caption = "Migrations ended so far; none was under way at a sample."
        return finished(_panels(timeline, [ended]), "Migrations", caption, 320)
    panels = [("Under way", "migrating", 1.0, AFTER), ended]
    return finished(_panels(timeline, panels), "Migrations", "Migrations under way, and those ended so far.", 380)


def drawn(timeline: pd.DataFrame) -> dict[str, Figure]:
    """Return the figures of a timeline, without that of migrations where there are none."""
    still = not timeline[["migrating", "migrations"]].any(axis=None)
    return {name: draw(timeline) for name, draw in FIGURES.items() if not (still and name == "migrations")}


FIGURES: dict[str, Any] = {
    "power": power,
    "energy": energy,
    "added": added,
    "overload": overload,
    "migrations": migrations,
}
