"""Which hosts are on: as many as the forecast demand and a margin need; others are booted, or switched off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask
from solvers.policies import forecast
from solvers.policies.draft import Draft, before

EMPTY_MHZ = 1e-6
"""What sums of nothing may come to by rounding."""


@dataclass(frozen=True)
class AlwaysOn:
    """No host is booted ahead of need or switched off for being empty."""

    def spare(self, draft: Draft) -> Floats:
        """Return that any host may be given up. [MHz] Shape (hosts,)."""
        return np.full(len(draft.open), np.inf)

    def __call__(self, draft: Draft) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Standby:
    """
    Keep a margin of CPU on in each boundary.

    Needed is what Holt's trend says the boundary will ask for once a host that is booted now is on, or asks for now,
    and the margin on top. If what is on and boots is less, more is booted, that which serves most for a watt first. If
    it is more by a slack, that may be given up: hosts that are empty and rested are switched off, the hungriest first.

    Parameters
    ----------
    margin
        Share of the demand that is kept free.
    slack
        Share of the demand that is free besides before hosts are switched off, so that none is soon booted again.
    hosts
        Empty hosts kept on in each boundary besides.
    fill
        Share of its limit up to which a host is expected to be filled.
    rest_s
        Time that a host has been empty before it is switched off. [s]
    level, trend, samples
        Weights of Holt's smoothing, and how many ticks it starts before.
    """

    margin: float = 0.1
    slack: float = 0.05
    hosts: int = 0
    fill: float = 0.9
    rest_s: float = 600.0
    level: float = 0.5
    trend: float = 0.2
    samples: int = 12

    def spare(self, draft: Draft) -> Floats:
        """Return the CPU limit that may be given up in the boundary of each host. [MHz] Shape (hosts,)."""
        return self._beyond(draft, self.margin + self.slack)

    def _beyond(self, draft: Draft, margin: float) -> Floats:
        """Return the CPU limit beyond what is needed and a margin; below 0: that is missing. [MHz] Shape (hosts,)."""
        offered = np.where(draft.open | draft.view.booting | draft.boot, draft.limit_mhz * self.fill, 0.0)
        spare: Floats = np.bincount(draft.place, offered, len(draft.places)) - self.needed(draft) * (1 + margin)
        return spare[draft.place] / self.fill

    def needed(self, draft: Draft) -> Floats:
        """Return the CPU that each boundary will ask for, or asks for now. [MHz] Shape (boundaries,)."""
        view, used = draft.view, draft.view.history_mhz[: self.samples]
        now = draft.by_place(draft.asked_mhz)
        if not len(used):
            return now
        ticks = np.ones(len(now))
        np.maximum.at(ticks, draft.place, 1 + view.boot_s / view.step_s)
        level, slope = forecast.holt(np.eye(len(used)), self.level, self.trend)
        later = draft.by_place(level @ used) + ticks * draft.by_place(slope @ used)
        return np.maximum(now, later)

    def __call__(self, draft: Draft) -> None:
        """Write into the draft which hosts are booted and which are switched off."""
        watts = draft.view.curve_w[:, -1] / np.maximum(draft.view.capacity_mhz, 1e-9)
        lack = -self._beyond(draft, self.margin)
        asleep = np.flatnonzero(draft.view.asleep & ~draft.boot & (lack > 0))
        missing = before(draft.limit_mhz[asleep], watts[asleep], draft.place[asleep]) < lack[asleep]
        draft.boot[asleep[missing]] = True
        self._rest(draft, watts)

    def _rest(self, draft: Draft, watts: Floats) -> None:
        """Switch off what is empty and spare, the hungriest first."""
        empty = np.flatnonzero(self._empty(draft))
        place, limit = draft.place[empty], draft.limit_mhz[empty]
        turn = before(np.ones(len(empty)), -watts[empty], place)
        gone = limit + before(limit, -watts[empty], place) <= self.spare(draft)[empty]
        gone &= turn < np.bincount(place, minlength=len(draft.places))[place] - self.hosts
        draft.drain[empty[gone]] = True
        draft.open[empty[gone]] = False

    def _empty(self, draft: Draft) -> Mask:
        """Return the hosts that take VMs, have none and none coming, and may rest. Shape (hosts,)."""
        quiet: Mask = draft.open & ~draft.occupied() & (draft.cpu_mhz <= EMPTY_MHZ)
        return quiet & (draft.view.rested_s >= self.rest_s) & ~draft.growing()


POWERS: Mapping[str, Callable[..., AlwaysOn | Standby]] = {"on": AlwaysOn, "standby": Standby}
"""The ways to switch hosts, by name."""
