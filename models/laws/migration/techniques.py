"""Ways to migrate a running guest, by name, with their options."""

from collections.abc import Mapping
from dataclasses import dataclass

from models import catalog
from models.errors import InputError

RULES = ("qemu", "xen", "xen-4", "clark")
"""Who decides when the guest is stopped: QEMU; Xen today; Xen until 4.x; Clark et al. of 2005."""


@dataclass(frozen=True)
class Options:
    """
    How a guest is migrated.

    Parameters
    ----------
    rule
        Whose rule stops the guest, of `RULES`.
    channels
        Connections that share the work (multifd); 0: one, without multifd.
    compression
        Whether pages are compressed; by `threads`, or with multifd by the channels.
    threads
        Threads that compress.
    offloaded
        Compression is done by a device (QAT), and never slower than the link.
    encrypted
        TLS; each channel is held to the rate of one core.
    rdma, pinned
        Pages are written to the destination's memory directly; pinned: empty ones as well.
    throttle_share, throttle_step_share, throttle_most_share, throttle_trigger_share
        Auto-converge: the share of its time that the guest is stopped for at first (0: never), what is added each time,
        the most, and the dirtied over the sent bytes above which it is.
    delta_cache_mib
        XBZRLE: cache of pages as they were sent last, against which changes are encoded; 0: none. [MiB]
    postcopy_after_s
        The guest is resumed at the destination after this time and fetches the rest (post-copy). [s] None: never.
    postcopy_after_pass
        The same after the first pass over memory (hybrid).
    """

    rule: str = "qemu"
    channels: int = 0
    compression: bool = False
    threads: int = int(catalog.number("migration", "compress_threads"))
    offloaded: bool = False
    encrypted: bool = False
    rdma: bool = False
    pinned: bool = False
    throttle_share: float = 0.0
    throttle_step_share: float = catalog.number("migration", "throttle_step_share")
    throttle_most_share: float = catalog.number("migration", "throttle_most_share")
    throttle_trigger_share: float = catalog.number("migration", "throttle_trigger_share")
    delta_cache_mib: float = 0.0
    postcopy_after_s: float | None = None
    postcopy_after_pass: bool = False

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(f"The rule of a migration is one of {', '.join(RULES)}; found {self.rule}.")
        if self.rule != "qemu" and (self.throttle_share or self.delta_cache_mib or self.postcopy):
            raise InputError(f"Throttling, delta encoding and post-copy are QEMU's; the rule is {self.rule}.")

    @property
    def postcopy(self) -> bool:
        """Whether the guest may be resumed before all its memory is there."""
        return self.postcopy_after_s is not None or self.postcopy_after_pass


CHANNELS = int(catalog.number("migration", "multifd_channels"))
"""Channels of multifd where nobody says how many."""

TECHNIQUES: Mapping[str, Options] = {
    "pre-copy": Options(),
    "xen": Options(rule="xen"),
    "xen-4": Options(rule="xen-4"),
    "clark": Options(rule="clark"),
    "post-copy": Options(postcopy_after_s=0.0),
    "hybrid": Options(postcopy_after_pass=True),
    "auto-converge": Options(throttle_share=catalog.number("migration", "throttle_share")),
    "xbzrle": Options(delta_cache_mib=catalog.number("migration", "delta_cache_mib")),
    "compression": Options(compression=True),
    "multifd": Options(channels=CHANNELS),
    "multifd-compression": Options(channels=CHANNELS, compression=True),
    "tls": Options(encrypted=True),
    "multifd-tls": Options(channels=int(catalog.number("migration", "multifd_tls_channels")), encrypted=True),
    "rdma": Options(rdma=True),
    "rdma-pinned": Options(rdma=True, pinned=True),
}
"""Techniques by name, with the defaults of QEMU (``migration/options.c``) where it has one."""


def technique(named: str | Options) -> Options:
    """Return the options of a technique by its name; options stay what they are."""
    if isinstance(named, Options):
        return named
    if named not in TECHNIQUES:
        raise InputError(f"A technique of migration is one of {', '.join(TECHNIQUES)}; found {named}.")
    return TECHNIQUES[named]
