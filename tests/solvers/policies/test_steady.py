from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import Floats
from models.datacenter import Datacenter
from models.decisions import Decision, View, Watch
from models.errors import InputError
from models.inventory import Hosts, Inventory, Vms
from models.laws.sharing import summed
from models.signals import Held
from solvers.kernels.steady import planned
from solvers.policies.steady import Steady, filled_first
from tests.solvers.policies import steady_plain
from tests.solvers.policies.steady_plain import Guest, Machine, Plan

SURE: dict[str, Any] = {
    "margin": 0, "calm": 0, "alarm": 0, "half_life": np.inf, "doubt": 0.0, "doubt_spread": 1e-9, "held": 0,
}  # fmt: skip
"""No margins, and means are those of the history."""


def view(homes: list[int], history: list[list[float]], *, hosts: int = 3, **columns: object) -> View:
    """Hosts of 1,000 MHz and 8 GiB that draw 100 W when empty and 200 W at most; VMs of 1,000 MHz and 1 GiB."""
    host, asked = np.array(homes, np.int32), np.array(history, np.float64)
    vms = len(homes)
    default = View(
        time_s=0.0,
        step_s=300.0,
        host=host,
        demand_mhz=asked[0],
        size_mhz=np.full(vms, 1000.0),
        memory_mib=np.full(vms, 1024.0),
        running=np.ones(vms, np.bool_),
        movable=np.ones(vms, np.bool_),
        order=np.arange(vms, dtype=np.int32),
        capacity_mhz=np.full(hosts, 1000.0),
        core_mhz=np.full(hosts, 1000.0),
        cpu_mhz=summed(asked[0], host, hosts),
        used_mhz=np.zeros(hosts),
        cpu_limit_mhz=np.full(hosts, 1000.0),
        held_mib=summed(np.full(vms, 1024.0), host, hosts),
        memory_limit_mib=np.full(hosts, 8192.0),
        curve_w=np.tile(np.linspace(100, 200, 11), (hosts, 1)),
        open=np.ones(hosts, np.bool_),
        asleep=np.zeros(hosts, np.bool_),
        booting=np.zeros(hosts, np.bool_),
        rested_s=np.zeros(hosts),
        boot_s=np.zeros(hosts),
        migration_mbps=np.full(hosts, 1000.0),
        boundary=np.zeros(hosts, np.int32),
        home=np.zeros(vms, np.int32),
        history_mhz=asked,
        overloaded=np.zeros(0, np.int32),
        underloaded=np.zeros(0, np.int32),
    )
    return replace(default, **columns)  # type: ignore[arg-type]


def answered(policy: Steady, seen: View) -> Decision:
    """Let the hosts' agents call as the policy says, and return what it decides."""
    over, under = policy.over(seen), policy.under(seen)
    calls = {"overloaded": np.flatnonzero(over), "underloaded": np.flatnonzero(under & ~over)}
    called: dict[str, Any] = {name: rows.astype(np.int32) for name, rows in calls.items()}
    return policy(replace(seen, **called))


def pairs(decision: Decision) -> list[tuple[int, int]]:
    """Return the moves as (vm, host)."""
    return list(zip(decision.vms.tolist(), decision.hosts.tolist(), strict=True))


def test_a_peak_is_not_followed() -> None:
    """A host is asked for 1,050 of 1,000 MHz now, but for 600 on average: nothing moves."""
    seen = view([0, 0, 1], [[550, 500, 100], [150, 100, 100], [200, 300, 100]])
    assert seen.cpu_mhz[0] == 1050
    assert pairs(answered(Steady(move_j=1e9, **SURE), seen)) == []


def test_relief_moves_the_cheapest_vm_that_is_enough() -> None:
    """Of 1,100 MHz in VMs of 50, 300 and 750, 100 are too much; to move 300 is enough, and cheaper than 750."""
    seen = view([0, 0, 0, 1], [[50, 300, 750, 100]])
    decision = answered(Steady(**SURE), seen)
    assert pairs(decision) == [(1, 1)]
    assert decision.reasons == ("its host is expected to be short of CPU",)


def test_margins_are_of_the_sum() -> None:
    """
    Two VMs ask for 300 ± 100 MHz each, so for 600 ± 141: a third of 150 fits with one deviation, not with two.

    The variance is of two samples, 200² / 2 = 20,000 divided by one less than two; what is unknown of the mean makes
    it half as much again, 30,000 each: 600 + 150 + √60,000 = 995, and with two deviations 1,240.
    """
    seen = view([0, 0, 1], [[200, 400, 150], [400, 200, 150]], hosts=2)
    assert pairs(answered(Steady(**SURE | {"margin": 1}), seen)) == [(2, 0)]
    assert pairs(answered(Steady(**SURE | {"margin": 2}), seen)) == []


def test_what_a_vm_has_held_is_expected() -> None:
    """100 MHz in ten samples and 900 in the last two are 233 on average; if two samples count as held, 900."""
    history = [[900.0, 300.0]] * 2 + [[100.0, 300.0]] * 10
    seen = view([0, 0], history)
    assert not Steady(**SURE).over(seen).any()
    assert Steady(**SURE | {"held": 2}).over(seen).tolist() == [True, False, False]


def test_a_host_is_emptied_if_that_pays() -> None:
    """An idle host draws 100 W, 360 kJ an hour: one move at 300 kJ pays, two do not, nor does one at 400 kJ."""
    seen = view([0, 0, 1], [[100, 50, 700]])
    assert pairs(answered(Steady(move_j=150e3, busy_w=0, **SURE), seen)) == [(2, 0)]
    assert pairs(answered(Steady(move_j=300e3, busy_w=0, **SURE), seen)) == [(2, 0)]
    assert pairs(answered(Steady(move_j=400e3, busy_w=0, **SURE), seen)) == []


def test_moves_of_busy_vms_cost_more() -> None:
    """Both hosts could be emptied into the other; the VM that asks for 100 MHz moves, not that of 700 MHz."""
    assert pairs(answered(Steady(**SURE), view([0, 1], [[700, 100]], hosts=2))) == [(1, 0)]
    assert pairs(answered(Steady(**SURE), view([0, 1], [[100, 700]], hosts=2))) == [(0, 1)]


def test_a_host_is_emptied_as_a_whole_or_not_at_all() -> None:
    """Of VMs of 400 and 250 MHz the first fits beside a pinned one of 500, but not both; nor if one is pinned."""
    seen = view([0, 0, 1], [[400, 250, 500]], hosts=2, movable=np.array([True, True, False]))
    assert pairs(answered(Steady(**SURE), seen)) == []
    fits = replace(seen, cpu_limit_mhz=np.full(2, 1200.0))
    assert pairs(answered(Steady(**SURE), fits)) == [(0, 1), (1, 1)]
    assert pairs(answered(Steady(**SURE), replace(fits, movable=np.array([True, False, False])))) == []


def test_efficient_hosts_are_filled_first() -> None:
    """Of two hosts with room, one does twice as much for its watts; the VM goes there, and the other one is emptied."""
    seen = view([0, 1, 2], [[100, 100, 100]], capacity_mhz=np.array([1000.0, 2000.0, 1000.0]))
    assert filled_first(seen, np.array([5.0, 900.0, 3.0])).tolist() == [1, 2, 0]
    decision = answered(Steady(**SURE), seen)
    assert pairs(decision) == [(0, 1), (2, 1)]
    assert decision.drain.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("memory_limit_mib", [8192.0, 2047.0, 1023.0]),
        ("open", [True, False, False]),
        ("boundary", [0, 1, 1]),
    ],
)
def test_no_host_is_filled_that_may_not_be(column: str, values: list[float]) -> None:
    """Without memory, closed, or in another cluster: an overloaded host finds no taker."""
    seen = view([0, 0, 1], [[700, 400, 100]], movable=np.array([True, True, False]))
    changed: Any = {column: np.array(values, getattr(seen, column).dtype)}
    assert pairs(answered(Steady(**SURE), seen)) == [(1, 1)]
    assert pairs(answered(Steady(**SURE), replace(seen, **changed))) == []


def test_memory_is_no_limit_if_that_is_asked_for() -> None:
    """In some experiments of the literature memory never is one."""
    seen = view([0, 0, 1], [[700, 400, 100]], memory_limit_mib=np.zeros(3), movable=np.array([True, True, False]))
    assert pairs(answered(Steady(memory=False, **SURE), seen)) == [(1, 1)]


def test_a_host_is_booted_where_there_is_no_room() -> None:
    """One overloaded host, one full, one asleep: that one is booted, but not while one boots already."""
    asleep = np.array([False, False, True])
    seen = view([0, 0, 1], [[600, 500, 950]], open=~asleep, asleep=asleep)
    policy = Steady(**SURE)
    assert answered(policy, seen).boot.tolist() == [2]
    assert answered(policy, replace(seen, asleep=~np.ones(3, np.bool_), booting=asleep)).boot.tolist() == []


def test_hosts_that_stay_empty_are_drained() -> None:
    """A host that has been empty for the horizon is switched off; one that has just been emptied of itself waits."""
    seen = view([0], [[900]], rested_s=np.array([0.0, 3600.0, 100.0]))
    assert answered(Steady(), seen).drain.tolist() == [1]


def test_margins_must_not_fall() -> None:
    """Relief that leaves less free than what calls for it would call again at once."""
    with pytest.raises(InputError, match=r"must not fall: 2, 1, 3"):
        Steady(alarm=2, calm=1, margin=3)
    with pytest.raises(InputError, match="half_life is above 0, not 0"):
        Steady(half_life=0)


GUEST = st.builds(
    Guest,
    mean=st.integers(0, 40).map(float),
    variance=st.integers(0, 100).map(float),
    now=st.integers(0, 60).map(float),
    memory=st.sampled_from([1.0, 2.0, 3.0]),
    cost=st.integers(1, 9).map(float),
    movable=st.sampled_from([True, True, True, False]),
    home=st.sampled_from([0, 0, 1, -1]),
)
HOSTS = 5


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(GUEST, max_size=14), st.floats(0, 2), st.floats(0, 2))
def test_the_kernel_plans_as_it_is_said(data: st.DataObject, guests: list[Guest], calm: float, more: float) -> None:
    """Moves, hosts that stay short and hosts that are emptied are those of the plain form."""
    homes = data.draw(st.lists(st.integers(0, HOSTS - 1), min_size=len(guests), max_size=len(guests)))
    machines = [
        Machine(
            100.0, 12.0, 0.0, 0.0, closed=data.draw(st.sampled_from([False, False, False, True])), boundary=host % 2
        )
        for host in range(HOSTS)
    ]
    for vm, home in enumerate(homes):
        machines[home].vms.append(vm)
        machines[home].now += guests[vm].now
        machines[home].held += guests[vm].memory
    line = data.draw(st.permutations(range(HOSTS)))
    chosen = data.draw(st.permutations([host for host in range(HOSTS) if not machines[host].closed]))
    cut = data.draw(st.integers(0, len(chosen)))
    saving = [float(value) for value in data.draw(st.lists(st.integers(0, 40), min_size=HOSTS, max_size=HOSTS))]
    table = _columns(machines, guests, calm + more)
    listed = np.array([vm for machine in machines for vm in machine.vms], np.int64)
    starts = np.cumsum([0, *(len(machine.vms) for machine in machines)])
    vms = np.array([[guest.mean, guest.variance, guest.now, guest.memory] for guest in guests]).reshape(-1, 4).T.copy()
    moved, where, relieving, short, emptied = planned(
        listed, starts, table, vms, np.array([guest.movable for guest in guests], np.bool_),
        np.array([machine.closed for machine in machines]), np.array([machine.boundary for machine in machines]),
        np.array([guest.home for guest in guests], np.int64), np.array(line, np.int64),
        np.array([guest.cost for guest in guests], np.float64), np.array(chosen[:cut], np.int64),
        np.array(chosen[cut:], np.int64), np.array(saving), calm, calm + more, HOSTS,
    )  # fmt: skip
    plan = Plan(machines, guests, list(line), calm, calm + more)
    moves, first, stuck, left = steady_plain.planned(plan, list(chosen[:cut]), list(chosen[cut:]), saving)
    assert list(zip(moved.tolist(), where.tolist(), strict=True)) == moves
    assert (relieving, short.tolist(), emptied.tolist()) == (first, stuck, sorted(left))


def _columns(machines: list[Machine], guests: list[Guest], margin: float) -> Floats:
    """Return the kernel's table of hosts."""
    rows = []
    for machine in machines:
        mean = sum(guests[vm].mean for vm in machine.vms)
        variance = sum(guests[vm].variance for vm in machine.vms)
        free = machine.limit - mean - margin * variance**0.5
        rows.append([mean, variance, machine.now, machine.held, machine.limit, machine.memory, free])
    return np.array(rows).T.copy()


VM = st.tuples(st.integers(0, 3), st.integers(0, 500), st.sampled_from([512, 1024, 3072]), st.booleans())


@settings(max_examples=40, deadline=None)
@given(st.lists(VM, min_size=1, max_size=12), st.integers(0, 10))
def test_promises(guests: list[tuple[int, int, int, bool]], seed: int) -> None:
    """No VM is lost, no pinned one moves, no move is refused, no VM is moved twice at once, and runs repeat."""
    runs = [_run(guests, seed) for _ in range(2)]
    assert runs[0] == runs[1]


def _run(guests: list[tuple[int, int, int, bool]], seed: int) -> list[int]:
    names = [f"host-{row}" for row in range(4)]
    estate = Inventory(
        Hosts.of(host=names, cores=[1] * 4, cpu_mhz=[1000.0] * 4, memory_mib=[8192.0] * 4),
        Vms.of(
            vm=[f"vm-{row}" for row in range(len(guests))],
            host=[names[home] for home, *_ in guests],
            vcpus=[1] * len(guests),
            memory_mib=[float(memory) for _, _, memory, _ in guests],
            pinned=[pinned for *_, pinned in guests],
        ),
    )
    readings = np.random.default_rng(seed).integers(0, 500, (6, len(guests))).astype(np.float64)
    decisions: list[Decision] = []
    policy = Steady(margin=0.5, calm=0.2, alarm=0.1)

    class Heard:
        over, under = staticmethod(policy.over), staticmethod(policy.under)

        def __call__(self, view: View) -> Decision:
            decisions.append(policy(view))
            assert len(set(decisions[-1].vms.tolist())) == len(decisions[-1].vms)
            assert view.movable[decisions[-1].vms].all()
            return decisions[-1]

    signal: Any = Held(readings)
    model = Datacenter(estate, signal, policy=Heard(), watch=Watch())
    at_first = model.state.host.copy()
    for _ in range(6):
        before = model.held_mib.copy()
        model.step()
        grown = model.held_mib > before
        assert (model.held_mib[grown] <= model.terms.memory_limit_mib[grown]).all()
        assert (model.state.host >= 0).all()
    assert model.refused == 0
    assert (model.state.host == at_first)[estate.vms.pinned].all()
    return [int(row) for decision in decisions for row in (*decision.vms, *decision.hosts)]
