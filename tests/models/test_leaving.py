"""Hosts that are to be drained, decommissioned or bought, in a simulation."""

import numpy as np

from models.decisions import Decision, Watch
from models.failures import Failures
from models.life import Life
from solvers.policies.consolidation import Consolidation
from solvers.policies.emptying import Emptying, emptying
from solvers.policies.nothing import DoNothing
from solvers.policies.standby import Standby
from tests.models.simulated import at, datacenter, inventory, moves, run
from tests.solvers.policies.views import seen


def test_no_vm_enters_a_host_that_is_to_be_emptied() -> None:
    """A policy that asks for it is refused, and a VM that waits goes to the other host, though that is fuller."""
    estate = inventory([0, -1], hosts=2, host_lifecycle=["serves", "drain"], host_power_state=["on", "on"])
    model = run(datacenter(estate, [[100.0, 100.0]], at({300.0: moves((0, 1))})), 2)
    assert model.state.host.tolist() == [0, 0]
    assert model.refused == 1


def test_an_empty_host_to_be_decommissioned_goes_off_and_stays_off() -> None:
    """Host 1 is off after its shutdown of 50 s, and neither a policy's boot nor a lack of room switches it on."""
    estate = inventory([0, -1], hosts=2, host_lifecycle=["serves", "decommission"], vcpus=[10, 10])
    model = datacenter(estate, [[900.0, 900.0]], Consolidation(power=Standby(margin=1.0)), watch=Watch(upper=1.0))
    run(model, 3)
    assert model.unplaced == 1
    assert model.state.life.tolist() == [Life.ON, Life.OFF]
    assert model.state.meters.boots.tolist() == [0, 0]


def test_a_drained_host_may_stay_on() -> None:
    """Host 1 is empty and to be drained: nobody switches it off."""
    estate = inventory([0], hosts=2, host_lifecycle=["serves", "drain"])
    assert run(datacenter(estate, [[100.0]]), 3).state.life.tolist() == [Life.ON, Life.ON]


def test_decommissioned_with_a_vm_stays_on_until_it_is_gone() -> None:
    """The VM of host 1 leaves at 300 s in a migration; a step later the host is off."""
    estate = inventory([0, 1], hosts=2, host_lifecycle=["serves", "decommission"])
    model = datacenter(estate, [[100.0, 100.0]], at({300.0: moves((1, 0))}))
    assert run(model, 1).state.on.tolist() == [True, True]
    assert run(model, 2).state.life.tolist() == [Life.ON, Life.OFF]


def test_a_failed_host_to_be_decommissioned_is_not_booted_again() -> None:
    """Both hosts fail again and again; the one that is to go is repaired and stays off."""
    estate = inventory([0, 1], hosts=2, host_lifecycle=["serves", "decommission"])
    model = datacenter(estate, [[100.0, 100.0]], failures=Failures(0.2, 0.05, 10.0))
    run(model, 24)
    assert model.state.meters.failures > 2
    assert model.state.life[1] == Life.OFF
    assert model.state.meters.boots[1] == 0


def test_a_host_on_offer_is_booted_by_a_plan_alone() -> None:
    """A VM that finds no room gets no host that nobody bought; the plan that boots it at 300 s buys it."""
    estate = inventory([0, -1], hosts=2, host_lifecycle=["serves", "candidate"], host_power_state=["on", "off"])
    crowded = [[900.0, 900.0]]
    kept = datacenter(estate, crowded, watch=Watch(upper=1.0))
    assert not run(kept, 3).had[1]
    assert kept.state.host.tolist() == [0, -1]
    bought = datacenter(estate, crowded, watch=Watch(upper=1.0), planned=[(300.0, moves(boot=(1,)))])
    run(bought, 4)
    assert bought.had.all()
    assert bought.state.host.tolist() == [0, 1]


def test_a_plan_may_go_by_way_of_a_host_that_is_to_be_emptied() -> None:
    """What a plan orders is not refused: the VM is on host 1 after the first move, which is to be drained."""
    estate = inventory([0], hosts=2, host_lifecycle=["serves", "drain"])
    model = datacenter(estate, [[100.0]], planned=[(100.0, moves((0, 1)))])
    assert run(model, 1).state.host.tolist() == [1]


def test_a_vm_waits_for_the_plan_that_places_it() -> None:
    """VM 1 waits until the plan puts it on host 1 at 700 s, though host 0 has room at once; VM 2 does not wait."""
    estate = inventory([0, -1, -1], hosts=2)
    model = datacenter(estate, [[100.0] * 3], planned=[(700.0, moves((1, 1)))])
    assert run(model, 2).state.host.tolist() == [0, -1, 0]
    assert (model.unplaced, model.awaited.tolist()) == (1, [False, True, False])
    assert run(model, 1).state.host.tolist() == [0, 1, 0]
    assert (model.unplaced, model.awaited.tolist()) == (0, [False] * 3)


def test_who_finds_no_room_when_the_plan_comes_waits_no_longer() -> None:
    """Host 1 is off when the plan would put the VM there; it is served like any other then."""
    estate = inventory([0, -1], hosts=2, host_power_state=["on", "off"])
    model = datacenter(estate, [[100.0, 100.0]], planned=[(100.0, moves((1, 1)))])
    assert run(model, 2).state.host.tolist() == [0, 0]


def test_emptied_as_far_as_there_is_room() -> None:
    """Hosts of 1,000 MHz are filled to 900: of VMs of 500 and 300 MHz on host 0, one of 500 goes beside 300."""
    view = seen([0, 0, 1], [500.0, 300.0, 300.0], hosts=2, open=[False, True])
    found = Emptying(np.array([0]))(view)
    assert (found.vms.tolist(), found.hosts.tolist()) == ([0], [1])


def test_another_host_is_booted_for_what_finds_no_room() -> None:
    """Host 1 is full, so that host 2, which is asleep, is booted for the VM of host 0."""
    view = seen([0, 1], [500.0, 800.0], hosts=3, open=[False, True, False], asleep=[False, False, True])
    found = Emptying(np.array([0]))(view)
    assert found.vms.tolist() == []
    assert found.boot.tolist() == [2]


def test_policies_that_empty_hosts() -> None:
    """One that consolidates has hosts emptied before it; one that does nothing has not, nor has one without such."""
    rows = np.array([1])
    assert isinstance(emptying(Consolidation(), rows), Emptying)
    assert emptying(DoNothing(), rows) is None
    assert emptying(Consolidation(), rows[:0]) is None


def test_emptied_in_a_simulation() -> None:
    """Host 1 of three is to be decommissioned: its VM goes to another, and it is off, whatever the policy decides."""
    estate = inventory([0, 1, 2], hosts=3, host_lifecycle=["serves", "decommission", "serves"])
    model = datacenter(estate, [[100.0] * 3], lambda _: Decision(), first=Emptying(np.array([1])))
    run(model, 3)
    assert model.state.host[1] != 1
    assert model.state.life.tolist() == [Life.ON, Life.OFF, Life.ON]
