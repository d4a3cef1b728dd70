"""Pre-copy as QEMU does it: a replay of its migration thread, look by look, for many migrations at once."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from models import catalog
from models.arrays import Floats, Mask
from models.laws.migration.flows import PAGE, Copies, Streams
from models.laws.migration.pages import Pages
from models.laws.migration.writing import Writers

WINDOW_S = catalog.number("migration", "window_s")
"""Rate is limited, and bandwidth measured, over windows of this length (``BUFFER_DELAY``)."""
LOOK_S = catalog.number("migration", "look_s")
"""Sending stops for a look at what remains when it took more than 50 ms (``MAX_WAIT``)."""
LOOK_PAGES = 64
"""The time is read once in so many pages."""
RATES_S = catalog.number("migration", "rates_s")
"""Dirty rates are taken, and throttling decided, at the first look for dirty pages after this time."""
SHORTEST_S = 1e-12
"""Time of a page that takes none, to divide by."""
CELLS = 128
"""Cells that a working set is cut into."""


def replay(pages: Pages, writers: Writers, streams: Streams) -> Copies:
    """
    Return what QEMU's migration thread does with the guests, all at once.

    The thread looks at what remains (dirty pages of 4 KiB, empty ones too). Only when that is below
    ``threshold = bandwidth of the last window × downtime limit`` does it look for pages that were dirtied since; if
    what remains is still below, the guest is stopped. Otherwise it sends until the window's bytes are used, 50 ms have
    passed or nothing is left, and sleeps to the end of the window of 100 ms if the bytes are used. So a pass does not
    end at zero: what is unsent is carried into the next. The threshold is zero until a window has passed.

    References
    ----------
    .. [1] QEMU 7.2, ``migration/migration.c`` (``migration_thread``) and ``migration/ram.c`` (``ram_save_iterate``).
    """
    state = _State.of(pages, writers, streams)
    rows = np.arange(len(pages.size))
    found: dict[str, Any] = {item.name: np.zeros(len(rows)) for item in fields(Copies)}
    while len(rows):
        done = state.look()
        if done.any():
            for name, values in state.outcome(done).items():
                found[name][rows[done]] = values
            rows, state = rows[~done], state.rows(~done)
        state.send()
    whole = {"syncs": np.int64, "stopped": np.bool_, "fetched": np.bool_}
    return Copies(**{name: values.astype(whole.get(name, np.float64)) for name, values in found.items()})


@dataclass(eq=False)
class _State:
    """The migration threads at one look, each at its own time."""

    pages: Pages
    writers: Writers
    streams: Streams
    now: Floats
    opened: Floats
    window: Floats
    sent: Floats
    threshold: Floats
    synced: Floats
    syncs: Floats
    stopped: Mask
    fetched: Mask
    throttled: Floats
    unrun: Floats
    rated: Floats
    dirtied: Floats
    sent_before: Floats
    high: Floats
    passed: Floats
    known: Floats

    @classmethod
    def of(cls, pages: Pages, writers: Writers, streams: Streams) -> Self:
        """Return the state at the start: everything is to be sent, and dirty pages were looked for once."""
        count = len(pages.size)
        zero = {item.name: np.zeros(count) for item in fields(cls)[3:]}
        zero["known"] = np.zeros(pages.size.shape)
        begun = zero | {"syncs": np.ones(count), "stopped": np.zeros(count, bool), "fetched": np.zeros(count, bool)}
        return cls(pages, writers, streams, **begun)

    def rows(self, mask: Mask) -> Self:
        """Return the state of some rows."""
        parts: dict[str, Any] = {"pages": self.pages.rows(mask), "writers": self.writers.rows(mask)}
        parts["streams"] = Streams(**{name: values[mask] for name, values in vars(self.streams).items()})
        rest = {name: value[mask] for name, value in vars(self).items() if name not in parts}
        return type(self)(**parts, **rest)

    def look(self) -> Mask:
        """Look at what remains, and for dirty pages where that is little; return which migrations end here."""
        low = self.pages.remaining() * PAGE < self.threshold
        self.sync(low)
        left = self.pages.remaining()
        few = (left * PAGE < self.threshold) | (left < 0.5)
        switch = ~few & (self.now >= self.streams.postcopy_s) & (self.threshold > 0)
        self.sync(few | switch)
        self.stopped, self.fetched = few, switch
        return np.asarray(few | switch | self._given_up())

    def _given_up(self) -> Mask:
        return np.asarray((self.now >= self.streams.timeout_s) | (self.syncs >= self.streams.looks_most))

    def sync(self, mask: Mask) -> None:
        """Look for pages dirtied since the last time in some rows, and throttle their guests if there are too many."""
        if not mask.any():
            return
        ran = (self.now - self.synced) * (1.0 - self.throttled)
        self.unrun += np.where(mask, (self.now - self.synced) * self.throttled, 0.0)
        writers = self.writers.rows(mask)
        new = self.pages.dirtied(mask, writers.written(ran[mask], self.pages.size.shape[1] - 3))
        self.dirtied[mask] += new * PAGE
        self.writers.pass_by(np.where(mask, ran, 0.0))
        self.synced = np.where(mask, self.now, self.synced)
        self.syncs += mask
        self.rate(mask & (self.now > self.rated + RATES_S))

    def rate(self, mask: Mask) -> None:
        """Take rates in some rows; where dirtying kept up with sending twice, throttle the guest more."""
        streams = self.streams
        over = mask & (self.dirtied > streams.throttle_trigger * (self.sent - self.sent_before))
        self.high += over
        more = over & (self.high >= 2)
        self.high[more] = 0.0
        step = np.where(self.throttled > 0, self.throttled + streams.throttle_step, streams.throttle)
        self.throttled = np.where(
            more & (streams.throttle > 0), np.minimum(step, streams.throttle_most), self.throttled
        )
        self.rated = np.where(mask, self.now, self.rated)
        self.dirtied[mask] = 0.0
        self.sent_before = np.where(mask, self.sent, self.sent_before)

    def send(self) -> None:
        """Send until the window's bytes are used, 50 ms have passed, or nothing is left; wait for the next window."""
        streams, pages = self.streams, self.pages
        if not len(self.now):
            return
        skipped, window = self._skipped()
        weight, cost = self._weights()
        far = skipped > 0
        amount = np.where(far, skipped * window, np.maximum(streams.rate * WINDOW_S - self.window, 0.0))
        cells, sent, took = pages.send(amount, np.where(far, np.inf, self._look_s()), weight, cost)
        self._remember(cells)
        self.sent += sent
        self.window += np.where(far, 0.0, sent)
        self.now += np.where(far, skipped * WINDOW_S, took)
        self.opened = np.where(far, self.now, self.opened)
        self.threshold = np.where(far, window / WINDOW_S * streams.limit_s, self.threshold)
        self._turn(~far)

    def _turn(self, mask: Mask) -> None:
        """Sleep to the end of the window where its bytes are used; begin a new one where the old one has passed."""
        used = self.window >= self.streams.rate * WINDOW_S * (1 - 1e-9)
        wait = mask & used & (self.now < self.opened + WINDOW_S)
        self.now = np.where(wait, self.opened + WINDOW_S, self.now)
        over = mask & (self.now >= self.opened + WINDOW_S - 1e-9)
        bandwidth = self.window / np.maximum(self.now - self.opened, WINDOW_S)
        self.threshold = np.where(over, bandwidth * self.streams.limit_s, self.threshold)
        self.window = np.where(over, 0.0, self.window)
        self.opened = np.where(over, self.now, self.opened)

    def _weights(self) -> tuple[Floats, Floats]:
        """Return bytes on the wire and time of a page of each cell, deltas of cached pages included."""
        streams, empty = self.streams, self.pages.empty
        weight = np.where(empty, streams.empty_bytes[:, None], streams.page_bytes[:, None])
        cost = np.where(empty, streams.empty_s[:, None], streams.page_s[:, None])
        if not streams.delta_held.any():
            return weight, cost
        share = (
            1.0 - self.known * streams.delta_held[:, None] * (1.0 - streams.delta_bytes / streams.page_bytes)[:, None]
        )
        return weight * share, cost * share

    def _remember(self, cells: Floats) -> None:
        """Keep pages of the working set that are sent after the first pass in the cache of delta encoding."""
        if self.streams.delta_held.any():
            part = np.divide(cells, self.pages.size, out=np.zeros_like(cells), where=self.pages.size > 0)
            whole = self.passed >= self.pages.size.sum(axis=1) - 1.0
            fresh = np.where(whole[:, None], (1.0 - self.known) * part, 0.0)
            fresh[:, [0, -2, -1]] = 0.0
            self.known = self.known + fresh
        self.passed = self.passed + cells.sum(axis=1)

    def _look_s(self) -> Floats:
        """Return how long filled pages are sent before the time is seen to be over."""
        step = LOOK_PAGES * self.streams.page_s
        return np.asarray(np.ceil(LOOK_S / step) * step)

    def _skipped(self) -> tuple[Floats, Floats]:
        """Return how many whole windows pass in which only pages of one kind are sent, and the bytes of each."""
        streams, now = self.streams, self.now
        pages, empty = self.pages.ahead()
        weight = np.where(empty, streams.empty_bytes, streams.page_bytes)
        cost = np.maximum(np.where(empty, streams.empty_s, streams.page_s), SHORTEST_S)
        window = np.minimum(streams.rate * WINDOW_S, WINDOW_S / cost * weight)
        target = np.maximum(self.threshold, window / WINDOW_S * streams.limit_s)
        spare = np.minimum(pages, self.pages.remaining() - target / PAGE) * weight
        until = np.minimum(streams.timeout_s, streams.postcopy_s)
        until = np.where(now < until, until, streams.timeout_s)
        count = np.minimum(np.floor(spare / window) - 2, np.floor((until - now) / WINDOW_S) - 1)
        plain = (self.opened == now) & (streams.delta_held == 0)
        return np.where(plain & (count >= 1), count, 0.0), window

    def outcome(self, done: Mask) -> dict[str, Any]:
        """Return the fields of `Copies` for some rows."""
        pages = self.pages
        weight, cost = self._weights()
        found = {
            "seconds": self.now,
            "sent": self.sent,
            "left_bytes": (pages.left * weight).sum(axis=1),
            "left_s": (pages.left * cost).sum(axis=1),
            "left_pages": np.where(pages.empty, 0.0, pages.left).sum(axis=1),
            "syncs": self.syncs,
            "stopped": self.stopped,
            "fetched": self.fetched,
            "throttled": self.throttled,
            "unrun_s": self.unrun + (self.now - self.synced) * self.throttled,
        }
        return {name: values[done] for name, values in found.items()}
