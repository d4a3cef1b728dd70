"""Prediction of live migrations: time, pause, bytes, rounds, whether it ends, and what it costs at both ends."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from models.arrays import Floats, Ints, Mask, Names, frozen, names
from models.errors import InputError
from models.laws.migration import effects, qemu, xen
from models.laws.migration.convergence import Needs, needs, reasons
from models.laws.migration.flows import MIB, PAGE, Copies, Streams
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.machines import SERVER, Machine
from models.laws.migration.pages import Pages
from models.laws.migration.streams import streams
from models.laws.migration.techniques import Options, technique
from models.laws.migration.writing import Writers
from models.laws.network import unreachable_ms

ROWS = 256
"""Migrations that are replayed at once."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """
    What migrations are predicted to take. Shape (rows,) each.

    Parameters
    ----------
    total_s
        From the start to the end at the destination, pages that are fetched later included. [s] Where a migration does
        not converge, what there was when it was given up.
    downtime_ms, final_copy_ms, pause_ms
        Pause of the guest; its parts: sending what is left, and stopping, device state and resuming. [ms]
    unreachable_ms
        Time in which the network does not lead to the running guest: the pause, and until its new place is announced
        (`models.laws.network`). [ms]
    sent_mib
        On the wire, headers included. [MiB]
    rounds
        Looks for dirty pages, as QEMU's ``dirty_sync_count``; the first and the final one included.
    converges, reason
        Whether it ends without force, and in words why, or what would help.
    bandwidth_needed_mib_s, downtime_needed_ms, throttle_needed_share
        The least rate, pause or slowing-down of the guest with any one of which it would. [MiB/s], [ms]
    throttled_share
        Part of its time for which auto-converge stopped the guest at the end.
    cpu_source_s, cpu_destination_s
        CPU time at both ends. [s]
    energy_source_j, energy_destination_j
        Energy of the copy at both ends. [J]
    lost_s, performance_loss_share
        Work that the guest could not do, in seconds at its full speed, and over the time of the migration. [s]
    """

    total_s: Floats
    downtime_ms: Floats
    final_copy_ms: Floats
    pause_ms: Floats
    unreachable_ms: Floats
    sent_mib: Floats
    rounds: Ints
    converges: Mask
    reason: Names
    bandwidth_needed_mib_s: Floats
    downtime_needed_ms: Floats
    throttle_needed_share: Floats
    throttled_share: Floats
    cpu_source_s: Floats
    cpu_destination_s: Floats
    energy_source_j: Floats
    energy_destination_j: Floats
    lost_s: Floats
    performance_loss_share: Floats


def predict(
    guests: Guests,
    paths: Paths,
    by: str | Options | Sequence[str | Options] = "pre-copy",
    *,
    machine: Machine = SERVER,
    members: int = 9,
) -> Prediction:
    """
    Predict live migrations.

    Some of what decides is never known beforehand: where a sweep over memory stands, how long the scan of empty pages
    takes, how late a thread wakes up. So each migration is replayed by `members` replicas which differ in these, spread
    evenly; a result is the median of theirs, and a migration converges if most do.

    Parameters
    ----------
    by
        A technique for all or one a row, by its name in `TECHNIQUES` or as options.

    Raises
    ------
    InputError
        If the paths or techniques are not as many as the guests.

    Examples
    --------
    >>> found = predict(Guests.of([4096.0, 4096.0], [20.0, 400.0], working_set_mib=512.0), Paths.of(110.0))
    >>> print(f"{found.total_s[0]:.1f} s, {found.downtime_ms[0]:.0f} ms, {found.rounds[0]} rounds, {found.reason[0]}")
    41.6 s, 313 ms, 6 rounds, ends: what is left fits in the pause of 300 ms
    >>> print(found.converges[1], f"{found.bandwidth_needed_mib_s[1]:.0f} MiB/s, {found.throttle_needed_share[1]:.2f}")
    False 357 MiB/s, 0.72
    """
    count = len(guests)
    chosen = [technique(by)] * count if isinstance(by, str | Options) else [technique(each) for each in by]
    if len(chosen) != count or len(paths.link_mib_s) not in (1, count):
        raise InputError(f"{count} guests need as many paths and techniques, or one for all.")
    paths = paths if len(paths.link_mib_s) == count else paths.rows(np.zeros(count, np.int64))
    parts = [
        _part(guests.rows(rows), paths.rows(rows), chosen[rows], machine, members)
        for rows in (slice(first, first + ROWS) for first in range(0, max(count, 1), ROWS))
    ]
    joined = {item.name: np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Prediction)}
    return Prediction(**{name: frozen(values, values.dtype) for name, values in joined.items()})


def _part(guests: Guests, paths: Paths, options: Sequence[Options], machine: Machine, members: int) -> Prediction:
    """Return the prediction of few migrations."""
    spread = _spread(members)
    copies = [_copies(guests, paths, options, machine, member) for member in spread]
    usual = streams(guests, paths, options, machine, np.ones(len(guests)), np.ones(len(guests)))
    found = _middle(copies)
    limit = usual.limit_s
    needed = needs(guests, paths, usual)
    ends = (found.stopped | found.fetched) & ((found.left_s <= limit * (1 + 1e-9)) | found.fetched | _qemu(options))
    return _prediction(guests, paths, options, machine, found, usual, needed, ends)


def _qemu(options: Sequence[Options]) -> Mask:
    return np.array([each.rule == "qemu" for each in options], np.bool_)


def _prediction(
    guests: Guests, paths: Paths, options: Sequence[Options], machine: Machine, found: Copies, usual: Streams,
    needed: Needs, ends: Mask,
) -> Prediction:  # fmt: skip
    """Return the columns of a prediction."""
    final_s = np.where(found.fetched, 0.0, found.left_s)
    pause_s = np.full(len(guests), machine.pause_ms / 1000)
    stalls_s = effects.stalls_s(found, paths)
    begin_s = machine.setup_s + machine.begin_s_per_gib * np.maximum(guests.memory_mib - guests.touched_mib, 0.0) / 1024
    total = begin_s + found.seconds + pause_s + found.left_s
    sent = (found.sent + found.left_bytes) / MIB
    downtime = final_s + pause_s
    lost = effects.lost_s(total, downtime, found, stalls_s)
    source, destination = effects.cpu_s(guests, options, machine, found, usual, sent)
    joules = effects.energy_j(sent, source, destination)
    return Prediction(
        total_s=total, downtime_ms=downtime * 1000, final_copy_ms=final_s * 1000, pause_ms=pause_s * 1000,
        unreachable_ms=downtime * 1000 + unreachable_ms(0.0, paths.rtt_ms / 2),
        sent_mib=sent, rounds=found.syncs, converges=ends, reason=names(reasons(guests, paths, found, needed, ends)),
        bandwidth_needed_mib_s=needed.bandwidth_mib_s, downtime_needed_ms=needed.downtime_ms,
        throttle_needed_share=needed.throttle_share, throttled_share=found.throttled, cpu_source_s=source,
        cpu_destination_s=destination, energy_source_j=joules[0], energy_destination_j=joules[1], lost_s=lost,
        performance_loss_share=lost / np.maximum(total, 1e-12),
    )  # fmt: skip


def _spread(members: int) -> list[tuple[float, float, float]]:
    """Return points spread evenly in a cube: Halton's sequence in bases 2, 3 and 5; of one, the middle."""
    if members <= 1:
        return [(0.5, 0.5, 0.5)]
    return [(_reversed(n, 2), _reversed(n, 3), _reversed(n, 5)) for n in range(1, members + 1)]


def _reversed(number: int, base: int) -> float:
    """Return the digits of a number mirrored at the point."""
    value, scale = 0.0, 1.0 / base
    while number:
        number, digit = divmod(number, base)
        value, scale = value + digit * scale, scale / base
    return value


def _copies(
    guests: Guests, paths: Paths, options: Sequence[Options], machine: Machine, member: tuple[float, float, float]
) -> Copies:
    """Return what one replica makes of the migrations."""
    phase, loss, scan = member
    ones = np.ones(len(guests))
    flows = streams(guests, paths, options, machine, 2.0 * loss * ones, (0.5 + scan) * ones)
    per_mib = MIB / PAGE
    writers = Writers(
        pages=np.minimum(guests.working_set_mib, guests.touched_mib) * per_mib, rate=guests.dirty_mib_s * per_mib,
        pattern=guests.pattern, hot_share=guests.hot_share, hot_writes_share=guests.hot_writes_share,
        at=phase * guests.working_set_mib * per_mib,
    )  # fmt: skip
    rules = np.array([each.rule for each in options], object)
    mine = rules == "qemu"
    parts = []
    if mine.any():
        some = guests.rows(mine)
        pages = Pages.of(
            some.memory_mib * per_mib, some.touched_mib * per_mib, some.working_set_mib * per_mib,
            some.leading_mib * per_mib, qemu.CELLS,
        )  # fmt: skip
        parts.append((mine, qemu.replay(pages, writers.rows(mine), _rows(flows, mine))))
    if not mine.all():
        parts.append((~mine, xen.rounds(guests.rows(~mine), writers.rows(~mine), _rows(flows, ~mine), rules[~mine])))
    return _joined(parts, len(guests))


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


def _middle(copies: Sequence[Copies]) -> Copies:
    """Return the median of replicas: of those that agree with most of them on whether the migration ends."""
    ended = np.array([each.stopped | each.fetched for each in copies])
    most = ended.mean(axis=0) >= 0.5
    agree = ended == most
    columns = {}
    for item in fields(Copies):
        values = np.array([getattr(each, item.name) for each in copies])
        if values.dtype == np.bool_:
            columns[item.name] = (values & agree).sum(axis=0) * 2 >= agree.sum(axis=0)
        else:
            middle = np.nanmedian(np.where(agree, values, np.nan), axis=0)
            columns[item.name] = np.floor(middle).astype(values.dtype) if item.name == "syncs" else middle
    return Copies(**columns)
