"""Who is where: the home of each VM, and the copies of VMs on their way, in the order in which hosts list them."""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.arrays import NOWHERE, Floats, Ints, Rows
from models.laws.sharing import summed

_SPARE = 256
_LATELY = 2_000, 64
"""Rows, and a part of all, that may come and go before all are sorted by host again."""


class Role(IntEnum):
    """What a row does on its host: it lives there, it lives there and is leaving, or its copy is arriving."""

    HOME = 0
    LEAVING = 1
    ARRIVING = 2


HOME, LEAVING, ARRIVING = (int(each) for each in Role)
"""The same as plain numbers, which are quicker to get at."""


class Residents:
    """
    Rows ``0 … vms - 1`` are the VMs at home; the rows after them are copies that are arriving somewhere.

    Parameters
    ----------
    host
        The host of each VM, `NOWHERE` if it is on none. Shape (vms,).
    hosts
        How many hosts there are.
    listed
        Whether the order in which hosts list their VMs matters; if not, it is that of the rows.

    Examples
    --------
    >>> there = Residents(np.array([0, 0, 1]), 2, listed=True)
    >>> copy = there.arriving(np.array([0]), np.array([1]))
    >>> there.rows().tolist(), there.host[there.rows()].tolist()
    ([0, 1, 2, 3], [0, 0, 1, 1])
    >>> there.land(np.array([0]), copy)
    >>> there.rows().tolist(), there.home.tolist()
    ([1, 2, 0], [1, 0, 1])
    """

    def __init__(self, host: Rows, hosts: int, *, listed: bool = False) -> None:
        size = len(host)
        self.vms, self.hosts, self.listed = size, hosts, listed
        self.host = np.concatenate([np.asarray(host, np.int64), np.full(_SPARE, NOWHERE)])
        self.vm = np.concatenate([np.arange(size), np.zeros(_SPARE, np.int64)])
        self.role = np.concatenate([np.zeros(size, np.int8), np.full(_SPARE, ARRIVING, np.int8)])
        self._turn = np.arange(size + _SPARE)
        self._turns, self._used = size, 0
        self._free: list[int] = []
        self._rows: Ints | None = None
        self._groups: tuple[Ints, Ints] | None = None
        self._before: Ints = self.host
        self._late: dict[int, list[int]] = {}
        self._lately = 0

    @property
    def home(self) -> Ints:
        """The host of each VM. Shape (vms,)."""
        return self.host[: self.vms]

    @property
    def size(self) -> int:
        """Rows in use or once in use."""
        return self.vms + self._used

    def rows(self) -> Ints:
        """Return the rows that are on a host, in the order of the hosts' lists."""
        if self._rows is None:
            found = np.flatnonzero(self.host[: self.size] != NOWHERE)
            self._rows = found[np.argsort(self._turn[found])] if self.listed else found
        return self._rows

    def of(self, hosts: Rows) -> tuple[Ints, Ints]:
        """Return the rows on some hosts, in their order, and for each which of these hosts it is on."""
        if self._groups is None or self.listed or self._lately > max(_LATELY[0], self.size // _LATELY[1]):
            self._group()
        parts = [self._on(int(host)) for host in hosts]
        lengths = [len(part) for part in parts]
        return np.concatenate([*parts, np.zeros(0, np.int64)]), np.repeat(np.arange(len(parts)), lengths)

    def _group(self) -> None:
        """Sort all rows by host; what comes later is kept beside."""
        rows = self.rows()
        grouped = rows[np.argsort(self.host[rows], kind="stable")]
        self._groups = grouped, np.searchsorted(self.host[grouped], np.arange(self.hosts + 1))
        self._before, self._late, self._lately = self.host.copy(), {}, 0

    def _on(self, host: int) -> Ints:
        assert self._groups is not None
        grouped, starts = self._groups
        rows = grouped[starts[host] : starts[host + 1]]
        if not self._lately:
            return rows
        rows = rows[self.host[rows] == host]
        late = [row for row in dict.fromkeys(self._late.get(host, ())) if self._came(row, host)]
        return np.concatenate([rows, np.array(late, np.int64)]) if late else rows

    def _came(self, row: int, host: int) -> bool:
        return bool(self.host[row] == host and (row >= len(self._before) or self._before[row] != host))

    def arriving(self, vms: Rows, hosts: Rows) -> Ints:
        """Enter a copy of each VM, at the end of its target's list; return the copies' rows."""
        copies = np.array([self._fresh() for _ in range(len(vms))], np.int64)
        self.vm[copies], self.host[copies] = vms, hosts
        self.role[vms] = LEAVING
        self._to_the_end(copies)
        return copies

    def land(self, vms: Rows, copies: Rows) -> None:
        """Let VMs be where their copies are, at the end of the list, in the order given."""
        for vm, copy in zip(np.asarray(vms).tolist(), np.asarray(copies).tolist(), strict=True):
            self.host[vm], self.host[copy] = self.host[copy], NOWHERE
            self._free.append(copy)
        self.role[vms] = HOME
        self._to_the_end(np.asarray(vms))

    def give_up(self, vms: Rows, copies: Rows) -> None:
        """Remove copies on their way; their VMs stay where they are."""
        self.host[copies] = NOWHERE
        self._free += np.asarray(copies).tolist()
        self.role[vms] = HOME
        self._rows = None
        self._lately += 1

    def put(self, vms: Rows, hosts: Rows | int) -> None:
        """Put VMs on hosts, at the end of their lists; `NOWHERE` removes them."""
        self.host[vms] = hosts
        self.role[vms] = HOME
        self._to_the_end(np.atleast_1d(np.asarray(vms)))

    def summed(self, values: Floats) -> Floats:
        """Return the sum over the VMs at home on each host. Shape (hosts,)."""
        return summed(values, self.home, self.hosts)

    def arrivals(self, values: Floats) -> Floats:
        """Return the sum over the VMs whose copies are arriving at each host. Shape (hosts,)."""
        tail = slice(self.vms, self.size)
        return summed(values[self.vm[tail]], self.host[tail], self.hosts)

    def _fresh(self) -> int:
        if self._free:
            return self._free.pop()
        if self.size == len(self.host):
            self._grow()
        self._used += 1
        return self.size - 1

    def _grow(self) -> None:
        more = len(self.host)
        for name, fill in (("host", NOWHERE), ("vm", 0), ("role", ARRIVING), ("_turn", 0)):
            column: NDArray[Any] = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.full(more, fill, column.dtype)]))

    def _to_the_end(self, rows: Ints) -> None:
        self._turn[rows] = self._turns + np.arange(len(rows))
        self._turns += len(rows)
        self._rows = None
        self._lately += len(rows)
        if self._groups is not None and not self.listed:
            for row, host in zip(rows.tolist(), self.host[rows].tolist(), strict=True):
                self._late.setdefault(host, []).append(row)
