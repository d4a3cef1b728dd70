from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.charging import Technique, billing
from models.datacenter import Datacenter, transfer_s
from models.decisions import Decision, Policy, View, Watch
from models.inventory import Hosts, Inventory, Vms
from tests.models.overheads import rounded

OPEN = Watch(upper=1e9, lower=0.0)
"""No agent ever calls, and CPU is never a reason to refuse."""


def inventory(homes: list[int], *, hosts: int = 2, memory_mib: float = 1024.0, **columns: object) -> Inventory:
    """Hosts of 1000 MHz and 8 GiB that draw 100 to 200 W, and VMs of 1 GiB; boot 100 s, shutdown 50 s."""
    names = [f"host-{row}" for row in range(hosts)]
    machines = Hosts.of(
        host=names,
        cores=[1] * hosts,
        cpu_mhz=[1000.0] * hosts,
        memory_mib=[8192.0] * hosts,
        idle_w=[100.0] * hosts,
        peak_w=[200.0] * hosts,
        boot_s=[100.0] * hosts,
        shutdown_s=[50.0] * hosts,
        power_state=columns.pop("power_state", ["on"] * hosts),  # type: ignore[arg-type]
        cluster=columns.pop("cluster", [""] * hosts),  # type: ignore[arg-type]
    )
    size = len(homes)
    guests = {
        "vm": [f"vm-{row}" for row in range(size)],
        "host": [names[row] for row in homes],
        "vcpus": [1] * size,
        "memory_mib": [memory_mib] * size,
    }
    return Inventory(machines, Vms.of(**(guests | columns)))  # type: ignore[arg-type]


def at(time_s: float, decision: Decision) -> Policy:
    """Return a policy that decides once."""
    return lambda view: decision if view.time_s == time_s else Decision()


def moves(*pairs: tuple[int, int]) -> Decision:
    """Return the decision to migrate VMs to hosts."""
    vms, hosts = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    return Decision(vms=vms, hosts=hosts, reasons=("asked for",) * len(pairs))


def run(model: Datacenter, steps: int) -> Datacenter:
    """Return the datacenter some steps later."""
    for _ in range(steps):
        model.step()
    return model


def test_energy_of_a_constant_load() -> None:
    """Half load draws 150 W and no load 100 W: 250 W for an hour are 0.25 kWh."""
    model = run(Datacenter(inventory([0]), np.array([[500.0]]), policy=at(-1, Decision()), watch=OPEN), 12)
    assert model.time_s == 3600
    assert model.meters.energy_kwh == pytest.approx(0.25)
    assert model.timeline.columns["power_w"].tolist() == pytest.approx([250.0] * 12)


def test_overload_is_counted_and_shared() -> None:
    """Two VMs ask for 900 MHz each of a host of 1000: 800 of 1800 MHz are not served, on one of two hosts."""
    model = run(Datacenter(inventory([0, 0]), np.array([[900.0, 900.0]]), policy=at(-1, Decision()), watch=OPEN), 2)
    assert model.served_mhz.tolist() == pytest.approx([500.0, 500.0])
    assert model.timeline.columns["cpu_unserved_mhz"].tolist() == pytest.approx([800.0, 800.0])
    assert model.meters.overload_share == 0.5


def test_a_migration_lands_between_two_ticks() -> None:
    """
    A VM at full load leaves for the other host and lands after T = 1024 MiB / (10 Gbit/s × 8/9) = 0.966 s.

    Until then it holds memory at both ends and loads the host it leaves; the energy is the same before and after.
    """
    model = Datacenter(inventory([0]), np.array([[1000.0]]), policy=at(0, moves((0, 1))), watch=OPEN)
    seen: list[list[float]] = []
    model.policy = _watching(model.policy, lambda: seen.append(model.held_mib.tolist()))
    run(model, 2)
    duration = transfer_s(1024, 10_000)
    assert duration == pytest.approx(1024 * 8.388608 / (10_000 * 0.8889))
    assert model.migrations.columns["end_s"].tolist() == [duration]
    assert model.meters.energy_j.tolist() == pytest.approx(
        [200 * duration + 100 * (600 - duration), 100 * duration + 200 * (600 - duration)]
    )
    assert seen == [[1024.0, 0.0], [0.0, 1024.0]]


def _watching(policy: Policy, look: Callable[[], None]) -> Policy:
    def looking(view: View) -> Decision:
        look()
        return policy(view)

    return looking


def test_both_ends_hold_memory_during_a_copy() -> None:
    """
    Three VMs of 4 GiB on hosts of 8 GiB: host 0 is full until VM 0 has landed on host 1.

    So VM 2 may not take its place at 0 s, but at 300 s.
    """
    swap, again = moves((0, 1), (2, 0)), moves((2, 0))
    policy = lambda view: {0.0: swap, 300.0: again}.get(view.time_s, Decision())  # noqa: E731
    model = Datacenter(inventory([0, 0, 1], memory_mib=4096.0), np.ones((1, 3)), policy=policy, watch=OPEN)
    run(model, 1)
    assert (model.host.tolist(), model.refused) == ([1, 0, 1], 1)
    run(model, 1)
    assert (model.host.tolist(), model.refused) == ([1, 0, 0], 1)


def test_a_drained_host_is_switched_off_at_its_own_time() -> None:
    """The VM lands after T; the host then stops within 50 s at its idle draw, and draws nothing afterwards."""
    decision = Decision(**(vars(moves((0, 1))) | {"drain": np.array([0], np.int32)}))
    model = run(Datacenter(inventory([0]), np.zeros((1, 1)), policy=at(0, decision), watch=OPEN), 1)
    landed = transfer_s(1024, 10_000)
    assert model.meters.on_s[0] == pytest.approx(landed)
    assert model.meters.energy_j[0] == pytest.approx(100 * (landed + 50))
    assert model.shutdowns == 1


def test_a_host_that_keeps_a_vm_is_not_switched_off() -> None:
    """A pinned VM refuses to leave, so that its host opens again."""
    decision = Decision(**(vars(moves((0, 1))) | {"drain": np.array([0], np.int32)}))
    model = run(Datacenter(inventory([0], pinned=[True]), np.ones((1, 1)), policy=at(0, decision), watch=OPEN), 1)
    assert (model.refused, model.shutdowns) == (1, 0)
    assert model.open.tolist() == [True, True]


def test_a_booted_host_takes_vms_once_it_is_up() -> None:
    """A host booted at 0 s is up at 100 s, at its idle draw from the start: at 0 s it refuses, at 300 s it admits."""
    estate = inventory([0], power_state=["on", "off"])
    boot = Decision(**(vars(moves((0, 1))) | {"boot": np.array([1], np.int32)}))
    policy = lambda view: {0.0: boot, 300.0: moves((0, 1))}.get(view.time_s, Decision())  # noqa: E731
    model = run(Datacenter(estate, np.zeros((1, 1)), policy=policy, watch=OPEN), 2)
    assert model.refused == 1
    assert model.host.tolist() == [1]
    assert model.meters.on_s[1] == pytest.approx(500)
    assert model.meters.energy_j[1] == pytest.approx(100 * 600)


def test_no_vm_leaves_its_cluster() -> None:
    """The agent of a host in another cluster refuses, unless clusters are to be crossed."""
    estate = inventory([0], cluster=["east", "west"])
    for across, home in ((False, 0), (True, 1)):
        watch = Watch(upper=1e9, lower=0.0, across_clusters=across)
        model = Datacenter(estate, np.ones((1, 1)), policy=at(0, moves((0, 1))), watch=watch)
        assert run(model, 1).host.tolist() == [home]


def test_agents_call_when_their_host_is_out_of_band() -> None:
    """Loads of 90, 50 and 10 % of hosts watched between 30 and 80 %: the first and the last call."""
    calls: list[tuple[list[int], list[int]]] = []

    def listening(view: View) -> Decision:
        calls.append((view.overloaded.tolist(), view.underloaded.tolist()))
        return Decision()

    estate = inventory([0, 1, 2], hosts=3)
    run(Datacenter(estate, np.array([[900.0, 500.0, 100.0]]), policy=listening, watch=Watch()), 1)
    assert calls == [([0], [2])]


def test_an_underloaded_host_rests_after_a_migration() -> None:
    """A host that a VM enters at 0 s does not call at 300 s, within its cooldown of 400 s, but at 600 s."""
    calls: list[list[int]] = []

    def listening(view: View) -> Decision:
        calls.append(sorted(view.underloaded.tolist()))
        return moves((0, 1)) if view.time_s == 0 else Decision()

    watch = Watch(lower=0.5, cooldown_s=400)
    run(Datacenter(inventory([0]), np.array([[100.0]]), policy=listening, watch=watch), 3)
    assert calls == [[0, 1], [], [0, 1]]


def test_a_policy_cannot_write_to_the_datacenter() -> None:
    """A view's arrays are read-only."""
    model = Datacenter(inventory([0]), np.ones((1, 1)), policy=at(-1, Decision()))
    with pytest.raises(ValueError, match="read-only"):
        model.view().host[0] = 1
    model.host[0] = 1


STEPS, VMS, HOSTS = 3, 5, 3
SCRIPT = st.lists(
    st.lists(st.tuples(st.integers(0, VMS - 1), st.integers(0, HOSTS - 1)), max_size=4), min_size=STEPS, max_size=STEPS
)
DEMAND = st.lists(st.lists(st.integers(0, 600), min_size=VMS, max_size=VMS), min_size=STEPS, max_size=STEPS)
HOMES = st.lists(st.integers(0, HOSTS - 1), min_size=VMS, max_size=VMS)


@settings(max_examples=60, deadline=None)
@given(HOMES, DEMAND, SCRIPT, st.floats(1.0, 200_000.0))
def test_equals_a_reckoning_vm_by_vm(
    homes: list[int], demand: list[list[int]], script: list[list[tuple[int, int]]], memory_mib: float
) -> None:
    """Energy and unserved CPU are those that loops over intervals, hosts and VMs find; no VM is lost."""
    estate = inventory(homes, hosts=HOSTS, memory_mib=memory_mib)
    policy = lambda view: moves(*script[int(view.time_s // 300)]) if script[int(view.time_s // 300)] else Decision()  # noqa: E731
    watch = Watch(upper=1e9, lower=0.0, memory=1e9)
    model = run(Datacenter(estate, np.array(demand, np.float64), policy=policy, watch=watch), STEPS)
    columns = model.migrations.columns
    made = list(zip(*(columns[name].tolist() for name in ("vm", "destination", "end_s")), strict=True))
    energy, unserved = reckoned(homes, demand, made)
    assert model.meters.energy_j.sum() == pytest.approx(energy)
    found = (model.meters.asked_mhz_s - model.meters.used_mhz_s).sum()
    assert found == pytest.approx(unserved, abs=1e-3)
    assert (model.host != NOWHERE).all()


def reckoned(homes: list[int], demand: list[list[int]], made: list[tuple[int, int, float]]) -> tuple[float, float]:
    """Return energy in J and unserved CPU in MHz s, from the homes and from when each VM landed where."""
    cuts = sorted({300.0 * tick for tick in range(STEPS + 1)} | {end for _, _, end in made if end < 300.0 * STEPS})
    energy = unserved = 0.0
    for begin, end in pairwise(cuts):
        places = list(homes)
        for vm, destination, landed in sorted(made, key=lambda move: move[2]):
            if landed <= begin:
                places[vm] = destination
        for host in range(HOSTS):
            asked = sum(demand[int(begin // 300)][vm] for vm in range(VMS) if places[vm] == host)
            energy += (100 + 100 * min(asked / 1000, 1)) * (end - begin)
            unserved += max(asked - 1000, 0) * (end - begin)
    return energy, unserved


def charged(
    homes: list[int], readings: list[float], *, policy: Policy | None = None, native: bool = False, **profile: float
) -> Datacenter:
    """
    Return a datacenter of a Skylake and a Nehalem of 1,000 MHz each, on which VMs are charged by the laws.

    An exit costs 1,000 cycles on Skylake and 2,000 on Nehalem; 10,000 hypercalls in 1,000 MHz are 10 and 20 MHz.
    """
    given = inventory(homes)
    hosts = Hosts.of(**(vars(given.hosts) | {"microarchitecture": ["skylake-sp", "nehalem"]}))
    estate = Inventory(hosts, given.vms)
    technique = Technique(
        rounded(**{"hypercall_ps": 10_000, **profile}), workload="mine", readings="native" if native else "virtual"
    )
    bill = billing(estate, technique)
    return Datacenter(
        bill.inventory, np.array([readings]), policy=policy or at(-1, Decision()), billing=bill, watch=OPEN
    )


def test_without_a_bill_the_reading_is_the_demand() -> None:
    """Nothing is added, to CPU or memory."""
    model = run(Datacenter(inventory([0]), np.array([[500.0]]), policy=at(-1, Decision()), watch=OPEN), 1)
    assert (model.demand_mhz[0], model.work_mhz[0], model.memory_mib[0]) == (500.0, 500.0, 1024.0)
    assert model.timeline.columns["overhead_mhz"].tolist() == [0.0]


def test_what_virtualization_adds() -> None:
    """
    505 MHz read in a VM on Skylake are 500 of work and 5 of exits; 500 on native machines come to the same.

    On Nehalem the same work takes 10 MHz more.
    """
    for native, readings in ((False, [505.0, 510.0]), (True, [500.0, 500.0])):
        model = run(charged([0, 1], readings, native=native), 1)
        assert model.demand_mhz.tolist() == pytest.approx([505.0, 510.0])
        assert model.work_mhz.tolist() == pytest.approx([500.0, 500.0])
        assert model.timeline.columns["overhead_mhz"].tolist() == pytest.approx([15.0])
        assert model.asked_mhz.tolist() == pytest.approx([505.0, 510.0])


def test_a_vm_is_charged_by_the_host_that_it_has_landed_on() -> None:
    """505 MHz on Skylake become 510 once the VM has landed on Nehalem."""
    model = run(charged([0], [505.0], policy=at(0, moves((0, 1)))), 2)
    assert model.demand_mhz.tolist() == pytest.approx([510.0])
    assert model.asked_mhz.tolist() == pytest.approx([0.0, 510.0])
    assert model.timeline.columns["overhead_mhz"].tolist()[-1] == pytest.approx(10.0)


def test_threads_of_the_host_are_asked_for() -> None:
    """1,000 halts in 1,000 MHz: 9.5 MHz on the virtual CPU are in the reading, 9 on the host come on top."""
    model = run(charged([0], [1009.5], hypercall_ps=0, halt_wake_ps=1000), 1)
    assert model.demand_mhz[0] == pytest.approx(1018.5)
    assert model.timeline.columns["cpu_unserved_mhz"].tolist() == pytest.approx([18.5])


def test_memory_of_the_hypervisor() -> None:
    """A VM of 1,024 MiB takes 10.24 + 100 + 8 more, also while it moves."""
    model = charged([0], [0.0])
    assert model.held_mib.tolist() == pytest.approx([1142.24, 0.0])


def test_a_migration_sends_no_memory_of_the_hypervisor() -> None:
    """The other host's hypervisor makes its own: of 1,142.24 MiB held, the VM's 1,024 are sent."""
    model = run(charged([0], [0.0], policy=at(0, moves((0, 1)))), 1)
    assert model.held_mib.tolist() == pytest.approx([0.0, 1142.24])
    assert model.migrations.columns["end_s"].tolist() == pytest.approx([transfer_s(1024, 10_000)])


def test_vms_that_are_off_are_charged_nothing() -> None:
    """Neither idle ticks nor memory."""
    given = inventory([0])
    off = Inventory(given.hosts, Vms.of(**(vars(given.vms) | {"power_state": ["off"]})))
    bill = billing(off, Technique(rounded(idle_tick_ps=10), workload="mine"))
    model = Datacenter(off, np.array([[500.0]]), policy=at(-1, Decision()), billing=bill, watch=OPEN)
    assert (model.demand_mhz.tolist(), model.memory_mib.tolist()) == ([0.0], [0.0])


def test_vms_on_no_host_are_charged_nothing() -> None:
    """What is on no host runs nowhere: it adds nothing to the overhead of the hosts."""
    model = charged([0, 0], [505.0, 505.0])
    given = model.inventory
    away = Datacenter(
        given, np.array([[505.0, 505.0]]), policy=at(-1, Decision()),
        billing=billing(given, Technique(rounded(hypercall_ps=10_000), workload="mine")), watch=OPEN,
        host=np.array([0, NOWHERE], np.int32),
    )  # fmt: skip
    assert run(away, 1).timeline.columns["overhead_mhz"].tolist() == pytest.approx([5.0])
    assert away.asked_mhz.tolist() == pytest.approx([505.0, 0.0])
