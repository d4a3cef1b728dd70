"""Where results go: whole or not at all, over nothing but an older result, and with nothing left of a failure."""

import json
import resource
import shlex
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.consolidate.attack.commands import (
    COMMAND,
    EXAMPLE,
    ROOT,
    Said,
    alone,
    environment,
    estate,
    planned,
    refused,
    said,
)

FULL = "/dev/full"
FOR_SHELL = shlex.join(COMMAND)
needs_full = pytest.mark.skipif(not Path(FULL).exists(), reason="There is no device here that is always full.")


def limit(size: int) -> Callable[[], None]:
    """Return what lets a process write no file beyond a size, as a full disk would."""
    return partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))


def shell(line: str) -> Said:
    """Run a line in a shell."""
    done = subprocess.run(["/bin/bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(name="result", scope="module")
def _result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planned")
    return planned(folder / "plan", estate(folder))


def test_a_result_is_not_overwritten(tmp_path: Path) -> None:
    """What is there stays, unless it is a result and --force is given."""
    path = estate(tmp_path)
    plan = planned(tmp_path / "plan", path)
    before = (plan / "manifest.json").stat().st_mtime_ns
    assert "--force" in refused("plan", path, "--out", plan, left=tmp_path)
    assert (plan / "manifest.json").stat().st_mtime_ns == before
    (plan / "mine.txt").touch()
    planned(plan, path, "--force")
    assert not (plan / "mine.txt").exists()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["estate", "plan"]


@pytest.mark.parametrize("command", ["plan", "simulate"])
def test_force_replaces_results_alone(tmp_path: Path, command: str) -> None:
    """A folder with anything else in it, a file, and a link that leads nowhere are not replaced, even with --force."""
    path = estate(tmp_path, usage_csv="vm,time_s,cpu_mhz\nweb-1,0,1\n")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for target in (path, tmp_path / "file", tmp_path / "link"):
        text = refused(command, path, "--out", target, "--force", left=tmp_path)
        assert "is not replaced, even with --force" in text


@pytest.mark.parametrize("target", ["file/out", "x" * 300, "/proc/out"])
def test_places_that_cannot_be_written(tmp_path: Path, target: str) -> None:
    """A place below a file, a name that is too long, and a system that takes no folders are told as such."""
    path = estate(tmp_path)
    (tmp_path / "file").touch()
    text = refused("plan", path, "--out", tmp_path / target, left=tmp_path)
    assert "cannot be written" in text
    assert "Nothing was written" in text


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    """A folder without anything in it is as good as none."""
    (tmp_path / "plan").mkdir()
    assert (planned(tmp_path / "plan", estate(tmp_path)) / "report.html").is_file()


@pytest.mark.parametrize("size", [1_000, 200_000])
def test_a_disk_that_is_full(tmp_path: Path, size: int) -> None:
    """If the disk is full at the first file or at the report, there is no folder, and nothing beside it."""
    found = alone("plan", estate(tmp_path), "--out", tmp_path / "plan", preexec_fn=limit(size))
    assert (found.status, found.out) == (2, "")
    assert "cannot be written: File too large. Nothing was written." in found.err
    assert sorted(item.name for item in tmp_path.iterdir()) == ["estate"]


def test_a_full_disk_takes_no_older_result(tmp_path: Path) -> None:
    """If the new result cannot be written, the old one stays as it was."""
    path = estate(tmp_path)
    plan = planned(tmp_path / "plan", path)
    before = (plan / "manifest.json").stat().st_mtime_ns
    found = alone("plan", path, "--out", plan, "--force", preexec_fn=limit(200_000))
    assert found.status == 2
    assert (plan / "manifest.json").stat().st_mtime_ns == before
    assert sorted(item.name for item in tmp_path.iterdir()) == ["estate", "plan"]


def test_a_full_disk_and_an_inventory_without_names(tmp_path: Path) -> None:
    """An inventory without its names is written whole or not at all as well."""
    found = alone("inspect", EXAMPLE, "--anonymise", tmp_path / "bare", preexec_fn=limit(5_000))
    assert found.status == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["report", "runbook"])
def test_files_are_whole_or_not_there(tmp_path: Path, result: Path, command: str) -> None:
    """A report or a runbook that does not fit leaves the one that was there."""
    (tmp_path / "kept").write_text("old")
    assert "exists already; name another file" in refused(command, result, "-o", tmp_path / "kept", left=tmp_path)
    found = alone(command, result, "-o", tmp_path / "kept", "--force", preexec_fn=limit(1_000))
    assert found.status == 2
    assert (tmp_path / "kept").read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["kept"]
    for target in (tmp_path, tmp_path / "no" / "file"):
        assert "cannot be written" in refused(command, result, "-o", target, left=tmp_path)


@needs_full
def test_devices_are_written_to(result: Path) -> None:
    """What is no ordinary file is written to, not replaced."""
    assert "No space left" in refused("runbook", result, "-o", FULL)
    assert not Path(FULL).is_file()
    assert said("runbook", result, "-o", "/dev/null").status == 0


@needs_full
def test_standard_output_that_is_full() -> None:
    """What cannot be printed is an error, not a traceback."""
    found = shell(f"{FOR_SHELL} inspect {EXAMPLE} > {FULL}")
    assert (found.status, found.err) == (2, "error: Standard output: No space left on device.\n")


@pytest.mark.parametrize(
    ("command", "ending"),
    [("inspect {} --json", "| head -1"), ("overhead", "| true"), ("--help", "| true"), ("overhead", ">&-")],
)
def test_nobody_listens(command: str, ending: str) -> None:
    """A reader that stops early, or an output that is closed, is no error."""
    found = shell(f"set -o pipefail; {FOR_SHELL} {command.format(EXAMPLE)} {ending}")
    assert (found.status, found.err) == (0, "")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_of_another_alphabet(encoding: str) -> None:
    """A character that the terminal cannot show, here a minus sign, is no reason to fail."""
    found = alone("inspect", EXAMPLE, env=environment(PYTHONIOENCODING=encoding))
    assert (found.status, found.err) == (0, "")
    assert "Grade" in found.out


def test_the_name_of_an_inventory_is_not_where_it_is(tmp_path: Path, result: Path) -> None:
    """Results say which inventory they are of, and not in which folder of whose machine it was."""
    assert json.loads((result / "summary.json").read_text())["source"] == "estate"
    for file in result.iterdir():
        assert str(result.parent).encode() not in file.read_bytes(), file.name
