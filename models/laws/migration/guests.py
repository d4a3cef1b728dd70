"""What a prediction is made from: the memory of guests and how they write to it, and the way to the destination."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from models import catalog
from models.arrays import Floats, Ints, Mask, Names, frozen, names
from models.errors import InputError
from models.laws.migration.writing import PATTERNS


@dataclass(frozen=True, eq=False)
class Guests:
    """
    Memory of guests and how they write to it. Shape (rows,) each.

    Parameters
    ----------
    memory_mib
        Configured memory. [MiB]
    touched_mib
        The part that is not empty, which has to be sent. [MiB]
    leading_mib
        Empty memory before the part that is not, in the order of sending; the other empty memory is behind. [MiB]
    working_set_mib
        The part that is written to. [MiB]
    dirty_mib_s
        Page writes, at 4 KiB each, also where a page is written again. [MiB/s]
    pattern
        ``cyclic`` (a sweep), ``uniform`` (anywhere in the working set) or ``hotcold`` (mostly to a part of it).
    hot_share, hot_writes_share
        The hot part of the working set, and its part of the writes, of ``hotcold``.
    compressed_share
        What compression leaves of a filled page; 1: nothing gained.
    changed_bytes
        What a write changes in its page, for delta encoding. [bytes]
    """

    memory_mib: Floats
    touched_mib: Floats
    leading_mib: Floats
    working_set_mib: Floats
    dirty_mib_s: Floats
    pattern: Names
    hot_share: Floats
    hot_writes_share: Floats
    compressed_share: Floats
    changed_bytes: Floats

    @classmethod
    def of(
        cls,
        memory_mib: ArrayLike,
        dirty_mib_s: ArrayLike = 0.0,
        *,
        touched_mib: ArrayLike | None = None,
        working_set_mib: ArrayLike | None = None,
        pattern: str | ArrayLike = "uniform",
        **rest: ArrayLike,
    ) -> Self:
        """
        Return guests with defaults for what is not known: all memory is filled, a tenth of it is written to, anywhere.

        Raises
        ------
        InputError
            If an amount is negative or not a number, or a pattern is not known.
        """
        touched = memory_mib if touched_mib is None else touched_mib
        share = catalog.number("migration", "working_set_share")
        working = np.multiply(touched, share) if working_set_mib is None else working_set_mib
        given: dict[str, Any] = {"memory_mib": memory_mib, "touched_mib": touched, "working_set_mib": working}
        given |= {"leading_mib": 0.0, "dirty_mib_s": dirty_mib_s, "compressed_share": 1.0, "changed_bytes": 4096.0}
        given |= {name: catalog.number("migration", name) for name in ("hot_share", "hot_writes_share")} | rest
        amounts = columns(given)
        kinds = np.broadcast_to(np.asarray(pattern, object), amounts["memory_mib"].shape)
        unknown = [str(kind) for kind in kinds if kind not in PATTERNS]
        if unknown:
            raise InputError(f"Guests write in one of the patterns {', '.join(PATTERNS)}; found {unknown[0]}.")
        return cls(**amounts, pattern=names(kinds))

    def __len__(self) -> int:
        return len(self.memory_mib)

    def rows(self, chosen: slice | Mask | Ints) -> Self:
        """Return the guests of some rows."""
        return type(self)(**{item.name: getattr(self, item.name)[chosen] for item in fields(self)})


@dataclass(frozen=True, eq=False)
class Paths:
    """
    The ways of migrations, and what is asked of them. Shape (rows,) each.

    Parameters
    ----------
    link_mib_s
        Rate that the network gives the migration, net of protocols; infinite: as fast as the source copies. [MiB/s]
    limit_mib_s
        Rate that the migration is set to; it does not hold while the guest is stopped. Infinite: none. [MiB/s]
    source_mib_s
        Rate of the sender's port, which may be above the path's. [MiB/s]
    downtime_limit_ms
        The longest pause that is aimed at. [ms]
    timeout_s
        The migration is given up after this time. [s]
    rtt_ms
        Time for a page fault to get to the source and back. [ms]
    """

    link_mib_s: Floats
    limit_mib_s: Floats
    source_mib_s: Floats
    downtime_limit_ms: Floats
    timeout_s: Floats
    rtt_ms: Floats

    @classmethod
    def of(
        cls,
        link_mib_s: ArrayLike,
        limit_mib_s: ArrayLike = np.inf,
        *,
        source_mib_s: ArrayLike | None = None,
        downtime_limit_ms: ArrayLike | None = None,
        timeout_s: ArrayLike = np.inf,
        rtt_ms: ArrayLike | None = None,
    ) -> Self:
        """
        Return paths; a pause of 300 ms is aimed at if none is given, as in QEMU.

        Raises
        ------
        InputError
            If a rate or a limit is not above zero.
        """
        given: dict[str, Any] = {"link_mib_s": link_mib_s, "limit_mib_s": limit_mib_s, "timeout_s": timeout_s}
        given["source_mib_s"] = link_mib_s if source_mib_s is None else source_mib_s
        for name, value in (("downtime_limit_ms", downtime_limit_ms), ("rtt_ms", rtt_ms)):
            given[name] = catalog.number("migration", name) if value is None else value
        return cls(**columns(given, least=np.nextafter(0, 1), infinite=True))

    def rows(self, chosen: slice | Mask | Ints) -> Self:
        """Return the paths of some rows."""
        return type(self)(**{item.name: getattr(self, item.name)[chosen] for item in fields(self)})


def columns(given: dict[str, Any], *, least: float = 0.0, infinite: bool = False) -> dict[str, Floats]:
    """Return the values as columns of one length, checked."""
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(values, np.float64)) for values in given.values()))
    for name, values in zip(given, arrays, strict=True):
        wrong = ~((values >= least) & (infinite | np.isfinite(values)))
        if wrong.any():
            told = "above 0" if least else "0 or more"
            raise InputError(f"{name} of a migration must be {told}; found {values[wrong].flat[0]:g}.")
    return {name: frozen(np.array(values), np.float64) for name, values in zip(given, arrays, strict=True)}
