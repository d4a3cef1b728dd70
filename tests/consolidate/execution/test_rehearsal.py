"""A small estate is planned, rehearsed, tracked and planned anew, as a user would."""

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from consolidate.execution.scene import scene
from consolidate.inputs import read
from consolidate.readers.reading import Options
from dashboards.results import load
from models import tables
from tests.consolidate.attack.commands import estate, planned, said
from tests.consolidate.execution.small import at, text

HOSTS = "host,cores,cpu_mhz,memory_mib,cluster,rack\n" + "".join(f"h{n},16,2600,131072,c1,r{n}\n" for n in range(1, 5))
VMS = "vm,host,vcpus,memory_mib\n" + "".join(f"v{n},h{1 + n % 4},2,8192\n" for n in range(12))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an estate of four hosts, and the plan that empties some."""
    path = tmp_path_factory.mktemp("made")
    planned(path / "plan", estate(path, HOSTS, VMS), "--set", "migration.pause_s=5")
    return path


def rehearsed(made: Path, out: Path, *more: object) -> dict[str, Any]:
    """Return the summary of a rehearsal."""
    found = said("rehearse", made / "plan", made / "estate", "--out", out, "--runs", 30, *more)
    assert found.status == 0, found.err
    return dict(json.loads((out / "summary.json").read_text(encoding="utf-8")))


def moves(folder: Path) -> list[dict[str, str]]:
    """Return the moves of a plan in the order of the runbook."""
    with (folder / "moves.csv").open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: (int(row["wave"]), float(row["start_s"])))


def test_without_uncertainty_the_plan_comes_out(made: Path, tmp_path: Path) -> None:
    """Planned, quick and in the datacenter are one and the same, and no rule is broken."""
    nothing = ("--noise", 0, "--failures", 0, "--link-drop", 0, "--host-loss", 0)
    found = rehearsed(made, tmp_path / "out", *nothing)
    assert found["moves"] == len(moves(made / "plan")) > 0
    assert found["status"] == "holds"
    ends = [found[f"makespan_{name}_s"] for name in ("planned", "replayed", "p50", "p90", "p99")]
    assert ends == pytest.approx([ends[0]] * 5)
    assert (found["stop_share"], found["violations"], found["difference_s"]) == (0, 0, pytest.approx(0, abs=1e-6))


def test_tables_keep_the_contract(made: Path, tmp_path: Path) -> None:
    """Every table and key is written with the columns and dtypes that are declared, and read back."""
    out = tmp_path / "out"
    found = rehearsed(made, out, "--failures", 0.2, "--retries", 0, "--on-failure", "rollback", "--host-loss", 0.3)
    assert list(found) == list(tables.REHEARSAL)
    assert tables.mistaken(found, tables.REHEARSAL) == []
    assert found["stop_share"] > 0
    back = load(out)
    assert back.tables["runs"]["run"].tolist() == list(range(1, 31))
    assert set(back.tables["runs"]["status"]) <= {"completed", "rolled back"}
    assert len(back.tables["risks"]) == found["moves"]
    stopped = float(back.tables["waves"]["stop_share"].sum())
    assert stopped == pytest.approx(found["stop_share"])
    text = (out / "report.html").read_text(encoding="utf-8")
    assert all(title in text for title in ("Rehearsal of a plan", "How long the plan takes", "Risk by wave"))


def test_same_seed_same_bytes(made: Path, tmp_path: Path) -> None:
    """Two rehearsals with one seed write the same tables; another seed writes others."""
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        rehearsed(made, tmp_path / name, "--seed", seed)
    one, two, three = ((tmp_path / name / "runs.csv").read_bytes() for name in ("one", "two", "three"))
    assert one == two != three


def test_why_no_run_ends(made: Path, tmp_path: Path) -> None:
    """Where no run is done to its end, the verdict tells in how many it is stopped, and what for."""
    found = rehearsed(made, tmp_path / "out", "--failures", 1, "--retries", 0)
    assert found["verdict"].startswith("In none of 30 runs is the plan of ")
    assert "(in 100% it is stopped, most often in wave 1). Most often: " in found["verdict"]
    assert "Not begun" not in found["verdict"]
    assert found["verdict"].endswith(".")


def test_a_host_that_dies_stops_the_plan(made: Path, tmp_path: Path) -> None:
    """Every run is stopped in the wave in which the host dies; its VMs run again."""
    host = moves(made / "plan")[0]["source"]
    found = rehearsed(made, tmp_path / "out", "--host-loss", f"{host}@0.5", "--failures", 0, "--link-drop", 0)
    assert (found["stop_share"], found["riskiest_wave"], found["status"]) == (1.0, 1, "at risk")
    runs = pd.read_csv(tmp_path / "out" / "runs.csv")
    assert (runs["hosts_lost"] == host).all()
    assert (runs["restarts"] == 3).all()
    assert (runs["unplaced"] == 0).all()


def test_a_plan_that_has_begun_is_not_rehearsed(made: Path, tmp_path: Path) -> None:
    """A VM that is not where the plan begins with it is named, and so is one that is gone; all at once."""
    first, last = moves(made / "plan")[0], moves(made / "plan")[-1]
    vms = VMS.replace(f"{first['vm']},{first['source']}", f"{first['vm']},{first['destination']}")
    vms = "\n".join(line for line in vms.splitlines() if not line.startswith(f"{last['vm']},"))
    found = said("rehearse", made / "plan", estate(tmp_path, HOSTS, vms), "--out", tmp_path / "out")
    assert found.status == 2
    assert f"(found '{last['vm']}')" in found.err
    assert "consolidate track" in found.err


def journal(made: Path, path: Path, done: int) -> Path:
    """Write that the first moves are done, each in twice its time."""
    lines = ["time,move,event"]
    for number, row in enumerate(moves(made / "plan")[:done], 1):
        start, lasts = 2 * float(row["start_s"]), 2 * float(row["duration_s"])
        lines += [f"{at(start)},{number},started", f"{at(start + lasts)},{number},finished"]
    return text(path, "\n".join([lines[0], *sorted(lines[1:])]))


def test_the_rest_in_order(made: Path, tmp_path: Path) -> None:
    """After two moves the rest are the others, in their order, twice as long; the folder is a plan with a runbook."""
    file = journal(made, tmp_path, 2)
    found = said("track", made / "plan", "--journal", file, "--inventory", made / "estate", "--out", tmp_path / "rest")
    assert found.status == 0, found.err
    assert "The rest, in order" in found.out
    before, after = moves(made / "plan"), moves(tmp_path / "rest")
    assert [row["vm"] for row in after] == [row["vm"] for row in before[2:]]
    assert float(after[-1]["duration_s"]) == pytest.approx(2 * float(before[-1]["duration_s"]), rel=0.01)
    assert (tmp_path / "rest" / "runbook.md").is_file()
    drift = pd.read_csv(tmp_path / "rest" / "drift.csv")
    assert list(drift.columns) == list(tables.DRIFT)
    assert drift["state"].tolist() == ["done"] * 2 + ["waiting"] * (len(before) - 2)


def test_vms_elsewhere_are_told(made: Path, tmp_path: Path) -> None:
    """The plan of the rest, rehearsed on the inventory of before the first two moves, tells that two are elsewhere."""
    file = journal(made, tmp_path, 2)
    assert (
        said("track", made / "plan", "--journal", file, "--inventory", made / "estate", "--out", tmp_path / "rest").err
        == ""
    )
    found = said("rehearse", tmp_path / "rest", made / "estate", "--out", tmp_path / "out", "--runs", 2, "--json")
    assert (
        "2 VMs that the plan does not move are on other hosts than when it was made."
        in json.loads(found.out)["assumptions"]
    )


def test_nothing_is_left(made: Path, tmp_path: Path) -> None:
    """All moves are done: there is no plan of the rest, and no folder."""
    file = journal(made, tmp_path, len(moves(made / "plan")))
    found = said("track", made / "plan", "--journal", file, "--inventory", made / "estate", "--out", tmp_path / "rest")
    assert (found.status, "Nothing is left to do." in found.out) == (0, True), found.err
    assert not (tmp_path / "rest").exists()


def test_a_host_that_is_closed_makes_another_plan(made: Path, tmp_path: Path) -> None:
    """The host that VMs were to enter is in maintenance: they go elsewhere, and the hosts are emptied all the same."""
    last = moves(made / "plan")[-1]
    head, *lines = HOSTS.splitlines()
    hosts = "\n".join([f"{head},maintenance", *(f"{line},{line.startswith(last['destination'])}" for line in lines)])
    inventory = estate(tmp_path, hosts, VMS)
    found = said("track", made / "plan", "--journal", journal(made, tmp_path, 1), "--inventory", inventory,
                 "--out", tmp_path / "rest", "--json")  # fmt: skip
    assert found.status in (0, 1), found.err
    told = json.loads(found.out)["rest"]
    assert told["how"] == "solved again"
    assert any("maintenance" in reason for reason in told["why"])
    if found.status == 0:
        assert last["destination"] not in {row["destination"] for row in moves(tmp_path / "rest")}


@pytest.mark.parametrize(
    ("rule", "starts", "now"),
    [
        ("{until: 30 min}", "", at(1798)),
        ('{until: "2026-11-26T02:30"}', "2026-11-26T02:00:00", "2026-11-26T02:29:58+00:00"),
    ],
)
def test_rules_about_time_are_seen_from_now(tmp_path: Path, rule: str, starts: str, now: str) -> None:
    """Two seconds of the window are left, from one o'clock on or as announced, and no move is so short: all stay."""
    rules = text(tmp_path, f'- window: {{vms: "*", spans: [{rule}]}}\n', "rules.yaml")
    inventory = estate(tmp_path, HOSTS, VMS)
    planned(tmp_path / "plan", inventory, "--rules", rules, "--set", f"migration.starts='{starts}'")
    assert moves(tmp_path / "plan")
    begun = () if starts else ("--started", at(0))
    found = said("track", tmp_path / "plan", "--journal", journal(tmp_path, tmp_path, 0), "--inventory", inventory,
                 "--now", now, *begun, "--json")  # fmt: skip
    told = json.loads(found.out)["rest"]
    assert (told["how"], told["moves"]) == ("solved again", 0)
    assert any("Window" in reason for reason in told["why"])


def test_a_scene_is_the_plan(made: Path) -> None:
    """The folder read back over the inventory's rows is the plan that was written."""
    found = scene(made / "plan", read(made / "estate", Options()))
    rows = moves(made / "plan")
    names = [str(found.problem.vms[vm]) for vm in found.plan.moves.vm]
    assert names == [row["vm"] for row in rows]
    assert found.plan.moves.end_s.tolist() == [float(row["end_s"]) for row in rows]
