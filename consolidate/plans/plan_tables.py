"""The tables of a plan's result folder, by the contract of ``models/tables.py``."""

from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.plans import stages
from consolidate.plans.mixing import mixed
from consolidate.plans.outcome import Outcome
from consolidate.plans.reasons import Reasons
from models import aims
from models import tables as contract
from models.arrays import NOWHERE, Floats, Mask, Names, Rows
from models.changes import present
from models.counting import counted
from models.lifecycle import CANDIDATE, DRAIN
from models.load import by_host, hourly
from models.problem import Problem

if TYPE_CHECKING:
    import pandas as pd


def tables(outcome: Outcome) -> "dict[str, pd.DataFrame]":
    """Return the tables of the result folder, and what runbooks and tracking need beside them."""
    frames = {
        "placement": contract.frame(contract.PLACEMENT, _placement(outcome)),
        "moves": contract.frame(contract.MOVES, _moves(outcome)),
        "actions": contract.frame(contract.ACTIONS, _actions(outcome)),
        "hosts": contract.frame(contract.HOSTS, _hosts(outcome)),
        "violations": contract.frame(contract.VIOLATIONS, _violations(outcome)),
        "findings": contract.frame(contract.FINDINGS, _findings(outcome)),
        "costs": contract.frame(contract.COSTS, _costs(outcome)),
        "vms": contract.frame(contract.SIZES, _sizes(outcome)),
        "objective": contract.frame(contract.OBJECTIVE, stages.objective(outcome)),
    }
    if (outcome.reading.inventory.hosts.lifecycle == CANDIDATE).any():
        frames["purchases"] = contract.frame(contract.PURCHASES, stages.purchases(outcome))
    if outcome.reading.usage is not None and outcome.reading.usage.samples:
        frames["load"] = contract.frame(contract.LOAD, _load(outcome))
        problem = outcome.formulation.problem
        mix = mixed(outcome.reading.usage, outcome.plan.placement.host, problem.vms, problem.hosts)
        frames["mix"] = contract.frame(contract.MIX, mix)
    return frames


def _named(outcome: Outcome, rows: Rows) -> Names:
    return np.where(rows == NOWHERE, "", outcome.formulation.problem.hosts[rows])


def _placement(outcome: Outcome) -> dict[str, Any]:
    problem = outcome.formulation.problem
    after = _named(outcome, outcome.plan.placement.host)
    return {"vm": problem.vms, "host_before": _named(outcome, problem.start), "host_after": after}


def _moves(outcome: Outcome) -> dict[str, Any]:
    moves, problem = outcome.plan.moves, outcome.formulation.problem
    reasons = Reasons(outcome.formulation, outcome.plan, outcome.economy.curves[:, 0], outcome.verdict.before)
    end = outcome.plan.placement.host[moves.vm]
    leg = (moves.destination != end) | (moves.source != problem.start[moves.vm])
    kind = np.where(moves.source == NOWHERE, "new", np.where(moves.live, "live", "cold"))
    return {
        "wave": moves.wave,
        "start_s": moves.start_s,
        "end_s": moves.end_s,
        "vm": problem.vms[moves.vm],
        "source": _named(outcome, moves.source),
        "destination": problem.hosts[moves.destination],
        "kind": np.where(moves.source == moves.destination, "balloon", np.where(leg, "pivot", kind)),
        "bandwidth_mbps": moves.bandwidth_mbps,
        "duration_s": np.round(moves.end_s - moves.start_s, 6),
        "downtime_ms": moves.downtime_ms,
        "transferred_mib": moves.transferred_mib,
        "disk_mib": moves.disk_mib,
        "balloon_mib": moves.balloon_mib,
        "rounds": moves.rounds,
        "converges": moves.converges,
        "at_risk": aims.of_moves(outcome.ways, moves),
        "energy_j": moves.energy_j,
        "after": _after(outcome),
        "reason": reasons.all(),
    }


def _after(outcome: Outcome) -> list[str]:
    """Return for each move what it waits for."""
    plan, hosts = outcome.plan, outcome.formulation.problem.hosts
    count = len(plan.moves)
    named = [f"{number + 1}" for number in range(count)] + [f"boot {hosts[action.host]}" for action in plan.actions]
    waits = plan.after[:count] or ((),) * count
    return ["; ".join(named[each] for each in own) for own in waits]


def _actions(outcome: Outcome) -> dict[str, Any]:
    actions = outcome.plan.actions
    return {
        "host": [outcome.formulation.problem.hosts[each.host] for each in actions],
        **{name: [getattr(each, name) for each in actions] for name in ("action", "start_s", "end_s", "reason")},
    }


def _hosts(outcome: Outcome) -> dict[str, Any]:
    hosts, problem, placement = outcome.reading.inventory.hosts, outcome.formulation.problem, outcome.plan.placement
    before = _state(outcome, problem.start, problem.on, outcome.power[0])
    after = _state(outcome, placement.host, placement.on, outcome.power[1])
    return {
        "host": hosts.host,
        "cluster": hosts.cluster,
        "model": hosts.model,
        "cores": hosts.cores,
        "cpu_capacity_mhz": outcome.formulation.offered_cpu_mhz,
        "memory_capacity_mib": outcome.formulation.offered_memory_mib,
        "role": _roles(outcome, after["vms"]),
        "kept_because": _kept(outcome),
        **{f"{name}_before": values for name, values in before.items()},
        **{f"{name}_after": values for name, values in after.items()},
    }


def _kept(outcome: Outcome) -> tuple[str, ...]:
    from solvers.kept import reasons

    return reasons(outcome.formulation.problem, outcome.plan.placement, outcome.kept)


def _roles(outcome: Outcome, vms_after: Any) -> list[str]:
    hosts, problem, placement = outcome.reading.inventory.hosts, outcome.formulation.problem, outcome.plan.placement
    roles = np.where(placement.on, np.where(vms_after > 0, "stays", "spare"), "off")
    roles = np.where(problem.on & ~placement.on, "freed", roles)
    roles = np.where(~problem.on & placement.on, "wakes", roles)
    roles = np.where((hosts.lifecycle == DRAIN) & placement.on & (vms_after == 0), "drained", roles)
    roles = np.where(hosts.lifecycle == CANDIDATE, np.where(placement.on, "bought", "offered"), roles)
    return [str(role) for role in np.where(hosts.maintenance, "maintenance", roles)]


def _state(outcome: Outcome, host: Rows, on: Mask, watts: Floats) -> dict[str, Any]:
    form, inventory = outcome.formulation, outcome.reading.inventory
    problem, size = form.problem, len(inventory.hosts)
    memory_added = form.at(form.charge.memory_mib, host)
    memory = by_host(form.memory.values + memory_added[:, None], host, size).max(axis=1, initial=0.0)
    fullest = (problem.load(host) / np.maximum(problem.capacity, 1)).max(axis=1, initial=0.0)
    return {
        "on": on,
        "vms": by_host(np.ones(len(host)), host, size).astype(np.int64),
        "vcpus": by_host((inventory.vms.vcpus * inventory.running).astype(np.float64), host, size).astype(np.int64),
        **_cycles(outcome, host),
        "memory_mib": memory,
        "memory_overhead_mib": by_host(memory_added, host, size),
        "memory_share": memory / np.maximum(form.offered_memory_mib, 1.0),
        "fullest_share": fullest,
        "power_w": watts,
    }


def _cycles(outcome: Outcome, host: Rows) -> dict[str, Any]:
    """Return where the cycles of each host go, in the fullest part of the day."""
    form, size = outcome.formulation, len(outcome.reading.inventory.hosts)
    names = {"work_mhz": "work_mhz", "guest_overhead_mhz": "guest_mhz", "host_overhead_mhz": "host_mhz"}
    parts = {column: by_host(form.at(getattr(form.charge, name), host), host, size) for column, name in names.items()}
    total = sum(parts.values(), np.zeros_like(parts["work_mhz"]))
    fullest = total.argmax(axis=1)[:, None]
    cpu, offered = np.take_along_axis(total, fullest, axis=1)[:, 0], form.offered_cpu_mhz
    share = cpu / np.maximum(offered, 1.0)
    if not any(dim.partition("@")[0] == "cpu_mhz" for dim in form.problem.dims):
        share = _vcpu_share(form.problem, host)
    return {
        "cpu_mhz": cpu,
        **{column: np.take_along_axis(part, fullest, axis=1)[:, 0] for column, part in parts.items()},
        "headroom_mhz": offered * (1 - share),
        "headroom_share": 1 - share,
        "ready_share": outcome.ready_share(host),
        "overload_share": outcome.overload_share(host),
        "cpu_share": share,
    }


def _vcpu_share(problem: Problem, host: Rows) -> Floats:
    """Return virtual CPUs over those that may be used: what limits hosts whose VMs' use is only known as allocated."""
    column = problem.dims.index("vcpus")
    return np.asarray(problem.load(host)[:, column] / np.maximum(problem.capacity[:, column], 1), np.float64)


def _violations(outcome: Outcome) -> dict[str, Any]:
    listed = [("before", each) for each in outcome.verdict.before]
    listed += [("during", each) for each in outcome.verdict.during]
    listed += [("after", each) for each in outcome.verdict.after]
    return {
        "when": [when for when, _ in listed],
        "who": [";".join(each.who) for _, each in listed],
        **{
            name: [getattr(each, name) for _, each in listed]
            for name in ("rule", "name", "amount", "limit", "since_s", "existed")
        },
    }


def _findings(outcome: Outcome) -> dict[str, Any]:
    return {name: [getattr(each, name) for each in outcome.findings] for name in contract.FINDINGS}


def _costs(outcome: Outcome) -> dict[str, Any]:
    before, after, once = outcome.years
    notes = {
        "energy": f"mean draw × PUE {outcome.economy.pue:g} × {outcome.economy.energy_price:g} EUR/kWh",
        "licences": "of hosts that are on",
        "maintenance": "support of hosts that are on",
        **way_notes(len(outcome.plan.moves), len(outcome.plan.actions)),
        "resale": "of freed hosts",
        "purchases": "of hosts that are bought",
    }
    return {
        "item": list(notes),
        "before_eur_year": [before.get(item, 0.0) for item in notes],
        "after_eur_year": [after.get(item, 0.0) for item in notes],
        "once_eur": [once.get(item, 0.0) for item in notes],
        "note": list(notes.values()),
    }


def way_notes(moves: int, actions: int) -> dict[str, str]:
    """Return what the costs of the way are for, by item."""
    return {
        "migrations": f"{counted(moves, 'move')}, and the energy of the copies",
        "host actions": f"{counted(actions, 'host')} switched",
    }


def _sizes(outcome: Outcome) -> dict[str, Any]:
    """Return what each VM is, and what it takes where the plan puts it, in the fullest part of its day."""
    form, vms, host = outcome.formulation, outcome.reading.inventory.vms, outcome.plan.placement.host
    technique = form.choices.technique
    parts = {
        column: form.at(getattr(form.charge, name), host).max(axis=1, initial=0.0)
        for column, name in (
            ("work_mhz", "work_mhz"), ("guest_overhead_mhz", "guest_mhz"), ("host_overhead_mhz", "host_mhz"),
        )
    }  # fmt: skip
    supposed = form.billing.inventory
    return {
        **{name: getattr(vms, name) for name in contract.SIZES if hasattr(vms, name)},
        "workload": np.where(supposed.vms.workload == "", technique.workload, supposed.vms.workload),
        "technology": present(supposed, technique.catalog),
        **parts,
    }


def _load(outcome: Outcome) -> dict[str, Any]:
    """Return the CPU load of each host over time, before and after, hour by hour."""
    usage = outcome.reading.usage
    assert usage is not None
    hosts = outcome.reading.inventory.hosts
    times, means = hourly(usage)
    physical = (hosts.cores * hosts.cpu_mhz)[:, None]
    problem, placement = outcome.formulation.problem, outcome.plan.placement
    before, after = (by_host(means, host, len(hosts)) / physical for host in (problem.start, placement.host))
    return {
        "host": np.repeat(hosts.host, len(times)),
        "time_s": np.tile(times, len(hosts)),
        "cpu_before": before.ravel(),
        "cpu_after": after.ravel(),
    }
