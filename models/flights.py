"""Migrations under way, and how they share the hosts' links."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import catalog
from models.arrays import Floats, Ints, Rows
from models.laws.migration import MBIT_PER_MIB
from models.physics import Sending

_STREAM_MBPS = catalog.number("migration", "stream_mbps")
_EFFICIENCY = catalog.number("migration", "efficiency")
_INTS = ("vm", "copy", "source", "target", "reason", "turn")
_FLOATS = ("begun_s", "since_s", "end_s", "left_mib", "fixed_s", "sent_mib", "downtime_s", "mbps", "left_s", "pace")
_NEVER_S = float(np.finfo(np.float64).max)
"""End of a migration that does not go on; infinite is the end of none."""
_SAME_S = 1e-6
"""Ends so close together are the same one where links are shared: they are sums, and rounding would part them."""


class Flights:
    """
    Migrations under way, as columns.

    The rate of each is the least of the stream's own limit and an equal share of both hosts' links among the
    migrations that use them. What it has to send stays as it was predicted when it began. Migrations that end at one
    moment, up to rounding, land together: none of them has a free link for what the others were late by.

    Parameters
    ----------
    link_mbps
        Rate of each host's link. [Mbit/s] Shape (hosts,).
    shared
        Whether links are shared; if not, the predicted times hold whatever else is under way.

    Attributes
    ----------
    leaves
        How many of them leave each host. Shape (hosts,).
    streams
        What of full streams the copies at each host make up. Shape (hosts,).
    changed
        Hosts whose streams have changed; whoever takes notice clears it.

    Examples
    --------
    Two migrations of 1 s each over one link take 2 s; when a third of the first is left, that is no matter.

    >>> flights = Flights(np.array([1000.0, 1000.0, 1000.0]), shared=True)
    >>> mib = 1000 * 0.8889 / 8.388608
    >>> load = Sending(np.array([mib, mib]), np.zeros(2), np.ones(2), np.zeros(2))
    >>> why = np.zeros(2, np.int16)
    >>> flights.begin(0.0, np.array([0, 1]), np.array([9, 10]), np.array([0, 0]), np.array([1, 2]), load, why)
    >>> print(f"{flights.next_s:.3f}", len(flights))
    2.000 2
    """

    def __init__(self, link_mbps: Floats, *, shared: bool) -> None:
        self._link, self._shared = link_mbps, shared
        self.leaves, self._users = np.zeros(len(link_mbps), np.int64), np.zeros(len(link_mbps), np.int64)
        self.streams, self.changed = np.zeros(len(link_mbps)), set[int]()
        self._columns: dict[str, NDArray[Any]] = {name: np.zeros(0, np.int64) for name in _INTS}
        self._columns |= {name: np.zeros(0) for name in _FLOATS}
        self._at: dict[int, dict[int, None]] = {}
        self._size = self._begun = 0

    def __len__(self) -> int:
        return self._size

    @property
    def next_s(self) -> float:
        """When the next one lands, in s; infinite if none is under way."""
        return float(self._columns["end_s"].min()) if self._size else np.inf

    def rate_mbps(self, sources: Rows, targets: Rows) -> Floats:
        """Return the rate that migrations would have at first which begin now, all together. [Mbit/s] Shape (n,)."""
        if not self._shared:
            return np.minimum(self._link[sources], self._link[targets])
        users = self._users.copy()
        np.add.at(users, np.concatenate([sources, targets]), 1)
        return self._rates(sources, targets, users)

    def begin(
        self,
        time_s: float,
        vms: Rows,
        copies: Rows,
        sources: Rows,
        targets: Rows,
        load: Sending,
        reasons: Rows,
        *,
        mbps: Floats | float = 0.0,
    ) -> None:
        """Begin migrations; where links are not shared, `mbps` is the rate by which their copies take CPU."""
        slots = self._slots(len(vms))
        fresh = {
            "vm": vms, "copy": copies, "source": sources, "target": targets, "reason": reasons,
            "turn": self._begun + np.arange(len(vms)), "begun_s": time_s, "since_s": time_s,
            "end_s": time_s + load.seconds, "left_mib": load.sent_mib, "fixed_s": load.fixed_s,
            "sent_mib": load.sent_mib, "downtime_s": load.downtime_s, "mbps": mbps, "left_s": load.seconds, "pace": 1.0,
        }  # fmt: skip
        for name, values in fresh.items():
            self._columns[name][slots] = values
        self._begun += len(vms)
        self._size += len(vms)
        np.add.at(self.leaves, sources, 1)
        if self._shared:
            np.add.at(self._users, np.concatenate([sources, targets]), 1)
            for slot, *ends in zip(slots.tolist(), sources.tolist(), targets.tolist(), strict=True):
                for host in ends:
                    self._at.setdefault(host, {})[slot] = None
            self._share(time_s, np.concatenate([sources, targets]))
        else:
            self._stream(sources, targets, self._columns["mbps"][slots])

    def _stream(self, sources: Rows, targets: Rows, mbps: Floats) -> None:
        """Let copies with a rate of their own begin, or end where it is negative."""
        if mbps.any():
            ends = np.concatenate([sources, targets])
            np.add.at(self.streams, ends, np.tile(mbps, 2) / _STREAM_MBPS)
            self.streams[ends] = np.maximum(self.streams[ends], 0.0)
            self.changed.update(ends.tolist())

    def landed(self, time_s: float) -> dict[str, NDArray[Any]]:
        """Take out the migrations that land at the time, in the order in which they began."""
        last_s = time_s + _SAME_S * self._shared
        return self._take(time_s, np.flatnonzero(self._columns["end_s"] <= last_s))

    def stranded(self, time_s: float, host: int) -> dict[str, NDArray[Any]]:
        """Take out the migrations from or to a host."""
        ends = (self._columns["source"] == host) | (self._columns["target"] == host)
        return self._take(time_s, np.flatnonzero(ends & np.isfinite(self._columns["end_s"])))

    def of(self, time_s: float, vms: Rows) -> dict[str, NDArray[Any]]:
        """Take out the migrations of some VMs."""
        theirs = np.isin(self._columns["vm"], vms) & np.isfinite(self._columns["end_s"])
        return self._take(time_s, np.flatnonzero(theirs))

    def due(self, time_s: float) -> Ints:
        """Return the VMs whose migrations land at the time, or should have landed."""
        vms: Ints = self._columns["vm"][self._columns["end_s"] <= time_s]
        return vms

    def pace(self, time_s: float, vms: Rows, share: Floats) -> None:
        """Let migrations that do not share links go on at a share of their rate from now on; 0 is a standstill."""
        columns = self._columns
        for vm, part in zip(np.asarray(vms).tolist(), np.asarray(share).tolist(), strict=True):
            slot = np.flatnonzero((columns["vm"] == vm) & np.isfinite(columns["end_s"]))
            if len(slot) and columns["pace"][slot[0]] != part:
                columns["left_s"][slot] -= (time_s - columns["since_s"][slot]) * columns["pace"][slot]
                columns["since_s"][slot], columns["pace"][slot] = time_s, part
                columns["end_s"][slot] = time_s + columns["left_s"][slot] / part if part > 0 else _NEVER_S

    def taken_mhz(self, core_mhz: Floats) -> Floats:
        """Return the CPU that the copies take at each host: a core for a full stream. [MHz] Shape (hosts,)."""
        return self.streams * core_mhz

    def _slots(self, count: int) -> Ints:
        """Return rows that are free, more of them if need be."""
        free = np.flatnonzero(np.isinf(self._columns["end_s"]))
        if len(free) < count:
            more = max(count - len(free), len(self._columns["vm"]), 64)
            for name, column in self._columns.items():
                fill = np.full(more, np.inf if name == "end_s" else 0, column.dtype)
                self._columns[name] = np.concatenate([column, fill])
            free = np.flatnonzero(np.isinf(self._columns["end_s"]))
        return free[:count]

    def _take(self, time_s: float, slots: Ints) -> dict[str, NDArray[Any]]:
        slots = slots[np.argsort(self._columns["turn"][slots])]
        taken = {name: column[slots] for name, column in self._columns.items()}
        self._columns["end_s"][slots] = np.inf
        self._size -= len(slots)
        np.subtract.at(self.leaves, taken["source"], 1)
        if self._shared and len(slots):
            ends = np.concatenate([taken["source"], taken["target"]])
            np.subtract.at(self._users, ends, 1)
            for slot, host in zip(np.tile(slots, 2).tolist(), ends.tolist(), strict=True):
                self._at[host].pop(slot, None)
            self._share(time_s, ends)
        elif not self._shared:
            self._stream(taken["source"], taken["target"], -taken["mbps"])
        return taken

    def _share(self, time_s: float, hosts: Ints) -> None:
        """Share the links of some hosts anew, after time has passed for what uses them."""
        touched = dict.fromkeys(hosts.tolist())
        slots = np.fromiter(dict.fromkeys(slot for host in touched for slot in self._at.get(host, ())), np.int64)
        columns = self._columns
        source, target = columns["source"][slots], columns["target"][slots]
        self._pass(time_s, slots)
        columns["mbps"][slots] = mbps = self._rates(source, target, self._users)
        left = columns["left_mib"][slots] * MBIT_PER_MIB
        columns["end_s"][slots] = time_s + left / (mbps * _EFFICIENCY) + columns["fixed_s"][slots]
        touched.update(dict.fromkeys(source.tolist()))
        touched.update(dict.fromkeys(target.tolist()))
        for host in touched:
            self.streams[host] = columns["mbps"][list(self._at.get(host, ()))].sum() / _STREAM_MBPS
        self.changed.update(touched)

    def _pass(self, time_s: float, slots: Ints) -> None:
        """Let time pass: what is sent first, then the rest of the time that each takes."""
        columns = self._columns
        span, rate = time_s - columns["since_s"][slots], columns["mbps"][slots] * (_EFFICIENCY / MBIT_PER_MIB)
        left = columns["left_mib"][slots]
        sending = np.minimum(span, np.divide(left, rate, out=np.zeros(len(slots)), where=rate > 0))
        columns["left_mib"][slots] = np.maximum(left - sending * rate, 0.0)
        columns["fixed_s"][slots] = np.maximum(columns["fixed_s"][slots] - (span - sending), 0.0)
        columns["since_s"][slots] = time_s

    def _rates(self, out: Rows, into: Rows, users: Ints) -> Floats:
        shares = np.minimum(self._link[out] / np.maximum(users[out], 1), self._link[into] / np.maximum(users[into], 1))
        return np.minimum(shares, _STREAM_MBPS)
