"""What a run writes down, step by step."""

import pytest

from models.environment import Environment
from models.journal import RULES, Journal
from models.series import Series
from tests.models.simulated import at, datacenter, inventory, migration_s, moves, run


def test_a_step_is_a_row() -> None:
    """200 of 1000 MHz on one of two hosts: 220 W, and 0.22 × 300 / 3600 kWh a step."""
    columns = run(datacenter(inventory([0]), [[200.0]]), 2).journal.timeline.columns
    assert set(columns) == set(RULES)
    assert columns["time_s"].tolist() == [300, 600]
    assert columns["power_w"].tolist() == pytest.approx([220, 220])
    assert columns["energy_kwh"].tolist() == pytest.approx([0.22 / 12, 0.22 / 6])
    assert columns["cpu_offered_mhz"].tolist() == pytest.approx([2000, 2000])
    assert columns["cpu_used_mhz"].tolist() == pytest.approx([200, 200])
    assert columns["vms_running"].tolist() == [1, 1]


def test_energy_is_charged_at_the_meter_step_by_step() -> None:
    """
    Of 200 W at a PUE of 1.5, 0.3 kW for an hour are 0.3 kWh: 0.06 EUR at 0.20, and 0.09 kg at 100 and 500 g/kWh.

    The facility's other watts follow the hosts.
    """
    series = Series([0, 1800], [100, 500])  # type: ignore[arg-type]
    around = Environment(pue=1.5, price_eur_kwh=0.2, carbon_g_kwh=series)
    journal = run(datacenter(inventory([0]), [[0.0]], environment=around), 12).journal
    assert (journal.facility_kwh, journal.cost_eur, journal.carbon_kg) == pytest.approx((0.3, 0.06, 0.09))
    assert journal.timeline.columns["carbon_g_kwh"].tolist() == pytest.approx([100] * 6 + [500] * 6)


def test_a_migration_is_a_row_once_it_has_landed() -> None:
    """VM 0 goes from host 0 to host 1 from 300 s on, and its reason is told."""
    journal = run(datacenter(inventory([0]), [[0.0]], at({300.0: moves((0, 1))})), 2).journal
    found = {name: values.tolist() for name, values in journal.moves.columns.items()}
    assert (found["vm"], found["source"], found["destination"], found["sent_mib"]) == ([0], [0], [1], [1024])
    assert (found["begun_s"], found["end_s"]) == ([300], pytest.approx([300 + migration_s()]))
    assert [name for name, code in journal.reasons.items() if code == found["reason"][0]] == ["asked for"]
    assert journal.timeline.columns["migrations"].tolist() == [0, 1]


def test_a_migration_under_way_at_the_end_of_a_step() -> None:
    """350,000 MiB take 344 s: one is under way after the first step, none after the second."""
    estate = inventory([0], memory_mib=[350_000.0])
    journal = run(datacenter(estate, [[0.0]], at({0.0: moves((0, 1))})), 2).journal
    assert journal.timeline.columns["migrating"].tolist() == [1, 0]


def test_reasons_without_end() -> None:
    """30,000 reasons have numbers of their own, all the others share one, which fits two bytes."""
    journal = Journal(1, Environment(), 0.0)
    codes = [journal.code(f"reason {number}") for number in range(30_005)]
    assert codes[:30_000] == list(range(30_000))
    assert set(codes[30_000:]) == {30_000}


def test_a_timeline_is_as_long_as_allowed() -> None:
    """Of eight steps in at most five rows each row is two; energy is the last, and power the mean."""
    columns = run(datacenter(inventory([0]), [[0.0], [1000.0]], most_rows=5), 8).journal.timeline.columns
    assert columns["time_s"].tolist() == [600, 1200, 1800, 2400]
    assert columns["power_w"].tolist() == pytest.approx([250] * 4)
