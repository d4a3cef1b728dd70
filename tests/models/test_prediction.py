"""Predictions for one workload: inputs and their names, every quantity by hand, and all that is wrong told at once."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InputError
from models.prediction import predict
from models.quantities import ALIASES, INPUTS, METRICS
from models.technology import EVENTS, Catalog, standard
from tests.models.overheads import rounded

ROUND = rounded()


def told(workload: str = "mine", catalog: Catalog = ROUND, **inputs: Any) -> dict[str, float]:
    """Return a prediction by the catalog of round numbers: an exit takes 1,000 cycles on a Skylake of 1,000 MHz."""
    return dict(predict(workload, catalog=catalog, **inputs))


def wrong(**inputs: Any) -> dict[str, str]:
    """Return what is wrong with inputs, by name."""
    with pytest.raises(InputError) as caught:
        predict(**inputs)
    return {finding.column: finding.message for finding in caught.value.findings}


def test_nothing_given() -> None:
    """A workload that does nothing is as fast as natively."""
    found = predict()
    assert found["slowdown"] == found["cpu_ratio"] == found["throughput_ratio"] == 1.0
    assert found["added_cpu_per_vm"] == 0.0


def test_one_event() -> None:
    """A hypercall is 1,000 cycles more than its native 500: 1 us at 1,000 MHz, 3 us with the 2 it takes natively."""
    found = told("hypercall", native_cycles=500, native_us=2)
    assert [found[name] for name in ("extra_cycles", "cycles", "extra_us", "event_us")] == [1000, 1500, 1, 3]


def test_numbers_of_an_event_given() -> None:
    """Two exits of 300 in hardware, 200 in software and the barriers' 100 are 1,200; at 2.4 GHz half a us."""
    found = told("hypercall", exits=2, rt_hw=300, s_sw=200, f_hz=2.4e9)
    assert (found["extra_cycles"], found["extra_us"]) == pytest.approx((1200, 0.5))


def test_the_cost_of_an_exit_given() -> None:
    """It stands in place of the catalog's."""
    assert told("exit", cost_per_exit=777)["extra_cycles"] == 777


def test_rates() -> None:
    """100,000 hypercalls of 1,000 cycles are a tenth of 1,000 MHz; of two cores, a twentieth."""
    assert told(hypercall_ps=100_000)["slowdown"] == pytest.approx(1.1)
    assert told(hypercall_ps=100_000, cores=2)["slowdown"] == pytest.approx(1.05)


def test_a_rate_given_replaces_that_of_the_profile() -> None:
    """Of 100,000 in the profile none are left; others stay."""
    catalog = rounded(hypercall_ps=100_000, control_sensitive_ps=50_000)
    assert told(catalog=catalog)["slowdown"] == pytest.approx(1.15)
    assert told(catalog=catalog, hypercall_ps=0)["slowdown"] == pytest.approx(1.05)


def test_a_profile_is_of_its_clock() -> None:
    """Twice the clock does twice the work with twice the events: the same slowdown."""
    catalog = rounded(hypercall_ps=100_000)
    assert told(catalog=catalog, f_hz=2e9)["slowdown"] == pytest.approx(1.1)


def test_exits_that_were_counted() -> None:
    """100,000 exits of 2,000 cycles are a fifth of the VM's time: 1 / 0.8 = 1.25, in place of events and I/O."""
    found = told(exits_ps=100_000, cost_per_exit=2000, hypercall_ps=99_999, tx_ps=99_999)
    assert found["slowdown"] == pytest.approx(1.25)


def test_interrupts_that_were_counted() -> None:
    """50,000 interrupts of two exits each are the same."""
    assert told(irq_ps=50_000, exits_per_irq=2, cost_per_exit=2000)["slowdown"] == pytest.approx(1.25)


def test_threads_of_the_host() -> None:
    """
    10,000 requests take 43 MHz on the virtual CPU and 100 on the host: 1.043 and 1.143, of which 100 / 1,143 there.

    Throughput is that of shared cores, unless the threads have others.
    """
    found = told(io_ps=10_000)
    assert (found["slowdown"], found["slowdown_shared"]) == pytest.approx((1.043, 1.143))
    assert found["host_share"] == pytest.approx(100 / 1143)
    assert found["added_cpu_per_vm"] == pytest.approx(14.3)
    assert found["throughput_ratio"] == pytest.approx(1 / 1.143)
    assert told(io_ps=10_000, shared_cores=0)["throughput_ratio"] == pytest.approx(1 / 1.043)


def test_packets() -> None:
    """10,000 packets, half of them sent: 5,000 of 300 and 5,000 of 400 are 3.5 MHz; on the host 20."""
    found = told(packets_ps=10_000)
    assert (found["slowdown"], found["slowdown_shared"]) == pytest.approx((1.0035, 1.0235))


def test_run_time() -> None:
    """Ten seconds, and 100,000 page faults under shadow paging, of 2 × (500 + 100) + 2,223 = 3,423 cycles: 0.3423 s."""
    found = told(technology="shadow-paging", native_s=10, iters=1000, page_fault_per_iter=100)
    assert found["runtime"] == pytest.approx(10.3423)


def test_fork_and_exec_together() -> None:
    """One rate stands for both: 10 of 211,200 + 571,200 cycles are 7.824 MHz."""
    assert told(technology="para-virtual", fork_exec_ps=10)["slowdown"] == pytest.approx(1.007824)


def test_network_throughput() -> None:
    """
    Sent packets of 1,000 bytes take 2,000 natively, 300 in the guest and 1,000 on the host: 3,300 in all.

    At 1,000 MHz 2,424 Mbit/s; of the native 4,000 that is 2,000 / 3,300. A line of 1,000 limits both.
    """
    found = told(packet_bytes=1000)
    assert found["throughput"] == pytest.approx(8e12 / 3300 / 1e6)
    assert found["throughput_ratio"] == pytest.approx(2000 / 3300)
    assert found["pathlength_ratio"] == pytest.approx(3300 / 2000)
    limited = told(packet_bytes=1000, line_mbps=1000)
    assert (limited["throughput"], limited["throughput_ratio"]) == (1000, 1)


def test_received_packets() -> None:
    """They take 4,000, 400 and 3,000; of a native path of 8,000 given, 11,400 / 8,000."""
    assert told(direction="rx")["pathlength_ratio"] == pytest.approx(7400 / 4000)
    assert told(direction="rx", native_packet_cycles=8000)["pathlength_ratio"] == pytest.approx(11_400 / 8000)


def test_latency() -> None:
    """By virtio 30 us are added, by two wake-ups 7 each."""
    found = told(halt_wake_per_transaction=2)
    assert (found["latency_delta"], found["latency_added"]) == (14, 44)


def test_disk() -> None:
    """A request of 49 us to which virtio-blk adds 49 is half as often; on virtio-blk it takes 14,300 cycles."""
    assert told(device_us=49)["iops_ratio"] == 0.5
    assert told(disk_path="virtio-blk", against_disk_path="pvscsi")["cpio_ratio"] == pytest.approx(
        14_300 / (500 + 20_000 + 2 * told("ipi")["extra_cycles"])
    )
    assert "cpio_ratio" not in told(against_disk_path="native")


def test_a_device_of_gpus() -> None:
    """10 GB/s by remoting are 9.85."""
    found = told(technology="gpu-remoting", native_gbs=10)
    assert (found["throughput"], found["throughput_ratio"]) == pytest.approx((9.85, 0.985))


def test_page_walks() -> None:
    """
    A fifth in walks, of 24 references for 4, of whose further ones a tenth costs time: 1.5 times as long.

    1.1 times the time, of which 0.3 / 1.1 are walks, 0.3 / 0.8 of the time without any.
    """
    found = told(walk_share=0.2, kappa=0.1)
    assert found["slowdown"] == pytest.approx(1.1)
    assert found["walk_time_share_vm"] == pytest.approx(0.3 / 1.1)
    assert found["walk_overhead_vs_ideal"] == pytest.approx(0.375)
    assert told(walk_overhead=0.25, kappa=0.1) == pytest.approx(found)
    assert told(walk_share=0.2, kappa=0.1, g=4, h=4) == pytest.approx(found)


@pytest.mark.parametrize(("size", "levels", "references"), [("4k", 4, 24), ("2m", 3, 15), ("1g", 2, 8)])
def test_page_sizes(size: str, levels: int, references: int) -> None:
    """A page size says the levels of both."""
    found = told(page_size=size, walk_share=0.1)
    assert found["walk_references"] == references
    assert told(g=levels, h=levels, walk_share=0.1) == found


def test_an_idle_guest() -> None:
    """0.15 % and 100 ticks of 100 us; polling always adds 0.15, dynamic polling 0.05."""
    for polling, more in (("off", 0), ("always", 0.15), ("dynamic", 0.05)):
        assert told(tick_hz=100, halt_poll=polling)["host_c0_share"] == pytest.approx(1.15 + more)
    assert told(base_percent=0)["host_c0_share"] == 0


def test_memory() -> None:
    """1,000 MiB × 0.01 + 100 + 2 × 8 + one graphics device of 16."""
    assert told(memory_mib=1000, vcpus=2, graphics=1)["memory_overhead"] == 142


def test_several_virtual_cpus() -> None:
    """Of work of which half scales, two virtual CPUs do 1 / 0.75 times as much."""
    assert told(vcpus=2, parallel_share=0.5)["parallel_speedup"] == pytest.approx(4 / 3)


def test_ready_time() -> None:
    """One core's ready share is its utilization; it takes both to tell."""
    assert told(pcpus=1, utilization=0.3)["ready_share"] == pytest.approx(0.3)
    assert "ready_share" not in told(pcpus=1)


def test_speed_over_another_technology() -> None:
    """100,000 hypercalls cost a tenth here and nothing in a container: 1 / 1.1, and 1.1 the other way round."""
    assert told(hypercall_ps=100_000, against="container")["speedup"] == pytest.approx(1 / 1.1)
    found = told(hypercall_ps=100_000, technology="container", against="hardware-assisted")
    assert found["speedup"] == pytest.approx(1.1)
    assert "speedup" not in told(hypercall_ps=100_000)


def test_speed_over_another_path() -> None:
    """100,000 packets sent take 30 MHz on virtio and none by SR-IOV: 1.03, and the same of a path of the disk."""
    found = told(tx_ps=100_000, net_path="sr-iov", against_net_path="virtio")
    assert found["speedup"] == pytest.approx(1.03)
    assert told(io_ps=10_000, disk_path="nvme-direct", against_disk_path="virtio-blk")["speedup"] == pytest.approx(
        1.043
    )


def test_parameters_may_be_given() -> None:
    """Every parameter of the catalog is an input: a pollution of 0 makes an exit 1,000 cycles, not 1,500."""
    assert told("exit")["extra_cycles"] == 1500
    assert told("exit", pollution_cycles=0)["extra_cycles"] == 1000


def test_the_catalog_stays_as_it_is() -> None:
    """What is given to one prediction is not there in the next."""
    before = predict("oltp")
    predict("oltp", walk_share=0.9, rt_hw=1, s_sw=1, pollution_cycles=0)
    assert predict("oltp") == before


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_aliases(alias: str) -> None:
    """Another name of an input is that input."""
    name = ALIASES[alias]
    base: dict[str, Any] = {"memory_mib": 100, "packet_bytes": 100, "native_s": 1, "iters": 1}
    base.pop(name, None)
    value: dict[str, Any] = {alias: 0.5 if name == "walk_share" else 3}
    assert told("oltp", **base, **value) == told("oltp", **base, **{name: value[alias]})


def test_an_input_by_two_names() -> None:
    """It is given twice, whatever the values are."""
    assert wrong(f_hz=1e9, clock_hz=1e9) == {"clock_hz": "Is f_hz, which is given twice."}


def test_everything_that_is_wrong_at_once() -> None:
    """Unknown inputs, wrong types and signs, zeros that are divided by, and unknown words; each by its name."""
    found = wrong(
        speed=1, colour="red", io_ps="many", tx_ps=-1, cores=0, pcpus=0.5, page_size="3m", direction="up",
        halt_poll="maybe", rx_ps=5, kappa=float("nan"), utilization=None, g=[4],
    )  # fmt: skip
    assert set(found) == {
        "speed", "colour", "io_ps", "tx_ps", "cores", "pcpus", "page_size", "direction", "halt_poll", "kappa",
        "utilization", "g",
    }  # fmt: skip
    for name in ("speed", "colour"):
        assert found[name].startswith("Is unknown. Known are syscall_ps, ")
    for name in ("io_ps", "tx_ps", "kappa", "utilization", "g"):
        assert found[name] == "Expected a number, 0 or more."
    assert found["cores"] == "Expected a number above 0."
    assert found["pcpus"] == "Expected the cores of a host, 1 to 100,000."
    assert found["page_size"] == "Is unknown. Known are 4k, 2m, 1g."
    assert found["direction"] == "Is unknown. Known are tx, rx."
    assert found["halt_poll"] == "Is unknown. Known are off, always, dynamic."


@pytest.mark.parametrize(
    ("given", "kind", "known"),
    [
        ({"workload": "magic"}, "workload", "none, general, "),
        ({"technology": "magic"}, "technology", "native, interpreter, "),
        ({"microarchitecture": "magic"}, "microarchitecture", "p4-xeon, prescott, "),
        ({"net_path": "magic"}, "network path", "native, bridge, "),
        ({"disk_path": "magic"}, "disk path", "native, ide, "),
        ({"against": "magic"}, "technology", "native, interpreter, "),
        ({"against_net_path": "magic"}, "network path", "native, bridge, "),
        ({"against_disk_path": "magic"}, "disk path", "native, ide, "),
    ],
)
def test_unknown_names_list_the_known(given: dict[str, Any], kind: str, known: str) -> None:
    """A name that the catalog does not have is told with those that it has."""
    with pytest.raises(InputError, match=f"The {kind} 'magic' is unknown; known are {known}"):
        predict(**given)


def test_a_provider() -> None:
    """KVM is hardware assistance."""
    assert predict("oltp", "KVM") == predict("oltp", "hardware-assisted")


def test_names_do_not_collide() -> None:
    """No alias is an input of its own, and leads to one; no event is a profile too."""
    assert not set(ALIASES) & {*INPUTS, *standard().parameters}
    assert set(ALIASES.values()) <= {*INPUTS, *standard().parameters}
    assert not set(EVENTS) & set(standard().workloads.keys)


WORDS: dict[str, tuple[str, ...]] = {
    "page_size": ("4k", "2m", "1g"),
    "direction": ("tx", "rx"),
    "halt_poll": ("off", "always", "dynamic"),
    **{name: standard().net_paths.keys for name in ("net_path", "against_net_path")},
    **{name: standard().disk_paths.keys for name in ("disk_path", "against_disk_path")},
    "against": standard().technologies.keys,
}
VALUES = st.one_of(
    st.sampled_from([0, 1, 0.5, 1e-300, 1e17]),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.none(),
    st.text(max_size=3),
)


@st.composite
def anything(draw: st.DrawFn) -> dict[str, Any]:
    """Return inputs that are mostly known, with values that might be right."""
    names = st.sampled_from([*INPUTS, *ALIASES, *standard().parameters, "nonsense"])
    chosen = draw(st.lists(names, unique=True, max_size=6))
    return {name: draw(st.sampled_from(WORDS[name]) if name in WORDS else VALUES) for name in chosen}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*standard().workloads.keys, *EVENTS, ""]),
    st.sampled_from(standard().technologies.keys),
    st.sampled_from(standard().microarchitectures.keys),
    anything(),
)
def test_any_input_is_a_prediction_or_an_input_error(
    workload: str, technology: str, processor: str, inputs: dict[str, Any]
) -> None:
    """Whatever is given, either it is told what is wrong, or every quantity is known, a number and 0 or more."""
    try:
        found = predict(workload, technology, processor, **inputs)
    except InputError:
        return
    assert set(found) <= set(METRICS)
    assert all(math.isfinite(value) and value >= 0 for value in found.values())


def test_a_native_rate_bounds_the_native_path() -> None:
    """
    3,760 Mbit/s of 1,500 bytes at 3.06 GHz leave 9,766 cycles a packet, less than the catalog's 15,947.

    Through Domain 0 it is 3.5 times that, and the little of a batch: 2.5 × 9,766 + 150 of copying + 500 / 16.
    """
    found = predict("none", "para-virtual", "p4-xeon", native_mbps=3760, packet_bytes=1500, f_hz=3.06e9)
    native = 3.06e9 * 12_000 / 3.76e9
    assert found["throughput"] == pytest.approx(3.06e9 / (3.5 * native + 150 + 500 / 16) * 12_000 / 1e6)


def test_kappa_that_is_given_counts_for_large_pages_too() -> None:
    """Natively half the time in walks of 3 references; of 12 more, 30 % cost: ratio 2.2, so 2.2 / 3.2 of the time."""
    found = predict("none", "hardware-assisted", "haswell", walk_share=0.5, kappa=0.3, g=3, h=3)
    assert found["walk_time_share_vm"] == pytest.approx(2.2 / 3.2)
