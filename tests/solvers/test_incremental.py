"""The best host for a VM now: it fits, keeps the rules, and leaves room for others."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import placement as check
from models.problem import Problem
from models.rules import Fence, Gather, Rule, Spare, Split, Spread
from solvers.exclusions import excluded
from solvers.incremental import Incremental
from solvers.kernels import incremental as kernel
from solvers.relations import compiled
from solvers.room import FREEST, Preference
from tests.models import strategies
from tests.models.strategies import rows

TURNS = [[0, 1], [1, 0]]


def estate(problem: Problem, preference: Preference | None = None) -> Incremental:
    """Return the estate of a problem."""
    relations = compiled(problem, strict=False)
    return Incremental(relations) if preference is None else Incremental(relations, preference=preference)


def small(*rules: Rule, start: list[int], sizes: list[int] | None = None, hosts: int = 3) -> Problem:
    """Return VMs of 4, or of the sizes given, on hosts of 10, the first of two racks of two."""
    sizes = [4] * len(start) if sizes is None else sizes
    return Problem.of(
        [[size] for size in sizes], [[10]] * hosts, start=start, rules=rules, levels={"rack": [0, 0, 1, 1][:hosts]}
    )


def test_hosts_in_use_come_first() -> None:
    """Host 1 is in use and has room: it is taken, and an empty host only when it has none."""
    found = estate(small(start=[1, -1, -1]))
    assert found.place(1) == 1
    assert found.place(2) in (0, 2)


def test_hosts_that_are_on_come_before_those_that_are_off() -> None:
    """Nobody has room in use: of the empty hosts the one that is on is taken."""
    problem = Problem.of([[9], [4]], [[10], [10], [10]], start=[0, -1], on=[True, False, True])
    assert estate(problem).place(1) == 2


def test_the_tightest_fit_leaves_room() -> None:
    """Hosts with 5 and 4 free of 10: a VM of 4 goes where none of the 5 is broken up."""
    assert estate(small(start=[0, 1, -1], sizes=[5, 6, 4])).place(2) == 1


def test_a_turn_is_found() -> None:
    """Node 0 of the only host holds 6 of 8: a VM of 5 fits turned to node 1, and a third one nowhere."""
    found = estate(Problem.of([[6, 0], [5, 0], [5, 0]], [[8, 8]], start=[0, -1, -1], turns=TURNS))
    assert (found.place(1), found.place(2)) == (0, NOWHERE)
    assert found.turns().tolist() == [0, 1, 0]
    assert (found.state.load == [[6, 5]]).all()


def test_turns_follow_those_of_the_start() -> None:
    """A VM that starts turned, placed turned once more, sits as it was asked for."""
    problem = Problem.of([[5, 0]], [[2, 8], [8, 2]], start=[0], start_turn=[1], turns=TURNS)
    found = estate(problem)
    found.take(0)
    assert found.place(0, np.array([False, True])) == 1
    assert found.turns().tolist() == [0]


def test_a_choice_says_why() -> None:
    """Of four hosts one is outside the fence, one full and one holds a VM that must be apart; the last is left."""
    fence, spread = Fence(vms=rows(2), hosts=rows(0, 1, 2), name="zone"), Spread(vms=rows(1, 2), name="pair")
    found = estate(small(fence, spread, start=[0, 1, -1], sizes=[8, 2, 4], hosts=4)).best(2)
    assert (found.host, found.runner_up, found.candidates) == (2, NOWHERE, 1)
    assert dict(found.excluded) == {"Fence zone": 1, "no room: dim0": 1, "Spread pair": 1}


def test_a_vm_may_stay() -> None:
    """A VM that is somewhere is told to stay, though another host is fuller, and nothing has changed."""
    found = estate(small(start=[0, 1, 1]))
    assert found.best(0).host == 0
    assert found.state.host.tolist() == [0, 1, 1]


def test_spares_hold() -> None:
    """Three hosts of 10 of which one may be lost: a VM of 4 must not fill the only room for 6."""
    spare = Spare(hosts=rows(0, 1, 2), count=1)
    problem = small(spare, start=[0, 1, -1], sizes=[6, 6, 4])
    choice = estate(problem).best(2)
    on = np.ones(3, np.bool_)
    assert choice.host != NOWHERE
    assert check.violations(problem, rows(0, 1, choice.host), on) == ()


def test_the_first_of_a_group_goes_where_its_group_finds_room() -> None:
    """Racks with room for 3 and for 4 of 4: the first of a group goes to the second rack, and the others follow."""
    gather = Gather(vms=rows(1, 2, 3), level="rack")
    found = estate(small(gather, start=[0, -1, -1, -1], hosts=4), FREEST)
    assert {found.place(item) for item in (1, 2, 3)} <= {2, 3}


def test_kept_room_that_may_never_be_asked_for_counts_less() -> None:
    """
    Rack 0 has room for 4 more of which 2 are kept with a likelihood of a half each, rack 1 for 3.

    Counted in full, that leaves 3 of each, of which the first is taken; by its square 3.5 and 3; by its root 2.6 and 3.
    """
    gather = Gather(vms=rows(1, 2), level="rack")
    problem = small(gather, start=[2, -1, -1], sizes=[9, 5, 5], hosts=4)
    for doubt, rack in ((2.0, 0), (0.5, 1)):
        found = estate(problem, Preference(entry=0.0, doubt=doubt))
        sort = found.room.note(1)
        found.room.totals[:, sort] = (4, 3)
        keeper = np.full(found.room.totals.shape, NOWHERE, np.int64)
        keeper[0, sort] = 0
        allowed = found.room.founding(1, np.ones(4, np.bool_), keeper, np.array([[0.5, 0.5]]))
        assert set(found.room.place[allowed]) == {rack}


def test_a_group_keeps_room() -> None:
    """A group of rack 1 has one of two expected: a stranger of the only free host there goes to rack 0."""
    problem = small(Gather(vms=rows(0, 1), level="rack"), start=[2, -1, -1], sizes=[8, 8, 8], hosts=4)
    keeping = Preference(entry=0.0, members=2)
    assert estate(problem, keeping).place(2) in (0, 1)


def test_growth_is_judged_by_the_groups_seen() -> None:
    """Groups of 1 and 2 members, of which one counts as much as what is expected: a half of those of 1 grew."""
    problem = small(Gather(vms=rows(0), level="rack"), Gather(vms=rows(1, 2), level="rack"), start=[0, 2, 2])
    chosen = Preference(members=2, more=0.8, beyond=0.5, trust=1.0)
    assert np.allclose(estate(problem, chosen).room.more()[:4], [2.8 / 3, 1.8 / 3, 0.5 / 2, 0.5])


def test_members_to_come_add_up() -> None:
    """Groups of 0 and 1 of which those of 0 grow by half: none or one to come, and together up to two of 2 groups."""
    wanted = np.zeros((2, 3))
    kernel.expect(np.array([0, 1, 1]), np.array([0, 0, 0]), np.array([0.5, 0.0]), wanted)
    assert np.allclose(wanted, [[0.5, 0, 0], [0.75, 0.25, 0]])
    assert kernel.missed(wanted[1], 2, 2) == 1.0


def test_fault_domains_share_no_rack() -> None:
    """Parts 0 and 1 are kept in different racks, members of one part need not be."""
    split = Split(parts=(rows(0, 1), rows(2)), level="rack")
    found = estate(small(split, start=[0, -1, -1], hosts=4))
    assert found.place(1) == 0
    assert found.place(2) in (2, 3)


@st.composite
def turned(draw: st.DrawFn) -> Problem:
    """Return up to 6 new VMs on one node or both of hosts of two nodes."""
    hosts, vms = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    one = st.tuples(st.integers(1, 6), st.just(0))
    both = st.integers(1, 5).map(lambda size: (size, size))
    demand = draw(st.lists(st.one_of(one, both), min_size=vms, max_size=vms))
    capacity = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=hosts, max_size=hosts))
    listed = [draw(strategies.rules(vms, hosts, ("a", "b"), ("Spread", "Split", "Gather", "Fence"))) for _ in range(2)]
    levels = {"rack": [row % 2 for row in range(hosts)]}
    return Problem.of(demand, capacity, turns=TURNS, rules=listed, levels=levels, dims=("a", "b"))


def admitted(problem: Problem, host: list[int], turn: list[int], vm: int) -> set[tuple[int, int]]:
    """Return each host and turn by which a VM joins the others without anything being broken, by trying all."""
    found = set()
    for place in range(len(problem.capacity)):
        for way in range(len(problem.turns)):
            tried, turns = np.array(host, np.int32), np.array(turn, np.int32)
            tried[vm], turns[vm] = place, way
            broken = check.violations(problem, tried, np.ones(len(problem.capacity), np.bool_), turn=turns)
            if all(each.rule == "Unplaced" for each in broken):
                found.add((place, way))
    return found


@given(turned(), st.sampled_from([None, FREEST]))
@settings(max_examples=60, deadline=None)
def test_a_host_is_found_exactly_where_one_is(problem: Problem, preference: Preference | None) -> None:
    """One by one, each VM goes where brute force finds that it may, and nowhere only if it finds nothing."""
    assume(len(np.unique(compiled(problem).item)) == len(problem.start))
    found = estate(problem, preference)
    for vm in range(len(problem.start)):
        before, turns = found.state.host.tolist(), found.turns().tolist()
        able = admitted(problem, before, turns, vm)
        where = found.place(vm)
        if where == NOWHERE:
            assert able == set()
        else:
            assert (where, int(found.turns()[vm])) in able


@given(strategies.problems(feasible=True, placed=True), st.data())
@settings(max_examples=60, deadline=None)
def test_every_host_is_told_of_once(problem: Problem, data: st.DataObject) -> None:
    """Candidates and excluded hosts make up all hosts, for a VM that is taken off."""
    assume(len(problem.start) and not any(isinstance(rule, Spare) for rule in problem.rules))
    found = estate(problem)
    item = data.draw(st.integers(0, found.relations.items - 1))
    found.take(item)
    score, _ = found.scores(item, within=None, thorough=True)
    founding = any(isinstance(rule, Gather) and rule.level != "host" for rule in problem.rules)
    told = int(np.isfinite(score).sum()) + sum(excluded(found, item).values())
    assert told <= len(problem.capacity) if founding else told == len(problem.capacity)
