"""
Rules about time that exclude each other, whatever moves and however quickly: small sets of them, with the reason.

Each VM's move is two events, its start and later its end. An order puts the end of one before the start of others;
`Sync` makes ends, or starts, one event. What is found is certain, but not all: rooms, links and durations do not count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Ints, Names
from models.timing import Blackout, Deadline, Precedence, Serialize, Sync, Timing, Window
from solvers.scheduling.timed import END, common

MOST_FOUND = 20
"""Sets that are told at most."""
MOST_NAMED = 4


@dataclass(frozen=True, eq=False)
class Contradiction:
    """Rules that cannot be kept together, none of which can be left out of the set, and why."""

    rules: tuple[Timing, ...]
    why: str


def contradictions(rules: Sequence[Timing], vms: Names, hosts: Names) -> tuple[Contradiction, ...]:
    """
    Return sets of rules that contradict each other.

    Parameters
    ----------
    rules
        Rules about time; those about places name hosts.
    vms, hosts
        Names of the rows.
    """
    from solvers.blocking import smallest

    left, found = list(rules), list[Contradiction]()
    while len(found) < MOST_FOUND and reason(left, vms, hosts):
        core = smallest(lambda some: not reason(some, vms, hosts), left)
        found.append(Contradiction(core, reason(core, vms, hosts)))
        left = [rule for rule in left if rule is not core[-1]]
    return tuple(found)


def reason(rules: Sequence[Timing], vms: Names, hosts: Names) -> str:
    """Return in words a contradiction among the rules; empty if none is found."""
    events = _Events(rules, len(vms))
    return _crowded(rules, events, vms) or _circle(events, vms) or _closed(rules, hosts) or _late(rules, events, vms)


class _Events:
    """Starts and ends of moves, those that are together as one: rows 0 to n are starts, n to 2 n are ends."""

    def __init__(self, rules: Sequence[Timing], vms: int) -> None:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        self.vms, self.rules = vms, rules
        one, two = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for rule in (rule for rule in rules if isinstance(rule, Sync) and len(rule.vms) > 1):
            shift = 0 if rule.at_start else vms
            one.append(np.full(len(rule.vms) - 1, rule.vms[0] + shift))
            two.append(rule.vms[1:].astype(np.int64) + shift)
        ends = np.concatenate(one), np.concatenate(two)
        graph = coo_array((np.ones(len(ends[0])), ends), shape=(2 * vms, 2 * vms))
        self.count, self.event = connected_components(graph, directed=False)

    def ordered(self) -> tuple[Ints, Ints, int]:
        """Return pairs of events of which the first is not after the second, and how many there are with orders."""
        orders = [rule for rule in self.rules if isinstance(rule, Precedence)]
        named = np.unique(np.concatenate([*(rule.first for rule in orders), *(rule.then for rule in orders), [-1]]))
        own = named[named >= 0].astype(np.int64)
        one, two = [self.event[own]], [self.event[own + self.vms]]
        for number, rule in enumerate(orders):
            before = self.event[rule.first.astype(np.int64) + self.vms]
            behind = self.event[rule.then.astype(np.int64)]
            one += [before, np.full(len(behind), self.count + number)]
            two += [np.full(len(before), self.count + number), behind]
        return np.concatenate(one), np.concatenate(two), self.count + len(orders)


def _crowded(rules: Sequence[Timing], events: _Events, vms: Names) -> str:
    """Find VMs that move together, of which so many may not move at once."""
    for rule in (rule for rule in rules if isinstance(rule, Serialize)):
        rows = rule.vms.astype(np.int64)
        for event in (events.event[rows], events.event[rows + events.vms]):
            numbers, count = np.unique(event, return_counts=True)
            if count.max(initial=0) > rule.most:
                who = rows[event == numbers[count.argmax()]]
                return f"{_named(vms, who)} change hosts at the same moment, and at most {rule.most} may move at once"
    return ""


def _circle(events: _Events, vms: Names) -> str:
    """Find moves that would have to end before they start."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, two, size = events.ordered()
    _, label = connected_components(coo_array((np.ones(len(one)), (one, two)), shape=(size, size)), connection="strong")
    sizes = np.bincount(label, minlength=1)
    if sizes.max(initial=0) < 2:
        return ""
    inside = label == np.flatnonzero(sizes > 1)[0]
    starts, ends = inside[events.event[: events.vms]], inside[events.event[events.vms :]]
    return f"the moves of {_named(vms, np.flatnonzero(starts & ends))} would have to end before they begin"


def _closed(rules: Sequence[Timing], hosts: Names) -> str:
    """Find a host with windows at which nothing may ever happen."""
    about: dict[int, list[Timing]] = {}
    for rule in (rule for rule in rules if isinstance(rule, Window | Blackout) and rule.level == "host"):
        for host in rule.places.tolist():
            about.setdefault(host, []).append(rule)
    for own, rows in _alike(about).items():
        if any(isinstance(rule, Window) for rule in own) and not common(own, _last_s(rules)):
            return f"no moment is left at {_named(hosts, np.array(rows))}"
    return ""


def _late(rules: Sequence[Timing], events: _Events, vms: Names) -> str:
    """Find moves for which no moment is left after those that come before them."""
    about: dict[int, list[Timing]] = {}
    for rule in (rule for rule in rules if isinstance(rule, Window | Blackout | Deadline)):
        for vm in rule.vms.tolist():
            about.setdefault(vm, []).append(rule)
    since = _last_s(rules)
    dark = {own: rows for own, rows in _alike(about).items() if all(isinstance(rule, Blackout) for rule in own)}
    never = {vm for own, rows in dark.items() if not common(own, since) for vm in rows}
    wanted: dict[int, list[Timing]] = {}
    for vm in set(about) - never:
        for event in {int(events.event[vm]), int(events.event[vm + events.vms])}:
            wanted.setdefault(event, []).extend(rule for rule in about[vm] if rule not in wanted.get(event, ()))
    known: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    earliest: dict[int, int] = {}
    for event, before in _in_order(events, set(wanted)):
        own = wanted.get(event, [])
        key = tuple(id(rule) for rule in own)
        if key not in known:
            known[key] = common(own, since) if own else [(0, END)]
        least = max((earliest.get(other, 0) for other in before), default=0)
        moments = [max(start, least) for start, end in known[key] if max(start, least) < end]
        if not moments:
            rows = np.flatnonzero((events.event == event).reshape(2, -1).any(axis=0))
            after = " after what must be over before" if least else ""
            return f"no moment is left for {_named(vms, rows)} to move{after}"
        earliest[event] = min(moments)
    return ""


def _in_order(events: _Events, wanted: set[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield events that have windows, or come before or after others, with those just before, in a possible order."""
    from graphlib import TopologicalSorter

    one, two, _ = events.ordered()
    before: dict[int, list[int]] = {event: [] for event in wanted}
    for first, second in zip(one.tolist(), two.tolist(), strict=True):
        before.setdefault(second, []).append(first)
    for event in TopologicalSorter(before).static_order():
        yield event, before.get(event, [])


def _alike(about: Mapping[int, list[Timing]]) -> dict[tuple[Timing, ...], list[int]]:
    found: dict[tuple[Timing, ...], list[int]] = {}
    for row, own in about.items():
        found.setdefault(tuple(own), []).append(row)
    return found


def _last_s(rules: Sequence[Timing]) -> float:
    """Return the last time that a rule names. [s]."""
    spans = [rule.spans for rule in rules if isinstance(rule, Window | Blackout)]
    times = [each for own in spans for span in own for each in span if np.isfinite(each)]
    return max([*times, *(rule.until_s for rule in rules if isinstance(rule, Deadline)), 0.0])


def _named(names: Names, rows: Ints) -> str:
    shown = ", ".join(str(name) for name in names[rows[:MOST_NAMED]])
    return f"{shown} and {len(rows) - MOST_NAMED:,} more" if len(rows) > MOST_NAMED else shown
