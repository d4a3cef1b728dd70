"""Whether pre-copy can end, why not, and the least change with which it would."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask
from models.laws.migration.flows import MIB, PAGE, Copies, Streams
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.writing import Writers

HALVINGS = 40


@dataclass(frozen=True, eq=False)
class Needs:
    """
    The least with which pre-copy ends. Shape (rows,) each.

    Parameters
    ----------
    written_mib, sendable_mib
        What is written in a time as long as the pause that is aimed at, and what is sent in it. [MiB]
    bandwidth_mib_s
        Rate with which it would end, all else being equal. [MiB/s]
    downtime_ms
        Pause with which it would. [ms]
    throttle_share
        Part of its time that the guest would have to be stopped for.
    """

    written_mib: Floats
    sendable_mib: Floats
    bandwidth_mib_s: Floats
    downtime_ms: Floats
    throttle_share: Floats


def needs(guests: Guests, paths: Paths, usual: Streams) -> Needs:
    """
    Return what pre-copy needs to end.

    Let ``U(t)`` be what is written at least once in a time ``t``. A pass over ``V`` takes ``V / B`` and leaves
    ``U(V / B)``. As ``U`` is concave, passes shrink below what the pause ``L`` can send, however they began, exactly if
    ``U(t) < B t`` for all ``t >= L``, that is if ``U(L) < B L``. So the rate that is needed is ``U(L) / L``; the pause
    is the ``t`` with ``U(t) = B t``; and to be stopped for a part ``q`` of its time makes ``U(L)`` into ``U((1-q) L)``.
    """
    writers = _writers(guests)
    rate = np.minimum(usual.rate / MIB, PAGE / usual.page_s / MIB)
    limit = paths.downtime_limit_ms / 1000
    written = _unique_mib(writers, limit)
    zero, ones = np.zeros(len(guests)), np.ones(len(guests))
    longest = np.maximum(guests.working_set_mib / rate, limit)
    pause = _root(lambda t: np.asarray(_unique_mib(writers, t) <= rate * t), zero, longest)
    throttle = _root(lambda q: np.asarray(_unique_mib(writers, (1 - q) * limit) <= rate * limit), zero, ones)
    return Needs(written, rate * limit, written / limit, pause * 1000, throttle)


def reasons(guests: Guests, paths: Paths, found: Copies, needed: Needs, ends: Mask) -> Iterator[str]:
    """Yield for each migration why it ends, or why not and what would help."""
    for row in range(len(guests)):
        limit = f"the pause of {paths.downtime_limit_ms[row]:.0f} ms"
        if found.fetched[row]:
            yield "ends: each page is sent at most once more after the switch"
        elif ends[row]:
            yield f"ends: what is left fits in {limit}"
        elif needed.written_mib[row] < needed.sendable_mib[row]:
            yield f"was given up after {found.seconds[row]:.0f} s, before it would have ended; allow more time"
        else:
            yield (
                f"never ends: {needed.written_mib[row]:.0f} MiB are written in {limit}, which sends "
                f"{needed.sendable_mib[row]:.0f} MiB; it would with {needed.bandwidth_mib_s[row]:.0f} MiB/s"
                f"{_pause(needed, row)}{_slower(needed, row)} or post-copy"
            )


def _pause(needed: Needs, row: int) -> str:
    return f", a pause of {needed.downtime_ms[row]:.0f} ms, " if needed.downtime_ms[row] < 60_000 else ", "


def _slower(needed: Needs, row: int) -> str:
    return f"the guest stopped for {needed.throttle_share[row]:.0%} of its time,"


def _writers(guests: Guests) -> Writers:
    return Writers(
        pages=guests.working_set_mib * 256, rate=guests.dirty_mib_s * 256, pattern=guests.pattern,
        hot_share=guests.hot_share, hot_writes_share=guests.hot_writes_share, at=np.zeros(len(guests)),
    )  # fmt: skip


def _unique_mib(writers: Writers, seconds: Floats) -> Floats:
    return writers.unique(seconds) / 256


def _root(enough: Callable[[Floats], Mask], low: Floats, high: Floats) -> Floats:
    """Return the least value between two at which a condition holds that holds from some value on. Shape (rows,)."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        holds = enough(middle)
        low, high = np.where(holds, low, middle), np.where(holds, middle, high)
    return high
