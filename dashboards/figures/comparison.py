"""Simulations compared: before and after a plan over time, and policies against each other."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from dashboards.drawing import Figure
from dashboards.figures import heat, simulation
from dashboards.figures.series import Panel, Series, panels, span_of, timed
from dashboards.results import Results
from dashboards.theme import AFTER, BEFORE

SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")


def _panel(
    title: str, before: pd.DataFrame, after: pd.DataFrame, column: str, unit: float = 1.0, draw: str = "line"
) -> Panel:
    found = (
        Series(name, table["time_s"].to_numpy(np.float64), table[column].to_numpy(np.float64) / unit, color, draw)
        for name, table, color in (("before", before, BEFORE), ("after", after, AFTER))
    )
    return Panel(title, tuple(found))


def _any(panel: Panel) -> bool:
    return panel.any


def hosts(before: pd.DataFrame, after: pd.DataFrame) -> Figure:
    """Show hosts on and the draw of all hosts, before and after."""
    wanted = [
        _panel("Hosts on", before, after, "hosts_on", draw="steps"),
        _panel("Power [kW]", before, after, "power_w", 1000.0),
    ]
    caption = (
        "Hosts that are on, and the draw of all hosts, with VMs where they are today and where the plan puts them."
    )
    return panels("Hosts on and power, before and after", caption, wanted)


def energy(before: pd.DataFrame, after: pd.DataFrame) -> Figure:
    """Show energy, cost and carbon so far, before and after."""
    wanted = [
        _panel(title, before, after, column, draw="growth")
        for title, column in (("Energy [kWh]", "energy_kwh"), ("Cost [€]", "cost_eur"), ("CO₂e [kg]", "carbon_kg"))
    ]
    caption = "Energy of the hosts since the start, and what the energy at the meter costs and emits."
    return panels("Energy, cost and carbon so far, before and after", caption, [wanted[0], *filter(_any, wanted[1:])])


def service(before: pd.DataFrame, after: pd.DataFrame) -> Figure:
    """Show what VMs miss in each step, before and after; panels in which nothing is missed are left out."""
    old, new = simulation.shares(before), simulation.shares(after)
    wanted = [
        Panel(f"{name} [%]", (_mean(old[name], "before", BEFORE), _mean(new[name], "after", AFTER)), share=True)
        for name in old
        if name != "Lost in moves"
    ]
    span = span_of(before["time_s"].to_numpy(np.float64))
    caption = (
        "The share of hosts' time on in which they are overloaded, the predicted wait of virtual CPUs for a core, and "
        f"the CPU asked for and not served, each the mean of {span}; without those that are zero throughout."
    )
    return panels("Service level, before and after", caption, [*filter(_any, wanted)] or wanted[:1])


def _mean(series: Series, name: str, color: str) -> Series:
    return replace(simulation.averaged(series), name=name, color=color)


FIGURES: dict[str, Callable[[pd.DataFrame, pd.DataFrame], Figure]] = {
    "both_hosts": hosts,
    "both_energy": energy,
    "both_service": service,
}


def drawn(before: Results, after: Results) -> dict[str, Figure]:
    """Return the figures that compare two simulations, by name, in the order to show them."""
    lines = [timed(each.tables["timeline"]) for each in (before, after)]
    figures = {name: draw(*lines) for name, draw in FIGURES.items()} if all(map(len, lines)) else {}
    uses = [timed(each.tables["heat"]) for each in (before, after)]
    return figures | ({"both_heat": heat.pair(*uses)} if all(map(len, uses)) else {})
