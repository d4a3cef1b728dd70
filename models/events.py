"""What happens between two ticks, and what follows from it."""

from typing import TYPE_CHECKING

import numpy as np

from models import acts
from models.agenda import Event
from models.life import Life

if TYPE_CHECKING:
    from models.datacenter import Datacenter


def happened(model: "Datacenter") -> None:
    """Let all happen that happens now: migrations land first, then what the agenda holds, in the order entered."""
    conductor = model.conductor
    if conductor is not None:
        conductor.fail()
    if model.flights.next_s <= model.time_s:
        _land(model)
    if model.agenda.next_s <= model.time_s:
        for event, row in model.agenda.take():
            _HAPPENS[event](model, row)
    if conductor is not None:
        conductor.act()
    acts.drain(model)


def _land(model: "Datacenter") -> None:
    """Let VMs be where their copies are."""
    state, meters = model.state, model.state.meters
    down = model.flights.landed(model.time_s)
    vms, targets = down["vm"], down["target"]
    sources = down["source"]
    ends = np.union1d(sources, targets)
    if model.physics.settles == "all":
        state.settle(model.time_s)
    else:
        state.close(model.time_s, ends)
    model.end_idle()
    state.residents.land(vms, down["copy"])
    state.charge(vms)
    for counts, rows in ((meters.departures, sources), (meters.arrivals, targets), (meters.vm_migrations, vms)):
        np.add.at(counts, rows, np.int64(1))
    _pause(model, down)
    acts.touched(model, ends)
    if model.physics.settles == "all":
        model.end_idle()
    meters.transferred_mib += float(down["sent_mib"].sum())
    model.journal.landed(down, model.time_s)


def _pause(model: "Datacenter", down: dict[str, np.ndarray]) -> None:
    """
    Charge VMs with the pause at the end of their migration: in that time they were not served at all.

    They had been credited with it, at the rate that they were served at before any of them landed.
    """
    state, meters = model.state, model.state.meters
    vms, seconds = down["vm"], down["downtime_s"]
    lost = np.minimum(state.served_mhz[vms] * seconds, meters.vm_served_mhz_s[vms])
    meters.vm_down_s[vms] += seconds
    meters.vm_served_mhz_s[vms] -= lost
    meters.vm_migration_loss_mhz_s[vms] += lost


def _booted(model: "Datacenter", host: int) -> None:
    if model.state.life[host] == Life.BOOTING:
        acts.turn(model, host, Life.ON)


def _stopped(model: "Datacenter", host: int) -> None:
    if model.state.life[host] == Life.STOPPING:
        acts.turn(model, host, Life.OFF)


def _fails(model: "Datacenter", host: int) -> None:
    """Let a host fail that is on: its migrations end, and its VMs are on no host until they are restarted."""
    model.fails_later(host)
    if model.state.life[host] != Life.ON:
        return
    vms = acts.fall(model, host)
    model.agenda.enter(model.time_s + model.repair_s, Event.REPAIRED, host)
    for vm in vms.tolist():
        model.agenda.enter(model.time_s + model.restart_s, Event.RESTARTS, vm)


def _repaired(model: "Datacenter", host: int) -> None:
    acts.turn(model, host, Life.OFF)
    if not model.terms.retires[host]:
        acts.boot(model, host)


def _arrives(model: "Datacenter", vm: int) -> None:
    model.vm_agents[vm].arrive()


def _restarts(model: "Datacenter", vm: int) -> None:
    model.restarting[vm] = False
    model.vm_agents[vm].restart()


def _leaves(model: "Datacenter", vm: int) -> None:
    model.vm_agents[vm].leave()


def _planned(model: "Datacenter", row: int) -> None:
    model.state.settle(model.time_s)
    acts.drain(model)
    model.carry_out(model.planned[row], forced=True)


def _called(model: "Datacenter", row: int) -> None:
    """Whoever asked for it acts after all else that happens at the moment."""


_HAPPENS = {
    Event.BOOTED: _booted,
    Event.STOPPED: _stopped,
    Event.FAILS: _fails,
    Event.REPAIRED: _repaired,
    Event.ARRIVES: _arrives,
    Event.RESTARTS: _restarts,
    Event.LEAVES: _leaves,
    Event.PLANNED: _planned,
    Event.CALLS: _called,
}
