"""
Migration scheduling against its bound: cases in the neutral form of ``data/mvm``.

``python -m tests.benchmarks.schedule CASE.json… [--seconds S] [--csv OUT] [--plans DIR] [--durations recorded|own]``
prints CSV. ``DIR/NAME.json`` holds each plan. What is printed was replayed by ``models/check``, which shares no code
with the scheduler: rooms at both ends, links, boots and shutdowns, budgets of power.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from models.check import dependencies, timeline, timing
from models.check import limits as limits_check
from models.plan import Plan, Transition
from solvers.schedule import Schedule
from tests.benchmarks import mvm

SEARCH = 0.92
"""Share of the time for the search; the rest is for reading the case and writing the plan."""
COLUMNS = ("case", "moves", "makespan_s", "bound_s", "status", "seconds", "violations")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 1 if a plan breaks a rule or leaves a move out."""
    options = _options(arguments)
    rows = []
    sys.stdout.write(",".join(COLUMNS) + "\n")
    warm()
    for path in options.cases:
        case = mvm.read(path)
        row = measured(case, options)
        rows.append(row)
        sys.stdout.write(",".join(str(row[name]) for name in COLUMNS) + "\n")
        sys.stdout.flush()
    if options.csv:
        with options.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return int(any(row["violations"] or row["status"] == "blocked" for row in rows))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("cases", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0, help="time for each case [s]")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--plans", type=Path, help="folder for the plans")
    parser.add_argument("--durations", choices=("recorded", "own"), default="recorded")
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 8))
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def warm() -> None:
    """Compile or load what is slow only once: kernels and OR-Tools."""
    from ortools.sat.python import cp_model

    case = {
        "hosts": [
            {"id": name, "state": "online", "mem_gb": 9, "cpu": 9, "boot_s": 1, "shutdown_s": 1} for name in "ab"
        ],
        "vms": [
            {"id": "v", "host": "a", "mem_gb": 1, "cpu": 1, "mem_used_mb": 1000}
            | {"cold_dirty_mb_s": 0, "hot_dirty_mb": 1, "hot_dirty_s": 1}
        ],
        "links": [{"id": name, "a": name, "b": "s", "cap_mbps": 1000} for name in "ab"],
        "switches": [{"id": "s", "cap_mbps": None}],
        "moves": [{"vm": "v", "src": "a", "dst": "b"}],
        "node_actions": [],
    }
    cp_model.CpSolver().solve(cp_model.CpModel())
    from solvers.kernels import dispatching  # noqa: F401

    Schedule(seconds=1.0)(mvm.transition(case))


def measured(case: mvm.Case, options: argparse.Namespace) -> dict[str, object]:
    """Return the row of one case, and write its plan."""
    began = perf_counter()
    way = mvm.transition(case, options.durations)
    if timing := mvm.budget(case):
        way = mvm.powered(way, case, timing)
    solver = Schedule(options.seconds * SEARCH, options.seed, options.workers, reproducible=False)
    plan = solver(way)
    seconds = perf_counter() - began
    if options.plans:
        options.plans.mkdir(parents=True, exist_ok=True)
        text = json.dumps(written(way, plan), indent=1)
        (options.plans / f"{case['name']}.json").write_text(text + "\n", encoding="utf-8")
    met = plan.makespan_s <= plan.makespan_bound_s + 1e-9
    return {
        "case": case["name"],
        "moves": len(case["moves"]),
        "makespan_s": number(plan.finish_s),
        "bound_s": number(plan.makespan_bound_s),
        "status": "blocked" if plan.blocked else "optimal" if met else "feasible",
        "seconds": round(seconds, 2),
        "violations": len(broken(way, plan)),
    }


def broken(way: Transition, plan: Plan) -> list[str]:
    """Return what the independent checks find wrong with a plan."""
    found = [
        *timeline.violations(way.problem, plan),
        *limits_check.violations(way.problem, plan, way.limits, way.nic_mbps, way.network, way.switch_mbps),
        *timing.violations(way.problem, plan, way.timing, draw=way.draw, limits=way.limits),
        *dependencies.violations(way.problem, plan, way.limits, way.nic_mbps, way.network, samples=1),
    ]
    return [str(each) for each in found if not each.existed]


def written(way: Transition, plan: Plan) -> dict[str, list[dict[str, object]]]:
    """Return a plan as it is written to a file."""
    hosts, vms, moves = way.problem.hosts, way.problem.vms, plan.moves
    return {
        "moves": [
            {
                "vm": str(vms[moves.vm[row]]),
                "source": str(hosts[moves.source[row]]),
                "destination": str(hosts[moves.destination[row]]),
                "start_s": number(float(moves.start_s[row])),
                "end_s": number(float(moves.end_s[row])),
                "bandwidth_mbps": number(float(moves.bandwidth_mbps[row])),
            }
            for row in range(len(moves))
        ],
        "actions": [
            {
                "action": action.action,
                "host": str(hosts[action.host]),
                "start_s": number(action.start_s),
                "end_s": number(action.end_s),
            }
            for action in plan.actions
        ],
    }


def number(value: float) -> float | int:
    """Return a whole number as one."""
    return int(value) if value == int(value) else value


if __name__ == "__main__":
    sys.exit(main())
