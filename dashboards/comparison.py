"""A plan's week before and after in words and numbers, and a table of policies."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.results import Results
from dashboards.words import MISSING, duration, euros, known, number, percent, short

HEADS = ("", "Before", "After", "Change")
_DAY_S = 86_400
_NEAR = 0.005


@dataclass(frozen=True)
class Row:
    """One quantity before and after, and by how much it changes."""

    title: str
    before: str
    after: str
    change: str


def pair(results: Results) -> tuple[Results, Results] | None:
    """Return the simulations before and after, if the plan's folder holds both."""
    found = results.simulated
    return (found["before"], found["after"]) if {"before", "after"} <= set(found) else None


def title(before: Results, after: Results) -> str:
    """Return what the two are called: by how long they are."""
    return f"{_span(max(_seconds(before), _seconds(after)))} before and after"


def _seconds(results: Results) -> float:
    found = results.summary.get("duration_s")
    return float(found) if found is not None and known(found) else 0.0


def _span(seconds: float) -> str:
    """
    Return a span of time as the subject of a heading.

    >>> _span(604_800), _span(86_400), _span(259_200), _span(7_500), _span(0)
    ('The week', 'The day', '3 days', '2 h 5 min', 'The time')
    """
    days = seconds / _DAY_S
    if abs(days - 7) < 7 * _NEAR or abs(days - 1) < _NEAR:
        return "The week" if days > 2 else "The day"
    if round(days) and abs(days - round(days)) < _NEAR:
        return f"{days:.0f} days"
    return duration(seconds) if seconds else "The time"


def told(before: Results, after: Results) -> str:
    """Return what was simulated, and what of it is not whole, in sentences."""
    policies = list(dict.fromkeys(str(each.summary.get("policy") or "none") for each in (before, after)))
    under = f"policy {policies[0]}" if len(policies) == 1 else f"policy {policies[0]} before, {policies[1]} after"
    text = f"The same load, simulated with VMs where they are today and where the plan puts them; {under}."
    for when, each in (("before", before), ("after", after)):
        if each.status == "partial":
            text += f" The simulation {when} was interrupted after {duration(_seconds(each))}: its totals are smaller."
    return text


def _in(unit: str) -> Callable[[object], str]:
    """Return what writes an amount with the unit."""
    return lambda value: f"{short(value)} {unit}" if known(value) else MISSING


_ROWS: tuple[tuple[str, str, Callable[[object], str]], ...] = (
    ("Energy of the hosts", "energy_kwh", _in("kWh")),
    ("Energy at the meter", "facility_kwh", _in("kWh")),
    ("Cost of it", "cost_eur", euros),
    ("CO₂e of it", "carbon_kg", _in("kg")),
    ("Hosts on, in the mean", "hosts_on_mean", short),
    ("Hosts' time overloaded", "overload_share", percent),
    ("CPU not served", "unserved_share", percent),
    ("Wait for a core", "ready_share", percent),
    ("Migrations", "migrations", number),
    ("VMs' time on no host", "vm_hours_unplaced", _in("h")),
)


def rows(before: Results, after: Results) -> list[Row]:
    """Return what is compared; what neither knows is left out, and so are VMs on no host if there are none."""
    found = []
    for name, key, write in _ROWS:
        old, new = before.summary.get(key), after.summary.get(key)
        if (known(old) or known(new)) and (key != "vm_hours_unplaced" or old or new):
            found.append(Row(name, write(old), write(new), _change(old, new, percent if write is percent else None)))
    return found


def _change(old: object, new: object, write: Callable[[object], str] | None) -> str:
    """Return the change: of shares the difference in points, of amounts a percentage, of none the difference."""
    if not isinstance(old, (int, float)) or not isinstance(new, (int, float)) or not known(old) or not known(new):
        return ""
    if old == new:
        return "the same"
    sign = "+" if new > old else "−"
    if write is not None:
        points = write(abs(new - old)).removesuffix("\u00a0%")
        return f"{sign}{points} points"
    return f"{sign}{abs(new - old) / abs(old) * 100:.0f}\u00a0%" if old else f"{sign}{short(abs(new - old))}"
