from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE, Rows
from models.datacenter import Datacenter
from models.decisions import Decision, View, Watch
from models.inventory import Hosts, Inventory, Vms
from models.laws.sharing import summed
from solvers.policies import POLICIES
from solvers.policies.threshold import Threshold


def view(homes: list[int], demand: list[float], *, hosts: int = 3, **columns: object) -> View:
    """Hosts that may be filled to 800 MHz and 8 GiB, and VMs of 1 GiB; the agents of hosts out of 30 to 80 % called."""
    host, asked = np.array(homes, np.int32), np.array(demand, np.float64)
    cpu = summed(asked, host, hosts)
    default = View(
        time_s=0.0,
        host=host,
        demand_mhz=asked,
        memory_mib=np.full(len(homes), 1024.0),
        running=np.ones(len(homes), np.bool_),
        movable=np.ones(len(homes), np.bool_),
        cpu_mhz=cpu,
        cpu_limit_mhz=np.full(hosts, 800.0),
        held_mib=summed(np.full(len(homes), 1024.0), host, hosts),
        memory_limit_mib=np.full(hosts, 8192.0),
        open=np.ones(hosts, np.bool_),
        asleep=np.zeros(hosts, np.bool_),
        booting=np.zeros(hosts, np.bool_),
        boundary=np.zeros(hosts, np.int32),
        overloaded=np.flatnonzero(cpu > 800).astype(np.int32),
        underloaded=np.flatnonzero(cpu < 300).astype(np.int32),
    )
    return replace(default, **columns)  # type: ignore[arg-type]


def pairs(decision: Decision) -> list[tuple[int, int]]:
    """Return the moves as (vm, host)."""
    return list(zip(decision.vms.tolist(), decision.hosts.tolist(), strict=True))


def test_the_smallest_vm_that_is_enough_leaves() -> None:
    """A host with 950 of 800 MHz sheds 150: of VMs of 100, 200, 250 and 400 the one of 200."""
    decision = Threshold(evacuate=False)(view([0, 0, 0, 0], [100, 200, 250, 400], hosts=2))
    assert pairs(decision) == [(1, 1)]


def test_the_largest_leave_where_none_is_enough() -> None:
    """With 1000 of 800 MHz and VMs of 150, 150 and a pinned one of 700, both small ones leave."""
    seen = view([0, 0, 0], [150, 150, 700], hosts=2, movable=np.array([True, True, False]))
    assert sorted(pairs(Threshold(evacuate=False)(seen))) == [(0, 1), (1, 1)]


def test_best_fit() -> None:
    """A VM of 200 MHz goes to the host with 600 of 800 MHz in use, which it fills, not to the one with 400."""
    decision = Threshold()(view([0, 0, 1, 2], [700, 200, 400, 600]))
    assert pairs(decision) == [(1, 2)]


def test_an_underloaded_host_is_emptied() -> None:
    """VMs of 100 and 50 MHz on one host fit on the other two, the larger one first where it fits best."""
    decision = Threshold()(view([0, 0, 1, 2], [50, 100, 700, 650]))
    assert pairs(decision) == [(1, 1), (0, 2)]
    assert decision.drain.tolist() == [0]


def test_an_underloaded_host_stays_if_one_vm_fits_nowhere() -> None:
    """The VM of 100 MHz would fit, that of 150 MHz would not: neither is moved."""
    decision = Threshold()(view([0, 0, 1, 2], [150, 100, 700, 700]))
    assert pairs(decision) == []
    assert decision.drain.tolist() == []


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("memory_limit_mib", [8192.0, 2047.0, 2047.0]),
        ("open", [True, False, False]),
        ("boundary", [0, 1, 1]),
    ],
)
def test_no_host_is_filled_that_may_not_be(column: str, values: list[float]) -> None:
    """Without memory, closed, or in another cluster: an overloaded host finds no taker, an underloaded one neither."""
    seen = view([0, 0, 1, 2], [700, 200, 400, 400])
    changed: Any = {column: np.array(values, getattr(seen, column).dtype)}
    assert pairs(Threshold()(replace(seen, **changed))) == []


def test_a_host_is_booted_where_there_is_no_room() -> None:
    """One overloaded host, one full, one asleep: that one is booted, but not a second one while it boots."""
    asleep = np.array([False, False, True])
    seen = view([0, 0, 1], [500, 500, 700], open=~asleep, asleep=asleep, underloaded=_rows())
    assert Threshold()(seen).boot.tolist() == [2]
    assert Threshold(boot=False)(seen).boot.tolist() == []
    assert Threshold()(replace(seen, asleep=~np.ones(3, np.bool_), booting=asleep)).boot.tolist() == []


def test_no_host_is_emptied_while_its_cluster_grows() -> None:
    """While a host boots, an underloaded host of its cluster stays; of another cluster, it is emptied."""
    booting = np.array([True, False, False])
    seen = view([1, 2], [100, 400], open=~booting, booting=booting, underloaded=_rows(1))
    assert pairs(Threshold()(seen)) == []
    assert pairs(Threshold()(replace(seen, boundary=np.array([1, 0, 0], np.int32)))) == [(0, 2)]


def _rows(*rows: int) -> Rows:
    return np.array(rows, np.int32)


VM = st.tuples(st.integers(0, 3), st.integers(0, 500), st.sampled_from([512, 1024, 3072]), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(VM, min_size=1, max_size=12), st.integers(0, 10))
def test_promises(guests: list[tuple[int, int, int, bool]], seed: int) -> None:
    """No VM is lost, no pinned one moves, no move is refused, and no host is filled over a limit by an arrival."""
    estate = _estate(guests)
    changing = np.random.default_rng(seed).integers(0, 500, (6, len(guests))).astype(np.float64)
    model = Datacenter(estate, changing, policy=Threshold(), watch=Watch(cooldown_s=300))
    at_first = model.host.copy()
    for _ in range(6):
        before = model.held_mib.copy()
        model.step()
        grown = model.held_mib > before
        assert (model.held_mib[grown] <= model.memory_limit_mib[grown]).all()
        assert (model.host != NOWHERE).all()
        assert model.on[model.host].all()
    assert model.refused == 0
    assert (model.host == at_first)[estate.vms.pinned].all()


def _estate(guests: list[tuple[int, int, int, bool]]) -> Inventory:
    names = [f"host-{row}" for row in range(4)]
    machines = Hosts.of(host=names, cores=[1] * 4, cpu_mhz=[1000.0] * 4, memory_mib=[8192.0] * 4)
    return Inventory(
        machines,
        Vms.of(
            vm=[f"vm-{row}" for row in range(len(guests))],
            host=[names[home] for home, *_ in guests],
            vcpus=[1] * len(guests),
            memory_mib=[float(memory) for _, _, memory, _ in guests],
            pinned=[pinned for *_, pinned in guests],
        ),
    )


def test_every_policy_is_built_without_options() -> None:
    """Each policy decides nothing where no agent calls."""
    for kind in POLICIES.values():
        decision = kind()(view([0, 1, 2], [500, 500, 500]))
        assert pairs(decision) == []
        assert not len(decision.boot)
        assert not len(decision.drain)
