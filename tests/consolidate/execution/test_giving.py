"""A plan in which a VM gives up memory for its move: rehearsed, tracked from the middle, and gone on with."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate.execution.giving import given_back
from models.check import rollback, timeline
from models.plan import NO_MOVES, Moves, Placement, Plan
from models.problem import Problem
from tests.consolidate.attack.commands import Said, estate, planned, said
from tests.consolidate.execution.small import at, text

HOSTS = "host,cores,cpu_mhz,memory_mib,cluster\nh1,16,2600,65536,c1\nh2,16,2600,65536,c1\n"
VMS = "vm,host,vcpus,memory_mib,memory_active_mib\na,{a},2,36864,4096\nb,{b},2,36864,4096\n"
RULES = "- fence: {vms: [a], hosts: [h2]}\n- fence: {vms: [b], hosts: [h1]}\n"
NOTHING = ("--runs", 5, "--noise", 0, "--failures", 0, "--link-drop", 0, "--host-loss", 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan that two VMs of 36 GiB change places on hosts of 64 GiB: a gives some up before move 1, until 3."""
    path = tmp_path_factory.mktemp("made")
    rules = text(path, RULES, "rules.yaml")
    here = estate(path, HOSTS, VMS.format(a="h1", b="h2"))
    more = ("--set", 'migration.may_balloon=["a"]', "--set", "limits.spare_hosts=0")
    planned(path / "plan", here, "--rules", rules, *more)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tracked(
    made: Path, out: Path, *events: tuple[float, int, str], vms: str = ""
) -> tuple[Said, list[tuple[Any, ...]]]:
    """Return what tracking says, and the moves that are left: VM, source, destination, kind."""
    lines = ["time,move,vm,event", *(f"{at(seconds)},{move},,{event}" for seconds, move, event in events)]
    journal = text(out, "\n".join(lines), "journal.csv")
    here = estate(out, HOSTS, vms) if vms else made / "estate"
    found = said("track", made / "plan", "--journal", journal, "--inventory", here, "--out", out / "rest")
    left = rows(out / "rest" / "moves.csv") if (out / "rest").exists() else []
    return found, [(row["vm"], row["source"], row["destination"], row["kind"]) for row in left]


def test_the_plan(made: Path) -> None:
    """A moves first, with less memory, at 500 MiB/s longer than b, of the same size; then it gets it back."""
    first, second, third = rows(made / "plan" / "moves.csv")
    assert [(row["vm"], row["kind"]) for row in (first, second, third)] == [
        ("a", "live"),
        ("b", "live"),
        ("a", "balloon"),
    ]
    assert third["reason"] == f"gets {float(first['balloon_mib']):,.0f} MiB back"
    taken_s = np.ceil(float(first["balloon_mib"]) / 500 * 1000) / 1000
    assert float(first["duration_s"]) == pytest.approx(float(second["duration_s"]) + taken_s, abs=2e-3)


def test_it_is_rehearsed(made: Path, tmp_path: Path) -> None:
    """Without uncertainty the plan comes out, in the datacenter too, and no rule is broken on the way."""
    found = said("rehearse", made / "plan", made / "estate", "--out", tmp_path / "out", *NOTHING)
    assert found.status == 0, found.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert (summary["status"], summary["violations"]) == ("holds", 0)
    assert summary["makespan_p90_s"] == pytest.approx(summary["makespan_planned_s"])
    assert summary["difference_s"] == pytest.approx(0, abs=1e-6)


def test_memory_that_is_in_use_by_now(made: Path, tmp_path: Path) -> None:
    """Where the VM touches 30 GiB of its 36 in the meantime it cannot give up what the plan takes."""
    busy = estate(tmp_path, HOSTS, VMS.format(a="h1", b="h2").replace("36864,4096\nb", "36864,30720\nb"))
    found = said("rehearse", made / "plan", busy, "--out", tmp_path / "out", *NOTHING)
    assert found.status == 2
    assert "row 2, column balloon_mib: Expected no more than it can give up for a while: 6144 MiB of a" in found.err


def test_the_rest_gives_memory_back(made: Path, tmp_path: Path) -> None:
    """With a moved and b not, b is moved, then a gets its memory back; with both moved that is all that is left."""
    done = [(0, 1, "started"), (80, 1, "finished"), (81, 2, "started")]
    found, left = tracked(made, tmp_path, *done, (100, 2, "failed"))
    assert (found.status, "The rest, in order" in found.out) == (0, True)
    assert left == [("b", "h2", "h1", "live"), ("a", "h2", "h2", "balloon")]
    (tmp_path / "both").mkdir()
    found, left = tracked(made, tmp_path / "both", *done, (120, 2, "finished"))
    assert (found.status, left) == (0, [("a", "h2", "h2", "balloon")])
    (tmp_path / "all").mkdir()
    found, left = tracked(
        made, tmp_path / "all", *done, (120, 2, "finished"), (120, 3, "started"), (121, 3, "finished")
    )
    assert (found.status, left) == (0, [])


def test_a_vm_that_stays_gives_memory_up(tmp_path: Path) -> None:
    """
    Neither a nor b can give anything up, but c, which stays on h1: it does so, b and a move, and it gets all back.

    Where that is tracked from the middle, c has less until a has left; before it has given anything it is to do so.
    """
    vms = VMS.format(a="h1", b="h2").replace("36864,4096", "25600,") + "c,h1,2,6144,1024\nd,h2,2,6144,\n"
    here = estate(tmp_path, HOSTS, vms)
    rules = text(tmp_path, RULES, "rules.yaml")
    more = ("--set", 'migration.may_balloon=["c"]', "--set", "limits.spare_hosts=0")
    planned(tmp_path / "plan", here, "--rules", rules, *more)
    steps = [("c", "h1", "h1", "balloon"), ("b", "h2", "h1", "live"), ("a", "h1", "h2", "live")]
    found = rows(tmp_path / "plan" / "moves.csv")
    assert [(row["vm"], row["source"], row["destination"], row["kind"]) for row in found] == [*steps, steps[0]]
    assert [float(row["balloon_mib"]) > 0 for row in found] == [True, False, False, False]
    said_of = said("rehearse", tmp_path / "plan", here, "--out", tmp_path / "out", *NOTHING)
    assert said_of.status == 0, said_of.err
    (tmp_path / "none").mkdir()
    _, left = tracked(tmp_path, tmp_path / "none", (0, 1, "started"), (1, 1, "failed"))
    assert left == [*steps, steps[0]]
    (tmp_path / "some").mkdir()
    _, left = tracked(tmp_path, tmp_path / "some", (0, 1, "started"), (7, 1, "finished"))
    assert left == [*steps[1:], steps[0]]


def test_when_memory_is_given_back() -> None:
    """
    VM 0 stays on host 0 and gets 300 back when VM 1 has left it, at 10; VM 2 where its own move ends, at 25.

    Until then host 0 holds 500 + 600 - 300; had VM 0 all of it from the start, it would hold 1,100 of 1,000.
    """
    problem = Problem.of([[500], [600], [400]], [[1000]] * 3, start=[0, 0, 1], dims=("memory_mib",))
    moves = Moves.of(vm=[1, 2], source=[0, 1], destination=[1, 2], start_s=[0, 15], end_s=[10, 25])
    plan = Plan(Placement(np.array([0, 1, 2], np.int32), np.ones(3, np.bool_)), moves)
    found = given_back(plan, {0: 300.0, 2: 100.0})
    named = zip(found.moves.vm, found.moves.source, found.moves.destination, found.moves.start_s, strict=True)
    assert list(named) == [(1, 0, 1, 0), (0, 0, 0, 10), (2, 1, 2, 15), (2, 2, 2, 25)]
    assert found.moves.balloon_mib.tolist() == [0, 0, 100, 0]
    assert timeline.violations(problem, found) == ()
    assert all(each.existed for each in rollback.violations(problem, found))
    broken = Moves.of(**(vars(found.moves) | {"start_s": [0, 5, 15, 25], "end_s": [10, 5, 25, 25]}))
    (one,) = timeline.violations(problem, Plan(plan.placement, broken, pressed=found.pressed))
    assert (one.rule, one.who, one.amount, one.since_s) == ("Capacity", ("host-0",), 1100, 5)
    alone = given_back(Plan(Placement(problem.start, problem.on), NO_MOVES), {0: 300.0})
    assert (alone.moves.start_s.tolist(), given_back(plan, {}) is plan) == ([0.0], True)
