"""The datacenter at its ticks: demand, calls, decisions, and what VMs are charged."""

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models import acts
from models.arrays import NOWHERE
from models.charging import Technique, billing
from models.datacenter import Datacenter
from models.decisions import Decision, Policy, View, Watch
from models.inventory import Hosts, Inventory, Vms
from tests.models.overheads import rounded
from tests.models.simulated import at, datacenter, inventory, migration_s, moves, run


def test_energy_of_a_constant_load() -> None:
    """Half load draws 150 W and no load 100 W: 250 W for an hour are 0.25 kWh."""
    model = run(datacenter(inventory([0]), [[500.0]]), 12)
    assert model.time_s == 3600
    assert model.state.meters.energy_kwh == pytest.approx(0.25)
    assert model.journal.timeline.columns["power_w"].tolist() == pytest.approx([250.0] * 12)


def test_overload_is_counted_and_shared() -> None:
    """Two VMs ask for 900 MHz each of a host of 1000: 800 of 1800 MHz are not served, on one of two hosts."""
    model = run(datacenter(inventory([0, 0]), [[900.0, 900.0]]), 2)
    assert model.state.served_mhz.tolist() == pytest.approx([500.0, 500.0])
    assert model.journal.timeline.columns["cpu_unserved_mhz"].tolist() == pytest.approx([800.0, 800.0])
    assert model.state.meters.overload_share() == 0.5
    assert model.state.meters.unserved_share == pytest.approx(800 / 1800)


def test_demand_is_read_at_every_tick() -> None:
    """200 and 400 MHz in two steps are 120 and 140 W, and then the readings begin again."""
    model = run(datacenter(inventory([0], hosts=1), [[200.0], [400.0]]), 3)
    assert model.journal.timeline.columns["power_w"].tolist() == pytest.approx([120.0, 140.0, 120.0])


def test_a_migration_lands_between_two_ticks() -> None:
    """
    A VM at full load leaves and lands after T = 1 s + 0.04 s + 0.04 s + 1024 MiB / (10 Gbit/s × 8/9) = 2.05 s.

    Until then a core of 100 MHz at each end sends and receives, so that host 0 stays full and host 1 draws 110 W; the
    VM holds memory at both ends.
    """
    seen: list[list[float]] = []
    model = datacenter(inventory([0]), [[1000.0]])
    model.policy = _watching(at({0.0: moves((0, 1))}), lambda: seen.append(model.held_mib.tolist()))
    run(model, 2)
    landed = migration_s()
    assert landed == pytest.approx(1.08 + 1024 * 8.388608 / 8889)
    assert model.journal.moves.columns["end_s"].tolist() == pytest.approx([landed])
    assert model.state.meters.energy_j.tolist() == pytest.approx(
        [200 * landed + 100 * (600 - landed), 110 * landed + 200 * (600 - landed)]
    )
    assert seen == [[1024.0, 0.0], [0.0, 1024.0]]


def test_hosts_whose_streams_a_landing_makes_faster_are_followed() -> None:
    """
    Two VMs leave host 0 over a link of 1 Mbit/s; when the one of 1 MiB has landed, the other one sends twice as fast.

    Then a whole core of host 2 receives it, not half a one, which counts before the next tick.
    """
    taken: list[list[float]] = []
    model = datacenter(
        inventory([0, 0], hosts=3, memory_mib=[1.0, 1024.0], host_migration_mbps=[1.0] * 3), [[1.0, 1.0]]
    )
    model.policy = at({0.0: moves((0, 1), (1, 2))})
    model.step()
    taken.append(model.cpu_mhz.tolist())
    acts.drain(model, everywhere=True)
    taken.append(model.cpu_mhz.tolist())
    assert model.state.host.tolist() == [1, 0]
    assert taken[0] == pytest.approx(taken[1])


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
    script = {0.0: moves((0, 1), (2, 0)), 300.0: moves((2, 0))}
    estate = inventory([0, 0, 1], memory_mib=[4096.0] * 3)
    model = run(datacenter(estate, [[1.0] * 3], at(script), watch=Watch(upper=1e9, lower=0.0)), 1)
    assert (model.state.host.tolist(), model.refused) == ([1, 0, 1], 1)
    run(model, 1)
    assert (model.state.host.tolist(), model.refused) == ([1, 0, 0], 1)


def test_an_agent_refuses_what_its_host_has_no_cpu_for() -> None:
    """A host with 500 of 800 MHz taken takes 300 MHz, but not 400."""
    for demand, home in ((300.0, 1), (400.0, 0)):
        watch = Watch(upper=0.8, lower=0.0)
        model = run(datacenter(inventory([0, 1]), [[demand, 500.0]], at({0.0: moves((0, 1))}), watch=watch), 1)
        assert model.state.host[0] == home


def test_a_vm_that_is_asked_twice_leaves_once() -> None:
    """Of two moves of one VM in a decision the first counts, and the second takes no room at its target."""
    script = {0.0: moves((0, 1), (0, 2), (1, 2))}
    watch = Watch(upper=0.8, lower=0.0)
    model = run(datacenter(inventory([0, 0], hosts=3), [[500.0, 500.0]], at(script), watch=watch), 1)
    assert (model.state.host.tolist(), model.refused) == ([1, 2], 1)


def test_no_vm_leaves_its_cluster() -> None:
    """The agent of a host in another cluster refuses, unless clusters are to be crossed."""
    estate = inventory([0], host_cluster=["east", "west"])
    for across, home in ((False, 0), (True, 1)):
        watch = Watch(upper=1e9, lower=0.0, across_clusters=across)
        model = datacenter(estate, [[1.0]], at({0.0: moves((0, 1))}), watch=watch)
        assert run(model, 1).state.host.tolist() == [home]


def test_agents_call_when_their_host_is_out_of_band() -> None:
    """Loads of 90, 50 and 10 % of hosts watched between 30 and 80 %: the first and the last call."""
    calls: list[tuple[list[int], list[int]]] = []

    def listening(view: View) -> Decision:
        calls.append((view.overloaded.tolist(), view.underloaded.tolist()))
        return Decision()

    run(datacenter(inventory([0, 1, 2], hosts=3), [[900.0, 500.0, 100.0]], listening, watch=Watch()), 1)
    assert calls == [([0], [2])]


def test_an_underloaded_host_rests_after_a_migration() -> None:
    """A host that a VM enters at 2 s does not call at 300 s, within its cooldown of 400 s, but at 600 s."""
    calls: list[list[int]] = []

    def listening(view: View) -> Decision:
        calls.append(sorted(view.underloaded.tolist()))
        return moves((0, 1)) if view.time_s == 0 else Decision()

    watch = Watch(lower=0.5, cooldown_s=400)
    run(datacenter(inventory([0, 1]), [[100.0, 100.0]], listening, watch=watch), 3)
    assert calls[1] == []
    assert 1 in calls[2]


def test_a_policy_cannot_write_to_the_datacenter() -> None:
    """A view's arrays are read-only."""
    model = datacenter(inventory([0]), [[1.0]])
    with pytest.raises(ValueError, match="read-only"):
        model.view().host[0] = 1
    model.state.host[0] = 1


def test_policies_see_the_last_readings() -> None:
    """Of readings of 1, 2 and 3 MHz a policy that looks back at two sees 3 and 2, the newest first."""
    seen: list[list[list[float]]] = []

    def looking(view: View) -> Decision:
        seen.append(view.history_mhz.tolist())
        return Decision()

    run(datacenter(inventory([0]), [[1.0], [2.0], [3.0]], looking, samples=2), 3)
    assert seen == [[[1.0]], [[2.0], [1.0]], [[3.0], [2.0]]]


def test_a_host_that_running_vms_are_on_is_on() -> None:
    """Of two hosts that the inventory calls off, the one with a VM is on; a VM that is off keeps none on."""
    estate = inventory([0, 1], power_state=["on", "off"], host_power_state=["off", "off"])
    model = run(datacenter(estate, [[100.0, 100.0]]), 1)
    assert model.state.on.tolist() == [True, False]
    assert model.state.meters.energy_j.tolist() == pytest.approx([110 * 300, 0])


def charged(homes: list[int], readings: list[float], policy: Policy | None = None, **profile: float) -> Datacenter:
    """
    Return a datacenter of a Skylake and a Nehalem of 1,000 MHz each, on which VMs are charged by the laws.

    An exit costs 1,000 cycles on Skylake and 2,000 on Nehalem; 10,000 hypercalls in 1,000 MHz are 10 and 20 MHz.
    """
    estate = machines(homes)
    bill = billing(estate, Technique(rounded(**{"hypercall_ps": 10_000, **profile}), workload="mine"))
    return datacenter(bill.inventory, [readings], policy, billing=bill)


def machines(homes: list[int]) -> Inventory:
    """Return a Skylake and a Nehalem of one core, and VMs of one virtual CPU."""
    given = inventory(homes, vcpus=[1] * len(homes), host_cores=[1, 1], host_cpu_mhz=[1000.0, 1000.0])
    hosts = Hosts.of(**(vars(given.hosts) | {"microarchitecture": ["skylake-sp", "nehalem"]}))
    return Inventory(hosts, given.vms)


def test_without_a_bill_the_reading_is_the_demand() -> None:
    """Nothing is added, to CPU or memory."""
    model = run(datacenter(inventory([0]), [[500.0]]), 1)
    state = model.state
    assert (state.demand_mhz[0], state.work_mhz[0], state.memory_mib[0]) == (500.0, 500.0, 1024.0)
    assert model.journal.timeline.columns["overhead_mhz"].tolist() == [0.0]


def test_what_virtualization_adds() -> None:
    """505 MHz read in a VM on Skylake are 500 of work and 5 of exits; on Nehalem 510 are 500 and 10."""
    model = run(charged([0, 1], [505.0, 510.0]), 1)
    assert model.state.demand_mhz.tolist() == pytest.approx([505.0, 510.0])
    assert model.state.work_mhz.tolist() == pytest.approx([500.0, 500.0])
    assert model.journal.timeline.columns["overhead_mhz"].tolist() == pytest.approx([15.0])
    assert model.state.asked_mhz.tolist() == pytest.approx([505.0, 510.0])


def test_native_readings_are_charged_as_well() -> None:
    """500 MHz read on native machines come to 505 on Skylake and 510 on Nehalem."""
    estate = machines([0, 1])
    bill = billing(estate, Technique(rounded(hypercall_ps=10_000), workload="mine", readings="native"))
    model = run(datacenter(bill.inventory, [[500.0, 500.0]], billing=bill), 1)
    assert model.state.demand_mhz.tolist() == pytest.approx([505.0, 510.0])


def test_a_vm_is_charged_by_the_host_that_it_has_landed_on() -> None:
    """505 MHz on Skylake become 510 once the VM has landed on Nehalem."""
    model = run(charged([0], [505.0], at({0.0: moves((0, 1))})), 2)
    assert model.state.demand_mhz.tolist() == pytest.approx([510.0])
    assert model.state.asked_mhz.tolist() == pytest.approx([0.0, 510.0])
    assert model.journal.timeline.columns["overhead_mhz"].tolist()[-1] == pytest.approx(10.0)


def test_threads_of_the_host_are_asked_for() -> None:
    """1,000 halts in 1,000 MHz: 9.5 MHz on the virtual CPU are in the reading, 9 on the host come on top."""
    model = run(charged([0], [1009.5], hypercall_ps=0, halt_wake_ps=1000), 1)
    assert model.state.demand_mhz[0] == pytest.approx(1018.5)
    assert model.journal.timeline.columns["cpu_unserved_mhz"].tolist() == pytest.approx([18.5])


def test_memory_of_the_hypervisor() -> None:
    """A VM of 1,024 MiB takes 10.24 + 100 + 8 more, but its migration does not send them."""
    model = charged([0], [0.0], at({0.0: moves((0, 1))}))
    assert model.held_mib.tolist() == pytest.approx([1142.24, 0.0])
    run(model, 1)
    assert model.held_mib.tolist() == pytest.approx([0.0, 1142.24])
    assert model.journal.moves.columns["end_s"].tolist() == pytest.approx([migration_s()])


def test_vms_that_are_off_are_charged_nothing() -> None:
    """Neither idle ticks nor memory."""
    given = machines([0])
    off = Inventory(given.hosts, Vms.of(**(vars(given.vms) | {"power_state": ["off"]})))
    bill = billing(off, Technique(rounded(idle_tick_ps=10), workload="mine"))
    model = datacenter(off, [[500.0]], billing=bill)
    assert (model.state.demand_mhz.tolist(), model.state.memory_mib.tolist()) == ([0.0], [0.0])


def test_vms_on_no_host_are_charged_nothing() -> None:
    """What fits nowhere runs nowhere: it adds nothing to the overhead of the hosts, and lacks all that it asks for."""
    estate = machines([0, 0])
    bill = billing(estate, Technique(rounded(hypercall_ps=10_000), workload="mine"))
    away = datacenter(
        bill.inventory, [[505.0, 505.0]], billing=bill, watch=replace(Watch(lower=0.0), memory=0.2),
        host=np.array([0, NOWHERE], np.int32), on=np.array([True, False]),
    )  # fmt: skip
    run(away, 1)
    assert away.journal.timeline.columns["overhead_mhz"].tolist() == pytest.approx([5.0])
    assert away.state.asked_mhz.tolist() == pytest.approx([505.0, 0.0])
    assert away.state.meters.vm_unplaced_s.tolist() == pytest.approx([0.0, 300.0])


def test_a_finished_datacenter_is_let_go() -> None:
    """Nothing keeps it alive, so that a study of many runs does not fill memory."""
    model = run(datacenter(inventory([0]), [[500.0]]), 1)
    model.finish()
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None
