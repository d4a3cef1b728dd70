"""What can be done with VMs and hosts at a moment of a simulation, and what has to be settled for it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.agenda import Event
from models.arrays import NOWHERE, Floats, Ints, Mask
from models.life import Life
from models.physics import Sending

if TYPE_CHECKING:
    from models.datacenter import Datacenter


def depart(model: "Datacenter", vms: Ints, hosts: Ints, reasons: Ints) -> None:
    """Start migrations, all at once; memory is held at both ends from now on."""
    if not len(vms):
        return
    state = model.state
    busy = np.divide(
        state.demand_mhz, model.terms.size_mhz, out=np.ones(len(model.terms.size_mhz)), where=model.terms.size_mhz > 0
    )
    load = model.physics.sending(
        model.inventory.vms.memory_mib[vms], busy[vms], model.flights.rate_mbps(state.host[vms], hosts),
        model.inventory.vms.dirty_mib_s[vms],
    )  # fmt: skip
    launch(model, vms, hosts, load, reasons)


def launch(
    model: "Datacenter", vms: Ints, hosts: Ints, load: Sending, reasons: Ints, *, mbps: Floats | float = 0.0
) -> None:
    """Start migrations of which it is known what they send, how long they take and, if need be, at what rate."""
    residents = model.state.residents
    sources = residents.host[vms].copy()
    copies = residents.arriving(vms, hosts)
    model.flights.begin(model.time_s, vms, copies, sources, hosts, load, reasons, mbps=mbps)
    touched(model, np.concatenate([sources, hosts]))


def touched(model: "Datacenter", hosts: Ints) -> None:
    """Settle hosts that something happened to, and those whose migrations it made slower or faster."""
    model.changed_s[hosts] = model.time_s
    state, flights = model.state, model.flights
    if model.physics.settles == "all":
        model.stirred.append(np.asarray(hosts, np.int64))
        state.close(model.time_s)
        state.taken_mhz = flights.taken_mhz(state.core_mhz)
        state.refresh(model.time_s)
        return
    which = np.unique(np.concatenate([hosts, np.fromiter(flights.changed, np.int64)]))
    flights.changed.clear()
    model.stirred.append(which)
    state.close(model.time_s, which)
    state.taken_mhz[which] = flights.streams[which] * state.core_mhz[which]
    state.refresh(model.time_s, which)


def settle_in(model: "Datacenter", vm: int, host: int) -> None:
    """Put a VM that is on no host on one, at once."""
    model.state.close(model.time_s, np.array([host]))
    model.state.put(model.time_s, np.array([vm]), host)
    model.state.meters.vm_restarts[vm] += model.fallen[vm]
    model.state.meters.vm_down_s[vm] += model.fallen[vm] * (model.time_s - model.fell_s[vm])
    model.fallen[vm] = False
    model.cpu_mhz[host] += model.state.demand_mhz[vm]
    model.held_mib[host] += model.state.memory_mib[vm]
    touched(model, np.array([host]))


def press(model: "Datacenter", vm: int, less_mib: float) -> None:
    """Let a VM have less memory than it is given, from now on, or all of it again."""
    state = model.state
    has_mib = (state.configured_mib[vm] - less_mib) * state.running[vm]
    if has_mib != state.memory_mib[vm]:
        state.memory_mib[vm] = has_mib
        if state.host[vm] != NOWHERE:
            touched(model, np.array([state.host[vm]]))


def remove(model: "Datacenter", vm: int) -> None:
    """Let a VM be gone, with the copies of it on their way."""
    rows = np.array([vm])
    cancel(model, model.flights.of(model.time_s, rows))
    host = int(model.state.host[vm])
    if host != NOWHERE:
        model.state.close(model.time_s, np.array([host]))
    model.state.stop(model.time_s, rows)
    if host != NOWHERE:
        touched(model, np.array([host]))


def cancel(model: "Datacenter", gone: dict[str, NDArray[Any]]) -> None:
    """Let migrations end without a result."""
    if len(gone["vm"]):
        ends = np.union1d(gone["source"], gone["target"])
        model.state.close(model.time_s, ends)
        model.state.residents.give_up(gone["vm"], gone["copy"])
        touched(model, ends)


def bootable(model: "Datacenter") -> Mask:
    """Return the hosts that are off, take VMs, and are there: one that may be bought is once a plan booted it."""
    found: Mask = (model.state.life == Life.OFF) & model.terms.takes & model.had
    return found if model.physics.life != "instant" else np.zeros_like(found)


def boot(model: "Datacenter", host: int, seconds: float | None = None) -> None:
    """Start to boot a host that is off; it takes as long as the inventory says, if nothing else is given."""
    turn(model, host, Life.BOOTING)
    model.had[host] = True
    model.state.meters.boots[host] += 1
    lasts_s = float(model.inventory.hosts.boot_s[host]) if seconds is None else seconds
    model.agenda.enter(model.time_s + lasts_s, Event.BOOTED, host)


def shut_down(model: "Datacenter", host: int, seconds: float | None = None) -> None:
    """Start to shut a host down that is empty; it takes as long as the inventory says, if nothing else is given."""
    turn(model, host, Life.STOPPING)
    model.draining[host] = False
    model.state.meters.shutdowns[host] += 1
    lasts_s = float(model.inventory.hosts.shutdown_s[host]) if seconds is None else seconds
    model.agenda.enter(model.time_s + lasts_s, Event.STOPPED, host)


def retire(model: "Datacenter") -> None:
    """Switch off hosts that are to be decommissioned and are empty, unless a plan says when."""
    if model.conductor is None and not model.planned:
        for host in np.flatnonzero(model.terms.retires & (model.state.life == Life.ON)).tolist():
            if not model.inhabited(host):
                shut_down(model, host)


def fall(model: "Datacenter", host: int) -> Ints:
    """Let a host fail: its migrations end, and its VMs, which are returned, are on no host until they restart."""
    cancel(model, model.flights.stranded(model.time_s, host))
    vms = np.flatnonzero((model.state.host == host) & model.state.running)
    turn(model, host, Life.FAILED)
    model.draining[host] = False
    model.state.put(model.time_s, vms, NOWHERE)
    model.fallen[vms], model.fell_s[vms] = True, model.time_s
    touched(model, np.array([host]))
    model.restarting[vms] = True
    model.state.meters.failures += 1
    return vms


def turn(model: "Datacenter", host: int, life: Life) -> None:
    """Let a host be on, off, or in between, from now on."""
    model.state.close(model.time_s, np.array([host]))
    model.state.life[host] = life
    model.changed_s[host] = model.time_s
    model.stirred.append(np.array([host]))


def drain(model: "Datacenter", *, everywhere: bool = False) -> None:
    """Bring the columns of hosts that were touched up to date, and let draining ones see whether they are empty."""
    if model.physics.life == "instant":
        model.draining[:] = False
    touched = np.unique(np.concatenate(model.stirred)) if model.stirred else np.zeros(0, np.int64)
    model.stirred = []
    if everywhere:
        model.follow()
        touched = np.arange(len(model.open))
    elif len(touched):
        model.follow_some(touched)
    waiting = touched[model.draining[touched]]
    waiting = waiting[model.flights.leaves[waiting] == 0]
    if len(waiting):
        model.wake(waiting)
        model.follow_some(waiting)
