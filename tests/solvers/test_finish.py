"""Last touches: VMs go home where they can, and the fullest hosts give some of their load away."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.problem import Problem
from models.rules import Spare
from solvers.finish import finished, give_room, go_home, moved
from solvers.relations import compiled
from solvers.spare import survives
from solvers.state import State
from tests.models import strategies
from tests.models.strategies import rows

EVERYWHERE = np.ones(3, np.bool_)


def state(host: list[int], start: list[int], *, sizes: list[int] | None = None, spare: bool = False) -> State:
    """Return VMs of 4 that started on some hosts of 10 and are now on others."""
    rules = [Spare(hosts=rows(0, 1, 2))] if spare else []
    needs = [[size] for size in sizes or [4] * len(start)]
    return State(compiled(Problem.of(needs, [[10]] * 3, start=start, rules=rules)), np.array(host))


def test_go_home() -> None:
    """A VM goes back to its host if that is on and has room."""
    found = state([1, 1], [0, 1])
    go_home(found, EVERYWHERE)
    assert found.host.tolist() == [0, 1]


def test_home_is_off() -> None:
    """It does not go back to a host that is switched off."""
    found = state([1, 1], [0, 1])
    go_home(found, np.array([False, True, True]))
    assert found.host.tolist() == [1, 1]


def test_no_room_at_home() -> None:
    """It does not go back where others took its place."""
    found = state([1, 0, 0], [0, 1, 2])
    go_home(found, np.array([True, True, False]))
    assert found.host.tolist()[1:] == [1, 0]


def test_home_would_break_spares() -> None:
    """
    Home to host 0, where an 8 is: no loss of it could be survived any more.

    With 8 on host 0 and 2 + 2 on host 1, host 2 takes over either. With 8 + 2 on host 0, host 2 of 10 still does.
    """
    found = state([0, 1, 1], [0, 0, 1], sizes=[8, 2, 2], spare=True)
    go_home(found, EVERYWHERE)
    assert survives(found, EVERYWHERE)


def test_give_room() -> None:
    """Hosts with 4 + 2 + 3 and 4: one of the two VMs that moved anyway goes on, and the fullest has 7."""
    found = state([0, 0, 1, 0], [0, 2, 1, 2], sizes=[4, 2, 4, 3])
    give_room(found, np.array([True, True, False]))
    assert sorted(found.load[:, 0].tolist()) == [0, 6, 7]
    assert found.host[0] == 0


def test_those_at_home_stay() -> None:
    """VMs that did not move are not moved to make room."""
    found = state([0, 0, 1], [0, 0, 1])
    give_room(found, EVERYWHERE)
    assert found.host.tolist() == [0, 0, 1]


def test_moved() -> None:
    """Those that leave their start, and those that had none."""
    assert moved(state([0, 1, 2], [0, 0, NOWHERE])) == [1, 2]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_never_more_moves(data: st.DataObject) -> None:
    """Last touches never add a move, a host that was empty, or a loss that cannot be survived."""
    problem = data.draw(strategies.problems(kinds=["Spread", "Spare", "Root"], feasible=True, placed=True))
    relations = compiled(problem)
    host = data.draw(strategies.hosts_of(problem, nowhere=False))
    host = np.where(relations.fixed, relations.start, host)
    before = State(relations, host)
    if (before.load > relations.capacity).any():
        return
    used, count = before.count > 0, len(moved(before))
    held = survives(before, used)
    after, _ = finished(before, used)
    assert len(moved(after)) <= count
    assert not (after.count[~used] > 0).any()
    assert (after.load <= relations.capacity).all()
    assert survives(after, used) or not held
