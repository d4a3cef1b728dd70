from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.simulation import Simulated, Start, simulate
from models.decisions import Decision
from models.demand import Usage
from models.errors import InputError
from models.inventory import Hosts, Inventory, Vms
from models.tables import HEAT, HOST_TOTALS, MIGRATIONS, SIMULATION, TIMELINE, VM_TOTALS

TABLES = {"timeline": TIMELINE, "heat": HEAT, "hosts": HOST_TOTALS, "vms": VM_TOTALS, "migrations": MIGRATIONS}


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


@pytest.mark.parametrize("late", [False, True])
def test_no_bound_by_memory_that_is_not_held(late: bool) -> None:
    """Two hosts would hold a VM of twice the memory of one, or two VMs of which one comes late; yet one is on."""
    given = reading(hosts=2, vms=2, samples=24)
    hosts, vms = given.inventory.hosts, given.inventory.vms
    sizes, states = ([60_000.0, 60_000.0], ["on", "on"]) if late else ([131_072.0, 0.0], ["on", "off"])
    vms = replace(vms, memory_mib=np.array(sizes), power_state=np.array(states))
    hosts = replace(hosts, power_state=np.array(["on", "off"]))
    given = replace(given, inventory=replace(given.inventory, hosts=hosts, vms=vms))
    start = Start(arrive_s=np.array([-np.inf, 7199.0])) if late else Start()
    found = simulate(given, start=start).summary
    assert 0 < found["energy_bound_kwh"] <= found["energy_kwh"]


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
    found = simulate(reading(), start=Start(host=placed, on=on))
    assert found.tables["hosts"]["on_s"].tolist() == [7200, 7200, 0, 0]
    assert found.tables["hosts"]["vms_end"].tolist() == [6, 6, 0, 0]


def test_a_vm_on_no_host_is_placed_where_there_is_room() -> None:
    """It is on a host from the first tick on; where all are off, from when one has booted in five minutes."""
    given = reading(vms=2)
    estate = replace(given.inventory, vms=replace(given.inventory.vms, host=np.array(["host-0", ""], object)))
    summary = simulate(replace(given, inventory=estate)).summary
    assert (summary["vms_unplaced"], summary["vm_hours_unplaced"], summary["unserved_share"]) == (0, 0.0, 0.0)
    nowhere = Start(host=np.array([-1, -1], np.int32), on=np.zeros(4, np.bool_))
    found = simulate(replace(given, inventory=estate), start=nowhere)
    assert (found.summary["vms_unplaced"], found.summary["boots"]) == (0, 1)
    assert found.summary["vm_hours_unplaced"] == pytest.approx(2 * 300 / 3600)
    assert len(set(found.tables["vms"]["host_end"])) == 1


def test_progress() -> None:
    """It is called once a step."""
    seen: list[tuple[int, int]] = []
    simulate(reading(), steps=3, progress=lambda _, done, total: seen.append((done, total)))
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


def test_an_interrupted_run_is_partial_and_whole_so_far() -> None:
    """Stopped after five of 24 steps, all tables are there and tell of 1,500 s; the summary says so."""
    steps: list[int] = []
    found = simulate(
        reading(), progress=lambda _, done, __: steps.append(done), stopped=lambda: len(steps) == 5
    )  # fmt: skip
    assert (found.summary["status"], found.summary["steps"], found.summary["duration_s"]) == ("partial", 5, 1500.0)
    assert found.summary["verdict"].startswith("Interrupted after 5 steps.")
    assert found.tables["timeline"]["time_s"].tolist() == [300.0, 600.0, 900.0, 1200.0, 1500.0]
    assert found.exit_status == 130


def test_what_is_planned_is_done_at_its_time() -> None:
    """A VM that a plan moves at 1,000 s begins to move then, whatever the policy, and is on its new host at the end."""
    move = Decision(vms=np.array([0]), hosts=np.array([3]), reasons=["planned"])
    found = simulate(reading(), start=Start(planned=((1000.0, move),)))
    moved = found.tables["migrations"].iloc[0]
    assert (moved["vm"], moved["source"], moved["destination"]) == ("vm-0", "host-0", "host-3")
    assert moved["start_s"] == 1000.0
    assert found.tables["vms"]["host_end"].iloc[0] == "host-3"


def test_failures_unplace_and_restart_vms() -> None:
    """Hosts that fail every five hours in the mean, for two days: VMs are restarted elsewhere and paused meanwhile."""
    settings = Settings().changed({"simulation.failures_between_h": 5.0, "simulation.repair_h": 1.0})
    found = simulate(reading(), settings=settings, steps=576)
    assert found.summary["failures"] > 1
    assert f", hosts fail {found.summary['failures']} times, " in found.summary["verdict"]
    assert found.summary["restarts"] == found.tables["vms"]["restarts"].sum() > 0
    assert found.summary["downtime_s"] >= 120 * found.summary["restarts"]
    assert found.tables["hosts"]["failed_s"].sum() > 0
    assert found.summary["vms_unplaced"] == 0


def test_demand_grows_in_time() -> None:
    """Demand that doubles in a year grows by 2 ** (1 / 365.25) from a day to the next, which the hosts use."""
    settings = Settings().changed({"simulation.growth_year": 1.0})
    used = simulate(reading(samples=288), settings=settings, steps=576).tables["timeline"]["cpu_used_mhz"]
    overhead_free = used.iloc[288:].sum() / used.iloc[:288].sum()
    assert overhead_free == pytest.approx(2 ** (1 / 365.25), rel=1e-3)


def test_a_part_of_the_facility_does_not_follow_the_load() -> None:
    """With all beside the hosts fixed, the facility takes the hosts' energy plus half of their draw at full load."""
    settings = Settings().changed({"prices.pue": 1.5, "prices.pue_fixed_share": 1.0})
    summary = simulate(reading(), settings=settings).summary
    assert summary["facility_kwh"] == pytest.approx(summary["energy_kwh"] + 0.5 * 4 * 0.2 * 2)


def test_the_timeline_stays_within_its_rows() -> None:
    """Of 100 steps in at most 16 rows each row stands for 8; cumulative columns stay exact."""
    settings = Settings().changed({"simulation.most_rows": 16})
    found = simulate(reading(), settings=settings, steps=100)
    timeline = found.tables["timeline"]
    assert len(timeline) == 13
    assert timeline["energy_kwh"].iloc[-1] == found.summary["energy_kwh"]
    assert timeline["time_s"].iloc[-1] == 30_000.0
    assert any("stands for 8 steps" in sentence for sentence in found.summary["assumptions"])


def test_readings_on_disk_give_the_same_and_stay_there(tmp_path: Path) -> None:
    """With readings in a file, demand is put into one as well, and all results are the same."""
    given = reading()
    assert given.usage is not None
    on_disk = np.memmap(tmp_path / "readings", np.float32, "w+", shape=given.usage.cpu_mhz.shape)
    on_disk[:] = given.usage.cpu_mhz
    other = replace(given, usage=replace(given.usage, cpu_mhz=on_disk[:]))
    assert as_bytes(simulate(other, policy="threshold")) == as_bytes(simulate(given, policy="threshold"))
    kept: list[Any] = []
    simulate(other, steps=1, progress=lambda model, *_: kept.append(model.state.signal))
    assert isinstance(kept[0].readings, np.memmap)
