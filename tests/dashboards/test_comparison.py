"""Simulations compared: a plan's before and after; and what a simulation says in words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboards import comparison, confidence, headline
from dashboards.figures import comparison as figures
from dashboards.figures import drawn
from dashboards.results import Results, load
from models.tables import HEAT, TIMELINE
from tests.dashboards import factory, weeks


def simulated(**summary: Any) -> Results:
    """Return a simulation with such a summary, and a timeline and heat of nothing but zero."""
    tables = {"timeline": weeks.blank(TIMELINE, 2), "heat": weeks.blank(HEAT, 2).iloc[:1]}
    return Results(Path(), {"command": "simulate", **summary}, {}, tables)


@pytest.mark.parametrize(
    ("key", "old", "new", "row"),
    [
        ("energy_kwh", 200.0, 150.0, ("Energy of the hosts", "200 kWh", "150 kWh", "−25\u00a0%")),
        ("overload_share", 0.01, 0.0325, ("Hosts' time overloaded", "1\u00a0%", "3.25\u00a0%", "+2.25 points")),
        ("migrations", 0, 12, ("Migrations", "0", "12", "+12")),
        ("cost_eur", 9.0, 9.0, ("Cost of it", "€9", "€9", "the same")),
        ("carbon_kg", None, 9.0, ("CO₂e of it", "–", "9 kg", "")),
    ],
)
def test_rows_tell_the_change(key: str, old: Any, new: Any, row: tuple[str, ...]) -> None:
    """Amounts change by a percentage, shares by points, what was zero by a number; what is not known by nothing."""
    found = comparison.rows(simulated(**{key: old}), simulated(**{key: new}))
    assert [(each.title, each.before, each.after, each.change) for each in found] == [row]


def test_vms_on_no_host_are_compared_where_there_are_any() -> None:
    """Where no VM is ever without a host, there is no row of it."""
    none, some = simulated(vm_hours_unplaced=0.0), simulated(vm_hours_unplaced=3.0)
    assert comparison.rows(none, none) == []
    assert [row.change for row in comparison.rows(none, some)] == ["+3"]


@pytest.mark.parametrize(
    ("seconds", "title"),
    [(604_800, "The week"), (86_400, "The day"), (1_209_600, "14 days"), (7_500, "2 h 5 min"), (None, "The time")],
)
def test_the_comparison_is_called_by_its_length(seconds: float | None, title: str) -> None:
    """A week is called a week, and nothing else is."""
    both = simulated(duration_s=seconds), simulated()
    assert comparison.title(*both) == f"{title} before and after"


def test_policies_that_differ_are_both_told() -> None:
    """Where before and after are not under one policy, the section says so."""
    assert "policy a before, b after." in comparison.told(simulated(policy="a"), simulated(policy="b"))
    assert "policy a." in comparison.told(simulated(policy="a"), simulated(policy="a"))


def test_overlays_are_in_the_plan_s_figures(tmp_path: Path) -> None:
    """A plan with both simulations has four more figures, each with both states."""
    found = drawn(load(factory.both(tmp_path / "plan", steps=30)))
    both = {name: figure for name, figure in found.items() if name.startswith("both_")}
    assert list(both) == ["both_hosts", "both_energy", "both_service", "both_heat"]
    lines = [trace.name for name in ("both_hosts", "both_energy", "both_service") for trace in both[name].data]
    assert lines == ["before", "after"] * 8


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_overlays_of_nothing(value: float) -> None:
    """Steps of nothing but zero, or of nothing known, are drawn all the same."""
    table = weeks.blank(TIMELINE, 2, value).assign(time_s=[60.0, 120.0])
    assert all(draw(table, table).layout.title.text for draw in figures.FIGURES.values())


def test_empty_simulations_have_no_overlays() -> None:
    """Where one of the two has no steps and no heat, nothing is compared."""
    empty = Results(Path(), {}, {}, {"timeline": weeks.blank(TIMELINE, 0), "heat": weeks.blank(HEAT, 0)})
    assert figures.drawn(empty, simulated()) == {}


def test_steps_without_a_time_are_left_out() -> None:
    """Where no step has a time and no bin of heat has one, nothing is compared."""
    lost = Results(Path(), {}, {}, {"timeline": weeks.blank(TIMELINE, 2, np.nan), "heat": weeks.blank(HEAT, 1, np.nan)})
    assert figures.drawn(lost, lost) == {}


def test_a_summary_may_say_nothing() -> None:
    """Without any key there are no numbers, no notice and nothing to trust."""
    results = simulated()
    assert headline.numbers(results) == []
    assert headline.notice(results) == ""
    assert headline.badge(results) == "Simulation"
    assert confidence.trust(results) == []


def test_failures_and_unplaced_vms_are_told_where_there_are_any() -> None:
    """Tiles of failures and of VMs on no host come only with failures and such VMs."""
    found = {item.title: item for item in headline.numbers(simulated(failures=2, restarts=1, vm_hours_unplaced=1.5))}
    assert set(found) == {"Hosts that failed", "VMs on no host"}
    assert found["Hosts that failed"].note == "1 VM restarted elsewhere"
    assert found["VMs on no host"].value == "1.5 VM-hours"
    assert headline.numbers(simulated(failures=0, vm_hours_unplaced=0.0, vms_unplaced=0)) == []


def test_service_level_is_told_with_its_factors() -> None:
    """SLAV is shown with SLATAH and PDM beside it."""
    told = {"overload_share": 0.02, "migration_loss_share": 0.001, "sla_violation": 2e-5}
    tile = headline.numbers(simulated(**told))[0]
    assert (tile.title, tile.value) == ("SLA violation (SLAV)", "0.002\u00a0%")
    assert "2\u00a0% of their time (SLATAH) × 0.1\u00a0% of CPU lost" in tile.note


def test_policy_and_preset_are_named() -> None:
    """The first number is the policy, with the preset of physics if there is one."""
    named = headline.numbers(simulated(policy="threshold", preset="cloudsim"))[0]
    assert (named.value, named.note) == ("threshold", "preset cloudsim")


def test_what_a_preset_does_not_know_is_not_told() -> None:
    """CloudSim's hosts have load rather than are on; no VM waits for a core, and virtualization is free."""
    told = {"hosts_on_mean": 2.0, "unserved_share": 0.1, "ready_share": 0.0, "overhead_share": 0.0}
    found = headline.numbers(simulated(preset="cloudsim", **told))
    notes = {item.title: item.note for item in found if item}
    assert "Hosts with load" in notes
    assert "Virtualization adds" not in notes
    assert "wait" not in notes["CPU not served"]
