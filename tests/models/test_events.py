"""What happens between two ticks: landings, hosts that boot, stop, fail and are repaired, VMs that come and go."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.agenda import Event
from models.arrays import NOWHERE
from models.decisions import Decision, Watch
from models.failures import Failures
from models.life import Life
from tests.models.simulated import at, datacenter, inventory, migration_s, moves, run


def test_a_drained_host_is_switched_off_at_its_own_time() -> None:
    """
    The VM lands after T; its host then stops within 50 s at its idle draw, and draws nothing afterwards.

    While it sends it draws 10 W more for a core of ten.
    """
    model = run(datacenter(inventory([0]), [[0.0]], at({0.0: moves((0, 1), drain=(0,))})), 1)
    assert model.state.meters.on_s[0] == pytest.approx(migration_s())
    assert model.state.meters.energy_j[0] == pytest.approx(110 * migration_s() + 100 * 50)
    assert (model.state.meters.shutdowns.tolist(), model.state.life[0]) == ([1, 0], Life.OFF)


def test_a_host_that_keeps_a_vm_is_not_switched_off() -> None:
    """A pinned VM refuses to leave, so that its host opens again."""
    script = {0.0: moves((0, 1), drain=(0,))}
    model = run(datacenter(inventory([0], pinned=[True]), [[1.0]], at(script)), 1)
    assert (model.refused, model.state.meters.shutdowns.sum()) == (1, 0)
    assert model.open.tolist() == [True, True]


def test_a_booted_host_takes_vms_once_it_is_up() -> None:
    """A host booted at 0 s is up at 100 s, at its idle draw from the start: at 0 s it refuses, at 300 s it admits."""
    script = {0.0: moves((0, 1), boot=(1,)), 300.0: moves((0, 1))}
    estate = inventory([0], host_power_state=["on", "off"])
    model = run(datacenter(estate, [[0.0]], at(script)), 2)
    assert (model.refused, model.state.host.tolist()) == (1, [1])
    assert model.state.meters.on_s[1] == pytest.approx(500)
    assert model.state.meters.energy_j[1] == pytest.approx(100 * 600 + 10 * migration_s())
    assert model.state.meters.boots.tolist() == [0, 1]


def test_a_host_that_is_off_draws_nothing() -> None:
    """Nor does it offer any CPU."""
    model = run(datacenter(inventory([0], host_power_state=["on", "off"]), [[0.0]]), 1)
    assert (model.state.meters.energy_j[1], model.state.meters.offered_mhz_s[1]) == (0.0, 0.0)


def test_two_migrations_over_one_link_take_twice_as_long() -> None:
    """Two VMs leave host 0 for different hosts: the time to send, 0.97 s, is doubled, the other 1.08 s are not."""
    script = {0.0: moves((0, 1), (1, 2))}
    model = run(datacenter(inventory([0, 0], hosts=3), [[0.0, 0.0]], at(script)), 1)
    sending = migration_s() - 1.08
    assert model.journal.moves.columns["end_s"].tolist() == pytest.approx([1.08 + 2 * sending] * 2)


def test_a_link_that_becomes_free_speeds_up_the_others() -> None:
    """
    Of two VMs of 1 and 50 GiB the small one takes half of the link until it has landed, at t = 1.08 + 2 s = 3.01 s.

    By then the large one has sent half of what it could have; the rest takes as long as over a free link.
    """
    script = {0.0: moves((0, 1), (1, 2))}
    estate = inventory([0, 0], hosts=3, memory_mib=[1024.0, 51_200.0])
    model = run(datacenter(estate, [[0.0, 0.0]], at(script)), 1)
    landed = 1.08 + 2 * (migration_s() - 1.08)
    assert model.journal.moves.columns["end_s"].tolist() == pytest.approx([landed, migration_s(51_200) + landed / 2])


def test_both_ends_work_for_a_migration() -> None:
    """For T = 2.05 s a core of 100 MHz is in use at both ends, and the VM is served a tenth less of its 200 MHz."""
    model = run(datacenter(inventory([0]), [[200.0]], at({0.0: moves((0, 1))})), 1)
    meters, landed = model.state.meters, migration_s()
    assert meters.used_mhz_s.tolist() == pytest.approx([300 * landed, 100 * landed + 200 * (300 - landed)])
    pause = 0.04
    assert meters.vm_migration_loss_mhz_s[0] == pytest.approx(20 * landed + 180 * pause)
    assert meters.vm_served_mhz_s[0] == pytest.approx(200 * 300 - 20 * landed - 180 * pause)


def test_migrations_that_end_at_once_pause_at_the_rates_before() -> None:
    """
    VMs that ask for 950 and 50 MHz leave host 0, at half of its 1 Gbit/s each: T = 1.08 + 19.33 s for both.

    Two streams of 500 Mbit/s take 2 x 5 of its 1,000 MHz, so that each VM is served 0.99 of what it asks for, less a
    tenth: 846.45 and 44.55 MHz. Neither is served more at the end for the other's sake, though a third migration,
    which uses the link of host 2 until 3.23 s, leaves their ends a rounding error apart.
    """
    estate = inventory([0, 0, 2], hosts=4, memory_mib=[1024.0, 1024.0, 64.0],
                       host_migration_mbps=[1000.0, 10_000.0, 1000.0, 10_000.0])  # fmt: skip
    script = {0.0: moves((0, 2), (1, 3), (2, 1))}
    model = run(datacenter(estate, [[950.0, 50.0, 0.0]], at(script)), 1)
    lasts, pause, served = migration_s(1024.0, 500.0), 0.04, np.array([846.45, 44.55])
    lost = (np.array([950.0, 50.0]) - served) * lasts + served * pause
    assert model.state.meters.vm_migration_loss_mhz_s[:2].tolist() == pytest.approx(lost.tolist())


def test_the_pause_at_the_end_is_charged() -> None:
    """
    A VM that writes 2,000 MiB/s is stopped with a tenth of its memory left to send: 102.4 of 1,024 MiB.

    At 1,059.65 MiB/s that takes 0.097 s, and 0.04 s to resume.
    """
    model = run(datacenter(inventory([0], dirty_mib_s=[2000.0]), [[200.0]], at({0.0: moves((0, 1))})), 1)
    pause = 102.4 * 8.388608 / 8889 + 0.04
    assert model.state.meters.vm_down_s[0] == pytest.approx(pause)
    assert model.journal.moves.columns["downtime_s"].tolist() == pytest.approx([pause])
    assert model.state.meters.transferred_mib == pytest.approx(1024 + 102.4)


def test_vms_of_a_failed_host_run_elsewhere_after_a_while() -> None:
    """Host 0 fails at 50 s and draws nothing from then on; its VM is on none for 120 s, and restarts on host 1."""
    model = datacenter(inventory([0]), [[200.0]], failures=Failures(repair_h=1e6))
    model.agenda.enter(50.0, Event.FAILS, 0)
    run(model, 1)
    meters = model.state.meters
    assert model.state.host.tolist() == [1]
    assert (meters.failures, meters.vm_restarts[0], model.failed) == (1, 1, 1)
    assert meters.vm_unplaced_s[0] == pytest.approx(120)
    assert meters.vm_served_mhz_s[0] == pytest.approx(200 * 180)
    assert meters.vm_asked_mhz_s[0] == pytest.approx(200 * 300)
    assert meters.energy_j.tolist() == pytest.approx([120 * 50, 100 * 170 + 120 * 130])
    assert meters.failed_s.tolist() == pytest.approx([250, 0])


def test_a_restart_is_not_brought_forward_by_a_tick() -> None:
    """A host fails at 299 s: its VM waits until 419 s, though there is a tick at 300 s."""
    model = datacenter(inventory([0]), [[200.0]], failures=Failures(repair_h=1e6))
    model.agenda.enter(299.0, Event.FAILS, 0)
    run(model, 2)
    assert model.state.meters.vm_unplaced_s[0] == pytest.approx(120)
    assert model.state.meters.vm_restarts[0] == 1


def test_a_restart_without_room_is_tried_again() -> None:
    """Without another host, the VM waits until its own is repaired and has booted: at 50 + 100 s, seen at 300 s."""
    model = datacenter(inventory([0], hosts=1), [[200.0]], failures=Failures(repair_h=0.0, restart_s=10.0))
    model.agenda.enter(50.0, Event.FAILS, 0)
    run(model, 2)
    assert model.state.host.tolist() == [0]
    assert model.state.meters.vm_unplaced_s[0] == pytest.approx(250)


@pytest.mark.parametrize(("failing", "home"), [(1, 0), (0, 2)])
def test_migrations_of_a_failed_host_are_given_up(failing: int, home: int) -> None:
    """The target fails and the VM stays; the source fails and the VM is restarted on the host with most to spare."""
    estate = inventory([0, 1], hosts=3)
    script = {0.0: moves((0, 1))}
    model = datacenter(estate, [[200.0, 300.0]], at(script), failures=Failures(repair_h=1e6, restart_s=10.0))
    model.agenda.enter(1.0, Event.FAILS, failing)
    run(model, 1)
    assert (model.state.host[0], len(model.flights), len(model.journal.moves)) == (home, 0, 0)
    assert model.state.memory_mib.sum() == model.held_mib.sum()


def test_a_repaired_host_boots() -> None:
    """Host 1 fails at 50 s, is repaired at once and boots in 100 s: it is on for 50 and from 150 s on."""
    model = datacenter(inventory([0]), [[0.0]], failures=Failures(repair_h=0.0))
    model.agenda.enter(50.0, Event.FAILS, 1)
    run(model, 1)
    assert model.state.meters.on_s[1] == pytest.approx(200)
    assert model.state.meters.energy_j[1] == pytest.approx(100 * 300)
    assert model.state.life[1] == Life.ON


def test_failures_come_as_often_as_told() -> None:
    """Of 50 hosts that fail once in 10 h for 0 h, some 500 do in 100 h: six standard deviations are 134."""
    estate = inventory([0], hosts=50, host_boot_s=[0.0] * 50)
    model = run(datacenter(estate, [[1.0]], failures=Failures(between_h=10.0, repair_h=0.0)), 1200)
    assert abs(model.state.meters.failures - 500) < 134


def test_vms_arrive_and_leave_at_their_own_times() -> None:
    """A VM arrives at 100 s on the fullest host and leaves at 400 s: 200 MHz for 300 s, and 20 W."""
    estate = inventory([-1, 1])
    arrive_s, leave_s = np.array([100.0, 0.0]), np.array([400.0, np.inf])
    model = run(datacenter(estate, [[200.0, 300.0]], arrive_s=arrive_s, leave_s=leave_s), 1)
    assert (model.state.host.tolist(), int(model.state.running.sum())) == ([1, 1], 2)
    run(model, 1)
    assert (model.state.host.tolist(), int(model.state.running.sum())) == ([NOWHERE, 1], 1)
    meters = model.state.meters
    assert meters.vm_served_mhz_s.tolist() == pytest.approx([200 * 300, 300 * 600])
    assert meters.vm_running_s.tolist() == pytest.approx([300, 600])
    assert meters.energy_j.tolist() == pytest.approx([100 * 600, 130 * 600 + 20 * 300])


def test_a_vm_that_leaves_takes_its_copy_along() -> None:
    """A VM leaves at 1 s while it migrates: nothing lands, and neither host holds its memory any more."""
    leave_s = np.array([1.0])
    model = run(datacenter(inventory([0]), [[200.0]], at({0.0: moves((0, 1))}), leave_s=leave_s), 1)
    assert (len(model.flights), len(model.journal.moves), model.held_mib.tolist()) == (0, 0, [0.0, 0.0])
    assert model.state.meters.used_mhz_s.tolist() == pytest.approx([300, 100])


def test_a_vm_without_room_does_not_keep_others_waiting() -> None:
    """VM 0 fits on no host; VM 1, which arrives while there is no room either, is placed once there is."""
    estate = inventory([-1, -1, 0], hosts=1, memory_mib=[9000.0, 4096.0, 5000.0])
    arrive_s, leave_s = np.array([0.0, 100.0, 0.0]), np.array([np.inf, np.inf, 200.0])
    model = datacenter(estate, [[1.0] * 3], watch=Watch(lower=0.0), arrive_s=arrive_s, leave_s=leave_s)
    assert run(model, 2).state.host.tolist() == [NOWHERE, 0, NOWHERE]


def test_a_vm_is_not_put_on_a_host_that_is_not_on() -> None:
    """VM 0, which is too large to be placed by its manager, is put on host 1 neither while that is off nor by force."""
    estate = inventory([-1, 0], memory_mib=[9000.0, 1024.0], host_power_state=["on", "off"])
    for options in ({"policy": at({0.0: moves((0, 1))})}, {"planned": [(0.0, moves((0, 1)))]}):
        model = run(datacenter(estate, [[1.0, 1.0]], watch=Watch(lower=0.0), **options), 1)
        assert (model.state.host.tolist(), model.refused) == ([NOWHERE, 0], 1)


def test_a_plan_is_carried_out_at_its_times() -> None:
    """What is planned for 100 s is done then, whatever agents say: the VM lands T later."""
    model = run(datacenter(inventory([0]), [[0.0]], planned=[(100.0, moves((0, 1)))]), 1)
    assert model.journal.moves.columns["end_s"].tolist() == pytest.approx([100 + migration_s()])


STEPS, VMS, HOSTS = 3, 5, 3
DECISION = st.builds(
    lambda pairs, boot, drain: moves(*pairs, boot=tuple(boot), drain=tuple(drain)),
    st.lists(st.tuples(st.integers(0, VMS - 1), st.integers(0, HOSTS - 1)), max_size=4),
    st.lists(st.integers(0, HOSTS - 1), max_size=1),
    st.lists(st.integers(0, HOSTS - 1), max_size=1),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, HOSTS - 1), min_size=VMS, max_size=VMS),
    st.lists(DECISION, min_size=STEPS, max_size=STEPS),
    st.lists(st.tuples(st.floats(0.1, 900), st.integers(0, HOSTS - 1)), max_size=2),
)
def test_nothing_is_lost(homes: list[int], script: list[Decision], fails: list[tuple[float, int]]) -> None:
    """
    Whatever is decided and fails, every VM is on a host that is on or waits for one; sums over hosts are those told.

    Energy is that of the timeline, CPU served is no more than was used, and waiting and served time make up the whole.
    """
    policy = at({300.0 * tick: decision for tick, decision in enumerate(script)})
    model = datacenter(inventory(homes, hosts=HOSTS), [[170.0] * VMS], policy, failures=Failures(repair_h=0.1))
    for time_s, host in fails:
        model.agenda.enter(time_s, Event.FAILS, host)
    run(model, STEPS)
    state, meters = model.state, model.state.meters
    placed = state.host != NOWHERE
    assert np.isin(state.life[state.host[placed]], [Life.ON]).all()
    assert meters.energy_kwh == pytest.approx(model.journal.timeline.columns["energy_kwh"][-1])
    assert meters.vm_running_s.tolist() == pytest.approx([300 * STEPS] * VMS)
    assert meters.vm_asked_mhz_s.tolist() == pytest.approx([170 * 300 * STEPS] * VMS)
    assert meters.vm_served_mhz_s.sum() <= meters.used_mhz_s.sum() * (1 + 1e-12)
    assert (meters.vm_served_mhz_s <= meters.vm_asked_mhz_s - 170 * meters.vm_unplaced_s + 1e-6).all()
    assert meters.arrivals.sum() == meters.departures.sum() == meters.vm_migrations.sum()
