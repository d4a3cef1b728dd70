"""The law of overhead: by hand, against plain arithmetic VM by VM, and what must hold whatever the numbers are."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE, Floats
from models.overhead import Charge, Kinds, law, of
from models.technology import EVENTS, Catalog, standard
from tests.models import plain_overhead as plain
from tests.models.overheads import HOSTS, VMS, estate, kinds, rounded, vm
from tests.models.plain_overhead import Host, Vm

SKYLAKE = Host("skylake-sp", "hardware-assisted")
NEHALEM = Host("nehalem", "hardware-assisted")


def charged(vms: Sequence[Vm], hosts: Sequence[Host], catalog: Catalog | None = None) -> Charge:
    """Return what VMs take on hosts of each kind."""
    catalog = catalog or standard()
    work = np.array([[each.work_mhz] for each in vms], np.float64).reshape(-1, 1)
    return law(estate(vms, catalog), kinds(hosts, catalog), catalog).charge(work)


def one(given: Vm, host: Host = SKYLAKE, catalog: Catalog | None = None) -> tuple[float, float, float]:
    """Return what is added to one VM: on virtual CPUs and on threads of the host [MHz], and memory [MiB]."""
    found = charged([given], [host], catalog)
    return float(found.guest_mhz[0, 0, 0]), float(found.host_mhz[0, 0, 0]), float(found.memory_mib[0, 0])


@settings(max_examples=200, deadline=None)
@given(st.lists(VMS, min_size=1, max_size=4), st.lists(HOSTS, min_size=1, max_size=3))
def test_equals_plain_arithmetic(vms: list[Vm], hosts: list[Host]) -> None:
    """All VMs on all kinds of hosts at once are what plain arithmetic finds for each VM on each host."""
    found = charged(vms, hosts)
    catalog = standard()
    latency = law(estate(vms, catalog), kinds(hosts, catalog), catalog).latency_us
    for kind, host in enumerate(hosts):
        for row, each in enumerate(vms):
            expected = plain.added(each, host)
            assert found.guest_mhz[kind, row, 0] == pytest.approx(expected.guest_mhz, rel=1e-9, abs=1e-9)
            assert found.host_mhz[kind, row, 0] == pytest.approx(expected.host_mhz, rel=1e-9, abs=1e-9)
            assert found.memory_mib[kind, row] == pytest.approx(expected.memory_mib, rel=1e-12)
            assert latency[kind, row] == expected.latency_us


@settings(max_examples=50, deadline=None)
@given(st.lists(VMS, min_size=1, max_size=8), HOSTS)
def test_many_at_once_are_each_alone(vms: list[Vm], host: Host) -> None:
    """N VMs at once are charged what each is charged alone."""
    found = charged(vms, [host])
    for row, each in enumerate(vms):
        alone = charged([each], [host])
        assert found.cpu_mhz[0, row].tolist() == alone.cpu_mhz[0, 0].tolist()
        assert found.memory_mib[0, row] == alone.memory_mib[0, 0]


def test_events_by_hand() -> None:
    """
    1,000 MHz of work are as many cycles as the profile was measured over, so that its rates are those here.

    10,000 hypercalls of one exit of 1,000 cycles are 10 MHz on Skylake; on Nehalem, of 2,000, 20 MHz.
    """
    catalog = rounded(hypercall_ps=10_000)
    assert one(vm(), SKYLAKE, catalog)[:2] == pytest.approx((10.0, 0.0))
    assert one(vm(), NEHALEM, catalog)[:2] == pytest.approx((20.0, 0.0))


def test_half_the_work_has_half_the_events() -> None:
    """500 MHz of work: 5,000 hypercalls, 5 MHz."""
    assert one(vm(work_mhz=500.0), SKYLAKE, rounded(hypercall_ps=10_000))[0] == pytest.approx(5.0)


def test_threads_of_the_host() -> None:
    """1,000 halts: one exit of 1,000 and 8,500 cycles on the virtual CPU, and 9,000 on the host: 9.5 and 9 MHz."""
    assert one(vm(), SKYLAKE, rounded(halt_wake_ps=1000))[:2] == pytest.approx((9.5, 9.0))


def test_completions() -> None:
    """A tick is two exits and 1,000, and is completed: free on Skylake, 2,200 cycles on Nehalem; 3 and 7.2 MHz."""
    catalog = rounded(timer_tick_ps=1000)
    assert one(vm(), SKYLAKE, catalog)[0] == pytest.approx(3.0)
    assert one(vm(), NEHALEM, catalog)[0] == pytest.approx(7.2)


def test_idle_ticks_are_those_of_virtual_cpus() -> None:
    """
    10 ticks a second of 100 us are a thousandth of a virtual CPU: of four on 1,000 MHz, 4 MHz, work or not.

    Native there is no hypervisor that would serve them.
    """
    catalog = rounded(idle_tick_ps=10)
    for work in (0.0, 1000.0):
        assert one(vm(vcpus=4, work_mhz=work), SKYLAKE, catalog)[0] == pytest.approx(4.0)
    assert one(vm(vcpus=4), Host("skylake-sp", "native"), catalog)[0] == 0.0


def test_packets_by_hand() -> None:
    """
    1,000 packets each way, ten to a signal, on virtio.

    Sent: 100 and a tenth of a kick of 1,000 + 1,000: 300. Received: 200 and a tenth of an interrupt of
    1,000 + 500 + 500 of pollution: 400. In all 0.7 MHz; on the host 1,000 + 3,000: 4 MHz.
    """
    assert one(vm(), SKYLAKE, rounded(tx_ps=1000, rx_ps=1000))[:2] == pytest.approx((0.7, 4.0))


def test_traffic_that_was_counted() -> None:
    """16 Mbit/s in packets of 1,000 bytes are 2,000 packets, half sent: as the profile's above, in its place."""
    catalog = rounded(tx_ps=77_777, rx_ps=99_999, packet_bytes=1000)
    for work in (0.0, 1000.0):
        assert one(vm(net_mbps=16.0, work_mhz=work), SKYLAKE, catalog)[:2] == pytest.approx((0.7, 4.0))


def test_requests_by_hand() -> None:
    """
    1,000 requests: 300, a kick of 2,000 and an interrupt of 2,000 are 4.3 MHz, on the host 10.

    Counted, they are the same, in place of the profile's.
    """
    assert one(vm(), SKYLAKE, rounded(io_ps=1000))[:2] == pytest.approx((4.3, 10.0))
    assert one(vm(disk_iops=1000.0), SKYLAKE, rounded(io_ps=55_555))[:2] == pytest.approx((4.3, 10.0))


def test_bytes() -> None:
    """
    1,000 packets each way of 1,000 bytes, at 1 cycle a byte on the host, 2 sent and 3 received in the guest.

    5,000 × 1,000 = 5 MHz more than 0.7, and 2 more than 4. 1,000 requests of 4,000 bytes: 4 more than 10.
    """
    catalog = rounded(tx_ps=1000, rx_ps=1000, packet_bytes=1000).overlaid(
        {"net_paths": {"virtio": {"guest_tx_byte": 2, "guest_rx_byte": 3, "host_byte": 1}}}
    )
    assert one(vm(), SKYLAKE, catalog)[:2] == pytest.approx((5.7, 6.0))
    catalog = rounded(io_ps=1000, request_bytes=4000).overlaid({"disk_paths": {"virtio-blk": {"host_byte": 1}}})
    assert one(vm(), SKYLAKE, catalog)[:2] == pytest.approx((4.3, 14.0))


def test_slowdown_and_throughput() -> None:
    """
    100 MHz of work with 0.95 on virtual CPUs and 0.9 on the host: 1.0095 times the time, 1 / 1.0185 the throughput.

    A VM that does nothing is not slowed down.
    """
    found = charged([vm(work_mhz=100.0), vm(work_mhz=0.0)], [SKYLAKE], rounded(halt_wake_ps=1000))
    assert found.slowdown[0, :, 0].tolist() == pytest.approx([1.0095, 1.0])
    assert found.throughput_ratio[0, :, 0].tolist() == pytest.approx([1 / 1.0185, 1.0])


def test_direct_assignment() -> None:
    """
    1,000 packets received, ten to an interrupt: Skylake posts them, and nothing is added.

    On Nehalem each interrupt is two exits of 2,000 + 500: 100 × 5,000 = 0.5 MHz.
    """
    catalog = rounded(rx_ps=1000)
    assert one(vm(net_path="sr-iov"), SKYLAKE, catalog)[:2] == (0.0, 0.0)
    assert one(vm(net_path="sr-iov"), NEHALEM, catalog)[:2] == pytest.approx((0.5, 0.0))


def test_a_direct_disk() -> None:
    """1,000 requests: posted on Skylake; on Nehalem one exit of 2,000 + 500 each: 2.5 MHz."""
    catalog = rounded(io_ps=1000)
    assert one(vm(disk_path="nvme-direct"), SKYLAKE, catalog)[:2] == (0.0, 0.0)
    assert one(vm(disk_path="nvme-direct"), NEHALEM, catalog)[:2] == pytest.approx((2.5, 0.0))


def test_page_walks() -> None:
    """
    A tenth of the time in walks, of whose further references half cost time.

    4 KiB: 24 over 4 references, 1 + 0.5 × 5 = 3.5 times as long: 0.25 of the work, 250 MHz. 2 MiB: 15 over 3, of which
    8.3 % cost time: 1 + 0.083 × 4 = 1.332, and 33.2 MHz. Shadow tables are walked as native ones.
    """
    catalog = rounded(walk_share=0.1, kappa=0.5)
    assert one(vm(), SKYLAKE, catalog)[0] == pytest.approx(250.0)
    assert one(vm(page_size="2m"), SKYLAKE, catalog)[0] == pytest.approx(33.2)
    assert one(vm(technology="shadow-paging"), SKYLAKE, catalog)[0] == 0.0


def test_emulation() -> None:
    """An interpreter takes 100 times the cycles: 99,000 MHz more."""
    assert one(vm(technology="interpreter"), SKYLAKE, rounded())[0] == pytest.approx(99_000.0)


def test_a_managed_workload_runs_on_its_run_time_already() -> None:
    """A JVM costs half of native work more, and nothing of what is made for it."""
    assert one(vm(technology="application-jit"), SKYLAKE, rounded())[0] == pytest.approx(500.0)
    assert one(vm(technology="application-jit"), SKYLAKE, rounded(managed=1))[0] == 0.0


def test_intercepted_calls() -> None:
    """Half of the time in calls that take 1.2 times: 100 MHz."""
    assert one(vm(technology="api-interception"), SKYLAKE, rounded(api_share=0.5))[0] == pytest.approx(100.0)


def test_memory_by_hand() -> None:
    """One in 100 of 1,000 MiB, 100 a VM and 8 a virtual CPU: 126."""
    assert one(vm(vcpus=2), SKYLAKE, rounded())[2] == pytest.approx(126.0)


def test_a_vm_without_a_technology_has_the_hosts() -> None:
    """The same VM is a system in binary translation here and a container there; one with its own takes it along."""
    catalog = rounded(syscall_ps=10_000)
    hosts = [Host("skylake-sp", "binary-translation"), Host("skylake-sp", "container")]
    found = charged([vm(), vm(technology="container")], hosts, catalog)
    assert found.guest_mhz[:, :, 0] == pytest.approx(np.array([[20.66, 0.75], [0.75, 0.75]]))


@settings(max_examples=60, deadline=None)
@given(VMS, st.sampled_from(sorted(plain.PROCESSORS)))
def test_native_is_free(given: Vm, processor: str) -> None:
    """Without virtualization nothing is added, on any processor, to any workload."""
    bare = replace(given, technology="native", net_path="", disk_path="")
    assert one(bare, Host(processor, "hardware-assisted")) == (0.0, 0.0, 0.0)
    assert one(replace(bare, technology=""), Host(processor, "native")) == (0.0, 0.0, 0.0)


RATES = [*(f"{event}_ps" for event in EVENTS), "idle_tick_ps", "tx_ps", "rx_ps", "io_ps"]


@settings(max_examples=60, deadline=None)
@given(VMS, HOSTS, st.sampled_from(RATES), st.floats(0.0, 1e5))
def test_more_events_never_cost_less(given: Vm, host: Host, rate: str, more: float) -> None:
    """Whichever rate of a workload is raised, no side gets cheaper."""
    before = float(plain.WORKLOADS[given.workload][rate])
    busier = standard().overlaid({"workloads": {given.workload: {rate: before + more}}})
    calm, busy = one(given, host), one(given, host, busier)
    assert busy[0] >= calm[0] - 1e-9 * abs(calm[0])
    assert busy[1] >= calm[1] - 1e-9 * abs(calm[1])
    assert busy[2] == calm[2]


@settings(max_examples=60, deadline=None)
@given(VMS, HOSTS, st.sampled_from(["net_mbps", "disk_iops", "vcpus", "memory_mib", "work_mhz"]))
def test_more_of_anything_never_costs_less(given: Vm, host: Host, column: str) -> None:
    """Nor does more traffic that was counted, more requests, more virtual CPUs, memory or work."""
    more = replace(given, **{column: getattr(given, column) * 2})
    assert all(after >= before for before, after in zip(one(given, host), one(more, host), strict=True))


@settings(max_examples=60, deadline=None)
@given(VMS, HOSTS)
def test_overhead_scales(given: Vm, host: Host) -> None:
    """Twice the work, counted traffic and requests, and virtual CPUs: twice the CPU."""
    twice = {name: getattr(given, name) * 2 for name in ("work_mhz", "net_mbps", "disk_iops", "vcpus")}
    small, large = one(given, host), one(replace(given, **twice), host)
    assert large[:2] == pytest.approx((2 * small[0], 2 * small[1]), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(VMS, HOSTS)
def test_a_profile_from_a_faster_clock(given: Vm, host: Host) -> None:
    """Events are of cycles, not of time: twice the clock and twice the rates are the same profile."""
    row = plain.WORKLOADS[given.workload]
    faster = {name: float(row[name]) * 2 for name in ("clock_mhz", *RATES) if name != "idle_tick_ps"}
    catalog = standard().overlaid({"workloads": {given.workload: faster}})
    assert one(given, host, catalog) == pytest.approx(one(given, host), rel=1e-9, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(VMS, min_size=1, max_size=4), st.lists(HOSTS, min_size=1, max_size=3), st.data())
def test_work_is_what_the_guest_side_was_charged_for(vms: list[Vm], hosts: list[Host], data: st.DataObject) -> None:
    """A reading is work and what is added on virtual CPUs; from it the work is found again, on any host."""
    catalog = standard()
    found = law(estate(vms, catalog), kinds(hosts, catalog), catalog)
    kind = np.array(data.draw(st.lists(st.integers(0, len(hosts) - 1), min_size=len(vms), max_size=len(vms))), np.int32)
    work = np.array([[each.work_mhz, each.work_mhz / 2] for each in vms])
    charge = found.charge(work)
    readings = of(charge.work_mhz + charge.guest_mhz, kind)
    assert found.work(readings, kind) == pytest.approx(work, rel=1e-9, abs=1e-6)


def test_work_is_never_negative() -> None:
    """A reading below what idle ticks alone would take is no work, not less than none."""
    catalog = rounded(idle_tick_ps=1000)
    found = law(estate([vm()], catalog), kinds([SKYLAKE], catalog), catalog)
    assert found.work(np.array([[50.0, 99.0, 150.0]]), np.array([0]))[0].tolist() == [0.0, 0.0, pytest.approx(50.0)]


def test_charge_by_parts_of_the_day() -> None:
    """Work of 1,000 and 2,000 MHz: 10 and 20 MHz of hypercalls, in the same shape."""
    catalog = rounded(hypercall_ps=10_000)
    found = law(estate([vm()], catalog), kinds([SKYLAKE, NEHALEM], catalog), catalog)
    charge = found.charge(np.array([[1000.0, 2000.0]]))
    assert charge.guest_mhz == pytest.approx(np.array([[[10.0, 20.0]], [[20.0, 40.0]]]))
    assert charge.cpu_mhz == pytest.approx(np.array([[[1010.0, 2020.0]], [[1020.0, 2040.0]]]))
    assert charge.added_mhz == pytest.approx(charge.guest_mhz + charge.host_mhz)


def test_scale() -> None:
    """Work that takes half the cycles on a kind of host has as many events there: 10,000 hypercalls are 10 MHz."""
    catalog = rounded(hypercall_ps=10_000)
    found = law(estate([vm()], catalog), kinds([SKYLAKE], catalog), catalog)
    charge = found.charge(np.array([[1000.0]]), np.array([[0.5]]))
    assert (charge.work_mhz[0, 0, 0], charge.guest_mhz[0, 0, 0]) == pytest.approx((500.0, 10.0))


def test_only_vms_that_count_are_charged() -> None:
    """One of two VMs is off: it takes neither CPU nor memory."""
    found = charged([vm(), vm()], [SKYLAKE], rounded(hypercall_ps=10_000)).of(np.array([1.0, 0.0]))
    assert found.cpu_mhz[0, :, 0].tolist() == pytest.approx([1010.0, 0.0])
    assert found.memory_mib[0].tolist() == pytest.approx([118.0, 0.0])


def test_of_picks_the_kind_of_each_vm() -> None:
    """Two kinds and three VMs; one on no host counts as on the first kind."""
    values: Floats = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert of(values, np.array([1, 0, NOWHERE])).tolist() == [4.0, 2.0, 3.0]


def test_no_vms() -> None:
    """No VMs are charged nothing, in the right shape."""
    found = charged([], [SKYLAKE, NEHALEM])
    assert found.cpu_mhz.shape == (2, 0, 1)
    assert found.memory_mib.shape == (2, 0)


def test_more_workloads_than_fit_a_byte() -> None:
    """An overlay may bring hundreds of workloads: each VM is charged by its own."""
    count = 400
    names = [f"mine-{row}" for row in range(count)]
    rows: dict[str, Any] = {name: {"clock_mhz": 1000, "hypercall_ps": row} for row, name in enumerate(names)}
    catalog = rounded().overlaid({"workloads": rows})
    found = charged([vm(name) for name in names], [SKYLAKE], catalog)
    assert found.guest_mhz[0, :, 0] == pytest.approx(np.arange(count) * 1000 / 1e6)


def test_kinds_are_rows() -> None:
    """The same VM on two kinds that are the same costs the same."""
    catalog = standard()
    same = Kinds(np.array([3, 3]), np.array([5, 5]))
    found = law(estate([vm("oltp")], catalog), same, catalog)
    assert found.guest_share[0].tolist() == found.guest_share[1].tolist()
