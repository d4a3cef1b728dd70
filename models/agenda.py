"""What happens between the ticks of a simulation, in the order of time."""

import heapq
from enum import IntEnum


class Event(IntEnum):
    """What happens to a row: a VM lands, a host has booted, a host has stopped."""

    LANDED = 0
    BOOTED = 1
    STOPPED = 2


class Agenda:
    """
    A heap of events to come. Of one moment, those entered first come first.

    Examples
    --------
    >>> agenda = Agenda()
    >>> agenda.enter(7.5, Event.LANDED, 3)
    >>> agenda.enter(7.5, Event.BOOTED, 0)
    >>> agenda.due(5.0), agenda.due(10.0)
    (False, True)
    >>> agenda.next()
    (7.5, [(<Event.LANDED: 0>, 3), (<Event.BOOTED: 1>, 0)])
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Event, int]] = []
        self._entered = 0

    def enter(self, time_s: float, event: Event, row: int) -> None:
        """Enter what happens to a VM or host, and when."""
        heapq.heappush(self._heap, (time_s, self._entered, event, row))
        self._entered += 1

    def due(self, until_s: float) -> bool:
        """Return whether anything happens up to the time given."""
        return bool(self._heap) and self._heap[0][0] <= until_s

    def next(self) -> tuple[float, list[tuple[Event, int]]]:
        """Take out and return the next moment, and all that happens then."""
        time_s = self._heap[0][0]
        events = []
        while self._heap and self._heap[0][0] == time_s:
            _, _, event, row = heapq.heappop(self._heap)
            events.append((event, row))
        return time_s, events
