"""What a technique makes of a path: bytes and time of a page on its way, for each guest."""

from collections.abc import Sequence

import numpy as np

from models import catalog
from models.arrays import Floats
from models.laws.migration.constants import MBIT_PER_MIB
from models.laws.migration.flows import MIB, PAGE, Streams
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.machines import Machine
from models.laws.migration.techniques import Options


def speed(paths: Paths, options: Sequence[Options], machine: Machine, loss: Floats) -> Floats:
    """
    Return the rate at which filled pages can leave while nothing else holds them back. [MiB/s] Shape (rows,).

    Where the link and the limit are equal, the source sleeps to the end of a window while the link runs dry.

    Parameters
    ----------
    loss
        How much of the usual loss there is. Shape (rows,).
    """
    equal = np.isclose(paths.link_mib_s, paths.limit_mib_s) & np.isfinite(paths.link_mib_s)
    rate = np.minimum(paths.link_mib_s, machine.copy_mib_s)
    lost = machine.series_share * loss * (rate / machine.series_mib_s) ** 2
    rate = rate * np.where(equal, 1.0 - np.minimum(lost, 0.5), 1.0)
    rate = rate * np.where(paths.source_mib_s > paths.link_mib_s * (1 + 1e-9), 1.0 - machine.overrun_share, 1.0)
    channels = np.array([max(each.channels, 1) if each.encrypted else np.inf for each in options])
    return np.asarray(np.minimum(rate, channels * (machine.tls_stream_mbps / MBIT_PER_MIB)))


def page_bytes(guests: Guests, options: Sequence[Options]) -> Floats:
    """Return a filled page on the wire, with its header. [bytes] Shape (rows,)."""
    packed = np.array([each.compression for each in options], np.bool_)
    return np.asarray(
        np.where(packed, guests.compressed_share, 1.0) * PAGE + catalog.number("migration", "header_bytes")
    )


def compressing_s(guests: Guests, options: Sequence[Options], machine: Machine) -> Floats:
    """Return the time that compression allows no faster a page than. [s] Shape (rows,)."""
    fixed = catalog.number("migration", "compress_fixed_share")
    work = fixed + (1.0 - fixed) * guests.compressed_share
    found = np.zeros(len(guests))
    for row, each in enumerate(options):
        if each.compression and not each.offloaded:
            workers = min(each.channels or each.threads, machine.cores)
            page = machine.multifd_page_us if each.channels else machine.compress_page_us
            hand_over = 0.0 if each.channels else machine.compress_hand_over_us
            found[row] = (hand_over + page * work[row] / workers) / 1e6
    return found


def streams(
    guests: Guests, paths: Paths, options: Sequence[Options], machine: Machine, loss: Floats, scan: Floats
) -> Streams:
    """Return what the replay needs; `loss` and `scan` say how much of the usual loss and cost of a scan there is."""
    rate = speed(paths, options, machine, loss) * MIB
    wire = page_bytes(guests, options)
    empty_s, empty_bytes = _empty(options, machine, scan, rate)
    held, delta = _deltas(guests, options)
    names = ("throttle_share", "throttle_step_share", "throttle_most_share", "throttle_trigger_share")
    throttle = [np.array([getattr(each, name) for each in options], np.float64) for name in names]
    return Streams(
        rate=paths.limit_mib_s * MIB,
        page_bytes=wire,
        empty_bytes=empty_bytes,
        page_s=np.maximum(wire / rate, compressing_s(guests, options, machine)),
        empty_s=empty_s,
        limit_s=paths.downtime_limit_ms / 1000,
        timeout_s=np.array(paths.timeout_s),
        looks_most=np.where(
            np.isfinite(paths.timeout_s),
            catalog.number("migration", "looks_timed"),
            catalog.number("migration", "looks_most"),
        ),
        postcopy_s=_switch_s(guests, paths, options, rate, wire, empty_s),
        throttle=throttle[0],
        throttle_step=throttle[1],
        throttle_most=throttle[2],
        throttle_trigger=throttle[3],
        delta_bytes=delta,
        delta_held=held,
    )


def _empty(options: Sequence[Options], machine: Machine, scan: Floats, rate: Floats) -> tuple[Floats, Floats]:
    """Return the time and the bytes of an empty page; by RDMA with pinned memory it is sent like the others."""
    threaded = np.array([each.compression and not each.channels for each in options], np.bool_)
    pinned = np.array([each.pinned for each in options], np.bool_)
    look = np.where(threaded, machine.compress_hand_over_us, machine.empty_page_us * scan) / 1e6
    size = np.where(pinned, PAGE, catalog.number("migration", "empty_page_bytes"))
    return np.maximum(look, size / rate), size


def _deltas(guests: Guests, options: Sequence[Options]) -> tuple[Floats, Floats]:
    """Return the share of the working set that the cache holds, each page at one place, and the bytes of a change."""
    cache = np.array([each.delta_cache_mib for each in options])
    working = np.maximum(guests.working_set_mib, 1e-9)
    held = np.clip(2.0 * cache / working - 1.0, 0.0, 1.0)
    changed = guests.changed_bytes * catalog.number("migration", "delta_share")
    return held, np.minimum(changed, PAGE) + catalog.number("migration", "header_bytes")


def _switch_s(
    guests: Guests, paths: Paths, options: Sequence[Options], rate: Floats, wire: Floats, empty_s: Floats
) -> Floats:
    """Return when the guest is resumed to fetch the rest, infinite for never; after a pass: when it should be over."""
    first = guests.touched_mib * MIB / PAGE * wire / np.minimum(rate, paths.limit_mib_s * MIB)
    first = first + np.maximum(guests.memory_mib - guests.touched_mib, 0.0) * MIB / PAGE * empty_s
    given = np.array([np.inf if each.postcopy_after_s is None else each.postcopy_after_s for each in options])
    after_pass = np.array([each.postcopy_after_pass for each in options], np.bool_)
    return np.where(after_pass, np.minimum(first, given), given)
