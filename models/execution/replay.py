"""
The quick replay of a plan: a heap of ends, and links that drop.

It plays the world for `Conduct` without hosts that compute or draw power; the replay in the datacenter does the same
there, and comes to the same moments.
"""

import heapq
from dataclasses import dataclass

from models.errors import BrokenPromiseError
from models.execution import links
from models.execution.chances import Draw
from models.execution.conduct import Conduct
from models.execution.course import Course
from models.execution.orders import Manner, May, Order
from models.execution.record import Record


@dataclass
class _Going:
    """An order under way: what is left of it, how fast it goes, and since when; `turn` tells its newest end."""

    order: Order
    left_s: float
    since_s: float
    pace: float = 1.0
    still_s: float = float("inf")
    turn: int = 0

    def end_s(self) -> float:
        return self.since_s + self.left_s / self.pace if self.pace > 0 else float("inf")


class _World:
    """What is under way, and when what happens next."""

    def __init__(self, course: Course, draw: Draw, manner: Manner, may: May | None) -> None:
        self.course, self.draw, self.manner = course, draw, manner
        self.conduct = Conduct(course, draw, manner, may)
        self.going: dict[int, _Going] = {}
        self.heap: list[tuple[float, int, int]] = []
        self.turns = 0
        self.losses = sorted(draw.losses, key=lambda loss: loss.time_s)
        self.changes = sorted({moment for drop in draw.drops for moment in (drop.start_s, drop.end_s)})
        self.left: dict[int, float] = {}

    def run(self) -> Record:
        time_s = 0.0
        self._begin(time_s)
        while not self.conduct.over:
            time_s = max(time_s, self._next_s())
            if time_s == float("inf"):
                raise BrokenPromiseError("The replay of a plan waits for something that never happens.")
            self._end(time_s)
            self._stall(time_s)
            self._die(time_s)
            self._begin(time_s)
        return self.conduct.record()

    def _next_s(self) -> float:
        while self.heap and self._stale(self.heap[0]):
            heapq.heappop(self.heap)
        still = min((each.still_s for each in self.going.values()), default=float("inf")) if self.left else float("inf")
        return min(
            self.heap[0][0] if self.heap else float("inf"),
            self.conduct.next_s,
            self.losses[0].time_s if self.losses else float("inf"),
            self.changes[0] if self.changes else float("inf"),
            still + self.manner.stall_s,
        )

    def _stale(self, entry: tuple[float, int, int]) -> bool:
        _, turn, task = entry
        return task not in self.going or self.going[task].turn != turn

    def _end(self, time_s: float) -> None:
        """Tell of what has come to its end."""
        while self.heap and self.heap[0][0] <= time_s:
            entry = heapq.heappop(self.heap)
            if not self._stale(entry):
                del self.going[entry[2]]
                self.conduct.ended(entry[2], time_s)

    def _stall(self, time_s: float) -> None:
        """Abort copies that made no progress for too long."""
        if not self.left:
            return
        for task in [task for task, each in self.going.items() if each.still_s + self.manner.stall_s <= time_s]:
            del self.going[task]
            self.conduct.stalled(task, time_s)

    def _die(self, time_s: float) -> None:
        while self.losses and self.losses[0].time_s <= time_s:
            for task in self.conduct.died(self.losses.pop(0).host, time_s):
                self.going.pop(task, None)

    def _begin(self, time_s: float) -> None:
        """Begin what is ordered, and let all go at the pace that links allow now."""
        for order in self.conduct.orders(time_s):
            if order.kind != "restart":
                self.going[order.task] = _Going(order, order.seconds, time_s)
                self._enter(order.task)
        changed = bool(self.left)
        while self.changes and self.changes[0] <= time_s:
            self.changes.pop(0)
            self.left, changed = links.shares(self.draw.drops, time_s), True
        if changed:
            self._pace(time_s)

    def _pace(self, time_s: float) -> None:
        copies = [each for each in self.going.values() if each.order.kind == "copy" and each.order.live]
        rows = [max(each.order.task, ~each.order.task) for each in copies]
        ways = [self._ways(each.order) for each in copies]
        rates = self.course.moves.bandwidth_mbps[rows]
        found = links.paces(range(len(rows)), ways, rates, self.course.links.capacity_mbps, self.left)
        for each, pace in zip(copies, found, strict=True):
            if pace == each.pace:
                continue
            each.left_s -= (time_s - each.since_s) * each.pace
            each.since_s, each.pace = time_s, pace
            each.still_s = time_s if pace <= 0 else float("inf")
            self._enter(each.order.task)

    def _ways(self, order: Order) -> tuple[int, ...]:
        return ways(self.course, order)

    def _enter(self, task: int) -> None:
        self.turns += 1
        each = self.going[task]
        each.turn = self.turns
        if (end_s := each.end_s()) < float("inf"):
            heapq.heappush(self.heap, (end_s, self.turns, task))


def ways(course: Course, order: Order) -> tuple[int, ...]:
    """Return the directions of links that a copy uses; one that takes a move back uses the opposite ones."""
    path = course.links.paths[max(order.task, ~order.task)]
    return path if order.task >= 0 else tuple(way ^ 1 for way in path)


def replay(course: Course, draw: Draw, manner: Manner | None = None, may: May | None = None) -> Record:
    """
    Return what becomes of a plan in one run.

    Parameters
    ----------
    course, draw
        The plan as tasks, and what happens.
    manner
        How it is carried out.
    may
        Where VMs may be restarted; None: on every host that is on.
    """
    return _World(course, draw, manner or Manner(), may).run()
