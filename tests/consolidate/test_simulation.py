from dataclasses import replace

import numpy as np
import pytest

from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.simulation import Simulated, simulate
from models.demand import Usage
from models.errors import InputError
from models.inventory import Hosts, Inventory, Vms
from models.tables import HOST_TOTALS, MIGRATIONS, SIMULATION, TIMELINE

TABLES = {"timeline": TIMELINE, "hosts": HOST_TOTALS, "migrations": MIGRATIONS}


def reading(hosts: int = 4, vms: int = 12, samples: int = 24) -> Reading:
    """Hosts of 8 × 2000 MHz that draw 100 to 200 W, and VMs that use 200 to 2000 MHz, in steps of five minutes."""
    random = np.random.default_rng(7)
    machines = Hosts.of(
        host=[f"host-{row}" for row in range(hosts)],
        cores=[8] * hosts,
        cpu_mhz=[2000.0] * hosts,
        memory_mib=[65_536.0] * hosts,
        idle_w=[100.0] * hosts,
        peak_w=[200.0] * hosts,
    )
    guests = Vms.of(
        vm=[f"vm-{row}" for row in range(vms)],
        host=[f"host-{row % hosts}" for row in range(vms)],
        vcpus=[2] * vms,
        memory_mib=[8192.0] * vms,
    )
    usage = Usage(0.0, 300.0, random.uniform(200, 2000, (vms, samples)).astype(np.float32))
    return Reading(Inventory(machines, guests, source="estate"), usage=usage)


def as_bytes(found: Simulated) -> bytes:
    """Return all that a simulation found, as text."""
    return (str(found.summary) + "".join(table.to_csv() for table in found.tables.values())).encode()


def test_contract() -> None:
    """Summary and tables have exactly the keys, columns and types that are declared."""
    found = simulate(reading(), policy="threshold")
    assert list(found.summary) == list(SIMULATION)
    assert set(found.tables) == set(TABLES)
    for name, table in found.tables.items():
        assert list(table.columns) == list(TABLES[name])
        assert [str(dtype) for dtype in table.dtypes] == [spec.dtype for spec in TABLES[name].values()]


def test_same_seed_same_bytes() -> None:
    """Two runs with one seed are equal to the last digit."""
    one, two = (as_bytes(simulate(reading(), policy="threshold", seed=5)) for _ in range(2))
    assert one == two


def test_the_tables_add_up() -> None:
    """Energy is the same in the summary, the hosts and the timeline; so are the migrations."""
    found = simulate(reading(), policy="threshold")
    timeline, hosts, summary = found.tables["timeline"], found.tables["hosts"], found.summary
    assert summary["energy_kwh"] == pytest.approx(hosts["energy_kwh"].sum())
    assert summary["energy_kwh"] == pytest.approx(timeline["power_w"].sum() * 300 / 3.6e6)
    assert summary["energy_kwh"] == timeline["energy_kwh"].iloc[-1]
    assert summary["migrations"] == hosts["arrivals"].sum() == hosts["departures"].sum() > 0
    assert summary["migrations"] + summary["migrating"] == len(found.tables["migrations"])
    assert hosts["vms_end"].sum() == summary["vms_running"] == 12


def test_the_policy_saves_energy() -> None:
    """At a quarter of their load four hosts are too many: the thresholds switch some off, doing nothing does not."""
    idle, active = (simulate(reading(), policy=policy).summary for policy in ("none", "threshold"))
    assert (idle["hosts_on_end"], idle["migrations"], idle["shutdowns"]) == (4, 0, 0)
    assert active["hosts_on_end"] < 4
    assert active["energy_kwh"] < idle["energy_kwh"]


def test_energy_is_paid_for_at_the_meter() -> None:
    """With a PUE of 2, at 0.5 EUR and 100 g a kWh: cost = energy, carbon = 0.2 kg × energy."""
    settings = Settings().changed({"prices.pue": 2.0, "prices.energy_eur_kwh": 0.5, "prices.carbon_g_kwh": 100.0})
    summary = simulate(reading(), settings=settings).summary
    assert summary["facility_kwh"] == pytest.approx(2 * summary["energy_kwh"])
    assert summary["cost_eur"] == pytest.approx(summary["energy_kwh"])
    assert summary["carbon_kg"] == pytest.approx(0.2 * summary["energy_kwh"])


def test_steps_beyond_the_readings_repeat_them() -> None:
    """Two days of one day's readings take twice the energy, and say so."""
    day, two_days = (simulate(reading(), steps=steps).summary for steps in (24, 48))
    assert two_days["energy_kwh"] == pytest.approx(2 * day["energy_kwh"])
    assert any("24 samples for 48 steps" in sentence for sentence in two_days["assumptions"])


def test_another_start() -> None:
    """All VMs on the first two hosts and the others off: two hosts draw power, and no VM is lost."""
    placed, on = np.arange(12, dtype=np.int32) % 2, np.array([True, True, False, False])
    found = simulate(reading(), host_of=placed, on=on)
    assert found.tables["hosts"]["on_s"].tolist() == [7200, 7200, 0, 0]
    assert found.tables["hosts"]["vms_end"].tolist() == [6, 6, 0, 0]


def test_a_vm_on_no_host_is_told() -> None:
    """It is counted, and takes no CPU."""
    given = reading(vms=2)
    estate = replace(given.inventory, vms=replace(given.inventory.vms, host=np.array(["host-0", ""], object)))
    summary = simulate(replace(given, inventory=estate)).summary
    assert (summary["vms_unplaced"], summary["unserved_share"]) == (1, 0.0)


def test_progress() -> None:
    """It is called once a step."""
    seen: list[tuple[int, int]] = []
    simulate(reading(), steps=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_without_usage() -> None:
    """The error says what to give."""
    with pytest.raises(InputError, match=r"usage\.csv .* --usage"):
        simulate(replace(reading(), usage=None))


@pytest.mark.parametrize(
    ("options", "text"), [({"policy": "best"}, "known are .*threshold"), ({"steps": 0}, "at least 1")]
)
def test_wrong_options(options: dict[str, object], text: str) -> None:
    """An unknown policy and no steps are input errors."""
    with pytest.raises(InputError, match=text):
        simulate(reading(), **options)  # type: ignore[arg-type]


def test_traffic_grows_with_demand() -> None:
    """Twice the CPU, packets and requests by growth is charged as twice the readings are, with growth of none."""

    def charged(factor: float, growth: float) -> list[float]:
        given = reading(hosts=1, vms=2, samples=2)
        assert given.usage is not None
        each = np.full((2, 2), factor, np.float32)
        usage = Usage(0.0, 300.0, 1000 * each, net_mbps=10 * each, disk_iops=100 * each)
        settings = Settings().changed({"demand.growth": growth})
        found: list[float] = (
            simulate(replace(given, usage=usage), settings=settings).tables["timeline"]["overhead_mhz"].tolist()
        )
        return found

    assert charged(1.0, 2.0) == pytest.approx(charged(2.0, 1.0))
    assert charged(1.0, 2.0) > charged(1.0, 1.0)
