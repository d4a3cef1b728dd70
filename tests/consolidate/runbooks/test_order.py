"""The order of moves keeps a plan safe however long moves take, on the way there and back."""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from consolidate.runbooks.folder import Move
from consolidate.runbooks.order import at_once, rollback, stops, waves


def move(number: int, source: str, destination: str, start_s: float, end_s: float, wave: int = 1) -> Move:
    """Return a move of a VM of its own."""
    vm = f"vm-{number}"
    return Move(number, wave, start_s, end_s, vm, source, destination, "live", end_s - start_s, 0.0, 0.0, True, "")


def numbered(drawn: Sequence[tuple[int, int, str, str]]) -> list[Move]:
    """Return moves, numbered in the order of their start."""
    return [move(number, a, b, start, start + takes) for number, (start, takes, a, b) in enumerate(sorted(drawn), 1)]


MOST = 8
MOVES = [(start, takes, *ends) for start in range(21) for takes in range(1, 11) for ends in permutations("abcd", 2)]
PLANS = st.lists(st.sampled_from(MOVES), max_size=MOST).map(numbered)
"""Up to eight moves between four hosts at any times; each is one choice, and none is dropped."""


def held(moves: Sequence[Move], begun: set[int], ended: set[int]) -> Counter[str]:
    """Return how many of the moved VMs each host holds; moves under way hold at both ends."""
    count: Counter[str] = Counter()
    for one in moves:
        count[one.source] += one.number not in ended
        count[one.destination] += one.number in begun
    return count


def run(moves: Sequence[Move], takes: Sequence[int]) -> Iterator[Counter[str]]:
    """Yield the state after each event of a run in the order of the plan, with other durations than planned."""
    begun: set[int] = set()
    ended: set[int] = set()
    clock = 0
    under_way: list[tuple[int, int]] = []
    by_number = {one.number: one for one in moves}
    for one, lasts in zip(moves, takes, strict=False):
        while any(by_number[number].end_s <= one.start_s for _, number in under_way):
            clock, number = heapq.heappop(under_way)
            ended.add(number)
            yield held(moves, begun, ended)
        begun.add(one.number)
        heapq.heappush(under_way, (clock + lasts, one.number))
        yield held(moves, begun, ended)


def planned(moves: Sequence[Move]) -> Iterator[Counter[str]]:
    """Yield the state at each start of the plan; what ends then has ended."""
    for one in moves:
        begun = {other.number for other in moves if other.start_s <= one.start_s}
        yield held(moves, begun, {other.number for other in moves if other.end_s <= one.start_s})


@given(PLANS, st.tuples(*[st.integers(1, 50)] * MOST))
def test_no_state_holds_more_than_a_planned_one(moves: list[Move], takes: list[int]) -> None:
    """However long moves take, each state fits into a state of the plan, so capacity and limits are kept."""
    for way in (moves, rollback(moves)):
        states = list(planned(way))
        for state in run(way, takes):
            assert any(all(state[host] <= other[host] for host in "abcd") for other in states)


@given(PLANS)
def test_rollback_of_the_rollback_is_the_plan(moves: list[Move]) -> None:
    """Taken back twice, the same moves run at the same times, between the same hosts."""
    assert sorted(rollback(rollback(moves)), key=lambda one: one.number) == moves


def test_rollback_goes_back_wave_by_wave() -> None:
    """The last wave comes first, and in it the move that ends last."""
    moves = [move(1, "a", "b", 0, 9), move(2, "a", "b", 20, 90, wave=2), move(3, "b", "c", 21, 30, wave=2)]
    back = rollback(moves)
    assert [(one.number, one.source, one.destination) for one in back] == [(2, "b", "a"), (3, "c", "b"), (1, "b", "a")]
    assert [wave for wave, _ in waves(back)] == [2, 1]


def test_at_once() -> None:
    """Two of three overlap, and host b takes part in both; the third starts when the first ends."""
    moves = [move(1, "a", "b", 0, 10), move(2, "b", "c", 5, 10), move(3, "a", "c", 10, 12)]
    assert at_once(moves) == (2, 2)
    assert at_once([]) == (0, 0)


def test_stops() -> None:
    """A VM that goes by way of another host is on three, one after the other."""
    first, second = move(1, "a", "b", 0, 1), move(2, "b", "c", 1, 2)
    assert stops([first, Move(**{**vars(second), "vm": "vm-1"})]) == {"vm-1": ("a", "b", "c")}
