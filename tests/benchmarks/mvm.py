"""Cases of migration scheduling in the neutral form of ``data/mvm``, as transitions."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import InputError
from models.network import Limits, Network
from models.plan import HostAction, Moves, Placement, Plan, Transition
from models.problem import Problem
from models.timing import Draw, PowerBudget, Timing

Case = Mapping[str, Any]
"""A case as read: hosts, vms, links, switches, moves, node_actions, and sometimes a recorded plan."""

EFFICIENCY = 9.0
"""Mbit/s over this are the MB/s that the published model of durations reckons with."""
NO_LIMIT = 1 << 30
UNLIMITED = Limits(
    outgoing=NO_LIMIT, incoming=NO_LIMIT, per_host=NO_LIMIT, wave=NO_LIMIT, pilot=NO_LIMIT, pause_s=0.0, early=True
)
"""No limits but links and hosts; hosts are shut down as soon as they are empty."""


def read(path: Path) -> Case:
    """Return a case."""
    found: Case = json.loads(path.read_text(encoding="utf-8"))
    return found


def transition(case: Case, durations: str = "recorded") -> Transition:
    """
    Return a case as a transition.

    Parameters
    ----------
    case
        As read.
    durations
        ``recorded``: those of the recorded plan, or else of the published formula; ``own``: what our law predicts.
    """
    problem = _problem(case)
    network = tree(case)
    recorded, rate = _recorded(case, network, problem) if durations == "recorded" else (None, None)
    hosts = case["hosts"]
    return Transition(
        problem=problem,
        placement=_placement(case, problem),
        memory_mib=np.array([vm["mem_used_mb"] for vm in case["vms"]]) / 1.048576,
        dirty_mib_s=np.array([_dirty(vm) for vm in case["vms"]]) / 1.048576,
        running=np.ones(len(case["vms"]), np.bool_),
        nic_mbps=np.full(len(hosts), float(NO_LIMIT)),
        stream_mbps=float(NO_LIMIT),
        boot_s=np.array([host["boot_s"] or 0 for host in hosts], np.float64),
        shutdown_s=np.array([host["shutdown_s"] or 0 for host in hosts], np.float64),
        limits=UNLIMITED,
        network=network,
        switch_mbps={each["id"]: float(each["cap_mbps"]) for each in case["switches"] if each["cap_mbps"] is not None},
        duration_s=recorded,
        bandwidth_mbps=rate,
    )


def draw(case: Case) -> Draw:
    """Return what hosts and VMs of a case draw, where it says so."""
    known = case["power"]
    idle, hosts = float(known["host_idle_w"]), len(case["hosts"])
    boot = idle * known["boot_overhead_pct"] / 100
    return Draw(np.full(hosts, idle), np.full(hosts, boot), np.full(len(case["vms"]), float(known["vm_w"])))


def budget(case: Case) -> tuple[Timing, ...]:
    """Return the budget of power of a case, if it has one."""
    watts = case.get("limits", {}).get("power_w")
    return () if watts is None else (PowerBudget(watts=float(watts), name="power"),)


def recorded(case: Case, way: Transition) -> Plan:
    """Return the plan that comes with a case."""
    hosts = {str(name): row for row, name in enumerate(way.problem.hosts)}
    vms = {str(name): row for row, name in enumerate(way.problem.vms)}
    moved = [each for each in case["recorded_plan"] if each["action"] == "migrate"]
    moves = Moves.of(
        vm=[vms[each["vm"]] for each in moved],
        source=[hosts[each["src"]] for each in moved],
        destination=[hosts[each["dst"]] for each in moved],
        start_s=[each["start"] for each in moved],
        end_s=[each["end"] for each in moved],
        bandwidth_mbps=[each["bw_mbps"] for each in moved],
    )
    actions = [
        HostAction(hosts[each["host"]], each["action"], float(each["start"]), float(each["end"]))
        for each in case["recorded_plan"]
        if each["action"] != "migrate"
    ]
    return Plan(way.placement, moves, tuple(actions), makespan_s=float(case["recorded"]["makespan"]))


def powered(way: Transition, case: Case, timing: tuple[Timing, ...]) -> Transition:
    """Return a transition under timing rules, with what its machines draw."""
    return replace(way, timing=timing, draw=draw(case))


def formula(vm: Mapping[str, float], mbps: float) -> float:
    """
    Return how long the published model says that a migration lasts, in whole seconds.

    The first pass takes ``t0 = M / b``; then the hot set and the cold pages written meanwhile are sent, and the hot
    set again while it is rewritten [1]_.

    References
    ----------
    .. [1] V. Kherbache, E. Madelaine, F. Hermenier, "Scheduling live migration of virtual machines," IEEE TCC 2017.
    """
    rate = mbps / EFFICIENCY
    size, hot, hot_s, cold = (
        float(vm[key]) for key in ("mem_used_mb", "hot_dirty_mb", "hot_dirty_s", "cold_dirty_mb_s")
    )
    first, rewritten = size / rate, hot / hot_s
    if rate <= rewritten or rate <= cold:
        raise InputError(f"The published model says that VM {vm['id']} never converges at {mbps:g} Mbit/s.")
    if first <= hot_s:
        return float(max(round(first + rewritten * first / (rate - rewritten)), 1))
    passed = (hot + (first - hot_s) * cold) / (rate - cold)
    return float(max(round(first + passed + hot / rate * rewritten / (rate - rewritten)), 1))


def tree(case: Case) -> Network:
    """Return the links as a tree: below the switch that most switches are at."""
    ends = [(link["a"], link["b"], float(link["cap_mbps"])) for link in case["links"]]
    switches = [each["id"] for each in case["switches"]]
    near: dict[str, list[tuple[str, float]]] = {}
    for one, two, mbps in ends:
        near.setdefault(one, []).append((two, mbps))
        near.setdefault(two, []).append((one, mbps))
    root = max(switches, key=lambda name: sum(other in switches for other, _ in near.get(name, ())))
    found: list[tuple[str, str, float]] = []
    seen, reached = {root}, [root]
    for name in reached:
        for other, mbps in near.get(name, ()):
            if other not in seen:
                seen.add(other)
                reached.append(other)
                found.append((other, name, mbps))
    lower, upper, capacity = (list(column) for column in zip(*found, strict=True))
    named = np.empty(len(lower), object), np.empty(len(upper), object)
    named[0][:], named[1][:] = lower, upper
    return Network(named[0], named[1], np.array(capacity))


def _problem(case: Case) -> Problem:
    row = {host["id"]: index for index, host in enumerate(case["hosts"])}
    return Problem.of(
        demand=[[_whole(vm["mem_gb"]), _whole(vm["cpu"])] for vm in case["vms"]],
        capacity=[[int(host["mem_gb"] * 1000), int(host["cpu"] * 1000)] for host in case["hosts"]],
        start=[row[vm["host"]] for vm in case["vms"]],
        on=[host["state"] == "online" for host in case["hosts"]],
        dims=("memory", "cpu"),
        hosts=list(row),
        vms=[vm["id"] for vm in case["vms"]],
    )


def _whole(amount: float) -> int:
    """Return an amount in thousandths, rounded up."""
    return int(-(-amount * 1000 // 1))


def _placement(case: Case, problem: Problem) -> Placement:
    hosts = {str(name): row for row, name in enumerate(problem.hosts)}
    vms = {str(name): row for row, name in enumerate(problem.vms)}
    end, on = problem.start.copy(), problem.on.copy()
    for move in case["moves"]:
        end[vms[move["vm"]]] = hosts[move["dst"]]
    for action in case["node_actions"]:
        on[hosts[action["host"]]] = action["action"] == "boot"
    return Placement(end, on)


def _recorded(case: Case, network: Network, problem: Problem) -> tuple[Any, Any]:
    """Return the duration and rate of each VM's move: recorded, or by the formula at the full rate of its path."""
    from models.routes import Routes

    routes, size = Routes(network, problem.hosts), len(problem.vms)
    duration, rate = np.full(size, np.nan), np.full(size, np.nan)
    hosts = {str(name): row for row, name in enumerate(problem.hosts)}
    vms = {vm["id"]: row for row, vm in enumerate(case["vms"])}
    plan = {each["vm"]: each for each in case.get("recorded_plan", ()) if each["action"] == "migrate"}
    for move in case["moves"]:
        row, known = vms[move["vm"]], plan.get(move["vm"])
        if known is not None:
            duration[row], rate[row] = known["end"] - known["start"], known["bw_mbps"]
        else:
            rate[row] = routes.narrowest(hosts[move["src"]], hosts[move["dst"]])
            duration[row] = formula(case["vms"][row], float(rate[row]))
    return duration, rate


def _dirty(vm: Mapping[str, float]) -> float:
    return float(vm["cold_dirty_mb_s"]) + float(vm["hot_dirty_mb"]) / float(vm["hot_dirty_s"])
