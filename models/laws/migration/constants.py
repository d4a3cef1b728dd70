"""Numbers that the laws of migration take from papers and documents."""

from dataclasses import dataclass, fields

from models import catalog

MBIT_PER_MIB = 8.388608
MB_PER_MIB = 1.048576


@dataclass(frozen=True)
class Constants:
    """
    What the laws of migration take from papers and documents, by the names of ``catalog/migration.csv``.

    Parameters
    ----------
    efficiency
        Payload over link rate.
    downtime_limit_ms
        Copying stops once the rest can be sent in this time. [ms]
    window_s
        What remains to be sent is looked at once in this time. [s]
    resume_ms
        Device state, resume and announcement of the new place. [ms]
    scan_s_per_gib
        Time to look through memory for empty pages. [s/GiB]
    setup_s
        Reservation and checks before the first round. [s]
    rounds_max
        Rounds after which the VM is stopped even if pre-copy does not converge.
    dirty_share_s
        Share of its memory that a busy VM dirties a second. [1/s]
    working_set_share
        Share of memory that is rewritten.
    energy_j_per_mb, energy_j_fixed
        Energy at both ends, for each megabyte sent and for each migration. [J/MB, J]
    cold_s
        Time to re-register a powered-off VM on shared storage. [s]
    """

    efficiency: float
    downtime_limit_ms: float
    window_s: float
    resume_ms: float
    scan_s_per_gib: float
    setup_s: float
    rounds_max: float
    dirty_share_s: float
    working_set_share: float
    energy_j_per_mb: float
    energy_j_fixed: float
    cold_s: float


PUBLISHED = Constants(**{item.name: catalog.number("migration", item.name) for item in fields(Constants)})
"""The catalog's values, with their sources there."""
