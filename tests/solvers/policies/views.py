"""Views to try policies on: small ones told by hand, and arbitrary ones."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from models.arrays import NOWHERE, Mask, Rows
from models.decisions import Decision, View
from models.laws.sharing import summed


def seen(host: list[int], demand: list[float], *, hosts: int = 3, **columns: Any) -> View:
    """
    Return a view of hosts of 1,000 MHz and 8 GiB that draw 100 to 200 W, and of VMs of 1 GiB.

    The VMs are configured with 1,000 MHz. All hosts are on and have long been left alone; all VMs run, may move, and
    are seen for the first time.
    """
    where, asked = np.array(host, np.int32), np.array(demand, np.float64)
    size = len(where)
    given = {name: np.asarray(value) for name, value in columns.items()}
    memory = np.asarray(columns.get("memory_mib", np.full(size, 1024.0)), np.float64)
    running = np.asarray(columns.get("running", np.ones(size, np.bool_)))
    boundary = np.asarray(columns.get("boundary", np.zeros(hosts)), np.int32)
    default = {
        "time_s": 0.0,
        "step_s": 300.0,
        "host": where,
        "demand_mhz": asked,
        "size_mhz": np.full(size, 1000.0),
        "memory_mib": memory,
        "running": running,
        "movable": running & (where != NOWHERE),
        "order": np.flatnonzero(running & (where != NOWHERE)),
        "capacity_mhz": np.full(hosts, 1000.0),
        "core_mhz": np.full(hosts, 1000.0),
        "cpu_mhz": summed(asked * running, where, hosts),
        "used_mhz": np.minimum(summed(asked * running, where, hosts), 1000.0),
        "cpu_limit_mhz": np.full(hosts, 1000.0),
        "held_mib": summed(memory * running, where, hosts),
        "memory_limit_mib": np.full(hosts, 8192.0),
        "curve_w": np.tile(np.linspace(100.0, 200.0, 11), (hosts, 1)),
        "open": np.ones(hosts, np.bool_),
        "asleep": np.zeros(hosts, np.bool_),
        "booting": np.zeros(hosts, np.bool_),
        "rested_s": np.full(hosts, 1e6),
        "boot_s": np.full(hosts, 180.0),
        "migration_mbps": np.full(hosts, 10_000.0),
        "boundary": boundary,
        "home": np.append(boundary, 0)[where].astype(np.int32),
        "history_mhz": asked[None],
        "overloaded": np.zeros(0, np.int32),
        "underloaded": np.zeros(0, np.int32),
    }
    return View(**(default | {**given, "boundary": boundary} | _scalars(columns)))


def _scalars(columns: dict[str, Any]) -> dict[str, float]:
    return {name: float(columns[name]) for name in ("time_s", "step_s") if name in columns}


def pairs(decision: Decision) -> list[tuple[int, int]]:
    """Return the moves as (vm, host)."""
    return list(zip(decision.vms.tolist(), decision.hosts.tolist(), strict=True))


def rows(*numbers: int) -> Rows:
    """Return row numbers."""
    return np.array(numbers, np.int32)


def mask(*values: int) -> Mask:
    """Return a mask from zeros and ones."""
    return np.array(values, np.bool_)


HOSTS = 6


@st.composite
def views(draw: st.DrawFn) -> View:
    """Return a view of hosts in two clusters, some off, booting or draining, and VMs, some pinned or waiting."""
    states = draw(st.lists(st.sampled_from(["on", "on", "on", "off", "boot", "drain"]), min_size=HOSTS, max_size=HOSTS))
    on = [row for row, state in enumerate(states) if state in ("on", "drain")]
    guests = draw(st.lists(st.sampled_from([*on, NOWHERE]), max_size=24))
    size = len(guests)

    def column(options: list[Any]) -> list[Any]:
        return draw(st.lists(st.sampled_from(options), min_size=size, max_size=size))

    where = np.array(guests, np.int32)
    boundary = np.arange(HOSTS) % 2
    samples = np.array(
        draw(st.lists(st.lists(st.integers(0, 400), min_size=size, max_size=size), min_size=1, max_size=14))
    )
    running = np.array(column([True, True, True, False]), np.bool_)
    home = np.where(where != NOWHERE, boundary[where], column([0, 1])).astype(np.int32)
    return seen(
        guests,
        samples[0].astype(float).tolist() if size else [],
        hosts=HOSTS,
        memory_mib=np.array(column([512.0, 1024.0, 3072.0]), np.float64),
        running=running,
        movable=running & (where != NOWHERE) & np.array(column([True, True, False]), np.bool_),
        open=np.array([state == "on" for state in states]),
        asleep=np.array([state == "off" for state in states]),
        booting=np.array([state == "boot" for state in states]),
        rested_s=np.array(draw(st.lists(st.sampled_from([0.0, 1e4]), min_size=HOSTS, max_size=HOSTS))),
        capacity_mhz=np.array([1000.0, 1000.0, 2000.0, 2000.0, 500.0, 1000.0]),
        cpu_limit_mhz=np.array([900.0, 900.0, 1800.0, 2000.0, 400.0, 1000.0]),
        boundary=boundary,
        home=home,
        history_mhz=samples.astype(np.float64).reshape(len(samples), size),
    )


def broken(view: View, decision: Decision) -> list[str]:
    """Return which promises a decision breaks that every policy gives."""
    vms, hosts = decision.vms, decision.hosts
    cpu = view.cpu_mhz + _arrivals(view, decision, view.demand_mhz)
    cpu -= summed(view.demand_mhz[vms], view.host[vms], len(view.open))
    held = view.held_mib + _arrivals(view, decision, view.memory_mib)
    met = np.isin(np.arange(len(view.open)), hosts)
    waits = view.waiting[vms]
    drained = np.isin(view.host, decision.drain) & view.running
    promises = {
        "no VM is moved twice": len(np.unique(vms)) == len(vms),
        "only VMs move that may or that wait": bool((view.movable[vms] | waits).all()),
        "no VM leaves its boundary": bool((view.boundary[hosts] == view.home[vms]).all()),
        "hosts that receive are open": bool(view.open[hosts].all()),
        "no VM moves to where it is": bool((view.host[vms] != hosts).all()),
        "no receiver is above its CPU limit": bool((cpu[met] <= view.cpu_limit_mhz[met] + 1e-6).all()),
        "no receiver is above its memory limit": bool((held[met] <= view.memory_limit_mib[met]).all()),
        "every move has a reason": len(decision.reasons) == len(vms) and all(decision.reasons),
        "hosts are booted that are off": bool(view.asleep[decision.boot].all()),
        "hosts are switched off that are open": bool(view.open[decision.drain].all()),
        "hosts that are switched off are wholly emptied": bool(np.isin(np.flatnonzero(drained), vms).all()),
        "nothing moves to hosts that are switched off": not np.isin(hosts, decision.drain).any(),
    }
    return [name for name, kept in promises.items() if not kept]


def _arrivals(view: View, decision: Decision, values: Any) -> Any:
    return summed(values[decision.vms].astype(np.float64), decision.hosts, len(view.open))
