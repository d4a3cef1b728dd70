"""What the machines at the ends of a migration cost it: looking through memory, copying, compressing, stopping."""

from dataclasses import dataclass, fields

from models import catalog


@dataclass(frozen=True)
class Machine:
    """
    Costs at the ends, by the names of ``catalog/migration_machines.csv``, after the machine's.

    Parameters
    ----------
    begin_s_per_gib
        To begin, by empty memory; what is written meanwhile does not count as dirty. [s/GiB]
    empty_page_us
        To find that a page is empty, in the first pass. [us]
    copy_mib_s
        Rate at which a thread sends memory where no link is slower. [MiB/s]
    pause_ms
        To stop the guest, send the state of its devices, and resume it. [ms]
    setup_s
        Before the first page and after the last. [s]
    link_share
        Payload over the rate of a link, for those who know only the latter; `Paths` are of payload.
    overrun_share
        Share of the rate that is lost where the sender's port is faster than its path.
    series_share, series_mib_s
        Share of the rate that is lost where the link and the limit are equal, at a rate; it grows with the square of
        the rate.
    compress_hand_over_us, compress_page_us, multifd_page_us
        To hand a page to a compressing thread; to compress one that cannot be made smaller, by one thread. [us]
    cores
        Cores that compress at once.
    tls_stream_mbps
        Rate of one encrypted channel. [Mbit/s]
    """

    begin_s_per_gib: float
    empty_page_us: float
    copy_mib_s: float
    pause_ms: float
    setup_s: float
    link_share: float
    overrun_share: float
    series_share: float
    series_mib_s: float
    compress_hand_over_us: float
    compress_page_us: float
    multifd_page_us: float
    cores: float
    tls_stream_mbps: float


def machine(name: str) -> Machine:
    """Return a machine of the catalog: ``server``, ``test`` (two loaded cores, emulated guests) or ``grid5000``."""
    keys = [item.name for item in fields(Machine)]
    return Machine(**{key: catalog.number("migration_machines", f"{name}/{key}") for key in keys})


SERVER = machine("server")
"""The default: an idle server."""
