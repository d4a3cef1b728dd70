"""Runs of studies: what goes on after an interruption, what fails alone, plans tried later, and full estates."""

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate import studies
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.what_if import estimates, fullness, journal, trial
from consolidate.what_if.executors import executor
from consolidate.what_if.journal import Journal
from models.demand import Usage
from models.errors import InputError
from models.inventory import Hosts, Inventory, Vms
from models.rules import Rule
from models.tables import SCENARIO_FULL, SCENARIO_TRIED
from tests.consolidate.test_studies import AXES, planner, timeless

COUNTED = "CONSOLIDATE_TEST_COUNT"


def counting(reading: Reading, settings: Settings, rules: Sequence[Rule]) -> Mapping[str, Any]:
    """Plan as the other tests do, and leave a mark for each plan."""
    with Path(os.environ[COUNTED]).open("a") as file:
        file.write("x")
    return planner(reading, settings, rules)


def deadly(reading: Reading, settings: Settings, rules: Sequence[Rule]) -> Mapping[str, Any]:
    """End the worker in one of the scenarios, always; in another one the first time."""
    mark = Path(os.environ[COUNTED])
    if settings.limits.cpu_ceiling == 0.7 and settings.limits.spare_hosts == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if settings.limits.cpu_ceiling == 0.8 and settings.limits.spare_hosts == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return planner(reading, settings, rules)


def picky(reading: Reading, settings: Settings, rules: Sequence[Rule]) -> Mapping[str, Any]:
    """Refuse one of the scenarios."""
    if settings.limits.spare_hosts:
        raise InputError("No spares here.")
    return planner(reading, settings, rules)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write an estate of two hosts and two VMs with two days of readings."""
    estate = tmp_path / "estate"
    estate.mkdir()
    (estate / "hosts.csv").write_text("host,cores,cpu_mhz,memory_mib\na,8,2000,65536\nb,8,2000,65536\n")
    (estate / "vms.csv").write_text("vm,host,vcpus,memory_mib\nv,a,1,1024\nw,b,1,1024\n")
    lines = [f"2026-01-0{day}T{hour:02}:00:00Z,{vm},{400 if day == 1 else 300}"
             for day in (1, 2) for hour in range(24) for vm in "vw"]  # fmt: skip
    (estate / "usage.csv").write_text("\n".join(["timestamp,vm,cpu_mhz", *lines]))
    monkeypatch.setenv(COUNTED, str(tmp_path / "count"))
    return tmp_path


def written(folder: Path, *lines: str) -> Path:
    """Write the study's file."""
    path = folder / "study.yaml"
    path.write_text("\n".join(("inventory: estate", *lines)))
    return path


def marks(folder: Path) -> int:
    """Return how many plans were computed."""
    return len((folder / "count").read_text()) if (folder / "count").exists() else 0


def test_what_is_done_is_not_done_again(folder: Path) -> None:
    """After an interruption three of four are left; then a new value adds two, and nothing else is computed."""
    place = folder / "rows.jsonl"
    with executor("serial") as pool:
        book = Journal(place)
        cut = studies.study(
            written(folder, AXES), pool, planner=counting, journal=book, stopped=lambda: marks(folder) >= 1
        )
        assert (cut.summary["status"], len(cut.tables["scenarios"]), cut.exit_status) == ("partial", 1, 130)
        whole = studies.study(written(folder, AXES), pool, planner=counting, journal=Journal(place))
        assert marks(folder) == 4
        more = written(folder, AXES.replace("[0.7, 0.8]", "[0.7, 0.8, 0.9]"))
        studies.study(more, pool, planner=counting, journal=Journal(place))
        anew = studies.study(written(folder, AXES), pool, planner=planner)
    assert marks(folder) == 6
    assert timeless(whole, folder / "whole") == timeless(anew, folder / "anew")


def test_other_inputs_are_other_rows(folder: Path) -> None:
    """A row counts for what it was computed from: not if the inventory changed since."""
    place = folder / "rows.jsonl"
    with executor("serial") as pool:
        studies.study(written(folder), pool, planner=counting, journal=Journal(place))
        (folder / "estate" / "vms.csv").write_text("vm,host,vcpus,memory_mib\nv,a,2,1024\nw,b,1,1024\n")
        studies.study(written(folder), pool, planner=counting, journal=Journal(place))
    assert marks(folder) == 2


def test_a_journal_cut_short(folder: Path) -> None:
    """A last line that was not written whole is not there."""
    place = folder / "rows.jsonl"
    book = Journal(place)
    book.add("k", {"status": "optimal", "seconds": 1.5, "gap": float("nan")})
    book.add("f", trial.failed("no"))
    place.write_text(place.read_text() + '{"key": "half", "row": {"sta')
    found = Journal(place)
    assert ("k" in found, "half" in found, "f" in found) == (True, False, False)
    assert found["k"] == {"status": "optimal", "seconds": 1.5, "gap": None}
    found.add("next", {"status": "optimal"})
    assert "next" in Journal(place)


def test_a_garbled_journal(folder: Path) -> None:
    """Lines that are no rows are told, each with its number, and the rows around them count."""
    place = folder / "rows.jsonl"
    wrong = [
        "not JSON",
        '{"key": "a", "row": {}}',
        '{"key": "b", "row": {"status": "optimal", "moves": "many"}}',
        "[1]",
    ]
    place.write_text("\n".join(['{"key": "k", "row": {"status": "optimal"}}', *wrong]) + "\n")
    found = Journal(place)
    assert ["k" in found, "a" in found, "b" in found] == [True, False, False]
    assert [(each.severity, each.row, each.value) for each in found.findings] == [
        ("warning", row, line) for row, line in enumerate(wrong, 2)
    ]


@pytest.mark.parametrize("where", ["processes:2", "dask:local"])
def test_a_worker_dies_in_a_study(folder: Path, where: str) -> None:
    """One scenario kills a worker once, and is as if nothing was; one kills all of them, and is a row that says so."""
    if where.startswith("dask"):
        pytest.importorskip("distributed")
    with executor(where) as pool:
        found = studies.study(written(folder, AXES), pool, planner=deadly)
    table = found.tables["scenarios"]
    assert table["status"].tolist() == ["failed", "infeasible", "optimal", "optimal"]
    assert table["reason"][0] == "It ended its worker 3 times."
    assert found.summary["failed"] == 1
    with executor("serial") as pool:
        alone = studies.study(written(folder, AXES), pool, planner=planner).tables["scenarios"]
    assert table.drop(columns="seconds")[1:].equals(alone.drop(columns="seconds")[1:])


def test_a_scenario_that_is_wrong_fails_alone(folder: Path) -> None:
    """What is wrong with one is its reason; the best is one of the others."""
    with executor("serial") as pool:
        found = studies.study(written(folder, AXES), pool, planner=picky)
    assert found.tables["scenarios"]["reason"].str.contains("No spares here").tolist() == [False, True, False, True]
    assert found.summary["best_scenario"] == "limits.cpu_ceiling=0.8, limits.spare_hosts=0"


def test_a_plan_is_tried_on_days_it_did_not_see(folder: Path) -> None:
    """Two VMs of 300 MHz fit one host of 16 GHz on the second day, and on a limit of 1 mW nothing holds up."""
    lines = ("run: both", "held_back_days: 1", "settings: {limits: {spare_hosts: 0}, search: {seconds: 0.2}}")
    with executor("serial") as pool:
        kept = studies.study(written(folder, *lines), pool).tables["scenarios"]
        strict = studies.study(written(folder, *lines, "held_up: {energy_kwh: 0.000001}"), pool)
    assert set(SCENARIO_TRIED) <= set(kept)
    assert (kept["hosts_after"][0], kept["sim_hosts_on_mean"][0], kept["sim_steps"][0]) == (1, 1.0, 24.0)
    assert kept["held_up"].tolist() == [True]
    assert strict.tables["scenarios"]["held_up"].tolist() == [False]
    assert "0 held up on the days held back" in strict.summary["verdict"]


def test_a_simulation_alone(folder: Path) -> None:
    """Policies are an axis; doing nothing leaves both hosts on for all 48 samples."""
    with executor("serial") as pool:
        found = studies.study(written(folder, "run: simulate", "axes: {policy: [none, threshold]}"), pool)
    table = found.tables["scenarios"]
    assert table["axis.policy"].tolist() == ["none", "threshold"]
    assert table["status"].tolist() == ["complete"] * 2
    assert (table["sim_steps"][0], table["sim_hosts_on_mean"][0]) == (48.0, 2.0)
    assert "energy costs least" in found.summary["verdict"]


def test_more_days_than_there_are(folder: Path) -> None:
    """Two days of readings cannot hold back two."""
    with executor("serial") as pool, pytest.raises(InputError, match="nothing would be left"):
        studies.study(written(folder, "run: both", "held_back_days: 2"), pool)


def test_readings_are_parted() -> None:
    """The last half day of two samples a day is one sample, which begins where the others end."""
    hosts, vms = Hosts.of(host=[], cores=[], cpu_mhz=[], memory_mib=[]), Vms.of(vm=[], host=[], vcpus=[], memory_mib=[])
    usage = Usage(100.0, 43_200.0, np.zeros((0, 4), np.float32))
    known, later = trial.parted(Reading(Inventory(hosts, vms), usage=usage), 0.5)
    assert known.usage is not None
    assert later.usage is not None
    assert (known.usage.samples, later.usage.samples, later.usage.start_s) == (3, 1, 100.0 + 3 * 43_200)


def test_until_full(folder: Path) -> None:
    """Growth of 30 % fits what takes 13 at most: bisection tells 1.3 from what does not fit to a hundredth."""

    def grown(factor: float) -> dict[str, Any]:
        fits = factor <= 1.3
        return {"status": "optimal" if fits else "infeasible", "violations": 0, "reason": "" if fits else "too many"}

    found = fullness.full(grown, grown(1.0))
    assert 1.3 - 0.013 < found.growth <= 1.3 < found.beyond < 1.3 + 0.013
    assert found.reason == "too many"
    assert fullness.full(grown, grown(2.0)).growth == 0.0
    endless = fullness.full(lambda _: grown(1.0), grown(1.0))
    assert (endless.growth, np.isnan(endless.beyond)) == (fullness.MOST, True)


def test_a_study_until_full(folder: Path) -> None:
    """VMs of 1 virtual CPU each: two hosts of 8 cores at 1.5 a core hold 24 of them, which is twelve times as many."""
    settings = "{limits: {spare_hosts: 0, vcpus_per_core: 1.5, ready_share: null}, search: {solver: first-fit}}"
    with executor("serial") as pool:
        found = studies.study(
            written(folder, f"settings: {settings[:-1]}, simulation: {{growth_year: 0.5}}}}"), pool, until_full="vms"
        )
    row = found.tables["scenarios"].iloc[0]
    assert set(SCENARIO_FULL) <= set(found.tables["scenarios"])
    assert row["full_vms"] == 24
    assert 12.0 <= row["full_growth"] <= 12.25 < row["full_next"]
    assert row["full_months"] == pytest.approx(12 * np.log(row["full_growth"]) / np.log(1.5))


def test_an_estimate_counts_and_runs_nothing(folder: Path) -> None:
    """Four rows of two seconds of search at most; once there are rows, their mean counts."""
    path = written(folder, AXES, "settings: {search: {seconds: 2}}")
    given = studies.task(path)
    before = estimates.estimate(given)
    assert (before.runs, before.done, before.measured) == (4, 0, False)
    assert 2.0 < before.seconds < 2.1
    book = Journal(journal.beside(folder / "out"))
    book.add(given.keys[0], {"status": "optimal", "seconds": 7.0})
    after = estimates.estimate(given, folder / "out")
    assert (after.done, after.seconds, after.measured) == (1, 7.0, True)
    assert next(estimates.lines(after, 2)) == "4 scenarios; nothing was run."


def test_mesa_forgets_models(folder: Path) -> None:
    """Simulations of a study leave no model behind, of which Mesa would keep every one."""
    import gc
    import weakref

    from consolidate.simulation import simulate

    seen: list[weakref.ref[Any]] = []
    reading = studies.task(written(folder)).reading
    for _ in range(3):
        simulate(reading, progress=lambda model, done, _: seen.append(weakref.ref(model)) if done == 1 else None)
    gc.collect()
    assert [each() for each in seen] == [None] * 3


def timely(reading: Reading, settings: Settings, rules: Sequence[Rule]) -> Mapping[str, Any]:
    """Tell how many rules come with the data as moves, and how many others as hosts."""
    return {**planner(reading, settings, rules), "moves": len(reading.inventory.rules), "hosts_after": len(rules)}


def test_rules_about_time_reach_each_scenario(folder: Path) -> None:
    """Of a file with one rule about places and one about time each plan gets both."""
    (folder / "rules.yaml").write_text("- gather: {vms: [v, w]}\n- serialize: {vms: [v, w]}\n")
    with executor("serial") as pool:
        table = studies.study(written(folder, "rules: rules.yaml"), pool, planner=timely).tables["scenarios"]
    assert (table["moves"][0], table["hosts_after"][0]) == (1, 1)
