"""
The datacenter as a Mesa model: its clock, its agents, and what happens at a tick and between two of them.

At a tick demand changes, hosts' agents that are overloaded or underloaded call, and the policy decides. Migrations
land, hosts boot, stop and fail, and VMs arrive, restart and leave at their own times in between.
"""

from collections.abc import Iterable, Sequence

import mesa
import numpy as np

from models import acts
from models.agenda import Agenda, Event
from models.agents.conductor import Conductor
from models.agents.host import HostAgent
from models.agents.manager import Manager
from models.agents.vm import VmAgent
from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.charging import Billing
from models.decisions import WATCH, Alarms, Decision, Policy, View, Watch
from models.environment import Environment
from models.events import happened
from models.failures import HOUR_S, Failures
from models.flights import Flights
from models.history import History
from models.inventory import Inventory
from models.journal import Journal
from models.life import Life
from models.lifecycle import CANDIDATE
from models.physics import OURS, Physics
from models.residents import HOME, LEAVING
from models.signals import Signal
from models.state import State
from models.strain import Strain
from models.terms import terms


class Datacenter(mesa.Model):
    """
    Hosts and VMs over time.

    Powered-off VMs and templates take nothing and do not keep a host on. A host that running VMs are on is on,
    whatever the inventory says.

    Parameters
    ----------
    inventory
        The hosts and VMs.
    signal
        CPU that was read of each VM over time.
    policy
        Decides at every tick. If it has the methods of `Alarms`, hosts' agents call when it says so.
    first
        Decides before it, at every tick; None: nothing is done then.
    physics
        The laws.
    billing
        What a reading is charged on each host; None: the reading itself.
    watch
        When hosts' agents call, and what they admit.
    environment
        Facility and grid.
    failures
        How often hosts fail.
    strain
        Memory, network and disks; None: as the inventory tells them.
    host
        The host of each VM at the start, in place of the inventory's. Shape (vms,).
    on
        Hosts that are on at the start, in place of the inventory's. Shape (hosts,).
    size_mhz
        CPU that each VM is configured with; its virtual CPUs at its host's clock if None. [MHz] Shape (vms,).
    arrive_s, leave_s
        When each VM starts to run, and when it is gone. [s] Shape (vms,).
    planned
        What is done at which times, whatever the policy decides, and whether or not agents would admit it. [s]
        VMs that are on no host wait for it, if it places them.
    samples
        How many of the last readings policies see.
    most_rows
        Rows of the timeline at most.
    rng
        Seed of the order in which agents act, and of failures.
    """

    def __init__(
        self,
        inventory: Inventory,
        signal: Signal,
        *,
        policy: Policy,
        first: Policy | None = None,
        physics: Physics = OURS,
        billing: Billing | None = None,
        watch: Watch = WATCH,
        environment: Environment | None = None,
        failures: Failures | None = None,
        strain: Strain | None = None,
        host: Rows | None = None,
        on: Mask | None = None,
        size_mhz: Floats | None = None,
        arrive_s: Floats | None = None,
        leave_s: Floats | None = None,
        planned: Sequence[tuple[float, Decision]] = (),
        samples: int = 30,
        most_rows: int = 8192,
        rng: int = 1,
    ) -> None:
        super().__init__(rng=rng)
        self.inventory, self.policy, self.first, self.physics, self.watch = inventory, policy, first, physics, watch
        self.alarms: Alarms = policy if hasattr(policy, "over") and hasattr(policy, "under") else watch
        self.step_s, self.tick, self.time_s, self.refused = signal.step_s, 0, 0.0, 0
        self._failures = failures or Failures()
        start = inventory.start if host is None else np.asarray(host, np.int32)
        self.terms = terms(inventory, self.watch, start, size_mhz)
        self.state = self._stated(signal, billing, strain, start, on, arrive_s)
        self.had: Mask = np.array((inventory.hosts.lifecycle != CANDIDATE) | self.state.on, np.bool_)
        self.flights = Flights(inventory.hosts.migration_mbps, shared=physics.links == "shared")
        self.journal = Journal(
            len(inventory.hosts), environment or Environment(), float(self.terms.curve_w[:, -1].sum()), most_rows
        )
        self._shares = hasattr(signal, "share")
        self._history = History(len(inventory.vms), samples, np.float64 if self._shares else np.float32)
        self.agenda = Agenda()
        self.conductor: Conductor | None = None
        self._populate()
        self.planned = [decision for _, decision in planned]
        self.awaited = self._awaited()
        for row, (time_s, _) in enumerate(planned):
            self.agenda.enter(time_s, Event.PLANNED, row)
        self._schedule(arrive_s, leave_s)
        self.follow()

    def _stated(
        self,
        signal: Signal,
        billing: Billing | None,
        strain: Strain | None,
        start: Rows,
        on: Mask | None,
        arrive_s: Floats | None,
    ) -> State:
        hosts, running = self.inventory.hosts, np.array(self.inventory.running)
        if arrive_s is not None:
            running &= arrive_s <= 0
        start = np.where(self.inventory.running & ~running, NOWHERE, start)
        occupied = np.bincount(start[running] - NOWHERE, minlength=len(hosts) + 1)[1:] > 0
        lit = (hosts.power_state == "on" if on is None else on) | occupied
        chosen = strain or Strain(self.inventory)
        return State(self.inventory, signal, self.physics, billing, start, lit, running, self.terms.curve_w, chosen)

    def _populate(self) -> None:
        """Create the agents."""
        hosts, vms = len(self.inventory.hosts), len(self.inventory.vms)
        self.host_agents = [HostAgent(self, row) for row in range(hosts)]
        self.vm_agents = [VmAgent(self, row) for row in range(vms)]
        groups = range(int(self.terms.boundary.max(initial=0)) + 1)
        self.managers = [Manager(self, group, np.flatnonzero(self.terms.boundary == group)) for group in groups]
        self.draining = np.zeros(hosts, np.bool_)
        self.fallen, self.restarting = np.zeros(vms, np.bool_), np.zeros(vms, np.bool_)
        self.fell_s = np.zeros(vms)
        self.over = self.under = np.zeros(hosts, np.bool_)
        self.changed_s = np.full(hosts, -np.inf)
        self.stirred: list[Ints] = []
        self.overloaded: list[int] = []
        self.underloaded: list[int] = []

    def _awaited(self) -> Mask:
        """Return the VMs that are on no host and that a plan will place. Shape (vms,)."""
        found = np.zeros(len(self.inventory.vms), np.bool_)
        for decision in self.planned:
            found[decision.vms] = True
        waiting: Mask = found & (self.state.host == NOWHERE)
        return waiting

    def _schedule(self, arrive_s: Floats | None, leave_s: Floats | None) -> None:
        """Enter what is known to happen."""
        counted = self.inventory.running
        for times, event in ((arrive_s, Event.ARRIVES), (leave_s, Event.LEAVES)):
            if times is not None:
                rows = np.flatnonzero(counted & (times > 0) & np.isfinite(times))
                for row in rows[np.argsort(times[rows], kind="stable")].tolist():
                    self.agenda.enter(float(times[row]), event, row)
        if np.isfinite(self._failures.between_h):
            for row in range(len(self.host_agents)):
                self.fails_later(row)

    def fails_later(self, host: int) -> None:
        """Enter when a host fails next."""
        wait_s = float(self.rng.exponential(self._failures.between_h * HOUR_S))
        self.agenda.enter(self.time_s + wait_s, Event.FAILS, host)

    @property
    def repair_s(self) -> float:
        """Time until a host that fails now is repaired, in s."""
        return float(self.rng.exponential(self._failures.repair_h * HOUR_S))

    @property
    def restart_s(self) -> float:
        """Time until a VM runs again whose host fails now, in s."""
        return self._failures.restart_s

    @property
    def failed(self) -> int:
        """Hosts that have failed and are not repaired."""
        return int((self.state.life == Life.FAILED).sum())

    @property
    def unplaced(self) -> int:
        """VMs that should run and are on no host."""
        return int((self.state.running & (self.state.host == NOWHERE)).sum())

    def manager(self, vm: int) -> Manager:
        """Return the manager of the group in which a VM has to be."""
        return self.managers[int(self.terms.home[vm])]

    def step(self) -> None:
        """Let one step pass: new demand, calls, a decision, and what happens until the next tick."""
        self._wait(self._tick_s(self.tick))
        self.state.settle(self.time_s)
        self._look()
        self._remember()
        self.end_idle()
        self.follow()
        self._decide()
        self.tick += 1
        self._wait(self._tick_s(self.tick))
        if self.physics.closes:
            self.state.close(self.time_s)
        self.journal.step(self, self.time_s)

    def finish(self) -> None:
        """Let the run be over: what only later moments would have counted is counted now."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa keeps every model alive by this, up to 3.3 at least
        if self.physics.life == "instant":
            self.state.switched()

    def _tick_s(self, tick: int) -> float:
        return self.physics.first_s + tick * self.step_s

    def _wait(self, time_s: float) -> None:
        """Let the time pass until a moment, and all happen that happens up to it."""
        while (moment := min(self.agenda.next_s, self.flights.next_s)) <= time_s:
            self.time_s = max(moment, self.time_s)
            happened(self)
        self.time_s = max(time_s, self.time_s)

    def _look(self) -> None:
        """Find what else is short beside CPU."""
        state = self.state
        if self.physics.pressure:
            load = np.zeros(len(state.used_mhz))
            np.divide(state.used_mhz, state.capacity_mhz, out=load, where=state.capacity_mhz > 0)
            state.strain.look(self.time_s, state.residents, state.running, state.held_mib(), load)
            if (state.stalled != state.strain.stalled).any():
                state.stalled = state.strain.stalled
                state.refresh(self.time_s)

    def _remember(self) -> None:
        """Keep what VMs ask for now: as shares of their size if that is what was read."""
        told = getattr(self.state.signal, "share", None)
        self._history.enter(self.state.demand_mhz if told is None else told(self.time_s))

    def end_idle(self) -> None:
        """Delete VMs that ask for nothing, where the physics does so."""
        if self.physics.idle == "deleted" and len(idle := self.state.idle()):
            self.state.stop(self.time_s, idle)

    def follow(self) -> None:
        """Fill the columns that follow from where VMs are and what they ask for."""
        state, residents = self.state, self.state.residents
        still = state.demand_mhz * (residents.role[: residents.vms] == HOME)
        instant = self.physics.life == "instant"
        self.cpu_mhz = residents.summed(still) + residents.arrivals(state.demand_mhz) + state.taken_mhz
        self.held_mib = state.held_mib()
        on = np.ones(len(self.cpu_mhz), np.bool_) if instant else state.life == Life.ON
        self.open = on & self.terms.takes & ~self.draining

    def follow_some(self, hosts: Ints) -> None:
        """Fill the same columns for some hosts."""
        state, residents = self.state, self.state.residents
        rows, place = residents.of(hosts)
        vms = residents.vm[rows]
        counted = state.demand_mhz[vms] * (residents.role[rows] != LEAVING)
        self.cpu_mhz[hosts] = np.bincount(place, counted, len(hosts)) + state.taken_mhz[hosts]
        self.held_mib[hosts] = np.bincount(place, state.memory_mib[vms], len(hosts))
        on = (state.life[hosts] == Life.ON) | (self.physics.life == "instant")
        self.open[hosts] = on & self.terms.takes[hosts] & ~self.draining[hosts]

    def inhabited(self, host: int) -> bool:
        """Return whether VMs run on a host, or arrive there."""
        residents = self.state.residents
        return bool(self.state.running[residents.vm[residents.of(np.array([host]))[0]]].any())

    def _decide(self) -> None:
        """Let hosts' agents call and the policy decide, and do what it says."""
        lost = self.state.running & (self.state.host == NOWHERE) & ~self.restarting & ~self.awaited
        for vm in np.flatnonzero(lost).tolist():
            self.manager(vm).serve(vm)
        if self.first is not None:
            self.carry_out(self.first(self.view()))
        view = self.view()
        self.over, self.under = self.alarms.over(view), self.alarms.under(view)
        able = self.state.on & ~self.draining
        self.wake(np.flatnonzero(able & (self.over | self.under)))
        self.carry_out(self.policy(self.view()))
        acts.retire(self)

    def view(self) -> View:
        """Return the datacenter as a policy sees it, with the calls since the last time; these are then answered."""
        calls = np.array(self.overloaded, np.int32), np.array(self.underloaded, np.int32)
        self.overloaded, self.underloaded = [], []
        state, residents = self.state, self.state.residents
        rows = residents.rows()
        listed = rows[rows < residents.vms]
        return View(
            time_s=self.time_s,
            step_s=self.step_s,
            host=state.host,
            demand_mhz=state.demand_mhz,
            size_mhz=self.terms.size_mhz,
            memory_mib=state.memory_mib,
            running=state.running & ~self.awaited,
            movable=state.running
            & self.terms.unpinned
            & (state.host != NOWHERE)
            & (residents.role[: residents.vms] == 0),
            order=listed[state.running[listed]],
            capacity_mhz=state.capacity_mhz,
            core_mhz=state.core_mhz,
            cpu_mhz=self.cpu_mhz,
            used_mhz=state.used_mhz,
            cpu_limit_mhz=self.terms.cpu_limit_mhz,
            held_mib=self.held_mib,
            memory_limit_mib=self.terms.memory_limit_mib,
            curve_w=self.terms.curve_w,
            open=self.open,
            asleep=acts.bootable(self),
            booting=state.life == Life.BOOTING,
            rested_s=self.time_s - self.changed_s,
            boot_s=self.inventory.hosts.boot_s,
            migration_mbps=self.inventory.hosts.migration_mbps,
            boundary=self.terms.boundary,
            home=self.terms.home,
            history_mhz=self._history.newest * self.terms.size_mhz if self._shares else self._history.newest,
            shares=self._history.newest if self._shares else None,
            overloaded=calls[0],
            underloaded=calls[1],
        )

    def wake(self, hosts: Iterable[int]) -> None:
        """Let hosts' agents act, in random order."""
        agents = mesa.agent.AgentSet([self.host_agents[row] for row in hosts], random=self.random)
        agents.shuffle_do("act")

    def carry_out(self, decision: Decision, *, forced: bool = False) -> None:
        """Do what was decided; what is forced is not refused, and may go by way of hosts that are to be emptied."""
        vms, hosts = np.asarray(decision.vms, np.int64), np.asarray(decision.hosts, np.int64)
        ready = (self.state.on | (self.physics.life == "instant")) & self.terms.usable & ~self.draining
        reasons = np.array([self.journal.code(reason) for reason in decision.reasons], np.int16)
        if forced:
            self.awaited[vms] = False
            self._register(vms, hosts)
        placed = self.state.host[vms] != NOWHERE
        for vm, host in zip(vms[~placed].tolist(), hosts[~placed].tolist(), strict=True):
            fits = ready[host] if forced else self.host_agents[host].admits(vm)
            if fits and self.state.running[vm] and not self.restarting[vm] and self.state.host[vm] == NOWHERE:
                acts.settle_in(self, vm, host)
            else:
                self.refused += 1
        placed &= self.state.running[vms] | (not forced)
        taken = placed & (ready[hosts] if forced else self._admitted(vms, hosts, placed))
        self.refused += int((placed & ~taken).sum())
        acts.depart(self, vms[taken], hosts[taken], reasons[taken])
        for host in decision.boot:
            if self.state.life[host] == Life.OFF:
                acts.boot(self, int(host))
        self.draining[decision.drain] = self.state.on[decision.drain]
        acts.drain(self, everywhere=True)

    def _register(self, vms: Ints, hosts: Ints) -> None:
        """Put VMs that are off on other hosts, at once: nothing is copied."""
        off = ~self.state.running[vms] & (self.state.host[vms] != NOWHERE)
        self.state.residents.put(vms[off], hosts[off])

    def _admitted(self, vms: Ints, hosts: Ints, asked: Mask) -> Mask:
        """Return which VMs may leave for their hosts, one after the other; the columns take notice."""
        if self.physics.admission == "open":
            return np.ones(len(vms), np.bool_)
        found = np.zeros(len(vms), np.bool_)
        state = self.state
        for index in np.flatnonzero(asked).tolist():
            vm, host = int(vms[index]), int(hosts[index])
            if self.vm_agents[vm].migrating or not self.terms.unpinned[vm] or vm in vms[:index][found[:index]]:
                continue
            if not self.host_agents[host].admits(vm):
                continue
            found[index] = True
            self.cpu_mhz[host] += state.demand_mhz[vm]
            self.cpu_mhz[state.host[vm]] -= state.demand_mhz[vm]
            self.held_mib[host] += state.memory_mib[vm]
        return found
