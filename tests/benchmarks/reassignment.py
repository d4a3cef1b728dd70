"""
Machine reassignment, as in the ROADEF/EURO challenge of 2012: a file solved, or a table of all instances.

``python -m tests.benchmarks.reassignment MODEL ASSIGNMENT --seconds 300 --workers 2 --out NEW`` prints the cost at the
start and at the end, and writes the new assignment as the challenge wants it: one line of machine numbers. The time
includes reading. Without files it prints CSV: every instance of the folder, with the gap in per cent of its cost at
the start above the best that is known.
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from models.check import costs, placement
from models.plan import Placement
from models.problem import Problem
from solvers.reassign import CLOCKS, Reassign
from tests.benchmarks import challenge

DATA = Path(os.environ.get("CONSOLIDATE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "mrp"
RESERVE_S = 2.5
"""What starting, writing an answer and ending processes may take. [s]"""
COLUMNS = (
    "instance",
    "initial",
    "cost",
    "best_known",
    "gap_percent",
    "winner_gap_percent",
    "bound",
    "moves",
    "seconds",
)


def solved(model: Path, assignment: Path, options: argparse.Namespace) -> tuple[Problem, Placement]:
    """Return a problem and what was found within the time, of which reading is part."""
    began = CLOCKS[options.clock]()
    problem = challenge.problem(model, assignment)
    spent = CLOCKS[options.clock]() - began + options.spent + RESERVE_S
    solver = Reassign(max(options.seconds - spent, 0.1), options.workers, options.seed, clock=options.clock)
    return problem, solver(problem)


def checked(problem: Problem, found: Placement) -> int:
    """Return the cost of a placement, once the independent checker has nothing to say."""
    wrong = placement.violations(problem, found.host, found.on)
    over = challenge.transient_excess(problem, found.host)
    if wrong or over:
        sys.exit(f"The placement is not feasible: {[str(each) for each in wrong[:3]]} {over} on the way.")
    return costs.cost(problem, found.host)[0]


def one(model: Path, assignment: Path, options: argparse.Namespace) -> None:
    """Solve one instance, write it, and say what it cost before and after."""
    problem, found = solved(model, assignment, options)
    if options.out is not None:
        options.out.write_text(" ".join(map(str, found.host.tolist())) + "\n", encoding="ascii")
    parts = " ".join(f"{name}={amount}" for name, amount in costs.parts(problem, found.host)[0].items())
    final = costs.cost(problem, found.host)[0]
    sys.stdout.write(f"initial {costs.cost(problem, problem.start)[0]}\nfinal {final} {parts}\n")
    sys.stdout.flush()
    if options.check:
        checked(problem, found)


def table(options: argparse.Namespace) -> None:
    """Print a row for each instance of the folder."""
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    with (DATA / "best_known.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["instance"] in options.only or not options.only]
    for row in rows:
        name, begin = row["instance"], time.perf_counter()
        problem, found = solved(DATA / f"model_{name}.txt.gz", DATA / f"assignment_{name}.txt.gz", options)
        seconds = time.perf_counter() - begin
        initial, cost = costs.cost(problem, problem.start)[0], checked(problem, found)
        best, winner = int(row["best_with_memory"]), int(row["s41_winner_300s_i7_920"])
        gaps = [f"{100 * (cost - other) / initial:.4f}" for other in (best, winner)]
        moves = int((found.host != problem.start).sum())
        writer.writerow([name, initial, cost, best, *gaps, f"{found.bound:.0f}", moves, f"{seconds:.1f}"])
        sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Solve one instance, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="MODEL ASSIGNMENT", help="plain or .gz")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="file for the new assignment")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall", help="cpu: of each process")
    parser.add_argument("--check", action="store_true", help="check the answer too, beyond the time; tables always do")
    parser.add_argument("--only", nargs="*", default=[], help="instances of the table")
    options = parser.parse_args(arguments)
    if len(options.files) not in (0, 2):
        parser.error("Give a model and an assignment, or neither.")
    options.spent = time.process_time() if options.clock == "cpu" else 0.0
    if options.files:
        one(options.files[0], options.files[1], options)
    else:
        table(options)


if __name__ == "__main__":
    main(sys.argv[1:])
