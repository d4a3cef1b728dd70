"""Migrations under way, and how they share the hosts' links."""

import numpy as np

from models import catalog
from models.arrays import Floats, Ints, Mask, Rows
from models.laws.migration import MBIT_PER_MIB
from models.physics import Sending

_STREAM_MBPS = catalog.number("migration", "stream_mbps")
_EFFICIENCY = catalog.number("migration", "efficiency")
_INTS = ("vm", "copy", "source", "target", "reason")
_FLOATS = ("begun_s", "end_s", "left_mib", "fixed_s", "sent_mib", "downtime_s", "mbps")


class Flights:
    """
    Migrations under way, as columns in the order in which they began.

    The rate of each is the least of the stream's own limit and an equal share of both hosts' links among the
    migrations that use them. What it has to send stays as it was predicted when it began.

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
        self._link, self._shared, self._now_s = link_mbps, shared, 0.0
        self.leaves = np.zeros(len(link_mbps), np.int64)
        self.vm = self.copy = self.source = self.target = self.reason = np.zeros(0, np.int64)
        self.begun_s = self.end_s = self.left_mib = self.fixed_s = np.zeros(0)
        self.sent_mib = self.downtime_s = self.mbps = np.zeros(0)

    def __len__(self) -> int:
        return len(self.vm)

    @property
    def next_s(self) -> float:
        """When the next one lands; infinite if none is under way, in s."""
        return float(self.end_s.min()) if len(self.end_s) else np.inf

    def rate_mbps(self, sources: Rows, targets: Rows) -> Floats:
        """Return the rate that migrations would have at first which begin now, all together. [Mbit/s] Shape (n,)."""
        if not self._shared:
            return np.minimum(self._link[sources], self._link[targets])
        out = np.concatenate([self.source, sources])
        into = np.concatenate([self.target, targets])
        return self._rates(out, into)[len(self) :]

    def begin(
        self, time_s: float, vms: Rows, copies: Rows, sources: Rows, targets: Rows, load: Sending, reasons: Rows
    ) -> None:
        """Begin migrations."""
        self._pass(time_s)
        fresh = {
            "vm": vms, "copy": copies, "source": sources, "target": targets, "reason": reasons,
            "begun_s": np.full(len(vms), time_s),
            "end_s": time_s + load.seconds, "left_mib": load.sent_mib, "fixed_s": load.fixed_s,
            "sent_mib": load.sent_mib, "downtime_s": load.downtime_s, "mbps": np.zeros(len(vms)),
        }  # fmt: skip
        for name in (*_INTS, *_FLOATS):
            setattr(self, name, np.concatenate([getattr(self, name), fresh[name]]))
        np.add.at(self.leaves, sources, 1)
        self._share()

    def landed(self, time_s: float) -> dict[str, np.ndarray]:
        """Take out the migrations that land at the time, in the order in which they began."""
        return self._take(time_s, self.end_s <= time_s)

    def stranded(self, time_s: float, host: int) -> dict[str, np.ndarray]:
        """Take out the migrations from or to a host."""
        return self._take(time_s, (self.source == host) | (self.target == host))

    def of(self, time_s: float, vms: Rows) -> dict[str, np.ndarray]:
        """Take out the migrations of some VMs."""
        return self._take(time_s, np.isin(self.vm, vms))

    def _take(self, time_s: float, out: Mask) -> dict[str, np.ndarray]:
        self._pass(time_s)
        taken = {name: getattr(self, name)[out] for name in (*_INTS, *_FLOATS)}
        np.subtract.at(self.leaves, taken["source"], 1)
        for name in (*_INTS, *_FLOATS):
            setattr(self, name, getattr(self, name)[~out])
        self._share()
        return taken

    def _pass(self, time_s: float) -> None:
        """Let time pass: what is sent first, then the rest of the time that each takes."""
        if self._shared and len(self):
            span = time_s - self._now_s
            rate = self.mbps * _EFFICIENCY / MBIT_PER_MIB
            sending = np.minimum(span, self.left_mib / rate)
            self.left_mib = np.maximum(self.left_mib - sending * rate, 0.0)
            self.fixed_s = np.maximum(self.fixed_s - (span - sending), 0.0)
        self._now_s = time_s

    def _share(self) -> None:
        if self._shared and len(self):
            self.mbps = self._rates(self.source, self.target)
            self.end_s = self._now_s + self.left_mib * MBIT_PER_MIB / (self.mbps * _EFFICIENCY) + self.fixed_s

    def _rates(self, out: Rows, into: Rows) -> Floats:
        users = np.bincount(np.concatenate([out, into]), minlength=len(self._link))
        share = self._link / np.maximum(users, 1)
        return np.minimum(np.minimum(share[out], share[into]), _STREAM_MBPS)

    def taken_mhz(self, core_mhz: Floats) -> Floats:
        """Return the CPU that the copies take at each host: a core for a full stream. [MHz] Shape (hosts,)."""
        size = len(core_mhz)
        if not self._shared or not len(self):
            return np.zeros(size)
        part = self.mbps / _STREAM_MBPS
        ends = np.bincount(self.source, part, size) + np.bincount(self.target, part, size)
        return ends * core_mhz
