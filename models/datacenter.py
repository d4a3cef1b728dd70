"""
The datacenter as a Mesa model: its state in columns, its clock, and what happens between two ticks.

Between two moments at which anything changes all columns are constant, so that energy and service are added up
exactly. At a tick the demand changes, hosts' agents that are overloaded or underloaded call, and the policy decides;
migrations land, and hosts boot and stop, at their own times in between.
"""

from collections.abc import Iterable

import mesa
import numpy as np

from models import catalog
from models.agenda import Agenda, Event
from models.agents.host import HostAgent, Power
from models.agents.vm import VmAgent
from models.arrays import NOWHERE, Floats, Mask, Rows, Singles
from models.charging import Billing
from models.decisions import WATCH, Decision, Policy, View, Watch
from models.inventory import Inventory
from models.laws import power, sharing
from models.meters import Meters
from models.recorder import Recorder
from models.tables import TIMELINE

_MIGRATIONS = {"vm": "int32", "source": "int32", "destination": "int32", "start_s": "float64", "end_s": "float64"}
_MBIT_PER_MIB = 8 * 2**20 / 1e6


def transfer_s(memory_mib: float, bandwidth_mbps: float) -> float:
    """
    Return the seconds that a migration takes which sends the memory once: memory / (bandwidth × efficiency).

    >>> print(f"{transfer_s(8192, 10_000):.2f}")
    7.73
    """
    return memory_mib * _MBIT_PER_MIB / (bandwidth_mbps * catalog.number("migration", "efficiency"))


class Datacenter(mesa.Model):
    """
    Hosts and VMs over time.

    Powered-off VMs and templates take nothing and do not keep a host on. A host that running VMs are on is on,
    whatever the inventory says.

    Parameters
    ----------
    inventory
        The hosts and VMs.
    demand
        CPU that was read of each VM at each tick; after the last one it starts again. [MHz] Shape (ticks, vms).
    billing
        What a reading is charged on each host; None: the reading itself.
    policy
        Decides at every tick.
    watch
        When hosts' agents call, and what they admit.
    step_s
        Time between ticks. [s]
    host
        The host of each VM at the start, in place of the inventory's. Shape (vms,).
    on
        Hosts that are on at the start, in place of the inventory's. Shape (hosts,).
    rng
        Seed of the order in which agents act.
    """

    def __init__(
        self,
        inventory: Inventory,
        demand: Singles | Floats,
        *,
        policy: Policy,
        billing: Billing | None = None,
        watch: Watch = WATCH,
        step_s: float = 300.0,
        host: Rows | None = None,
        on: Mask | None = None,
        rng: int = 1,
    ) -> None:
        super().__init__(rng=rng)
        self.inventory, self.policy, self.watch, self.step_s = inventory, policy, watch, step_s
        self.tick, self.time_s, self.refused, self.boots, self.shutdowns = 0, 0.0, 0, 0, 0
        self._demand, self._billing = demand, billing
        self._lines = billing.lines() if billing is not None else None
        self._describe()
        self._place(
            inventory.start if host is None else host, inventory.hosts.power_state == "on" if on is None else on
        )
        self.agenda, self.meters = Agenda(), Meters(len(inventory.hosts))
        self.timeline, self.migrations = (
            Recorder({name: spec.dtype for name, spec in TIMELINE.items()}),
            Recorder(_MIGRATIONS),
        )
        self.reasons: list[str] = []
        self.overloaded: list[int] = []
        self.underloaded: list[int] = []
        self.host_agents = [HostAgent(self, row) for row in range(len(inventory.hosts))]
        self.vm_agents = [VmAgent(self, row) for row in range(len(inventory.vms))]
        self._refresh()

    def _describe(self) -> None:
        """Fill the columns that stay as they are."""
        hosts, vms, running = self.inventory.hosts, self.inventory.vms, self.inventory.running
        clusters = np.unique(hosts.cluster.astype(str), return_inverse=True)[1].astype(np.int32)
        self.boundary = np.zeros_like(clusters) if self.watch.across_clusters else clusters
        self.capacity_mhz = hosts.cores * hosts.cpu_mhz
        self.cpu_limit_mhz = self.capacity_mhz * self.watch.upper
        self.memory_limit_mib = hosts.memory_mib * self.watch.memory
        self.curve_w = power.points(hosts)
        self.usable = ~hosts.maintenance & (hosts.migration_mbps > 0)
        self.memory_mib = vms.memory_mib * running
        if self._billing is not None:
            self.memory_mib = (vms.memory_mib + self._billing.law.memory_mib.max(axis=0)) * running

    def _place(self, host: Rows, on: Mask) -> None:
        """Fill the columns that change, as they are at the start."""
        running, size = self.inventory.running, len(self.inventory.hosts)
        self.host = np.array(host, np.int32)
        self.bound = np.full(len(host), NOWHERE, np.int32)
        links = self.inventory.hosts.migration_mbps > 0
        self.movable = running & ~self.inventory.vms.pinned & (self.host != NOWHERE)
        self.movable[self.movable] = links[self.host[self.movable]]
        self.reading_mhz = self._demand[0] * running.astype(np.float64)
        occupied = np.bincount(self.host[running] - NOWHERE, minlength=size + 1)[1:] > 0
        self.power = np.where(on | occupied, Power.ON, Power.OFF).astype(np.int8)
        self.draining = np.zeros(size, np.bool_)
        self.changed_s = np.full(size, -np.inf)

    def _charge(self) -> None:
        """Fill what VMs ask for on the hosts that they are on, and what of it virtualization adds."""
        if self._lines is None or self._billing is None:
            self.demand_mhz, self.work_mhz = self.reading_mhz, self.reading_mhz
            return
        kind = np.append(self._billing.kind, NOWHERE)[self.host]
        asked, work = self._lines.charged(self.reading_mhz, kind)
        counted = self.inventory.running & (self.host != NOWHERE)
        self.demand_mhz, self.work_mhz = asked * counted, work * counted

    def _refresh(self) -> None:
        """Fill the columns that follow from where the VMs are, what they ask for, and which hosts are on."""
        self._charge()
        size, running = len(self.capacity_mhz), self.inventory.running.astype(np.float64)
        moving = self.bound != NOWHERE
        self.on = self.power == Power.ON
        self.open = self.on & self.usable & ~self.draining
        self.asked_mhz = sharing.summed(self.demand_mhz, self.host, size)
        self.served_mhz = sharing.proportional(self.demand_mhz, self.host, self.capacity_mhz)
        self.used_mhz = sharing.summed(self.served_mhz, self.host, size)
        self.cpu_mhz = sharing.summed(self.demand_mhz, np.where(moving, self.bound, self.host), size)
        self.held_mib = sharing.summed(self.memory_mib, self.host, size)
        self.held_mib += sharing.summed(self.memory_mib, self.bound, size)
        self.residents = sharing.summed(running, self.host, size) + sharing.summed(running, self.bound, size)
        self.departing = sharing.summed(moving.astype(np.float64), self.host, size)
        self.load = _share(self.cpu_mhz, self.capacity_mhz)
        drawn = power.curve(_share(self.used_mhz, self.capacity_mhz), self.curve_w)
        self.power_w = np.where(self.power == Power.OFF, 0.0, drawn)

    def step(self) -> None:
        """Let one step pass: new demand, calls, a decision, and what happens until the next tick."""
        before = self._totals()
        self.reading_mhz = self._demand[self.tick % len(self._demand)] * self.inventory.running.astype(np.float64)
        self._refresh()
        self._wake(np.flatnonzero(self.on & ~self.draining & self._out_of_band()))
        self._carry_out(self.policy(self.view()))
        self.tick += 1
        end_s = self.tick * self.step_s
        while self.agenda.due(end_s):
            self._happen(*self.agenda.next())
        self._advance(end_s)
        self._record(self._totals() - before)

    def view(self) -> View:
        """Return the datacenter as a policy sees it, with the calls since the last time; these are then answered."""
        calls = np.array(self.overloaded, np.int32), np.array(self.underloaded, np.int32)
        self.overloaded, self.underloaded = [], []
        return View(
            time_s=self.time_s,
            host=self.host,
            demand_mhz=self.demand_mhz,
            memory_mib=self.memory_mib,
            running=self.inventory.running,
            movable=self.movable & (self.bound == NOWHERE),
            cpu_mhz=self.cpu_mhz,
            cpu_limit_mhz=self.cpu_limit_mhz,
            held_mib=self.held_mib,
            memory_limit_mib=self.memory_limit_mib,
            open=self.open,
            asleep=(self.power == Power.OFF) & self.usable,
            booting=self.power == Power.BOOTING,
            boundary=self.boundary,
            overloaded=calls[0],
            underloaded=calls[1],
        )

    def depart(self, vm: int, host: int) -> None:
        """Start a migration; the VM's own memory is sent, and memory is held at both ends from now on."""
        source = int(self.host[vm])
        rates = self.inventory.hosts.migration_mbps
        sent_mib = float(self.inventory.vms.memory_mib[vm])
        end_s = self.time_s + transfer_s(sent_mib, float(min(rates[source], rates[host])))
        self.bound[vm] = host
        self.held_mib[host] += self.memory_mib[vm]
        self.cpu_mhz[host] += self.demand_mhz[vm]
        self.cpu_mhz[source] -= self.demand_mhz[vm]
        self.changed_s[[source, host]] = self.time_s
        self.agenda.enter(end_s, Event.LANDED, vm)
        self.migrations.append(vm=vm, source=source, destination=host, start_s=self.time_s, end_s=end_s)

    def boot(self, host: int) -> None:
        """Start to boot a host that is off."""
        self.power[host] = Power.BOOTING
        self.boots += 1
        self.agenda.enter(self.time_s + float(self.inventory.hosts.boot_s[host]), Event.BOOTED, host)

    def shut_down(self, host: int) -> None:
        """Start to shut a host down that is empty."""
        self.power[host] = Power.STOPPING
        self.draining[host] = False
        self.shutdowns += 1
        self.agenda.enter(self.time_s + float(self.inventory.hosts.shutdown_s[host]), Event.STOPPED, host)

    def _out_of_band(self) -> Mask:
        band: Mask = (self.load > self.watch.upper) | (self.load < self.watch.lower)
        return band

    def _wake(self, hosts: Iterable[int]) -> None:
        """Let the hosts' agents act, in random order."""
        agents = mesa.agent.AgentSet([self.host_agents[row] for row in hosts], random=self.random)
        agents.shuffle_do("act")

    def _carry_out(self, decision: Decision) -> None:
        for vm, host, reason in zip(decision.vms, decision.hosts, decision.reasons, strict=True):
            if self.vm_agents[vm].leaves(int(host)):
                self.reasons.append(reason)
            else:
                self.refused += 1
        for host in decision.boot:
            if self.power[host] == Power.OFF:
                self.boot(int(host))
        self.draining[decision.drain] = self.on[decision.drain]
        self._settle()

    def _settle(self) -> None:
        """Bring the columns up to date, and let the agents of draining hosts see whether they are empty."""
        self._refresh()
        draining = np.flatnonzero(self.draining)
        if len(draining):
            self._wake(draining)
            self._refresh()

    def _happen(self, time_s: float, events: list[tuple[Event, int]]) -> None:
        """Let the time pass until a moment, and everything of that moment happen."""
        self._advance(time_s)
        for event, row in events:
            if event is Event.LANDED:
                self._land(row)
            else:
                self.power[row] = Power.ON if event is Event.BOOTED else Power.OFF
                self.changed_s[row] = time_s
        self._settle()

    def _land(self, vm: int) -> None:
        source, target = self.host[vm], self.bound[vm]
        self.host[vm], self.bound[vm] = target, NOWHERE
        self.changed_s[[source, target]] = self.time_s
        self.meters.departures[source] += 1
        self.meters.arrivals[target] += 1

    def _advance(self, time_s: float) -> None:
        if time_s > self.time_s:
            self.meters.add(
                time_s - self.time_s,
                power_w=self.power_w,
                on=self.on,
                asked=self.asked_mhz,
                used=self.used_mhz,
                overloaded=self.asked_mhz > self.capacity_mhz,
            )
            self.time_s = time_s

    def _totals(self) -> Floats:
        return np.array([self.meters.energy_j.sum(), self.meters.used_mhz_s.sum(), self.meters.asked_mhz_s.sum()])

    def _record(self, passed: Floats) -> None:
        """Record the state at the end of a step, and means over it."""
        power_w, used, asked = passed / self.step_s
        self.timeline.append(
            time_s=self.time_s,
            hosts_on=int(self.on.sum()),
            power_w=power_w,
            energy_kwh=self.meters.energy_kwh,
            cpu_used_mhz=used,
            cpu_unserved_mhz=max(asked - used, 0.0),
            overhead_mhz=float(self.demand_mhz.sum() - self.work_mhz.sum()),
            overloaded_hosts=int((self.asked_mhz > self.capacity_mhz).sum()),
            migrations=int(self.meters.arrivals.sum()),
            migrating=int((self.bound != NOWHERE).sum()),
        )


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
