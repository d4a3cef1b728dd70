"""What happens between the ticks of a simulation, in the order of time."""

import heapq
from enum import IntEnum


class Event(IntEnum):
    """What happens to a row: a host boots, stops, fails, is mended; a VM arrives, restarts, leaves; a plan; a call."""

    BOOTED = 0
    STOPPED = 1
    FAILS = 2
    REPAIRED = 3
    ARRIVES = 4
    RESTARTS = 5
    LEAVES = 6
    PLANNED = 7
    CALLS = 8


class Agenda:
    """
    A heap of events to come. Of one moment they come in the order of their kinds, then in that in which they entered.

    Examples
    --------
    >>> agenda = Agenda()
    >>> agenda.enter(7.5, Event.STOPPED, 3)
    >>> agenda.enter(7.5, Event.BOOTED, 0)
    >>> agenda.next_s
    7.5
    >>> agenda.take()
    [(<Event.BOOTED: 0>, 0), (<Event.STOPPED: 1>, 3)]
    >>> agenda.next_s
    inf
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, Event, int, int]] = []
        self._entered = 0

    def enter(self, time_s: float, event: Event, row: int) -> None:
        """Enter what happens to a VM or host, and when."""
        heapq.heappush(self._heap, (time_s, event, self._entered, row))
        self._entered += 1

    @property
    def next_s(self) -> float:
        """The next moment at which anything happens; infinite if nothing does, in s."""
        return self._heap[0][0] if self._heap else float("inf")

    def take(self) -> list[tuple[Event, int]]:
        """Take out and return all that happens at the next moment."""
        time_s, events = self.next_s, []
        while self._heap and self._heap[0][0] == time_s:
            _, event, _, row = heapq.heappop(self._heap)
            events.append((event, row))
        return events
