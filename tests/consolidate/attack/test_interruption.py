"""Ctrl-C and termination, at any moment: exit status 130, a line that says so, and nothing half-written."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from consolidate.commands import interruption
from tests.consolidate.attack.commands import COMMAND, EXAMPLE, ROOT, Said, estate, planned

SIGNALS = [signal.SIGINT, signal.SIGTERM]
pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Signals are told to no thread here.")


def stopped(number: signal.Signals, seconds: float, *arguments: object, until: Path | None = None) -> Said:
    """Run a command, and signal it after some time, or once there is a file of a name."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while until is not None and not any(until.parent.glob(until.name)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)
    time.sleep(seconds)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    return Said(process.returncode, out, err)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("seconds", [0.4, 0.9])
def test_while_it_reads_and_plans(tmp_path: Path, number: signal.Signals, seconds: float) -> None:
    """While libraries are loaded and plans computed, the end comes at once."""
    began = time.monotonic()
    more = ("--solver", "cp-sat", "--seconds", "60", "--set", "limits.cpu_ceiling=0.61")
    found = stopped(number, seconds, "plan", EXAMPLE, "--out", tmp_path / "plan", *more)
    assert (found.status, found.out, found.err) == (130, "", f"{interruption.MESSAGE}\n")
    assert time.monotonic() - began < seconds + 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_while_it_writes(tmp_path: Path, number: signal.Signals) -> None:
    """Once the first file is written beside the place of the result, nothing of it is left."""
    found = stopped(number, 0.0, "plan", EXAMPLE, "--out", tmp_path / "plan", until=tmp_path / ".plan.*")
    assert (found.status, found.err) == (130, f"{interruption.MESSAGE}\n")
    assert list(tmp_path.iterdir()) == []


def test_an_older_result_stays(tmp_path: Path) -> None:
    """What --force would have replaced is still there."""
    path = estate(tmp_path)
    plan = planned(tmp_path / "plan", path)
    before = (plan / "manifest.json").stat().st_mtime_ns
    found = stopped(signal.SIGINT, 0.0, "plan", EXAMPLE, "--out", plan, "--force", until=tmp_path / ".plan.*")
    assert found.status == 130
    assert (plan / "manifest.json").stat().st_mtime_ns == before
    assert sorted(item.name for item in tmp_path.iterdir()) == ["estate", "plan"]


def test_workers_end_as_well(tmp_path: Path) -> None:
    """The processes of a study end with it, the copy of its inputs is removed, and what is done is kept."""
    study = tmp_path / "study.yaml"
    study.write_text(f"inventory: {EXAMPLE}\nseeds: [{', '.join(map(str, range(200)))}]\n")
    (tmp_path / "own").mkdir()
    line = ["env", f"TMPDIR={tmp_path / 'own'}", *COMMAND, "study", str(study), "--executor", "processes:1"]
    process = subprocess.Popen(
        [*line, "--out", str(tmp_path / "out")], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)  # until all that hold standard error have ended
    assert process.returncode == 130
    assert "what is there so far is written" in err
    assert "Traceback" not in err
    assert list((tmp_path / "own").iterdir()) == []
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["scenarios"] < 200


def test_a_comparison_of_overheads(tmp_path: Path) -> None:
    """A comparison that is stopped while it is written leaves nothing."""
    out = tmp_path / "overhead"
    found = stopped(signal.SIGINT, 0.0, "overhead", EXAMPLE, "--out", out, until=tmp_path / ".overhead.*")
    assert (found.status, found.err) == (130, f"{interruption.MESSAGE}\n")
    assert list(tmp_path.iterdir()) == []
