"""
What windows, blackouts and deadlines exclude by themselves, whatever else moves: told to the placement as rules.

A VM for whose move no time is long enough stays; it does not enter a host at which none is, while it may; and a host
that can never be shut down stays on, as one that can never be booted stays off.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Names
from models.plan import Transition
from models.rules import Ban, Offline, Online, Root, Rule
from models.timing import Blackout, Deadline, Window
from solvers.jobs import predicted
from solvers.scheduling import timed
from solvers.scheduling.tasks import MS, milliseconds

Indexes = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Closed:
    """A rule for the placement, named after the rules about time that it follows from, and what it says in words."""

    rule: Rule
    why: str


def closed(transition: Transition) -> tuple[Closed, ...]:
    """Return what the rules about time of a transition exclude; its placement does not count."""
    if not any(isinstance(rule, Window | Blackout | Deadline) for rule in transition.timing):
        return ()
    gaps = _Gaps(transition)
    return (*_powered(transition, gaps), *_moves(transition, gaps))


class _Gaps:
    """The longest time at once that some of the rules leave, each combination worked out once."""

    def __init__(self, transition: Transition) -> None:
        self.timing = transition.timing
        self.until_s = timed.latest_s(transition) + timed.MORE_ROUNDS[0] * timed.period_s(self.timing)
        self.known: dict[Indexes, int] = {(): timed.END}
        self.spans: dict[Indexes, timed.Spans] = {(): [(0, timed.END)]}

    def __call__(self, rules: Indexes) -> int:
        """Return the longest time, in ms."""
        if rules not in self.known:
            self.known[rules] = max((end - start for start, end in self._common(rules)), default=0)
        return self.known[rules]

    def _common(self, rules: Indexes) -> timed.Spans:
        """Return when something may happen by all of the rules, in ms."""
        if rules not in self.spans:
            one, more = rules[-1:], rules[:-1]
            own = self._common(one) if more else timed.allowed(self.timing[rules[0]], lambda ms: ms, self.until_s)
            self.spans[rules] = timed.both(self._common(more), own)
        return self.spans[rules]

    def named(self, rules: Indexes, lasts_ms: int) -> str:
        """Return the titles of a smallest set of the rules that leave less than so long."""
        from solvers.blocking import smallest

        found = smallest(lambda some: self(tuple(some)) >= lasts_ms, rules)
        return " and ".join(dict.fromkeys(self.timing[index].title for index in found))

    def told(self, rules: Indexes, lasts_ms: int, what: str) -> str:
        """Return in words that something which lasts at least so long finds no time."""
        left = self(rules)
        most = f"at most {left / MS:,.1f} s at once" if left else "no time"
        return f"{what}: {self.named(rules, lasts_ms)} leaves {most}; at least {lasts_ms / MS:,.1f} s would be needed"


def _powered(transition: Transition, gaps: _Gaps) -> Iterator[Closed]:
    """Yield that hosts stay on, or off."""
    problem, own = transition.problem, timed.of_hosts(transition)
    for kind, now, lasts_s, what in (
        (Online, problem.on, transition.shutdown_s, "cannot be shut down"),
        (Offline, ~problem.on, transition.boot_s, "cannot be booted"),
    ):
        found: dict[tuple[Indexes, int], list[int]] = defaultdict(list)
        for host in np.flatnonzero(now).tolist():
            lasts_ms = milliseconds(float(lasts_s[host]))
            if own[host] and gaps(own[host]) < lasts_ms:
                found[own[host], lasts_ms].append(host)
        for (rules, lasts_ms), hosts in found.items():
            rule = kind(hosts=np.array(hosts), name=gaps.named(rules, lasts_ms))
            yield Closed(rule, gaps.told(rules, lasts_ms, _many(hosts, problem.hosts, "hosts", "host", what)))


def _moves(transition: Transition, gaps: _Gaps) -> Iterator[Closed]:
    """Yield that VMs stay, or do not enter hosts."""
    problem, start = transition.problem, transition.problem.start
    of_hosts, of_vms = timed.of_hosts(transition), _of_vms(transition)
    places: dict[Indexes, list[int]] = defaultdict(list)
    for host, rules in enumerate(of_hosts):
        places[rules].append(host)
    groups: dict[tuple[Indexes, Indexes], list[int]] = defaultdict(list)
    for vm, rules in enumerate(of_vms):
        source = of_hosts[start[vm]] if start[vm] != NOWHERE else ()
        if rules or source or len(places) > 1 or () not in places:
            groups[rules, source].append(vm)
    lasts = _least_ms(transition, sorted(vm for vms in groups.values() for vm in vms))
    for (own, source), every in groups.items():
        leaving = _joined(own, source)
        vms = np.array(every)
        stay = (lasts[vms] > gaps(leaving)) & (start[vms] != NOWHERE)
        if stay.any():
            name, why = _named(problem.vms, gaps, leaving, vms[stay], lasts, "cannot move")
            yield Closed(Root(vms=vms[stay], continuous=False, name=name), why)
        for rules, hosts in places.items():
            both = _joined(leaving, rules)
            out: Mask = (lasts[vms] > gaps(both)) & ~stay
            if out.any():
                what = f"cannot move to {_first(problem.hosts, hosts)}"
                name, why = _named(problem.vms, gaps, both, vms[out], lasts, what)
                yield Closed(Ban(vms=vms[out], hosts=np.array(hosts), entering=True, name=name), why)


def _named(vms: Names, gaps: _Gaps, rules: Indexes, rows: Ints, lasts: Ints, what: str) -> tuple[str, str]:
    least = int(lasts[rows].min())
    return gaps.named(rules, least), gaps.told(rules, least, _many(rows.tolist(), vms, "VMs", "VM", what))


def _many(rows: Sequence[int], names: Names, many: str, one: str, what: str) -> str:
    if len(rows) == 1:
        return f"{one} {names[rows[0]]} {what}"
    return f"{len(rows):,} {many}, {_first(names, rows)}, {what}"


def _first(names: Names, rows: Sequence[int], most: int = 3) -> str:
    shown = ", ".join(str(names[row]) for row in rows[:most])
    return f"{shown} and {len(rows) - most:,} more" if len(rows) > most else shown


def _joined(*rules: Indexes) -> Indexes:
    return tuple(sorted({index for each in rules for index in each}))


def _of_vms(transition: Transition) -> list[Indexes]:
    """Return the windows, blackouts and deadlines of each VM."""
    found: list[list[int]] = [[] for _ in transition.problem.vms]
    for index, rule in enumerate(transition.timing):
        if isinstance(rule, Window | Blackout | Deadline):
            for vm in rule.vms.tolist():
                found[vm].append(index)
    return [tuple(each) for each in found]


def _least_ms(transition: Transition, vms: list[int]) -> Ints:
    """Return how long the move of each of the VMs lasts at least, to the host with the fastest network card."""
    found = np.zeros(len(transition.problem.vms), np.int64)
    rows, best = np.array(vms, np.int64), int(np.argmax(transition.nic_mbps))
    easy = replace(transition, network=None)
    targets = np.full(len(rows), best)
    for job in predicted(easy, rows, transition.problem.start[rows], targets, max(transition.rates)):
        found[job.vm] = milliseconds(job.duration_s)
    return found
