"""
Rehearsals against real executions: ``python -m tests.validation.rehearsal``.

The plans of the random cases of ``data/mvm`` were executed four times each on Grid'5000. Here each recorded plan is
carried out 200 times by dependency, every move with the mean duration of its size and rate, times a factor drawn from
what was measured. Mean and factors of a case come from the other two thirds of the cases. The plan as it was recorded
is the prediction to beat.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.arrays import Floats
from models.execution.chances import exactly
from models.execution.course import Course, course
from models.execution.replay import replay
from models.network import Limits
from models.plan import Moves, Placement, Plan
from models.problem import Problem

FOLDS = 3
"""Parts of the cases, each judged by the others."""
RUNS = 200
MB_PER_MIB = 1.048576
Sort = tuple[str, str]
"""Memory [MB] and rate [Mbit/s] of a move, as text."""


@dataclass(frozen=True)
class Judged:
    """
    How predictions of makespans compare with real executions.

    Parameters
    ----------
    executions
        How many there are.
    within_p50, within_p90, within_p99
        Share of them that are done by the time that the rehearsal gives for half, 90 and 99 of 100 runs.
    error_share, planned_error_share
        Mean absolute error of the middle of the rehearsal, and of the plan as it was recorded.
    """

    executions: int
    within_p50: float
    within_p90: float
    within_p99: float
    error_share: float
    planned_error_share: float


def measured(folder: Path, cases: Sequence[str]) -> dict[Sort, Floats]:
    """Return the measured durations of some cases by sort of move, in s."""
    found: dict[Sort, list[float]] = {}
    with (folder / "real_executions.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["case"] in cases:
                found.setdefault((row["mem_used_mb"], row["bw_mbps"]), []).append(float(row["real_duration_s"]))
    return {sort: np.array(values) for sort, values in found.items()}


def sorts(case: Mapping[str, Any]) -> list[Sort]:
    """Return the sort of each migration of a recorded plan."""
    memory = {vm["id"]: str(vm["mem_used_mb"]) for vm in case["vms"]}
    return [(memory[act["vm"]], str(act["bw_mbps"])) for act in _migrations(case)]


def _migrations(case: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [act for act in case["recorded_plan"] if act["action"] == "migrate"]


def of_case(case: Mapping[str, Any]) -> Course:
    """Return the recorded plan of a case as tasks that wait for one another."""
    hosts = {host["id"]: row for row, host in enumerate(case["hosts"])}
    vms = {vm["id"]: row for row, vm in enumerate(case["vms"])}
    acts = _migrations(case)
    moves = Moves.of(
        vm=[vms[act["vm"]] for act in acts],
        source=[hosts[act["src"]] for act in acts],
        destination=[hosts[act["dst"]] for act in acts],
        start_s=[act["start"] for act in acts],
        end_s=[act["end"] for act in acts],
        bandwidth_mbps=[act["bw_mbps"] for act in acts],
        transferred_mib=[float(memory) / MB_PER_MIB for memory, _ in sorts(case)],
    )
    need, offered = [[vm["mem_gb"]] for vm in case["vms"]], [[host["mem_gb"]] for host in case["hosts"]]
    problem = Problem.of(need, offered, start=[hosts[vm["host"]] for vm in case["vms"]])
    end = np.array(problem.start)
    end[moves.vm] = moves.destination
    nic = {link["a"]: float(link["cap_mbps"]) for link in case["links"]}
    rates = np.array([nic.get(name, 1000.0) for name in hosts])
    return course(problem, Plan(Placement(end, problem.on), moves), Limits(pause_s=0.0), rates)


def ends(case: Mapping[str, Any], seen: Mapping[Sort, Floats], runs: int = RUNS, seed: int = 1) -> Floats:
    """Return when the rehearsed plan of a case ends in each run, in s. Shape (runs,)."""
    tasks, kinds = of_case(case), sorts(case)
    seconds = np.array(tasks.seconds)
    seconds[: len(kinds)] = [seen[kind].mean() for kind in kinds]
    tasks = replace(tasks, seconds=seconds)
    rng = np.random.default_rng(seed)
    factors = np.stack([rng.choice(seen[kind] / seen[kind].mean(), runs) for kind in kinds], axis=1)
    return np.array([replay(tasks, exactly(len(kinds), factor=[row])).end_s for row in factors])


def judged(folder: Path, folds: int = FOLDS) -> Judged:
    """Judge each part of the cases by what was measured in all others."""
    cases = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((folder / "random").glob("*.json"))]
    real, middle, planned, within = [], [], [], []
    for number, case in enumerate(cases):
        fold = number * folds // len(cases)
        others = [each["name"] for place, each in enumerate(cases) if place * folds // len(cases) != fold]
        levels = np.percentile(ends(case, measured(folder, others)), [50, 90, 99])
        for makespan in case["measured"]["makespan_s"]:
            real.append(makespan)
            middle.append(levels[0])
            planned.append(max(act["end"] for act in _migrations(case)))
            within.append(makespan <= levels)
    truth, shares = np.array(real, np.float64), np.mean(within, axis=0)
    errors = [float(np.mean(np.abs(np.array(guess) - truth) / truth)) for guess in (middle, planned)]
    return Judged(len(real), *(float(share) for share in shares), *errors)


if __name__ == "__main__":
    import os

    print(judged(Path(os.environ.get("CONSOLIDATE_DATA", "../shared/data")) / "mvm"))  # noqa: T201
