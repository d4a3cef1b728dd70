"""What a migration costs the hosts at both ends and the guest: CPU, energy, lost work."""

from collections.abc import Sequence

import numpy as np

from models import catalog
from models.arrays import Floats
from models.laws.migration.flows import Copies, Streams
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.machines import Machine
from models.laws.migration.planned import energy_j as copied_j
from models.laws.migration.streams import compressing_s
from models.laws.migration.techniques import Options


def stalls_s(found: Copies, paths: Paths) -> Floats:
    """
    Return the time that a guest waits for pages which it needs before they have come. [s] Shape (rows,).

    A share of the pages that are fetched after the switch is asked for, each at a round trip.

    References
    ----------
    .. [1] M. Hines, U. Deshpande, K. Gopalan, "Post-copy live migration of virtual machines," SIGOPS OSR 43(3), 2009.
    """
    faults = np.where(found.fetched, found.left_pages, 0.0) * catalog.number("migration", "fault_share")
    return np.asarray(faults * paths.rtt_ms / 1000)


def lost_s(total: Floats, downtime: Floats, found: Copies, stalls: Floats) -> Floats:
    """
    Return the work that the guest could not do, in seconds at its full speed. Shape (rows,).

    It stands still in the pause and while throttled, waits for pages, and is slowed by the copying the rest of the
    time.
    """
    slowed = np.maximum(total - downtime - found.unrun_s - stalls, 0.0)
    return np.minimum(
        total, downtime + found.unrun_s + stalls + catalog.number("migration", "copying_loss_share") * slowed
    )


def cpu_s(
    guests: Guests, options: Sequence[Options], machine: Machine, found: Copies, usual: Streams, sent_mib: Floats
) -> tuple[Floats, Floats]:
    """
    Return the CPU time at the source and the destination. [s] Shape (rows,).

    For each GiB on the wire (none where RDMA moves it), for each page that is compressed there and decompressed here,
    for each that is encrypted, at the rate of one channel a core, and for the scan of empty pages.
    """
    wired = np.where([each.rdma for each in options], 0.0, sent_mib / 1024)
    pages = sent_mib * 2.0**20 / usual.page_bytes
    workers = np.array([min(each.channels or each.threads, machine.cores) for each in options])
    packing = compressing_s(guests, options, machine) * workers * pages
    secret = np.where([each.encrypted for each in options], sent_mib / (machine.tls_stream_mbps / 8.388608), 0.0)
    scan = np.maximum(guests.memory_mib - guests.touched_mib, 0.0) * 256 * usual.empty_s
    source = wired * catalog.number("migration", "cpu_source_s_per_gib") + packing + secret + scan
    unpacking = packing * catalog.number("migration", "cpu_decompress_share")
    return source, wired * catalog.number("migration", "cpu_destination_s_per_gib") + unpacking + secret


def energy_j(sent_mib: Floats, source_s: Floats, destination_s: Floats) -> tuple[Floats, Floats]:
    """
    Return the energy of the copy at the source and the destination. [J] Shape (rows,).

    That of `models.laws.migration.planned` for both ends together, divided as their CPU time is.
    """
    both = copied_j(sent_mib)
    share = np.where(source_s + destination_s > 0, source_s / np.maximum(source_s + destination_s, 1e-12), 0.5)
    return both * share, both * (1.0 - share)
