"""Who is where, and in which order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.residents import Residents, Role


def rows(*values: int) -> np.ndarray:
    """Return row numbers."""
    return np.array(values, np.int64)


def test_a_copy_is_on_its_target_while_its_vm_is_at_home() -> None:
    """VM 0 leaves host 0 for host 1: it counts as at home on 0, and as arriving on 1."""
    there = Residents(rows(0, 1), 2)
    copies = there.arriving(rows(0), rows(1))
    values = np.array([5.0, 7.0])
    assert (there.summed(values).tolist(), there.arrivals(values).tolist()) == ([5, 7], [0, 5])
    assert there.role[[0, *copies]].tolist() == [Role.LEAVING, Role.ARRIVING]


def test_a_vm_that_has_landed_is_last_on_its_list() -> None:
    """VM 0 lands on the host of VMs 1 and 2."""
    there = Residents(rows(0, 1, 1), 2, listed=True)
    there.land(rows(0), there.arriving(rows(0), rows(1)))
    assert there.rows().tolist() == [1, 2, 0]
    assert (there.home.tolist(), there.role[0], there.arrivals(np.ones(3)).sum()) == ([1, 1, 1], Role.HOME, 0)


def test_a_copy_that_is_given_up_leaves_no_trace() -> None:
    """VM 0 stays where it was, and its row can be used again."""
    there = Residents(rows(0), 2)
    first = there.arriving(rows(0), rows(1))
    there.give_up(rows(0), first)
    assert (there.home.tolist(), there.role[0], there.rows().tolist()) == ([0], Role.HOME, [0])
    assert there.arriving(rows(0), rows(1)).tolist() == first.tolist()


def test_a_vm_may_be_on_its_way_to_two_hosts() -> None:
    """Copies on hosts 1 and 2: in the order given the VM lands on 1, and then on 2."""
    there = Residents(rows(0), 3, listed=True)
    copies = there.arriving(rows(0, 0), rows(1, 2))
    there.land(rows(0, 0), copies)
    assert (there.home.tolist(), there.rows().tolist()) == ([2], [0])


def test_vms_on_no_host_are_in_no_list() -> None:
    """VM 1 is on none, and VM 0 is taken off its host."""
    there = Residents(rows(0, NOWHERE), 1)
    there.put(rows(0), NOWHERE)
    assert there.rows().tolist() == []
    assert there.of(rows(0))[0].tolist() == []


def test_there_is_room_for_any_number_of_copies() -> None:
    """1,000 VMs leave at once, many more than rows are kept to spare."""
    there = Residents(np.zeros(1000, np.int64), 2)
    there.arriving(np.arange(1000), np.ones(1000, np.int64))
    assert there.arrivals(np.ones(1000)).tolist() == [0, 1000]


ACTION = st.tuples(st.sampled_from(["leave", "land", "give up", "put"]), st.integers(0, 3), st.integers(-1, 2))


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTION, max_size=12), st.booleans())
def test_equals_lists_of_hosts(actions: list[tuple[str, int, int]], listed: bool) -> None:
    """Whatever comes and goes, the rows on each host are those that lists, one for each host, would hold."""
    there = Residents(rows(0, 0, 1, 2), 3, listed=listed)
    lists: dict[int, list[int]] = {NOWHERE: [], 0: [0, 1], 1: [2], 2: [3]}
    copies: dict[int, int] = {}
    for action, vm, host in actions:
        _act(there, lists, copies, action, vm, host)
        _compare(there, lists, listed)


def _act(
    there: Residents, lists: dict[int, list[int]], copies: dict[int, int], action: str, vm: int, host: int
) -> None:
    if action == "leave" and vm not in copies and host >= 0:
        copies[vm] = int(there.arriving(rows(vm), rows(host))[0])
        lists[host].append(copies[vm])
    elif action in ("land", "give up") and vm in copies:
        copy = copies.pop(vm)
        target = next(host for host, listed in lists.items() if copy in listed)
        lists[target].remove(copy)
        if action == "land":
            next(listed for listed in lists.values() if vm in listed).remove(vm)
            lists[target].append(vm)
        (there.land if action == "land" else there.give_up)(rows(vm), rows(copy))
    elif action == "put" and vm not in copies:
        next(listed for listed in lists.values() if vm in listed).remove(vm)
        lists[host].append(vm)
        there.put(rows(vm), host)


def _compare(there: Residents, lists: dict[int, list[int]], listed: bool) -> None:
    found, place = there.of(rows(0, 1, 2))
    for host in range(3):
        expected, on = lists[host], found[place == host].tolist()
        assert on == expected if listed else sorted(on) == sorted(expected)
    assert sorted(there.rows().tolist()) == sorted([*lists[0], *lists[1], *lists[2]])
