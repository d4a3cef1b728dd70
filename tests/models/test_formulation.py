"""Inventories as problems: every dimension's demand and capacity by hand, and the rules that follow."""

from typing import Any

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.changes import Change
from models.charging import Technique
from models.costs import HostsOn, Moves
from models.demand import Usage
from models.errors import InputError
from models.formulation import Formulation, formulate
from models.inventory import Inventory
from models.laws import contention
from models.problem import Problem
from models.reserve import UNLIMITED, Choices
from models.rules import Overbook, Preserve, ResourceCapacity, Rule, Spare, Spread
from models.technology import standard
from tests.models.machines import inventory
from tests.models.strategies import rows

DAY = 86_400.0
PLAIN = Technique(workload="none", readings="native")
"""Readings are of native machines, and nothing that costs anything happens on them."""


def formulated(given: Inventory, *rules: Rule, usage: Usage | None = None, **choices: Any) -> Formulation:
    """Return the formulation under choices; virtualization adds no CPU unless they say so."""
    return formulate(given, Choices(**{"technique": PLAIN, **choices}), usage, rules)


def of(problem: Problem, dim: str) -> tuple[list[int], list[int], list[int]]:
    """Return a dimension's demand of each VM, its capacity on each host, and that after a loss."""
    column = problem.dims.index(dim)
    return (
        problem.demand[0, :, column].tolist(),
        problem.capacity[:, column].tolist(),
        problem.failover[:, column].tolist(),
    )


def six_hours(*cpu: float) -> Usage:
    """Return readings of one VM at every sixth hour of a day."""
    return Usage(0.0, DAY / 4, np.array([cpu], np.float32))


def test_allocated() -> None:
    """
    Without readings VMs take what they are allocated: vCPUs and memory.

    Hosts of 10 and 20 cores offer 4 vCPUs a core. Memory: 8,192 + 0.002 × 8,192 + 218 + 8 × 4 = 8,458.384, rounded
    up. Host 0 keeps 4 % and 2,048 MiB: 102,400 - 6,144 = 96,256, of which 90 %, rounded down; host 1: 194,560.
    """
    problem = formulated(inventory([0])).problem
    assert problem.dims == ("vcpus", "memory_mib")
    assert of(problem, "vcpus") == ([4], [40, 80], [40, 80])
    assert of(problem, "memory_mib") == ([8459], [86_630, 175_104], [96_256, 194_560])


def test_snapshot() -> None:
    """
    CPU in use, and memory consumed with overhead.

    Memory: 5,000 + 266.384 of overhead. Host 0 offers 20,000 MHz less 5 %, and of
    that 80 %: 15,200, after a loss 19,000; host 1 three times that.
    """
    given = inventory([0], cpu_used_mhz=[1000.0], memory_consumed_mib=[5000.0])
    problem = formulated(given, cpu="snapshot", memory="snapshot").problem
    assert of(problem, "cpu_mhz") == ([1000], [15_200, 45_600], [19_000, 57_000])
    assert of(problem, "memory_mib")[0] == [5267]


def test_active_memory_never_counts() -> None:
    """Memory that was touched lately is no measure of memory; without a snapshot the allocation counts."""
    given = inventory([0], memory_active_mib=[100.0])
    found = formulated(given, memory="snapshot")
    assert of(found.problem, "memory_mib")[0] == [8459]
    assert found.memory.fallen_back.tolist() == [True]


def test_percentile() -> None:
    """Of 0, 1,000, 2,000 and 3,000 MHz the 95th percentile is 2,850; that is what auto means with readings."""
    usage = six_hours(0, 1000, 2000, 3000)
    for basis in ("auto", "p95"):
        assert of(formulated(inventory([0]), usage=usage, cpu=basis).problem, "cpu_mhz")[0] == [2850]


def test_peak() -> None:
    """The peak is 3,000."""
    found = formulated(inventory([0]), usage=six_hours(0, 1000, 2000, 3000), cpu="peak")
    assert of(found.problem, "cpu_mhz")[0] == [3000]


def test_profile() -> None:
    """Each half of the day is a dimension of its own, with the same capacity."""
    found = formulated(inventory([0]), usage=six_hours(1000, 1000, 3000, 3000), cpu="profile", buckets=2)
    problem = found.problem
    assert problem.dims == ("vcpus", "cpu_mhz@00", "cpu_mhz@01", "memory_mib")
    assert of(problem, "cpu_mhz@00")[:2] == ([1000], [15_200, 45_600])
    assert of(problem, "cpu_mhz@01")[:2] == ([3000], [15_200, 45_600])


def test_too_few_readings() -> None:
    """With one reading of four the allocation counts: 4 vCPUs of 2,000 MHz, four to a core, is 2,000 MHz."""
    usage = six_hours(100, np.nan, np.nan, np.nan)
    found = formulated(inventory([0]), usage=usage)
    assert of(found.problem, "cpu_mhz")[0] == [2000]
    assert found.cpu.fallen_back.tolist() == [True]
    assert found.coverage == 0.25
    enough = formulated(inventory([0]), usage=usage, minimum_coverage=0.2)
    assert of(enough.problem, "cpu_mhz")[0] == [100]


def test_reservations() -> None:
    """A VM gets at least what it is guaranteed: 2,500 MHz and 6,000 MiB, and overhead of memory."""
    given = inventory(
        [0],
        cpu_used_mhz=[100.0],
        memory_consumed_mib=[100.0],
        cpu_reservation_mhz=[2500.0],
        memory_reservation_mib=[6000.0],
    )
    problem = formulated(given, cpu="snapshot", memory="snapshot").problem
    assert of(problem, "cpu_mhz")[0] == [2500]
    assert of(problem, "memory_mib")[0] == [6267]


def test_growth() -> None:
    """Demand grows by half, overhead does not: 1,500, and 12,288 + 266.384."""
    given = inventory([0], cpu_used_mhz=[1000.0])
    problem = formulated(given, cpu="snapshot", growth=1.5).problem
    assert of(problem, "cpu_mhz")[0] == [1500]
    assert of(problem, "memory_mib")[0] == [12_555]


def test_ceilings_and_reserve() -> None:
    """Half of 102,400 - 1,024 MiB, twice overcommitted; 70 % of nine tenths of 20,000 MHz; 2 vCPUs a core."""
    given = inventory([0], cpu_used_mhz=[1000.0])
    problem = formulated(
        given,
        cpu="snapshot",
        cpu_ceiling=0.7,
        memory_ceiling=0.5,
        memory_overcommit=2.0,
        host_memory_mib=1024.0,
        host_cpu_share=0.1,
        vcpus_per_core=2.0,
    ).problem
    assert of(problem, "memory_mib")[1][0] == 101_376
    assert of(problem, "cpu_mhz")[1][0] == 12_600
    assert of(problem, "vcpus")[1][0] == 20


def test_technologies() -> None:
    """
    A VM pays for its own technology, or for that of the host that it might be on: a kind of host each.

    10,000 page faults in 10⁹ cycles, of 3,000 cycles in a sandboxed container and 2,834 under binary translation, are
    3 % and 2.834 %; with two-stage mapping they are free. Memory: 8,192 + 40; 8,192 × 1.0075 + 10 + 8 × 4; 8,458.384.
    """
    catalog = standard().overlaid({"workloads": {"faulting": {"clock_mhz": 1000, "page_fault_ps": 10_000}}})
    technique = Technique(catalog, workload="faulting", readings="native")
    given = inventory(
        [0, 1],
        cpu_used_mhz=[1000.0] * 2,
        technology=["container-sandboxed", ""],
        host_technology=["hardware-assisted", "binary-translation"],
    )
    problem = formulated(given, cpu="snapshot", technique=technique).problem
    cpu, memory = problem.dims.index("cpu_mhz"), problem.dims.index("memory_mib")
    assert problem.demand[problem.kind, :, cpu].tolist() == [[1030, 1000], [1030, 1029]]
    assert problem.demand[problem.kind, :, memory].tolist() == [[8232, 8459], [8232, 8296]]


def test_readings_hold_what_virtual_cpus_pay_today() -> None:
    """
    Read in a VM, 1,030 MHz under a sandbox are 1,000 of work; under hardware assistance only those remain.

    On threads of the host nothing is added here, so that the reading is the demand while nothing changes.
    """
    catalog = standard().overlaid({"workloads": {"faulting": {"clock_mhz": 1000, "page_fault_ps": 10_000}}})
    given = inventory([0], cpu_used_mhz=[1030.0], technology=["container-sandboxed"])
    for change, wanted in ((Change(), 1030), (Change(technology="hardware-assisted"), 1000)):
        technique = Technique(catalog, change, workload="faulting")
        assert of(formulated(given, cpu="snapshot", technique=technique).problem, "cpu_mhz")[0] == [wanted]


def test_ready_time_limits_capacity() -> None:
    """At most 5 % of ready time: 10 cores without hardware threads may be 68 % busy, less than the ceiling of 80 %."""
    given = inventory([0], cpu_used_mhz=[1000.0])
    tight = formulated(given, cpu="snapshot", ready_share=0.05).problem
    busiest = float(contention.busiest(np.array([10.0]), 0.05)[0])
    assert of(tight, "cpu_mhz")[1][0] == int(busiest * 19_000)
    assert 0.6 < busiest < 0.7
    assert of(tight, "cpu_mhz")[2][0] == 19_000


def test_vms_that_are_off_take_nothing() -> None:
    """A VM that is off, and a template, take no vCPU and no memory, but keep their disk."""
    given = inventory(
        [0, 0],
        power_state=["off", "on"],
        template=[False, True],
        disk_gib=[50.0, 60.0],
        host_disk_gib=[1000.0, np.nan],
    )
    problem = formulated(given).problem
    assert of(problem, "memory_mib")[0] == [0, 0]
    assert of(problem, "vcpus")[0] == [0, 0]
    assert of(problem, "disk_gib") == ([50, 60], [900, UNLIMITED], [1000, UNLIMITED])


def test_disk_and_network_rates() -> None:
    """They are dimensions where some host states a limit and some VM takes any."""
    given = inventory([0], disk_iops=[100.5], net_mbps=[10.0], host_disk_iops=[1000.0, 2000.0])
    problem = formulated(given, other_ceiling=0.5).problem
    assert of(problem, "disk_iops") == ([101], [500, 1000], [1000, 2000])
    assert "net_mbps" not in problem.dims


def test_devices_are_counted() -> None:
    """GPUs and SR-IOV functions are handed out whole."""
    given = inventory([0, 1], gpus=[1, 0], host_gpus=[2, 0])
    problem = formulated(given).problem
    assert of(problem, "gpus") == ([1, 0], [2, 0], [2, 0])
    assert "sriov_functions" not in problem.dims


def test_a_dimension_that_a_rule_names() -> None:
    """A rule over CPU makes it a dimension, though nothing was measured."""
    rule = ResourceCapacity(hosts=rows(0), dim="cpu_mhz", most=5000)
    assert of(formulated(inventory([0]), rule).problem, "cpu_mhz")[0] == [2000]


def test_rules_over_parts_of_the_day() -> None:
    """A rule over CPU holds in each part of the day."""
    usage = six_hours(1000, 1000, 3000, 3000)
    rule = Preserve(vms=rows(0), dim="cpu_mhz", least=2000)
    problem = formulated(inventory([0]), rule, usage=usage, cpu="profile", buckets=2).problem
    assert [each.dim for each in problem.rules if isinstance(each, Preserve)] == ["cpu_mhz@00", "cpu_mhz@01"]
    assert of(problem, "cpu_mhz@00")[0] == [2000]
    assert of(problem, "cpu_mhz@01")[0] == [3000]


def test_overbook() -> None:
    """A host's vCPUs over its 10 cores, 1.5 to one, are 15, after a loss too; the other host keeps its 4 a core."""
    rule = Overbook(hosts=rows(0), dim="vcpus", ratio=1.5, physical=(10,))
    assert of(formulated(inventory([0]), rule).problem, "vcpus")[1:] == ([15, 80], [15, 80])


def test_hosts_that_are_on() -> None:
    """A host is on by its own word, or because a VM runs on it."""
    off = inventory([0], host_power_state=["off", "off"])
    assert formulated(off).problem.on.tolist() == [True, False]


def test_start() -> None:
    """VMs start where they are, or nowhere."""
    assert formulated(inventory([1, -1])).problem.start.tolist() == [1, NOWHERE]


def test_levels() -> None:
    """Racks and clusters are levels; hosts that name none are outside."""
    problem = formulated(inventory([0], host_rack=["b", ""], host_cluster=["x", "x"])).problem
    assert problem.levels["rack"].tolist() == [0, -1]
    assert problem.levels["cluster"].tolist() == [0, 0]


def test_spares() -> None:
    """Each cluster of two hosts or more that are on can lose one; with one host there is nothing to lose."""

    def spares(given: Inventory, count: int) -> list[tuple[str, int]]:
        problem = formulated(given, spare_hosts=count).problem
        return [(rule.name, rule.count) for rule in problem.rules if isinstance(rule, Spare)]

    assert spares(inventory([0], host_cluster=["x", "x"]), 1) == [("x", 1)]
    assert spares(inventory([0], host_cluster=["x", "x"]), 5) == [("x", 1)]
    assert spares(inventory([0], host_cluster=["x", "x"]), 0) == []
    assert spares(inventory([0], host_cluster=["x", "y"]), 1) == []
    assert spares(inventory([0], host_cluster=["x", "x"], host_maintenance=[True, False]), 1) == []


def test_costs() -> None:
    """
    Hosts weigh their idle draw, moves of running VMs 1,000 and their GiB, of others 10.

    Host 0 draws 60 + 1.5 × 10 + 0.3 × 100 = 105 W idle; host 1 states 50.
    """
    given = inventory([0, 0], power_state=["on", "off"], host_idle_w=[np.nan, 50.0])
    hosts, moves, _ = formulated(given).problem.costs
    assert isinstance(hosts, HostsOn)
    assert isinstance(moves, Moves)
    assert hosts.weights.tolist() == [105, 50]
    assert moves.weights.tolist() == [1008, 10]


def test_other_rules_pass() -> None:
    """Rules that name no resource are the problem's as they are."""
    rule = Spread(vms=rows(0, 1), name="apart")
    assert rule in formulated(inventory([0, 1]), rule).problem.rules


def test_binary_fractions_are_forgiven() -> None:
    """0.1 + 0.2 of a reserve does not cost a unit: 10 cores of 2,000 MHz less 30 % are 14,000 MHz exactly."""
    given = inventory([0], cpu_used_mhz=[1000.0])
    problem = formulated(given, cpu="snapshot", host_cpu_share=0.1 + 0.2, cpu_ceiling=1.0).problem
    assert of(problem, "cpu_mhz")[1][0] == 14_000


def test_no_hosts() -> None:
    """VMs without hosts cannot be placed: an error of the input."""
    given = inventory([-1])
    bare = Inventory(given.hosts.of(host=[], cores=[], cpu_mhz=[], memory_mib=[]), given.vms)
    with pytest.raises(InputError, match=r"has VMs \(1\) and no hosts"):
        formulate(bare)
