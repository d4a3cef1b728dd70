"""Rehearsals and journals against what users get wrong, and against names that try to be something else."""

import json
from pathlib import Path

import pytest

from tests.consolidate.attack.commands import HOSTS, estate, planned, refused, said

EVIL = ('a"; rm -rf /', "=1+1", "<b>web</b>", "db,1", "v\u202em")
VMS = "vm,host,vcpus,memory_mib\n" + "".join(f'"{name.replace(chr(34), chr(34) * 2)}",h{1 + row % 3},2,4096\n'
                                             for row, name in enumerate(EVIL))  # fmt: skip
EVENTS = "time,move,vm,source,destination,event,message\n"


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made")
    planned(path / "plan", estate(path, HOSTS, VMS))
    return path


def track(made: Path, path: Path, content: str | bytes, *more: object) -> str:
    """Return what is said against a journal."""
    file = path / "journal.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return refused("track", made / "plan", "--journal", file, *more, left=path)


JOURNALS: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "Is empty."),
    "blank": (b"\n\n", "Is empty."),
    "binary": (b"\0\1\2", "Holds a NUL byte"),
    "zip": (b"PK\x03\x04rest", "Is a zip archive"),
    "other columns": ("a,b\n1,2\n", "The columns are none of those that are known"),
    "ragged": (f"{EVENTS}1,2\n", "row 2: Has 2 cells where the header has 7"),
    "open quote": (f'{EVENTS}"2026,1\n', "is a quote left open"),
    "twice the column": ("time,event,time\n2026-01-01,started,2026-01-01\n", "column time: The column stands twice."),
    "no JSON": ("{", "Is not JSON"),
    "deep JSON": ("[" * 100_000, "Is not JSON"),
    "scalar JSON": ("[1, 2]", "Expected a list of records."),
    "object": ('{"a": 1}', "Expected a list of records."),
    "no time": (f"{EVENTS},1,,,,started,\n", "row 2, column time: Is empty; expected a time in ISO 8601."),
    "odd time": (f"{EVENTS}yesterday,1,,,,started,\n", "Expected a time in ISO 8601. (found 'yesterday')"),
    "move 0": (f"{EVENTS}2026-01-01,0,,,,started,\n", "column move: Expected the number of a move"),
    "move -1": (f"{EVENTS}2026-01-01,-1,,,,started,\n", "column move: Expected the number of a move"),
    "far move": (f"{EVENTS}2026-01-01,999,,,,started,\n", "(found '999')"),
    "digit of another script": (f"{EVENTS}2026-01-01,²,,,,started,\n", "(found '²')"),
    "nobody": (f"{EVENTS}2026-01-01,,nobody,,,started,\n", "column vm: Expected a VM that the plan moves"),
    "another VM": (f"{EVENTS}2026-01-01,1,nobody,,,started,\n", "which move 1 moves"),
    "no event": (f"{EVENTS}2026-01-01,1,,,,,\n", "column event: Is empty; expected one of started, finished, failed."),
    "ends twice": (f"{EVENTS}2026-01-01,1,,,,finished,\n2026-01-02,1,,,,finished,\n", "row 3, column event"),
    "wrong way": (f"{EVENTS}2026-01-01,,{{vm}},h9,h9,finished,\n", "a move of the plan that goes from there to there"),
    "proxmox": (
        '[{"upid": "u", "type": "qmigrate", "id": "{vm}", "starttime": "x"}]',
        "column starttime: Expected seco",
    ),
    "nova": (
        '[{"Status": "odd", "Server": "{vm}", "Created At": "x", "Updated At": ""}]',
        "column Status: Expected one",
    ),
    "vsphere": (
        "CreatedTime,FullFormattedMessage\nx,Migrating {vm} off host h1\n",
        "column CreatedTime: Expected a time",
    ),
}


@pytest.mark.parametrize("name", JOURNALS)
def test_a_journal_that_is_none(made: Path, tmp_path: Path, name: str) -> None:
    """Every fault is told with file, row and column, exit status 2, and nothing is written."""
    content, expected = JOURNALS[name]
    if isinstance(content, str) and "{vm}" in content:
        moved = json.loads(said("track", made / "plan", "--journal", _empty(tmp_path), "--json").out)["moves"]
        plain = next(move["vm"] for move in moved if not set(move["vm"]) & set('",'))
        content = content.replace("{vm}", plain)
    assert expected in track(made, tmp_path, content)


def _empty(path: Path) -> Path:
    file = path / "empty.csv"
    file.write_text(EVENTS, encoding="utf-8")
    return file


def test_all_faults_at_once(made: Path, tmp_path: Path) -> None:
    """A hundred bad rows are a hundred findings, of which the first are shown and the rest counted."""
    rows = "".join(f"yesterday,{row},,,,gone,\n" for row in range(100, 200))
    text = track(made, tmp_path, EVENTS + rows)
    assert "row 2, column time" in text
    assert "row 2, column event" in text
    assert "more of this kind" in text


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--started", "soon"], "error: --started: Expected a time in ISO 8601."),
        (["--now", "1999-01-01"], "It is before the last event"),
        (["--out", "x"], "a plan of the rest needs one"),
        (["--inventory", "nowhere"], "nowhere"),
    ],
)
def test_wrong_options_of_track(made: Path, tmp_path: Path, more: list[str], expected: str) -> None:
    """Times that are none, a rest without an inventory, an inventory that is not there."""
    assert expected in track(made, tmp_path, f"{EVENTS}2026-01-01,1,,,,started,\n", *more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--link-drop", "h1@x+3"], "--link-drop: Expected a chance"),
        (["--link-drop", "h1@1+3*7"], "--link-drop: Expected a chance"),
        (["--link-drop", "h9@1+3"], "The plan has no host or link 'h9'."),
        (["--link-drop", "nan"], "--link-drop: Expected a chance"),
        (["--host-loss", "h1@-5"], "--host-loss: Expected a chance"),
        (["--host-loss", "h1@inf"], "--host-loss: Expected a chance"),
        (["--host-loss", "7"], "--host-loss: Expected a chance"),
        (["--host-loss", "0.1", "--host-loss", "0.2"], "--host-loss: A chance is there already"),
        (["--on-failure", "panic"], "Expected one of stop, rollback, continue."),
        (["--runs", "0"], "Invalid value for '--runs'"),
        (["--failures", "1.5"], "Invalid value for '--failures'"),
        (["--noise", "nan"], "Invalid value for '--noise'"),
        (["--late", "x"], "Invalid value for '--late'"),
    ],
)
def test_wrong_options_of_rehearse(made: Path, tmp_path: Path, more: list[str], expected: str) -> None:
    """What is no chance, no time, no host, no number of runs."""
    text = refused("rehearse", made / "plan", made / "estate", "--out", tmp_path / "out", *more, left=tmp_path)
    assert expected in text


def test_a_rehearsal_of_no_plan(made: Path, tmp_path: Path) -> None:
    """A folder that is none, a rehearsal's own folder, and another inventory are refused."""
    out = tmp_path / "out"
    assert "summary.json" in refused("rehearse", tmp_path, made / "estate", "--out", out)
    assert said("rehearse", made / "plan", made / "estate", "--out", out, "--runs", 2).status == 0
    assert "holds the result of 'rehearse'" in refused("rehearse", out, made / "estate", "--out", tmp_path / "b")
    other = estate(tmp_path, vms="vm,host,vcpus,memory_mib\nx,h1,1,1024\n")
    told = refused("rehearse", made / "plan", other, "--out", tmp_path / "b")
    assert "is not that of the plan" in told
    assert "0 of its " in told


def test_evil_names_stay_names(made: Path, tmp_path: Path) -> None:
    """Whatever a VM is called, it is rehearsed, tracked by its name, and written so that nothing runs it."""
    out = tmp_path / "out"
    found = said("rehearse", made / "plan", made / "estate", "--out", out, "--runs", 3)
    assert found.status == 0, found.err
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<b>web</b>" not in page
    for line in (out / "risks.csv").read_text(encoding="utf-8").splitlines():
        assert not line.startswith("=")
    moved = json.loads(said("track", made / "plan", "--journal", _empty(tmp_path), "--json").out)["moves"]
    quoted = ['"' + move["vm"].replace('"', '""') + '"' for move in moved]
    file = tmp_path / "journal.csv"
    file.write_text(EVENTS + "".join(f"2026-01-01,,{name},,,started,\n" for name in quoted), encoding="utf-8")
    told = said("track", made / "plan", "--journal", file)
    assert told.status == 0, told.err
    assert f"{len(moved)} running" in told.out
