"""What became of a plan so far, by hand: a plan of 10 s, a pause of 120 s, then 20 s and 10 s one after the other."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from consolidate.execution.drift import Drift, drift
from consolidate.execution.journal import read
from consolidate.runbooks import folder
from models.errors import InputError
from tests.consolidate.attack.commands import said
from tests.consolidate.execution.small import at, journal, plan


def of(tmp_path: Path, *rows: tuple[float, str, str], started: str = "", now: str = "", starts: str = "") -> Drift:
    """Return the drift that follows from some events."""
    written = folder.read(plan(tmp_path))
    manifest = {**written.manifest, "settings": {"migration": {"pause_s": 120.0, "starts": starts}}}
    return drift(replace(written, manifest=manifest), read(journal(tmp_path, *rows), written), started, now)


def test_states_ratio_and_prediction(tmp_path: Path) -> None:
    """
    Web took 15 s, not 10: 1.5 times as long. db began at 135 s, 120 s after; it will end at 165 s, and app at 180 s.

    web sent 4 GiB in 15 s: 4096 × 8.388608 / 15 = 2,290.6 Mbit/s.
    """
    found = of(tmp_path, (0, "web", "started"), (15, "web", "finished"), (135, "db", "started"))
    assert [step.state for step in found.steps] == ["done", "running", "waiting"]
    assert found.ratio == pytest.approx(1.5)
    assert (found.samples, found.now_s) == (1, 135.0)
    assert found.bandwidth_mbps == pytest.approx(2290.65, abs=0.01)
    assert [step.predicted_end_s for step in found.steps[1:]] == pytest.approx([165.0, 180.0])
    assert [found.planned_end_s, found.predicted_end_s] == pytest.approx([160.0, 180.0])
    assert [(wave.done, wave.ended, wave.end_s) for wave in found.waves] == [
        (1, True, 15.0), (0, False, pytest.approx(180.0)),
    ]  # fmt: skip


def test_what_failed_is_done_again(tmp_path: Path) -> None:
    """Web failed at 5 s; now, at 50 s, it is predicted to end at 60 s, and the rest 120 s later."""
    found = of(tmp_path, (0, "web", "started"), (5, "web", "failed"), now=at(50))
    assert [(step.state, step.predicted_end_s) for step in found.steps] == [
        ("failed", 60.0), ("waiting", 200.0), ("waiting", 210.0),
    ]  # fmt: skip


def test_the_start_follows_from_the_first_move(tmp_path: Path) -> None:
    """The first event is the start of db, planned at 130 s: the plan began 130 s before; or when it is said to have."""
    found = of(tmp_path, (200, "db", "started"))
    assert found.steps[1].start_s == 130.0
    (tmp_path / "again").mkdir()
    assert of(tmp_path / "again", (200, "db", "started"), started=at(0)).steps[1].start_s == 200.0


def test_nothing_yet(tmp_path: Path) -> None:
    """An empty journal is a plan that has not begun."""
    found = of(tmp_path)
    assert [step.state for step in found.steps] == ["waiting"] * 3
    assert (found.ratio, found.samples, found.predicted_end_s, found.now_s) == (1.0, 0, 160.0, 0.0)
    file = journal(tmp_path)
    assert json.loads(said("track", tmp_path / "plan", "--journal", file, "--json").out)["started"] is None


def test_a_moment_needs_a_beginning(tmp_path: Path) -> None:
    """Without an event only what the user or the plan says tells when it began: at one o'clock, 50 s ago."""
    with pytest.raises(InputError) as error:
        of(tmp_path, now=at(50))
    (told,) = error.value.findings
    assert (told.column, told.value) == ("--now", at(50))
    assert "give --started" in told.message
    for row, known in enumerate(({"started": at(0)}, {"starts": "2026-11-26T02:00:00+01:00"})):
        (tmp_path / str(row)).mkdir()
        found = of(tmp_path / str(row), now=at(50), **known)
        assert (found.now_s, found.predicted_end_s) == (50.0, 210.0)


@pytest.mark.parametrize("option", [{"started": "soon"}, {"now": "late"}, {"now": at(1)}])
def test_wrong_times_are_refused(tmp_path: Path, option: dict[str, str]) -> None:
    """What is no time, or before the last event."""
    with pytest.raises(InputError):
        of(tmp_path, (0, "web", "started"), (15, "web", "finished"), **option)


def test_a_plan_cannot_begin_after_its_events(tmp_path: Path) -> None:
    """The first of two events, in row 2 of the journal, is named; a moment before the plan is told beside it."""
    with pytest.raises(InputError) as error:
        of(tmp_path, (5, "web", "started"), (15, "web", "finished"), started=at(20), now=at(10))
    told = [(finding.column, finding.value, finding.message) for finding in error.value.findings]
    assert told == [
        ("--started", at(20), "2 events of the journal are before it, the first of web in row 2 at "
         "2026-11-26T01:00:05+00:00."),
        ("--now", at(10), "It is before the last event of the journal."),
    ]  # fmt: skip
    (tmp_path / "again").mkdir()
    assert of(tmp_path / "again", (5, "web", "started"), started=at(5)).steps[0].start_s == 0.0


def test_the_command(tmp_path: Path) -> None:
    """It tells people and programs the same, and needs no inventory for it."""
    file = journal(tmp_path, (0, "web", "started"), (20, "web", "finished"))
    told = said("track", plan(tmp_path), "--journal", file)
    assert told.status == 0, told.err
    assert "1 done, 2 waiting, of 3" in told.out
    assert "2.00 times as long as planned" in told.out
    found = json.loads(said("track", tmp_path / "plan", "--journal", file, "--json").out)
    assert (found["duration_ratio"], found["counts"]["done"], found["rest"]) == (2.0, 1, None)
    assert found["moves"][1]["start_s"] is None
    assert math.isfinite(found["predicted_end_s"])
