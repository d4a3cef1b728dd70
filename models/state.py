"""
The state of a datacenter in columns, and how it passes time: between two settlements all columns are constant.

A settlement closes a span: what was asked, served, used and drawn in it is added to the meters. Then what VMs ask for
and what hosts give them is found anew, for all hosts or for those that something happened to.
"""

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.charging import Billing
from models.inventory import Inventory
from models.life import FAILED, OFF, ON
from models.meters import Meters
from models.physics import Claims, Physics
from models.residents import HOME, LEAVING, Residents
from models.signals import Signal
from models.strain import Strain


class State:
    """
    Hosts and VMs as columns.

    Parameters
    ----------
    inventory
        The hosts and VMs.
    signal
        CPU that VMs ask for over time, before what virtualization adds.
    physics
        The laws.
    billing
        What a reading is charged on each host; None: the reading itself.
    host
        The host of each VM at the start. Shape (vms,).
    on
        Hosts that are on at the start. Shape (hosts,).
    running
        VMs that run at the start. Shape (vms,).
    curve_w
        Draw of each host at 0, 10, …, 100 % load. [W] Shape (hosts, 11).
    strain
        Memory, I/O and waiting for cores.
    """

    def __init__(
        self,
        inventory: Inventory,
        signal: Signal,
        physics: Physics,
        billing: Billing | None,
        host: Rows,
        on: Mask,
        running: Mask,
        curve_w: Floats,
        strain: Strain,
    ) -> None:
        hosts, vms = inventory.hosts, inventory.vms
        self.signal, self.physics, self._billing, self.curve_w, self.strain = signal, physics, billing, curve_w, strain
        self._lines = billing.lines() if billing is not None else None
        self.running = np.array(running)
        self.residents = Residents(host, len(hosts), listed=physics.listed)
        self.meters = Meters(len(hosts), len(vms))
        self.capacity_mhz = hosts.cores * hosts.cpu_mhz
        self.core_mhz = np.asarray(hosts.cpu_mhz, np.float64)
        self.capacity_of = np.append(self.capacity_mhz, 0.0)
        self.configured_mib = vms.memory_mib + (0.0 if billing is None else billing.law.memory_mib.max(axis=0))
        self.memory_mib = self.configured_mib * self.running
        self.life = np.where(on, ON, OFF).astype(np.int8)
        self.taken_mhz, self.stalled = np.zeros(len(hosts)), np.zeros(len(hosts))
        self.reading_mhz, self._read_s = np.zeros(len(vms)), -1.0
        self.demand_mhz, self.work_mhz, self.served_mhz = (np.zeros(len(vms)) for _ in range(3))
        self.asked_mhz, self.used_mhz, self.power_w = (np.zeros(len(hosts)) for _ in range(3))
        self.short = np.zeros(len(hosts), np.bool_)
        self.since_s, self.waiting_s = np.zeros(len(hosts)), np.zeros(len(vms))
        self._was_live: Mask | None = None
        self._all = np.arange(len(hosts))

    @property
    def host(self) -> Ints:
        """The host of each VM. Shape (vms,)."""
        return self.residents.home

    @property
    def live(self) -> Mask:
        """Hosts that draw power. Shape (hosts,)."""
        if self.physics.life == "instant":
            return self.used_mhz > 0
        drawing: Mask = (self.life != OFF) & (self.life != FAILED)
        return drawing

    @property
    def on(self) -> Mask:
        """Hosts that are on. Shape (hosts,)."""
        found: Mask = self.live if self.physics.life == "instant" else self.life == ON
        return found

    def settle(self, time_s: float, hosts: Rows | None = None) -> None:
        """Close the span until now, and find the columns anew, of all hosts or some."""
        which = slice(None) if hosts is None else hosts
        before_w, live = self.power_w[which].copy(), self.live[which].copy()
        span = self.account(time_s, hosts)
        self.refresh(time_s, hosts)
        drawn = self.physics.metering(before_w, self.power_w[which], live, span)
        self.meters.energy_j[which] += drawn

    def close(self, time_s: float, hosts: Rows | None = None) -> None:
        """Close the span until now for all hosts, or some; nothing changes."""
        which = slice(None) if hosts is None else hosts
        span = self.account(time_s, hosts)
        if span.any():
            drawn, live = self.power_w[which], self.live[which]
            self.meters.energy_j[which] += self.physics.metering(drawn, drawn, live, span)

    def account(self, time_s: float, hosts: Rows | None) -> Floats:
        """Add what was asked and served since the last settlement; return the spans. [s] Shape (hosts,)."""
        which = slice(None) if hosts is None else hosts
        span: Floats = time_s - self.since_s[which]
        self.since_s[which] = time_s
        if hosts is None:
            self._account_waiting(time_s)
        if not span.any():
            return span
        meters, on, life = self.meters, self.on[which], self.life[which]
        meters.on_s[which] += on * span
        meters.overloaded_s[which] += (on & self.short[which]) * span
        meters.failed_s[which] += (life == FAILED) * span
        meters.asked_mhz_s[which] += self.asked_mhz[which] * span
        meters.used_mhz_s[which] += self.used_mhz[which] * span
        meters.offered_mhz_s[which] += self.capacity_mhz[which] * on * span
        self.strain.account(meters, which, span, on)
        self._account_vms(hosts, span)
        if self.physics.life == "instant":
            self.switched()
        return span

    def _account_vms(self, hosts: Rows | None, span: Floats) -> None:
        if hosts is None:
            vms: slice | Ints = slice(None)
            seconds: Floats = np.append(span, 0.0)[self.host]
        else:
            rows, place = self.residents.of(hosts)
            homes = rows < self.residents.vms
            vms, seconds = rows[homes], span[place[homes]]
        moving = self.residents.role[: self.residents.vms][vms] == LEAVING
        self.meters.service(vms, seconds, self.demand_mhz[vms], self.served_mhz[vms], moving)
        self.meters.vm_running_s[vms] += seconds * self.running[vms]

    def _account_waiting(self, time_s: float, vms: Ints | None = None) -> None:
        """Add the time in which VMs were on no host though they should run; nothing was served to them."""
        if vms is None:
            vms = np.flatnonzero(self.running & (self.host == NOWHERE))
        spans = time_s - self.waiting_s[vms]
        self.meters.vm_unplaced_s[vms] += spans
        self.meters.vm_running_s[vms] += spans
        self.meters.vm_asked_mhz_s[vms] += spans * self.reading_mhz[vms]
        self.waiting_s[vms] = time_s

    def switched(self) -> None:
        """Count hosts that have become empty, or are no longer, at the end of the moment that is now over."""
        live = self.live
        if self._was_live is not None and self._read_s >= 0:
            off, up = self._was_live & ~live, ~self._was_live & live
            self.meters.shutdowns += off
            self.meters.boots += up
            self.meters.energy_j += (off | up) * self.curve_w[:, 0] * self.physics.switching_s
            self._was_live = live
        elif self._read_s >= 0:
            self.meters.shutdowns += ~live
            self._was_live = live

    def refresh(self, time_s: float, hosts: Rows | None = None) -> None:
        """Find what VMs ask for, and what hosts give them and draw."""
        if hosts is None:
            self.read(time_s)
            rows = self.residents.rows()
            place: Ints = self.residents.host[rows]
        else:
            rows, place = self.residents.of(hosts)
        self._share(rows, place, slice(None) if hosts is None else hosts)

    def _share(self, rows: Ints, place: Ints, which: slice | Rows) -> None:
        residents = self.residents
        capacity = self.capacity_mhz[which]
        shares = self.physics.sharing(
            Claims(
                self.demand_mhz[residents.vm[rows]], residents.role[rows], place, residents.vm[rows],
                self._all[which], capacity, self.core_mhz[which], self.taken_mhz[which], self.stalled[which],
            )
        )  # fmt: skip
        homes = rows < residents.vms
        self.served_mhz[rows[homes]] = shares.served_mhz[homes]
        self.asked_mhz[which], self.used_mhz[which], self.short[which] = (
            shares.asked_mhz, shares.used_mhz, shares.short,
        )  # fmt: skip
        load = np.divide(shares.used_mhz, capacity, out=np.zeros(len(capacity)), where=capacity > 0)
        self.power_w[which] = self.physics.draw(load, self.curve_w[which])

    def read(self, time_s: float) -> None:
        """Read what all VMs ask for now."""
        if time_s != self._read_s:
            self.reading_mhz = self.signal.at(time_s) * self.running
            self._read_s = time_s
            self.charge(None)

    def charge(self, vms: Ints | None) -> None:
        """Find what VMs ask for on the hosts that they are on, with what virtualization adds there."""
        which = slice(None) if vms is None else vms
        if self._lines is None or self._billing is None:
            self.demand_mhz[which] = self.work_mhz[which] = self.reading_mhz[which] * (self.host[which] != NOWHERE)
            return
        kind = np.append(self._billing.kind, NOWHERE)[self.host[which]]
        asked, work = self._lines.charged(self.reading_mhz[which], kind, vms)
        counted = self.running[which] & (self.host[which] != NOWHERE)
        self.demand_mhz[which], self.work_mhz[which] = asked * counted, work * counted

    def put(self, time_s: float, vms: Ints, hosts: Rows | int) -> None:
        """Let VMs be on hosts from now on, or on none; their hosts have to be settled by the caller."""
        self._account_waiting(time_s, vms[self.running[vms] & (self.host[vms] == NOWHERE)])
        self.residents.put(vms, hosts)
        self.waiting_s[vms] = time_s
        self.served_mhz[vms] = 0.0
        self.charge(vms)

    def start(self, time_s: float, vm: int) -> None:
        """Let a VM run from now on, on no host yet."""
        self.running[vm], self.waiting_s[vm] = True, time_s
        self.memory_mib[vm] = self.configured_mib[vm]
        self.reading_mhz[vm] = self.signal.at(time_s)[vm]

    def stop(self, time_s: float, vms: Ints) -> None:
        """Let VMs be gone from now on."""
        self.put(time_s, vms, NOWHERE)
        self.running[vms], self.memory_mib[vms] = False, 0.0
        self.reading_mhz[vms] = self.demand_mhz[vms] = self.work_mhz[vms] = 0.0

    def idle(self) -> Ints:
        """Return the VMs that run, do not migrate, and ask for nothing."""
        residents = self.residents
        still = residents.role[: residents.vms] == HOME
        return np.flatnonzero(self.running & still & (self.demand_mhz == 0) & (self.host != NOWHERE))

    def held_mib(self) -> Floats:
        """Return the memory held on each host, both ends of a migration counted. [MiB] Shape (hosts,)."""
        return self.residents.summed(self.memory_mib) + self.residents.arrivals(self.memory_mib)
