"""Which hosts are on, and which may hold VMs, from when until when."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask
from models.check.stays import Stays
from models.check.violation import Violation
from models.plan import HostAction
from models.problem import Problem

Span = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Power:
    """
    Hosts that are on, over time.

    Parameters
    ----------
    on
        For each host the spans in which it is on: from the start of its boot to the end of its shutdown.
    ready
        For each host the spans in which it may hold VMs: from the end of its boot to the start of its shutdown.
    """

    on: Sequence[Sequence[Span]]
    ready: Sequence[Sequence[Span]]

    @property
    def changes(self) -> Floats:
        """The times at which a host is switched on or off, in order. [s] Shape (changes,)."""
        times: Floats = np.unique([time for spans in self.on for span in spans for time in span])
        return times[np.isfinite(times)]

    def at(self, time_s: float) -> Mask:
        """Return which hosts are on. Shape (hosts,)."""
        return np.array([any(start <= time_s < end for start, end in spans) for spans in self.on], np.bool_)


def constant(on: Mask) -> Power:
    """Return hosts that stay as they are."""
    spans = [[(0.0, np.inf)] if each else [] for each in on]
    return Power(spans, spans)


def of(on: Mask, actions: Iterable[HostAction]) -> Power:
    """Return what follows from which hosts are on at the start and what is done to them."""
    power = constant(on)
    on_spans, ready = [list(spans) for spans in power.on], [list(spans) for spans in power.ready]
    for action in sorted(actions, key=lambda action: action.start_s):
        if action.action == "boot":
            on_spans[action.host].append((action.start_s, np.inf))
            ready[action.host].append((action.end_s, np.inf))
        else:
            _close(on_spans[action.host], action.end_s)
            _close(ready[action.host], action.start_s)
    return Power(on_spans, ready)


def _close(spans: list[Span], end_s: float) -> None:
    if spans:
        spans[-1] = (spans[-1][0], end_s)


def violations(problem: Problem, stays: Stays, power: Power) -> Iterator[Violation]:
    """Yield the VMs that are on a host while it is not ready."""
    always = np.array([list(spans) == [(0.0, np.inf)] for spans in power.ready], np.bool_)
    for row in np.flatnonzero(~always[stays.host]):
        reached = float(stays.since_s[row])
        for start, end in power.ready[stays.host[row]]:
            reached = end if start <= reached < end else reached
        if reached < stays.until_s[row]:
            who = (problem.vms[stays.vm[row]], problem.hosts[stays.host[row]])
            yield Violation("Power", who, 1, 0, since_s=reached)
