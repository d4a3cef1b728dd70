"""Replicas of migrations that differ in what is not known beforehand, and what is typical of them."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from models.arrays import Floats, Mask
from models.laws.migration import qemu, xen
from models.laws.migration.flows import MIB, PAGE, Copies, Streams
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.machines import Machine
from models.laws.migration.pages import Pages
from models.laws.migration.streams import streams
from models.laws.migration.techniques import Options
from models.laws.migration.writing import Writers


def typical(guests: Guests, paths: Paths, options: Sequence[Options], machine: Machine, members: int) -> Copies:
    """
    Return the median of replicas of each migration, of those that agree with most of them on whether it ends.

    Replicas differ in where a sweep over memory stands, in how much of the rate is lost to late threads (none to twice
    the usual), and in how long the scan of an empty page takes (a half to one and a half of the usual).
    """
    count, spread = len(guests), _spread(max(members, 1))
    rows = np.tile(np.arange(count), len(spread))
    phase, loss, scan = np.repeat(spread, count, axis=0).T
    every = [options[row] for row in rows]
    flows = streams(guests.rows(rows), paths.rows(rows), every, machine, 2.0 * loss, 0.5 + scan)
    return _middle(_copies(guests.rows(rows), every, flows, phase), len(spread))


def _spread(members: int) -> Floats:
    """Return points spread evenly in a cube: Halton's sequence in bases 2, 3 and 5; of one, the middle."""
    if members == 1:
        return np.full((1, 3), 0.5)
    return np.array([[_reversed(n, base) for base in (2, 3, 5)] for n in range(1, members + 1)])


def _reversed(number: int, base: int) -> float:
    """Return the digits of a number mirrored at the point."""
    value, scale = 0.0, 1.0 / base
    while number:
        number, digit = divmod(number, base)
        value, scale = value + digit * scale, scale / base
    return value


def _copies(guests: Guests, options: Sequence[Options], flows: Streams, phase: Floats) -> Copies:
    """Return what becomes of the copies, by the rule of each."""
    written = _pages(np.minimum(guests.working_set_mib, guests.touched_mib))
    writers = Writers(
        pages=written, rate=guests.dirty_mib_s * (MIB / PAGE), pattern=guests.pattern, hot_share=guests.hot_share,
        hot_writes_share=guests.hot_writes_share, at=phase * written,
    )  # fmt: skip
    rules = np.array([each.rule for each in options], object)
    mine = rules == "qemu"
    parts = []
    if mine.any() or not len(rules):
        some = guests.rows(mine)
        pages = Pages.of(
            _pages(some.memory_mib), _pages(some.touched_mib), _pages(some.working_set_mib), _pages(some.leading_mib),
            qemu.CELLS,
        )  # fmt: skip
        parts.append((mine, qemu.replay(pages, writers.rows(mine), _rows(flows, mine))))
    if not mine.all():
        parts.append((~mine, xen.rounds(guests.rows(~mine), writers.rows(~mine), _rows(flows, ~mine), rules[~mine])))
    return _joined(parts, len(guests))


def _pages(amount_mib: Floats) -> Floats:
    """Return an amount of memory in pages; less than one is none."""
    found = amount_mib * (MIB / PAGE)
    return np.where(found < 1.0, 0.0, found)


def _rows(flows: Streams, mask: Mask) -> Streams:
    return Streams(**{name: values[mask] for name, values in vars(flows).items()})


def _joined(parts: Sequence[tuple[Mask, Copies]], count: int) -> Copies:
    columns = {}
    for item in fields(Copies):
        values = np.zeros(count, getattr(parts[0][1], item.name).dtype)
        for mask, part in parts:
            values[mask] = getattr(part, item.name)
        columns[item.name] = values
    return Copies(**columns)


def _middle(copies: Copies, members: int) -> Copies:
    """Return the median over replicas; rows are those of the first replica, then those of the next, and so on."""
    apart = {item.name: getattr(copies, item.name).reshape(members, -1) for item in fields(Copies)}
    ended = apart["stopped"] | apart["fetched"]
    agree = ended == (ended.mean(axis=0) >= 0.5)
    middle = {}
    for name, values in apart.items():
        if values.dtype == np.bool_:
            middle[name] = (values & agree).sum(axis=0) * 2 >= agree.sum(axis=0)
        else:
            found = np.nanmedian(np.where(agree, values, np.nan), axis=0)
            middle[name] = np.floor(found).astype(values.dtype) if name == "syncs" else found
    return Copies(**middle)
