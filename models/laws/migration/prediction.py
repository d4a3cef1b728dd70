"""Prediction of live migrations: time, pause, bytes, rounds, whether it ends, and what it costs at both ends."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from models.arrays import Floats, Ints, Mask, Names, frozen, names
from models.errors import InputError
from models.laws.migration import effects, replicas
from models.laws.migration.convergence import Needs, needs, reasons
from models.laws.migration.flows import MIB, PAGE, Copies, Streams
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.machines import SERVER, Machine
from models.laws.migration.streams import streams
from models.laws.migration.techniques import Options, technique
from models.laws.network import unreachable_ms

ROWS = 64
"""Migrations that are replayed at once, with their replicas."""


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
    False 324 MiB/s, 0.71
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
    found = replicas.typical(guests, paths, options, machine, members)
    usual = streams(guests, paths, options, machine, np.ones(len(guests)), np.ones(len(guests)))
    limit = usual.limit_s
    needed = needs(guests, paths.downtime_limit_ms, np.minimum(usual.rate, PAGE / usual.page_s) / MIB)
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
