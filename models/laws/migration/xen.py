"""Pre-copy in whole rounds, as Xen does it: the guest is stopped by what a round left, and by how many there were."""

import numpy as np

from models import catalog
from models.arrays import Floats, Mask, Names
from models.laws.migration.constants import MBIT_PER_MIB
from models.laws.migration.flows import MIB, PAGE, Copies, Streams
from models.laws.migration.guests import Guests
from models.laws.migration.writing import Writers

MOMENTS = 32
"""Moments of a round that stand for all of it."""


def rounds(guests: Guests, writers: Writers, streams: Streams, rule: Names) -> Copies:
    """
    Return what becomes of the copies under the rules ``xen``, ``xen-4`` and ``clark``. Shape (rows,).

    A round sends all that was dirty at its start; what is written meanwhile is the next one's. The guest is stopped

    * ``xen``: when a round left fewer than 50 pages, or after 5 rounds;
    * ``xen-4``: when fewer than 50 pages were sent, after 29 rounds, or when three times the memory was sent; pages
      that are dirty again before their turn are left to the next round;
    * ``clark``: when a round left less than 256 KiB, or would have to be sent faster than the link; the first is sent
      at 100 Mbit/s, the others at the dirty rate of the one before and 50 Mbit/s.

    References
    ----------
    .. [1] Xen, ``tools/libs/guest/xg_sr_save.c`` and, until 4.x, ``tools/libxc/xc_domain_save.c``.
    .. [2] C. Clark et al., "Live migration of virtual machines," NSDI 2005.
    """
    count = len(guests)
    link = np.minimum(streams.page_bytes / streams.page_s, streams.rate)
    left = guests.touched_mib * MIB / PAGE
    now, sent, done = np.zeros(count), np.zeros(count), np.zeros(count)
    rate = np.where(rule == "clark", np.minimum(link, _first()), link)
    scan = np.maximum(guests.memory_mib - guests.touched_mib, 0.0) * MIB / PAGE
    active = np.ones(count, np.bool_)
    little = np.zeros(count, np.bool_)
    while active.any():
        took = left * streams.page_bytes / rate + np.where(done == 0, scan * streams.empty_s, 0.0)
        skipped = np.where(rule == "xen-4", np.minimum(left, writers.pages) * _again(writers, took), 0.0)
        took = took * (1.0 - skipped / np.maximum(left, 1e-12))
        now = np.where(active, now + took, now)
        sent = np.where(active, sent + (left - skipped) * streams.page_bytes, sent)
        done = done + active
        before, left = left - skipped, np.where(active, writers.unique(took), left)
        writers.pass_by(np.where(active, took, 0.0))
        rate, fast = _faster(rule, left, took, link, rate)
        few = _few(rule, left, before)
        little = np.where(active, few, little)
        active = active & ~few & ~fast & ~_many(rule, done, sent, guests) & (now < streams.timeout_s)
    none = np.zeros(count)
    return Copies(
        seconds=now, sent=sent, left_bytes=left * streams.page_bytes, left_s=left * streams.page_bytes / link,
        left_pages=left, syncs=(done + 1).astype(np.int64), stopped=now < streams.timeout_s,
        fetched=np.zeros(count, np.bool_), throttled=none, unrun_s=none,
    )  # fmt: skip


def _first() -> float:
    return catalog.number("migration", "clark_first_mbps") / MBIT_PER_MIB * MIB


def _again(writers: Writers, took: Floats) -> Floats:
    """
    Return the share of the pages of a round that are dirty again when their turn comes, averaged over its time.

    Moments are closer to each other at the start, where most becomes dirty.
    """
    roots = (np.arange(MOMENTS) + 0.5) / MOMENTS
    found = sum(2 * root / MOMENTS * writers.unique(took * root**2) for root in roots)
    return np.asarray(found / np.maximum(writers.pages, 1.0))


def _faster(rule: Names, left: Floats, took: Floats, link: Floats, rate: Floats) -> tuple[Floats, Mask]:
    """Return the rate of the next round, and where it would have to be above the link's."""
    step = catalog.number("migration", "clark_step_mbps") / MBIT_PER_MIB * MIB
    wanted = left * PAGE / np.maximum(took, 1e-9) + step
    clark = rule == "clark"
    return np.where(clark, np.clip(wanted, rate, link), rate), np.asarray(clark & (wanted >= link))


def _few(rule: Names, left: Floats, before: Floats) -> Mask:
    pages = catalog.number("migration", "xen_pages")
    kib = catalog.number("migration", "clark_left_kib")
    few = np.where(rule == "xen-4", before < pages, left < pages)
    return np.asarray(np.where(rule == "clark", left * PAGE < kib * 1024, few), np.bool_)


def _many(rule: Names, done: Floats, sent: Floats, guests: Guests) -> Mask:
    most = catalog.number("migration", "xen4_factor") * guests.memory_mib * MIB
    old = (done >= catalog.number("migration", "xen4_rounds")) | (sent > most)
    now = done >= catalog.number("migration", "xen_rounds")
    return np.asarray(np.where(rule == "xen", now, np.where(rule == "xen-4", old, done >= 100)), np.bool_)
