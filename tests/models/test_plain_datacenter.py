"""The vectorised engine against a reckoning host by host and VM by VM."""

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.datacenter import Datacenter
from models.decisions import Decision, Policy, View
from models.physics import OURS
from tests.models import plain_datacenter as plain
from tests.models.plain_datacenter import Order, PlainDatacenter
from tests.models.simulated import datacenter, inventory, moves, run

STEPS, VMS, HOSTS = 4, 6, 4
PLACE = st.integers(0, HOSTS - 1)
ORDER = st.builds(
    Order,
    moves=st.lists(st.tuples(st.integers(0, VMS - 1), PLACE), max_size=5).map(tuple),
    boot=st.lists(PLACE, max_size=2).map(tuple),
    drain=st.lists(PLACE, max_size=2).map(tuple),
)


def each(values: Any, size: int) -> st.SearchStrategy[list[Any]]:
    """Return a strategy of so many values."""
    return st.lists(values, min_size=size, max_size=size)


CASE = st.fixed_dictionaries(
    {
        "homes": each(PLACE, VMS),
        "demand": each(each(st.sampled_from([0.0, 50.0, 170.0, 400.0, 950.0]), VMS), STEPS),
        "memory": each(st.sampled_from([64.0, 1024.0, 30_000.0, 300_000.0]), VMS),
        "dirty": each(st.sampled_from([0.0, 5.0, 400.0]), VMS),
        "leave": each(st.sampled_from([np.inf, np.inf, np.inf, 1.5, 77.0, 301.25]), VMS),
        "on": each(st.booleans(), HOSTS),
        "boot": each(st.sampled_from([3.0, 100.0, 400.0]), HOSTS),
        "link": each(st.sampled_from([1000.0, 10_000.0, 25_000.0]), HOSTS),
        "script": each(ORDER, STEPS),
    }
)


def reckoned(case: dict[str, Any]) -> PlainDatacenter:
    """Return the plain datacenter at the end."""
    occupied = [row in case["homes"] for row in range(HOSTS)]
    hosts = [
        plain.Host("on" if case["on"][row] or occupied[row] else "off", 10, 100.0, 100.0, 200.0, case["link"][row],
                   case["boot"][row], 50.0)
        for row in range(HOSTS)
    ]  # fmt: skip
    vms = [
        plain.Vm(case["homes"][row], [step[row] for step in case["demand"]], case["memory"][row], case["dirty"][row],
                 case["leave"][row])
        for row in range(VMS)
    ]  # fmt: skip
    found = PlainDatacenter(hosts, vms)
    found.run(case["script"])
    return found


def simulated(case: dict[str, Any], settles: Literal["touched", "all"]) -> Datacenter:
    """Return the engine at the end."""
    estate = inventory(
        case["homes"], hosts=HOSTS, memory_mib=case["memory"], dirty_mib_s=case["dirty"], host_boot_s=case["boot"],
        host_power_state=["on" if on else "off" for on in case["on"]], host_migration_mbps=case["link"],
    )  # fmt: skip
    physics = replace(OURS, pressure=False, settles=settles)
    leave_s = np.array(case["leave"])
    model = datacenter(estate, case["demand"], following(case["script"]), physics=physics, leave_s=leave_s)
    run(model, STEPS).finish()
    return model


def following(script: list[Order]) -> Policy:
    """Return the policy that follows a script; it asks for nothing that VMs which have left would have to do."""

    def policy(view: View) -> Decision:
        order = script[round(view.time_s / view.step_s)]
        there = [(vm, host) for vm, host in order.moves if view.running[vm]]
        return moves(*there, boot=order.boot, drain=order.drain)

    return policy


@settings(max_examples=100, deadline=None)
@given(CASE)
def test_equals_a_plain_reckoning(case: dict[str, Any]) -> None:
    """All meters of hosts and VMs are those of the plain reckoning, whether all hosts or only some are looked at."""
    expected = reckoned(case)
    for model in (simulated(case, "touched"), simulated(case, "all")):
        _same_hosts(model, expected)
        _same_vms(model, expected)
        assert model.refused == expected.refused


def _same_hosts(model: Datacenter, expected: PlainDatacenter) -> None:
    meters = model.state.meters
    columns = {
        "energy": meters.energy_j, "on_s": meters.on_s, "overloaded_s": meters.overloaded_s, "used": meters.used_mhz_s,
        "asked": meters.asked_mhz_s, "offered": meters.offered_mhz_s, "boots": meters.boots,
        "shutdowns": meters.shutdowns,
    }  # fmt: skip
    for name, values in columns.items():
        assert values.tolist() == pytest.approx([getattr(host, name) for host in expected.hosts], abs=1e-6), name


def _same_vms(model: Datacenter, expected: PlainDatacenter) -> None:
    meters = model.state.meters
    columns = {
        "asked": meters.vm_asked_mhz_s, "served": meters.vm_served_mhz_s, "lost": meters.vm_migration_loss_mhz_s,
        "running_s": meters.vm_running_s, "down_s": meters.vm_down_s, "migrations": meters.vm_migrations,
        "host": model.state.host,
    }  # fmt: skip
    for name, values in columns.items():
        assert values.tolist() == pytest.approx([getattr(vm, name) for vm in expected.vms], abs=1e-6), name
