"""What VMs that share a host will do to each other, by hand: one core, whose ready share is its utilization."""

from typing import Any

import numpy as np
import pytest

from models.arrays import Rows
from models.charging import Technique
from models.demand import Usage
from models.formulation import formulate
from models.readiness import Forecast
from models.reserve import Choices
from models.technology import standard
from tests.models.machines import inventory

QUIET: dict[str, Any] = {"microarchitectures": {"skylake-sp": {"llc_mib": 10, "remote_latency_ratio": 2}}}
"""A cache of 10 MiB a socket, and remote memory that takes twice as long."""


def forecast(
    homes: list[int], limit: float | None = None, *, basis: str = "snapshot", load: float = 950, **profile: float
) -> Forecast:
    """
    Return the forecast of VMs of 2 virtual CPUs on two hosts of one core of 2,000 MHz, of which 1,900 are for VMs.

    Each VM takes 950 MHz, half of a host, unless told otherwise; a profile says what it does to others.
    """
    catalog = standard().overlaid({**QUIET, "workloads": {"mine": profile}})
    size = len(homes)
    given = inventory(
        homes, cpu_used_mhz=[load] * size, vcpus=[2] * size, host_cores=[1, 1], host_cpu_mhz=[2000.0] * 2,
        host_sockets=[1, 1],
    )  # fmt: skip
    technique = Technique(catalog, workload="mine", readings="native")
    return Forecast(formulate(given, Choices(cpu=basis, ready_share=limit, technique=technique)))


def rows(*hosts: int) -> Rows:
    """Return the host of each VM."""
    return np.array(hosts, np.int32)


def test_one_vm() -> None:
    """950 of 1,900 MHz: half of one core is busy, and half of the time is ready time; the empty host waits for none."""
    found = forecast([0]).of(rows(0))
    assert found.utilization.tolist() == pytest.approx([0.5, 0.0])
    assert found.ready_share.tolist() == pytest.approx([0.5, 0.0], abs=1e-5)


def test_parts_of_the_day() -> None:
    """VMs of 760 and 190 MHz that change places at noon ask for 950 of 1,900 MHz at any time, never for 1,520."""
    given = inventory([0, 0], vcpus=[2, 2], host_cores=[1, 1], host_cpu_mhz=[2000.0] * 2, host_sockets=[1, 1])
    readings = np.array([[760, 190], [190, 760]], np.float32)
    technique = Technique(standard(), workload="none", readings="native")
    choices = Choices(cpu="profile", memory="allocated", buckets=2, technique=technique)
    found = Forecast(formulate(given, choices, Usage(0.0, 43_200.0, readings))).of(rows(0, 0))
    assert found.utilization.tolist() == pytest.approx([0.5, 0.0])
    assert found.ready_share.tolist() == pytest.approx([0.5, 0.0], abs=1e-5)


def test_a_vm_on_no_host() -> None:
    """It loads none."""
    assert forecast([0, -1]).of(rows(-1, -1)).utilization.tolist() == [0.0, 0.0]


def test_hardware_threads() -> None:
    """Two threads a core do 1.25 times the work of one: 950 of 2,375 MHz."""
    catalog = standard()
    given = inventory([0], cpu_used_mhz=[950.0], host_cores=[1, 1], host_threads_per_core=[2, 1])
    choices = Choices(cpu="snapshot", technique=Technique(catalog, workload="none", readings="native"))
    assert Forecast(formulate(given, choices)).of(rows(0)).utilization[0] == pytest.approx(0.4)


def test_waiting_siblings() -> None:
    """With gamma = 0.2 × 2.5 and one sibling r = 0.5 (1 + 0.5 r), so that r = 2 / 3."""
    found = forecast([0], synchronisation=2.5).of(rows(0))
    assert found.ready_share[0] == pytest.approx(2 / 3, abs=1e-4)
    assert found.utilization[0] == pytest.approx(2 / 3, abs=1e-4)


def test_waiting_without_end() -> None:
    """Half a core, where siblings double what is asked for at full load, ends at full load, and that is an answer."""
    found = forecast([0], synchronisation=10.0).of(rows(0))
    assert found.ready_share[0] == pytest.approx(1.0, abs=1e-2)


def test_spinning() -> None:
    """
    With a ready share r there are 2 r / 6 ms preemptions, one in 100 of a holder, whose sibling spins r × 6 ms.

    At 2,000 MHz that is 40 r² MHz of 1,900, where no window ends it (the catalog's is made 1,000,000 times as long).
    """
    catalog = standard().overlaid(
        {**QUIET, "parameters": {"ple_window_cycles": 4.096e9}, "workloads": {"mine": {"lock_share": 0.01}}}
    )
    given = inventory([0], cpu_used_mhz=[950.0], vcpus=[2], host_cores=[1, 1], host_cpu_mhz=[2000.0] * 2)
    choices = Choices(cpu="snapshot", technique=Technique(catalog, workload="mine", readings="native"))
    found = Forecast(formulate(given, choices)).of(rows(0)).ready_share[0]
    assert found == pytest.approx(0.5 + 40 / 1900 * found**2, abs=1e-4)


def test_shared_caches() -> None:
    """
    A VM that loses a fifth with a full cache, and is moved to one whose working set fills the cache, takes 1.2 times.

    Alone, each takes 475 of 1,900 MHz; together 2 × 475 × 1.2 = 1,140, 60 %.
    """
    found = forecast([0, 1], load=475, llc_working_set_mib=10, llc_sensitivity=0.2)
    assert found.of(rows(0, 1)).utilization.tolist() == pytest.approx([0.25, 0.25])
    assert found.of(rows(0, 0)).utilization.tolist() == pytest.approx([0.6, 0.0])


def test_no_cache_costs_more_than_the_most() -> None:
    """A sensitivity of 0.9 is cut to the catalog's 0.3: 2 × 475 × 1.3 of 1,900 MHz are 65 %."""
    found = forecast([0, 1], load=475, llc_working_set_mib=10, llc_sensitivity=0.9)
    assert found.of(rows(0, 0)).utilization[0] == pytest.approx(0.65)


def test_readings_hold_todays_interference() -> None:
    """Two VMs that share a cache today were read so: apart they take 475 / 1.2 each, 20.8 % of 1,900 MHz."""
    found = forecast([0, 0], load=475, llc_working_set_mib=10, llc_sensitivity=0.2)
    assert found.of(rows(0, 0)).utilization[0] == pytest.approx(0.5)
    assert found.of(rows(0, 1)).utilization.tolist() == pytest.approx([0.25 / 1.2] * 2)


def test_remote_memory() -> None:
    """
    A VM that is wider than a socket pays 1 + 0.5 × 0.4 × (2 - 1) = 1.2 where it comes to.

    It comes from a host of one socket with two cores, and goes to one whose socket has one core: 475 × 1.2 of 1,900.
    """
    catalog = standard().overlaid({**QUIET, "workloads": {"mine": {"remote_share": 0.5, "memory_stall_share": 0.4}}})
    given = inventory(
        [0], cpu_used_mhz=[475.0], vcpus=[2], host_cores=[2, 2], host_cpu_mhz=[2000.0, 1000.0], host_sockets=[1, 2]
    )
    choices = Choices(cpu="snapshot", technique=Technique(catalog, workload="mine", readings="native"))
    assert Forecast(formulate(given, choices)).of(rows(1)).utilization[1] == pytest.approx(475 * 1.2 / 1900)


def test_broken() -> None:
    """A limit of 60 %: two VMs on one core break it, one does not; a host that was no better at the start is let be."""
    apart, together = forecast([0, 1], 0.6), forecast([0, 0], 0.6)
    assert apart.broken(rows(0, 1)).tolist() == [False, False]
    assert apart.broken(rows(0, 0)).tolist() == [True, False]
    assert together.broken(rows(0, 0)).tolist() == [False, False]
    assert together.broken(rows(1, 1)).tolist() == [False, True]


def test_no_limit() -> None:
    """Without a limit, and where CPU is what was allocated, nothing is broken."""
    assert not forecast([0, 1]).broken(rows(0, 0)).any()
    allocated = forecast([0, 1], 0.1, basis="allocated")
    assert not allocated.measured
    assert not allocated.broken(rows(0, 0)).any()


def test_busiest() -> None:
    """One core may be as busy as its ready time may be long."""
    assert forecast([0], 0.3).busiest().tolist() == pytest.approx([0.3, 0.3])


def test_hosts_near_full_load_settle() -> None:
    """Databases of 8 virtual CPUs that wait for their siblings get an answer at any load, and no less with more."""

    def ready(share: float) -> float:
        given = inventory([0] * 10, cpu_used_mhz=[share * 1900] * 10, vcpus=[8] * 10, workload=["oltp"] * 10)
        found = Forecast(formulate(given, Choices(cpu="snapshot")))
        return float(found.of(found.formulation.problem.start).ready_share[0])

    shares = [ready(share) for share in np.arange(0.6, 1.3, 0.05)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.9


def test_a_placement_is_predicted_once() -> None:
    """The same placement is answered from what is known; another is predicted anew."""
    made = forecast([0, 1])
    assert made.of(rows(0, 1)) is made.of(rows(0, 1))
    assert made.of(rows(0, 0)) is not made.of(rows(0, 1))
