"""Result folders that are none, of another time, or that somebody has had a hand in."""

import csv
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.consolidate.attack.commands import COMMAND, ROOT, estate, planned, refused

COMMANDS = ("report", "runbook", "dashboard", "check")


@pytest.fixture(name="plan", scope="module")
def _plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planned")
    return planned(folder / "plan", estate(folder))


@pytest.fixture(name="taken")
def _taken() -> Iterator[int]:
    """Give a port that somebody listens on, so that no dashboard starts."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def refusal(command: str, folder: Path, inventory: Path, port: int) -> str:
    """Return what a command says against a folder."""
    more: dict[str, list[object]] = {"check": [inventory], "dashboard": ["--port", port]}
    text = refused(command, folder, *more.get(command, []))
    assert "cannot be listened on" not in text
    return text


def changed(folder: Path, **keys: Any) -> None:
    """Change keys of a summary."""
    file = folder / "summary.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | keys), encoding="utf-8")


SUMMARIES: dict[str, str | dict[str, Any]] = {
    "none": "",
    "not JSON": "{",
    "a list": "[]",
    "deep": "[" * 100_000,
    "not text": "\udcff",
    "another command": {"command": "dance"},
    "a later version": {"schema_version": 99},
    "no version": {"schema_version": "new"},
    "words for numbers": {"hosts_before": "many", "gap": "small"},
    "truths for numbers": {"moves": True},
    "a number without end": {"saving_eur_year": 10**400},
    "numbers for words": {"verdict": 3},
    "a word for a list": {"assumptions": "none"},
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", SUMMARIES)
def test_summaries_that_are_none(tmp_path: Path, plan: Path, taken: int, name: str, command: str) -> None:
    """A summary is checked before anything is made of it."""
    folder = shutil.copytree(plan, tmp_path / "plan")
    content = SUMMARIES[name]
    if isinstance(content, str):
        (folder / "summary.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    else:
        changed(folder, **content)
    text = refusal(command, folder, plan.parent / "estate", taken)
    assert "summary.json" in text or "dance" in text
    assert len(text) < 600


@pytest.mark.parametrize("content", ["[]", "{", '{"settings": [], "inputs": {}}', '{"versions": 3}'])
def test_manifests_that_are_none(tmp_path: Path, plan: Path, taken: int, content: str) -> None:
    """So is the manifest, where it is made use of."""
    folder = shutil.copytree(plan, tmp_path / "plan")
    (folder / "manifest.json").write_text(content)
    assert "manifest.json" in refusal("runbook", folder, plan, taken)
    assert "manifest.json" in refusal("check", folder, plan.parent / "estate", taken)


TABLES = {
    "empty": b"",
    "binary": bytes(range(256)),
    "other columns": b"a,b\n1,2\n",
    "cell of 200 KB": b"x" * 200_000,
}


@pytest.mark.parametrize("table", ["moves", "hosts", "placement", "actions"])
@pytest.mark.parametrize("name", TABLES)
def test_tables_that_are_none(tmp_path: Path, plan: Path, taken: int, table: str, name: str) -> None:
    """A table that is no table any more is named."""
    folder = shutil.copytree(plan, tmp_path / "plan")
    (folder / f"{table}.csv").write_bytes(TABLES[name])
    for command in ("report", "runbook", "check"):
        assert f"{table}.csv" in refusal(command, folder, plan.parent / "estate", taken)


def test_all_damaged_cells_at_once(tmp_path: Path, plan: Path) -> None:
    """Each cell that is no number any more is a line, with row, column and value."""
    folder = shutil.copytree(plan, tmp_path / "plan")
    file = folder / "hosts.csv"
    with file.open(encoding="utf-8", newline="") as text:
        header, first, *rest = csv.reader(text)
    cells = dict(zip(header, first, strict=True)) | {"cores": "x", "power_w_after": "inf"}
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([header, list(cells.values()), *rest])
    lines = refused("runbook", folder).splitlines()
    assert [line.partition("hosts.csv, ")[2] for line in lines] == [
        "row 2, column cores: Is no int64. (found 'x')",
        "row 2, column power_w_after: Is no float64. (found 'inf')",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_folders_of_another_kind(tmp_path: Path, plan: Path, taken: int, command: str) -> None:
    """A file, an inventory and an empty folder are no results."""
    for folder in (plan / "moves.csv", plan.parent / "estate", tmp_path):
        assert "summary.json" in refusal(command, folder, plan.parent / "estate", taken)


def test_a_port_in_use(plan: Path, taken: int) -> None:
    """A port that is in use is named, and how to name another."""
    text = refused("dashboard", plan, "--port", taken)
    why = "Address already in use; choose another with --port."
    assert text == f"error: Port {taken} of 127.0.0.1 cannot be listened on: {why}\n"


def test_the_dashboard_answers_on_this_machine_alone(plan: Path) -> None:
    """The dashboard serves its page on the loopback address, and ends when it is told to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [*COMMAND, "dashboard", str(plan), "--port", str(port)]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert "Dash" in page(port) or "dash" in page(port)
        listening = {row.split()[1] for row in Path("/proc/net/tcp").read_text().splitlines() if f":{port:04X}" in row}
        assert f"0100007F:{port:04X}" in listening
        assert f"00000000:{port:04X}" not in listening
    finally:
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.startswith(f"http://127.0.0.1:{port} (Ctrl-C ends it)\n")
    assert "Traceback" not in err


def page(port: int) -> str:
    """Return the first page, once there is somebody who answers."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.05)
    raise AssertionError("Nobody answers.")
