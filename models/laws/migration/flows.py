"""What a replay of a copy is given, and what it gives back."""

from dataclasses import dataclass

from models.arrays import Floats, Ints, Mask

PAGE = 4096.0
"""Bytes of a page."""
MIB = 2.0**20


@dataclass(eq=False)
class Streams:
    """
    How pages of guests get to their destinations. Shape (rows,) each.

    Parameters
    ----------
    rate
        Bytes a second that the migration may send while the guest runs; infinite without a limit. [bytes/s]
    page_bytes, empty_bytes
        A filled and an empty page on the wire. [bytes]
    page_s, empty_s
        Time to send one, whatever takes longest: the link, compression, encryption. [s]
    limit_s
        The longest pause that is aimed at. [s]
    timeout_s, looks_most
        The migration is given up after this time, or so many looks for dirty pages. [s]
    postcopy_s
        The guest is resumed at the destination, and the rest fetched, after this time; infinite: never. [s]
    throttle, throttle_step, throttle_most
        Share of its time that the guest is stopped for when dirtying keeps up with sending, how much is added each
        time, and the most; 0: no throttling.
    throttle_trigger
        Bytes dirtied over bytes sent above which it keeps up.
    delta_bytes, delta_held
        A page on the wire of which the destination has an older copy in the cache, and the share of such pages that
        the cache can hold; 0: no delta encoding. [bytes]
    """

    rate: Floats
    page_bytes: Floats
    empty_bytes: Floats
    page_s: Floats
    empty_s: Floats
    limit_s: Floats
    timeout_s: Floats
    looks_most: Floats
    postcopy_s: Floats
    throttle: Floats
    throttle_step: Floats
    throttle_most: Floats
    throttle_trigger: Floats
    delta_bytes: Floats
    delta_held: Floats


@dataclass(eq=False)
class Copies:
    """
    What became of the copies. Shape (rows,) each.

    Parameters
    ----------
    seconds
        Until the guest is stopped, the migration given up, or the guest resumed to fetch the rest. [s]
    sent
        Bytes sent until then. [bytes]
    left_bytes, left_s
        What is sent after it, and the time that takes without the limit of rate. [bytes], [s]
    left_pages
        Filled pages among these.
    syncs
        Looks for dirty pages (``dirty_sync_count``), the final one included.
    stopped
        The guest was stopped with little left; where neither this nor ``fetched``, the migration was given up.
    fetched
        The guest was resumed at the destination first, and fetches the rest.
    throttled
        Share of its time that the guest was stopped for at the end.
    unrun_s
        Time that throttling took from the guest. [s]
    """

    seconds: Floats
    sent: Floats
    left_bytes: Floats
    left_s: Floats
    left_pages: Floats
    syncs: Ints
    stopped: Mask
    fetched: Mask
    throttled: Floats
    unrun_s: Floats
