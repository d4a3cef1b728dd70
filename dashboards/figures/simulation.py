"""A simulation over time."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from dashboards.drawing import Figure
from dashboards.figures.canvas import Floats
from dashboards.figures.series import Panel, Series, grown, mean, most, panels, span_of
from dashboards.theme import AFTER, BEFORE, GOOD, OTHER, WARNING

_GHZ, _KW, _GIB = 1000.0, 1000.0, 1024.0


def _series(
    timeline: pd.DataFrame, column: str, name: str, color: str, unit: float = 1.0, draw: str = "line"
) -> Series:
    """Return a column as a series, divided by what the unit is of the column's."""
    return Series(name, _numbers(timeline, "time_s"), _numbers(timeline, column) / unit, color, draw)


def _numbers(timeline: pd.DataFrame, column: str) -> Floats:
    return timeline[column].to_numpy(np.float64)


def _bars(timeline: pd.DataFrame, columns: dict[str, tuple[str, str]], what: str) -> Panel:
    """Return a panel of how much counts grew in each span: column → (name, color)."""
    time, found, span = _numbers(timeline, "time_s"), [], ""
    for column, (name, color) in columns.items():
        end, more, span = grown(time, _numbers(timeline, column))
        found.append(Series(name, end, more, color, "bars"))
    return Panel(f"{what} [per {span}]", tuple(found))


def _most(timeline: pd.DataFrame, column: str, name: str, color: str) -> Series:
    """Return the largest value of each span."""
    end, values, _ = most(_numbers(timeline, "time_s"), _numbers(timeline, column))
    return Series(name, end, values, color, "spans")


def active(timeline: pd.DataFrame) -> Figure:
    """Show hosts that are on, overloaded or failed, and how many are switched."""
    on = _series(timeline, "hosts_on", "on", AFTER, draw="steps")
    span = span_of(_numbers(timeline, "time_s"))
    others = {
        f"overloaded (at most in {span})": _most(timeline, "overloaded_hosts", "overloaded", WARNING),
        "failed": _series(timeline, "hosts_failed", "failed", OTHER, draw="steps"),
    }
    others = {name: series for name, series in others.items() if series.any}
    switched = _bars(timeline, {"boots": ("switched on", GOOD), "shutdowns": ("switched off", BEFORE)}, "Switched")
    wanted = [Panel("Hosts", (on, *others.values())), *([switched] if switched.any else [])]
    told = "; below, hosts switched on and off." if switched.any else "; none is switched on or off."
    states = ", ".join(["on", *others])
    caption = f"Hosts over time: {states}{told}"
    return panels("Hosts on", caption, wanted)


def power(timeline: pd.DataFrame) -> Figure:
    """Show the draw of all hosts, and the carbon intensity where it varies."""
    wanted = [Panel("Power [kW]", (_series(timeline, "power_w", "power", WARNING, _KW),))]
    intensity = _series(timeline, "carbon_g_kwh", "carbon intensity", GOOD)
    if intensity.known and np.nanmax(intensity.values) - np.nanmin(intensity.values) > 1e-3:
        wanted.append(Panel("CO₂e [g/kWh]", (intensity,)))
    told = ", and the carbon intensity of electricity" if len(wanted) > 1 else ""
    return panels("Power", f"The draw of all hosts over time{told}.", wanted)


def energy(timeline: pd.DataFrame) -> Figure:
    """Show energy, cost and carbon so far."""
    used = (
        _series(timeline, "facility_kwh", "at the meter", BEFORE, draw="growth"),
        _series(timeline, "energy_kwh", "of the hosts", AFTER, draw="growth"),
    )
    more = [
        Panel("Cost [€]", (_series(timeline, "cost_eur", "cost", WARNING, draw="growth"),)),
        Panel("CO₂e [kg]", (_series(timeline, "carbon_kg", "CO₂e", GOOD, draw="growth"),)),
    ]
    caption = "Energy that the hosts have used since the start, energy at the meter, and what that costs and emits."
    return panels("Energy, cost and carbon so far", caption, [Panel("Energy [kWh]", used), *filter(_any, more)])


def _any(panel: Panel) -> bool:
    return panel.any


def cpu(timeline: pd.DataFrame) -> Figure:
    """Show CPU that is served and not served against what the hosts that are on offer."""
    series = (
        _series(timeline, "cpu_used_mhz", "served", AFTER, _GHZ, "layer"),
        _series(timeline, "cpu_unserved_mhz", "not served", WARNING, _GHZ, "layer"),
        _series(timeline, "cpu_offered_mhz", "offered", BEFORE, _GHZ),
    )
    caption = (
        "CPU that the VMs ask for, virtualization included: what is served, on top of it what is not; "
        "and what the hosts that are on offer."
    )
    return panels("CPU demand", caption, [Panel("CPU [GHz]", series)])


def added(timeline: pd.DataFrame) -> Figure:
    """Show the CPU that virtualization adds to the demand."""
    wanted = [Panel("Added CPU [GHz]", (_series(timeline, "overhead_mhz", "added", OTHER, _GHZ),))]
    caption = "CPU that virtualization adds to what the VMs ask for, on virtual CPUs and on threads of the hosts."
    return panels("What virtualization adds", caption, wanted)


def migrations(timeline: pd.DataFrame) -> Figure:
    """Show migrations that end, those under way where a step ever sees one, and those ended so far."""
    ended = _bars(timeline, {"migrations": ("ended", AFTER)}, "Ended")
    under_way = Panel("Under way", (_most(timeline, "migrating", "under way", WARNING),))
    so_far = Panel("Ended so far", (_series(timeline, "migrations", "ended so far", GOOD, draw="growth"),))
    span = span_of(_numbers(timeline, "time_s"))
    told = f"those under way at the end of a step, the most in {span}" if under_way.any else "none was under way then"
    caption = f"Migrations that ended, by {span}; {told}; and those ended so far."
    return panels("Migrations", caption, [ended, *([under_way] if under_way.any else []), so_far])


def shares(timeline: pd.DataFrame) -> dict[str, Series]:
    """Return the shares that tell the service of each step, by what they are called."""
    asked = _numbers(timeline, "cpu_used_mhz") + _numbers(timeline, "cpu_unserved_mhz")
    unserved = np.divide(
        _numbers(timeline, "cpu_unserved_mhz"), asked, out=np.where(np.isnan(asked), np.nan, 0.0), where=asked > 0
    )
    return {
        "Overloaded": _series(timeline, "overload_share", "hosts' time overloaded", WARNING),
        "Lost in moves": _series(timeline, "migration_loss_share", "CPU lost in migrations", OTHER),
        "Ready": _series(timeline, "ready_share", "wait for a core", AFTER),
        "Not served": Series("CPU not served", _numbers(timeline, "time_s"), unserved, GOOD),
    }


def service(timeline: pd.DataFrame) -> Figure:
    """Show what the VMs miss in each step and in the mean; what they never miss is told in words."""
    found = {name: series for name, series in shares(timeline).items() if series.known}
    never = [series.name for series in found.values() if not series.any]
    shown = {name: series for name, series in found.items() if series.any} or found
    caption = (
        "The share of hosts' time on in which they are overloaded, the CPU not served to VMs while they migrate over "
        "all that is asked for, the predicted wait of virtual CPUs for a core, and the CPU not served: "
    )
    caption += f"thin in each step, thick the mean of {span_of(_numbers(timeline, 'time_s'))}."
    if never and len(never) < len(found):
        caption += f" Zero throughout, and so not shown: {', '.join(never)}."
    return panels("Service level", caption, [_averaged(name, series) for name, series in shown.items()])


def averaged(series: Series) -> Series:
    """Return the mean of each span."""
    end, values, span = mean(series.time_s, series.values)
    return Series(f"{series.name}, mean of {span}", end, values, series.color, "spans")


def _averaged(name: str, series: Series) -> Panel:
    return Panel(f"{name} [%]", (replace(series, draw="faint"), averaged(series)), share=True, told=False)


_PRESSURE = (
    ("Swapped [GiB]", "swapped_mib", _GIB, WARNING),
    ("Network [Mbit/s]", "net_unserved_mbps", 1.0, OTHER),
    ("Disk [1/s]", "disk_unserved_iops", 1.0, GOOD),
)
"""What may run short beside CPU: (title, column, unit, color)."""


def pressure(timeline: pd.DataFrame) -> Figure:
    """Show how full memory is, and what is swapped out, not carried or not served, where there is any."""
    memory = Panel("Memory [%]", (_series(timeline, "memory_share", "memory held", AFTER),), share=True)
    short = [
        Panel(title, (_series(timeline, column, title.partition(" [")[0], color, unit),))
        for title, column, unit, color in _PRESSURE
    ]
    caption = (
        "Memory held over memory of the hosts that are on; and, where there is any, memory swapped out, and traffic "
        "and disk operations that are asked for and not served."
    )
    return panels("Memory, network and disk", caption, [memory, *filter(_any, short)])


def unplaced(timeline: pd.DataFrame) -> Figure:
    """Show VMs that should run and are on no host."""
    wanted = [Panel("VMs on no host", (_series(timeline, "vms_unplaced", "on no host", WARNING, draw="steps"),))]
    return panels("VMs without a host", "VMs that should run and are on no host, over time.", wanted)


FIGURES: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "active": active,
    "power": power,
    "energy": energy,
    "cpu": cpu,
    "added": added,
    "service": service,
    "migrations": migrations,
    "pressure": pressure,
    "unplaced": unplaced,
}
_ONLY_IF: dict[str, tuple[str, ...]] = {
    "added": ("overhead_mhz",),
    "migrations": ("migrating", "migrations"),
    "pressure": ("memory_share", *(column for _, column, _, _ in _PRESSURE)),
    "unplaced": ("vms_unplaced",),
}
"""Figures that are left out where these columns hold nothing but zero or NaN."""


def drawn(timeline: pd.DataFrame) -> dict[str, Figure]:
    """Return the figures of a timeline that have anything to show."""
    some = {str(name): bool(np.nan_to_num(timeline[name].to_numpy(np.float64)).any()) for name in timeline}
    left_out = {name for name, columns in _ONLY_IF.items() if not any(some[column] for column in columns)}
    return {name: draw(timeline) for name, draw in FIGURES.items() if name not in left_out}
