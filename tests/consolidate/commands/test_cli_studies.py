"""The commands for studies: schema, resuming, growth until an estate is full, comparing, and planning in parts."""

import json
import signal
import subprocess
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from consolidate.what_if import comparing, study_tables
from consolidate.what_if.comparing import Side
from consolidate.what_if.journal import beside
from models.errors import InputError
from models.tables import COMPARISON
from tests.consolidate.attack.commands import COMMAND, ROOT, estate, refused, said


def study(folder: Path, text: str = "axes: {limits.spare_hosts: [0, 1]}\n", name: str = "study.yaml") -> Path:
    """Write a study of three hosts and three VMs."""
    estate(folder)
    path = folder / name
    path.write_text(f"inventory: estate\nsettings: {{search: {{seconds: 0.2}}}}\n{text}")
    return path


def test_the_schema_is_printed() -> None:
    """It is one JSON object."""
    found = said("study", "--schema")
    assert found.status == 0
    assert json.loads(found.out)["title"] == "Study"


def test_a_study_goes_on(tmp_path: Path) -> None:
    """With --resume a result is taken over and replaced; its rows are the same, seconds included."""
    path, out = study(tmp_path), tmp_path / "out"
    assert said("study", path, "--out", out).status == 0
    before = pd.read_parquet(out / "scenarios.parquet")
    study(tmp_path, "axes: {limits.spare_hosts: [0, 1, 2]}\n")
    assert "exists already" in refused("study", path, "--out", out)
    assert said("study", path, "--out", out, "--resume").status == 0
    after = pd.read_parquet(out / "scenarios.parquet")
    assert after[:2].equals(before)
    assert len(after) == 3
    assert not beside(out).exists()


def test_a_journal_left_behind_is_told_of(tmp_path: Path) -> None:
    """Without --resume or --force it is not thrown away."""
    path, out = study(tmp_path), tmp_path / "out"
    beside(out).write_text("")
    assert "go on with --resume" in refused("study", path, "--out", out)
    assert beside(out).exists()
    assert said("study", path, "--out", out, "--force").status == 0


def test_until_full(tmp_path: Path) -> None:
    """Every scenario tells how far its VMs may grow."""
    out = tmp_path / "out"
    found = said("study", study(tmp_path), "--until-full", "--out", out)
    assert found.status == 0
    growth = pd.read_parquet(out / "scenarios.parquet")["full_growth"]
    assert growth[0] > growth[1] > 1


@pytest.mark.parametrize("run", ["plan", "simulate", "both"])
def test_until_full_is_about_plans(run: str) -> None:
    """What a study would simulate is not simulated when it seeks growth, and is not missed in its answer."""
    definition: Any = SimpleNamespace(run=run, count=1, keys=[], drawn=[1])
    reading: Any = SimpleNamespace(inventory=SimpleNamespace(source="estate", taken=""))
    row = {"status": "optimal", "violations": 0, "hosts_before": 3, "hosts_after": 2, "cost_after_eur_year": 100.0}
    points: Any = [SimpleNamespace(name="today", seed=1, values={})]
    told = row | {"saving_eur_year": 50.0, "full_growth": 1.2}
    table = study_tables.scenarios(definition, points, [told])
    verdict = study_tables.summary(reading, definition, table, partial=False)["verdict"]
    assert verdict.startswith("1 plan, 0 of them infeasible; a year costs least with today: 100 EUR")


def test_two_studies_are_compared(tmp_path: Path) -> None:
    """The same scenarios at two ceilings: a table of differences and a page that runs only its own scripts."""
    one = study(tmp_path, "axes: {limits.spare_hosts: [0, 1]}\nrepeats: 2\n")
    other = study(tmp_path, "axes: {limits.spare_hosts: [0, 1]}\nrepeats: 2\nextends: base.yaml\n", "other.yaml")
    (tmp_path / "base.yaml").write_text("settings: {migration: {eur_per_move: 100}}\n")
    for path in (one, other):
        assert said("study", path, "--out", tmp_path / path.stem).status == 0
    found = said("compare", tmp_path / "study", tmp_path / "other", "--out", tmp_path / "difference")
    assert found.status == 0
    assert "once_eur" in found.out
    deltas = pd.read_csv(tmp_path / "difference" / "deltas.csv")
    once = deltas[deltas["metric"] == "once_eur"]
    assert (once["delta"] > 0).all()
    assert (once["low"] == once["delta"]).all()
    page = (tmp_path / "difference" / "report.html").read_text("utf-8")
    assert "default-src 'none'" in page
    assert "<script src" not in page
    summary = json.loads((tmp_path / "difference" / "summary.json").read_text("utf-8"))
    assert set(summary) == set(COMPARISON)
    assert (summary["first"], summary["metrics"]) == (str(tmp_path / "study"), len(deltas))
    assert said("report", tmp_path / "difference", "-o", tmp_path / "again.html").status == 0
    assert (tmp_path / "again.html").read_text("utf-8") == page


def side(name: str, values: list[float], seeds: list[int], scenario: str = "s") -> Side:
    """Return a result of one scenario with one metric."""
    return Side(name, pd.DataFrame({"scenario": scenario, "seed": seeds, "cost": values}))


def test_pairs_tell_more_than_means() -> None:
    """Differences of 1 in every seed are sure though the seeds differ by far more; without pairs they may be chance."""
    values, seeds = [10.0, 50.0, 90.0], [1, 2, 3]
    paired = comparing.compared(side("a", values, seeds), side("b", [11.0, 51.0, 91.0], seeds)).iloc[0]
    apart = comparing.compared(side("a", values, seeds), side("b", [11.0, 51.0, 91.0], [4, 5, 6])).iloc[0]
    assert (paired["delta"], paired["low"], paired["high"], paired["sure"]) == (1.0, 1.0, 1.0, True)
    assert (apart["paired"], apart["sure"]) == (False, False)
    assert apart["low"] < 0 < apart["high"]


def test_sums_in_another_order_are_alike() -> None:
    """0.1 + 0.2 and 0.3 are one figure, 0.3 and 0.3001 are two."""
    deltas = comparing.compared(side("a", [0.1 + 0.2], [1]), side("b", [0.3], [1]), 0.95)
    assert deltas["delta"].tolist() == [0.0]
    assert comparing.compared(side("a", [0.3], [1]), side("b", [0.3001], [1]), 0.95)["delta"].item() > 0


def test_scenarios_of_other_names() -> None:
    """One scenario each is compared whatever it is called; with several there has to be one in common."""
    assert comparing.compared(side("a", [1], [1]), side("b", [2], [1], "t"))["scenario"].tolist() == ["s → t"]
    both = Side("c", pd.concat([side("", [1], [1], "t").rows, side("", [1], [1], "u").rows]))
    with pytest.raises(InputError, match="no scenario in common"):
        comparing.compared(side("a", [1], [1]), both)


def test_break_even() -> None:
    """1,200 EUR more once and 2,400 less a year pay back after six months."""
    first = Side("a", pd.DataFrame({"scenario": ["s"], "seed": 1, "once_eur": 0.0, "cost_after_eur_year": 5000.0}))
    second = Side("b", pd.DataFrame({"scenario": ["s"], "seed": 1, "once_eur": 1200.0, "cost_after_eur_year": 2600.0}))
    assert comparing.break_even_months(comparing.compared(first, second), "s") == 6.0
    assert comparing.break_even_months(comparing.compared(second, first), "s") is None


def test_what_is_no_result(tmp_path: Path) -> None:
    """Another folder, and a scenario that is not there, are told."""
    assert "no result folder" in refused("compare", tmp_path, tmp_path)


def test_partition_writes_a_plan(tmp_path: Path) -> None:
    """Its folder is one that the runbook and the report take."""
    path = estate(tmp_path)
    out = tmp_path / "out"
    found = said("partition", path, "--executor", "serial", "--set", "search.seconds=0.2", "--out", out, "--json")
    assert found.status == 0
    assert json.loads(found.out)["command"] == "plan"
    assert said("runbook", out).status == 0


@pytest.mark.parametrize("where", ["serial", "processes:2"])
def test_an_interruption_keeps_what_is_done(tmp_path: Path, where: str) -> None:
    """Ctrl-C after the first row: a partial result with the rows so far, the status 130, and no journal left over."""
    ceilings = [round(0.5 + number / 1000, 3) for number in range(400)]
    path, out = study(tmp_path, f"axes: {{limits.cpu_ceiling: {ceilings}}}\n"), tmp_path / "out"
    command = [*COMMAND, "study", str(path), "--executor", where, "--out", str(out)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (beside(out).exists() and beside(out).stat().st_size):
        sleep(0.05)
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    rows = len(pd.read_parquet(out / "scenarios.parquet"))
    assert 1 <= rows < 400
    assert told.startswith(f"Interrupted after {rows} of 400")
    assert not beside(out).exists()
    assert len((out / "journal.jsonl").read_text().splitlines()) == rows


def test_unlike_results_are_not_compared_in_silence(tmp_path: Path) -> None:
    """A plan and a simulation are refused; of another estate, or of other files of one, a warning tells."""
    columns = {"scenario": [""], "seed": [1], "hosts_after": [2]}

    def side(name: str, does: str, source: str, digest: str) -> Side:
        return Side(name, pd.DataFrame(columns), does, source, {"vms.csv": digest, "rules.yaml": digest})

    first = side("a", "plan", "north", "1")
    assert list(comparing.unlike(first, side("b", "plan", "north", "1"))) == []
    assert list(comparing.unlike(first, side("b", "plan", "south", "2"))) == [
        "a is of the estate 'north', b of 'south'.", "What was read is not the same: vms.csv.",
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"a holds the result of 'plan', b of 'plan and simulate': these cannot"):
        list(comparing.unlike(first, side("b", "both", "north", "1")))
