"""Whether pre-copy can end, why not, and the least change with which it would."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask
from models.laws.migration.flows import Copies
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.writing import Writers

HALVINGS = 40
MOMENTS = 32
"""Times that stand for all times up to one; they are closer to each other at the start."""


@dataclass(frozen=True, eq=False)
class Needs:
    """
    The least with which pre-copy ends. Shape (rows,) each.

    Parameters
    ----------
    dirty_mib, sendable_mib
        What stays dirty however long the copy goes on, and what the pause that is aimed at can send. [MiB]
    bandwidth_mib_s
        Rate with which it would end, all else being equal; 0: with any. [MiB/s]
    downtime_ms
        Pause with which it would.
    throttle_share
        Part of its time that the guest would have to be stopped for.
    """

    dirty_mib: Floats
    sendable_mib: Floats
    bandwidth_mib_s: Floats
    downtime_ms: Floats
    throttle_share: Floats


def needs(guests: Guests, downtime_limit_ms: Floats, rate_mib_s: Floats) -> Needs:
    """
    Return what pre-copy needs to end.

    QEMU goes round and round over dirty pages, and what is unsent when it looks is carried along. Let ``U(t)`` be what
    is written at least once in a time ``t``. If a round takes ``t``, a page is dirty with probability ``U(t) / W`` when
    its turn comes, so rounds settle where ``U(t) = B t``; and as pages were sent at all times within the last round,
    ``m(t) = (1/t) ∫ U`` of them are dirty at any moment. The guest can be stopped if that is less than the pause ``L``
    can send, ``m(t) < B L``. So, with one more unknown each:

    * the pause that is needed is ``m(t) / B``;
    * the rate is ``B = U(t) / t`` with ``m(t) = B L``;
    * stopping the guest for a part ``q`` of its time makes ``U(t)`` into ``U((1-q) t)``: with ``m(s) = B L``,
      ``1 - q = B s / U(s)``.

    Parameters
    ----------
    downtime_limit_ms
        Pause that is aimed at. [ms] Shape (rows,).
    rate_mib_s
        Memory that can be sent a second. [MiB/s] Shape (rows,).

    Examples
    --------
    >>> found = needs(Guests.of(2048.0, 400.0, working_set_mib=512.0), np.array([300.0]), np.array([100.0]))
    >>> print(f"{found.dirty_mib[0]:.0f} MiB, {found.downtime_ms[0]:.0f} ms, {found.bandwidth_mib_s[0]:.0f} MiB/s")
    384 MiB, 3840 ms, 324 MiB/s
    """
    writers, rate, limit = _writers(guests), rate_mib_s, downtime_limit_ms / 1000
    zero = np.zeros(len(guests))
    longest = np.maximum(guests.working_set_mib / rate, 1e-6)
    round_s = _root(lambda t: np.asarray(_unique_mib(writers, t) <= rate * t), zero + 1e-9, longest)
    keeps_up = _unique_mib(writers, zero + 1e-9) <= rate * 1e-9
    dirty = np.where(keeps_up, 0.0, _mean_mib(writers, round_s))
    span = 4 * limit + longest
    settled = _root(lambda t: np.asarray(t * _mean_mib(writers, t) >= limit * _unique_mib(writers, t)), zero, span)
    slowed = _root(lambda t: np.asarray(_mean_mib(writers, t) >= rate * limit), zero, span)
    share = 1.0 - rate * slowed / np.maximum(_unique_mib(writers, slowed), 1e-12)
    ends = dirty < rate * limit
    return Needs(
        dirty, rate * limit, _unique_mib(writers, settled) / settled, dirty / rate * 1000,
        np.where(ends, 0.0, np.clip(share, 0.0, 1.0)),
    )  # fmt: skip


def reasons(guests: Guests, paths: Paths, found: Copies, needed: Needs, ends: Mask) -> Iterator[str]:
    """Yield for each migration why it ends, or why not and what would help."""
    for row in range(len(guests)):
        limit = f"the pause of {paths.downtime_limit_ms[row]:.0f} ms"
        if found.fetched[row]:
            yield "ends: each page is sent at most once more after the switch"
        elif ends[row]:
            yield f"ends: what is left fits in {limit}"
        elif needed.dirty_mib[row] < needed.sendable_mib[row]:
            yield f"was given up after {found.seconds[row]:.0f} s, before it would have ended; allow more time"
        else:
            yield (
                f"never ends: {needed.dirty_mib[row]:.0f} MiB stay dirty, and {limit} sends "
                f"{needed.sendable_mib[row]:.0f} MiB; it would with {needed.bandwidth_mib_s[row]:.0f} MiB/s, a pause "
                f"of {needed.downtime_ms[row]:.0f} ms, the guest stopped for {needed.throttle_share[row]:.0%} of its "
                "time, or post-copy"
            )


def _writers(guests: Guests) -> Writers:
    return Writers(
        pages=guests.working_set_mib * 256, rate=guests.dirty_mib_s * 256, pattern=guests.pattern,
        hot_share=guests.hot_share, hot_writes_share=guests.hot_writes_share, at=np.zeros(len(guests)),
    )  # fmt: skip


def _unique_mib(writers: Writers, seconds: Floats) -> Floats:
    return writers.unique(seconds) / 256


def _mean_mib(writers: Writers, seconds: Floats) -> Floats:
    """Return the mean of what is written at least once over all times up to some. [MiB] Shape (rows,)."""
    roots = (np.arange(MOMENTS) + 0.5) / MOMENTS
    return np.asarray(sum(2 * root / MOMENTS * _unique_mib(writers, seconds * root**2) for root in roots))


def _root(enough: Callable[[Floats], Mask], low: Floats, high: Floats) -> Floats:
    """Return the least value between two at which a condition holds that holds from some value on. Shape (rows,)."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        holds = enough(middle)
        low, high = np.where(holds, low, middle), np.where(holds, middle, high)
    return high
