"""Input that is none: one clear message for all that is wrong, exit status 2, and nothing written."""

import struct
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.consolidate.attack.commands import HOSTS, VMS, estate, refused, said
from tests.consolidate.readers.inventories import export, vm_row, workbook

MISSING = [
    ["plan", "nowhere", "--out", "out"],
    ["simulate", "nowhere", "--out", "out"],
    ["inspect", "nowhere"],
    ["study", "nowhere", "--out", "out"],
    ["check", "nowhere", "nowhere"],
    ["runbook", "nowhere"],
    ["report", "nowhere"],
    ["dashboard", "nowhere"],
    ["plan", ".", "--rules", "nowhere", "--out", "out"],
    ["plan", ".", "--usage", "nowhere", "--out", "out"],
    ["plan", ".", "--config", "nowhere", "--out", "out"],
    ["plan", ".", "--host-map", "nowhere", "--out", "out", "--map", "nowhere"],
]


@pytest.mark.parametrize("arguments", MISSING, ids=" ".join)
def test_what_is_not_there(tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is named and is not there is named in the answer."""
    estate(tmp_path)
    monkeypatch.chdir(tmp_path / "estate")
    assert "nowhere" in refused(*arguments, left=tmp_path)


@pytest.mark.parametrize(
    "cell", ["x", "-1", "nan", "inf", "-inf", "1e300", "1e999", str(10**30), "0x10", "１２", "=1+1", "", "1\x00"]
)
@pytest.mark.parametrize("command", ["plan", "simulate"])
def test_a_cell_that_is_no_number(tmp_path: Path, cell: str, command: str) -> None:
    """The message names file, row, column, value and what was expected."""
    path = estate(tmp_path, vms=f"vm,host,vcpus,memory_mib\na,h1,1,1\nb,h1,1,{cell}\n")
    text = refused(command, path, "--out", tmp_path / "out", left=tmp_path)
    if "\x00" not in cell:
        assert "vms.csv, row 3, column memory_mib" in text
        assert "xpected a" in text
        assert repr(cell) in text or not cell


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Three wrong cells in two files, a name that is there twice and a host that is none: five lines."""
    hosts = HOSTS.replace("16,", "many,", 1)
    vms = "vm,host,vcpus,memory_mib\na,h1,two,1\na,h2,1,-5\nb,h9,1,1\n"
    lines = refused("plan", estate(tmp_path, hosts, vms), "--out", tmp_path / "out", left=tmp_path).splitlines()
    places = [line.split(": ")[1] for line in lines]
    assert places == [
        "hosts.csv, row 2, column cores",
        "vms.csv, row 2, column vcpus",
        "vms.csv, row 3, column memory_mib",
        "vms.csv, row 3, column vm",
        "vms.csv, row 4, column host",
    ]


WRONG_FILES = {
    "empty": (b"", "Is empty"),
    "binary": (bytes(range(256)) * 8, "NUL byte"),
    "no text": (b"vm,host\x81\x8d,vcpus\n", "Is not text"),
    "no columns": (VMS.replace(",", "§").encode(), "Column is missing"),
    "open quote": (b'vm,host,vcpus,memory_mib\n"a,h1,1,1\n', "quote left open"),
    "ragged": (b"vm,host,vcpus,memory_mib\na,h1,1\n", "Has 3 cells where the header has 4"),
    "cell of 20 MB": (b"vm,host,vcpus,memory_mib\n" + b"x" * 20_000_000 + b",h1,1,1\n", "row 2"),
    "column of 20 MB": (b"x" * 20_000_000 + b",host,vcpus,memory_mib\na,h1,1,1\n", "row 1"),
    "workbook": (b"PK\x03\x04....", "Is a zip archive or a workbook"),
    "lone returns": (b"vm,host\rvcpus\n", "row 2: Has 1 cells"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_file_that_is_no_table(tmp_path: Path, name: str) -> None:
    """A file that cannot be read says why, shortly."""
    data, reason = WRONG_FILES[name]
    path = estate(tmp_path)
    (path / "vms.csv").write_bytes(data)
    text = refused("plan", path, "--out", tmp_path / "out", left=tmp_path)
    assert reason in text
    assert "vms.csv" in text
    assert len(text) < 3000


WORKBOOKS = {
    "cut": "Is no xlsx workbook",
    "table": "Is no xlsx workbook",
    "old": "encrypted or an old workbook",
    "bomb": "at most 2,048 MiB are opened",
    "liar": "Is no xlsx workbook",
    "blank": "Is empty",
}


def wrong_workbook(path: Path, kind: str) -> Path:
    """Write a file that is called a workbook and is none that may be opened."""
    whole = workbook(path, export([vm_row("a")])).read_bytes()
    contents = {"cut": whole[: len(whole) // 2], "table": VMS.encode(), "blank": b""}
    contents["old"] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
    if kind in contents:
        path.write_bytes(contents[kind])
        return path
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(80 << 20))
    data = bytearray(path.read_bytes())
    claimed = (3 << 30) if kind == "bomb" else 1000
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", claimed)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_a_workbook_that_is_none(tmp_path: Path, kind: str) -> None:
    """Cut off, of another format, a bomb, or one that lies about its size: none of them is opened."""
    path = wrong_workbook(tmp_path / "export.xlsx", kind)
    assert WORKBOOKS[kind] in refused("plan", path, "--out", tmp_path / "out", left=tmp_path)


READINGS = {
    "empty": ("", "Is empty"),
    "header alone": ("vm,time_s,cpu_mhz\n", "Holds no readings"),
    "text": ("vm,time_s,cpu_mhz\nweb-1,0,abc\n", "row 2, column cpu_mhz: Expected a number"),
    "negative": ("vm,time_s,cpu_mhz\nweb-1,0,-1\n", "row 2, column cpu_mhz: Expected a number from 0"),
    "infinite": ("vm,time_s,cpu_mhz\nweb-1,0,inf\n", "Expected a number from 0"),
    "absurd": ("vm,time_s,cpu_mhz\nweb-1,0,1e300\n", "Expected a number from 0"),
    "time": ("vm,timestamp,cpu_mhz\nweb-1,yesterday,1\n", "row 2, column timestamp: Expected a time"),
    "negative time": ("vm,time_s,cpu_mhz\nweb-1,-5,1\n", "row 2, column time_s: Expected UTC seconds"),
    "ragged": ("vm,time_s,cpu_mhz\nweb-1,0,1\nweb-1,0\n", "row 3: Expected 3 columns, got 2"),
    "line of 20 MB": (f"vm,time_s,cpu_mhz\n{'x' * 20_000_000},0,1\n", "A line is longer than"),
    "no CPU": ("vm,time_s,memory_mib\nweb-1,0,1\n", "Readings need cpu_mhz or cpu_percent"),
    "twice a column": ("vm,vm,time_s,cpu_mhz\na,a,0,1\n", "Columns are there twice"),
}


@pytest.mark.parametrize("name", READINGS)
@pytest.mark.parametrize("command", ["plan", "simulate"])
def test_readings_that_are_none(tmp_path: Path, name: str, command: str) -> None:
    """Readings are held to the same as everything else."""
    content, reason = READINGS[name]
    path = estate(tmp_path, usage_csv=content)
    text = refused(command, path, "--out", tmp_path / "out", left=tmp_path)
    assert reason in text
    assert "usage.csv" in text


WRONG_PARQUET: dict[str, dict[str, Any]] = {
    "text for numbers": {"cpu_mhz": ["a", "b"]},
    "lists for numbers": {"cpu_mhz": [[1], [2]]},
    "truths for numbers": {"cpu_mhz": [True, False]},
    "too large an integer": {"cpu_mhz": [1, 2**62]},
    "numbers for names": {"vm": [1, 2]},
    "bytes for names": {"vm": [b"\xff", b"a"]},
    "an infinite time": {"time_s": [0.0, float("inf")]},
}


@pytest.mark.parametrize("name", WRONG_PARQUET)
def test_parquet_of_wrong_types(tmp_path: Path, name: str) -> None:
    """A column of a type that cannot be used is named."""
    path = estate(tmp_path)
    columns = {"vm": ["web-1", "web-2"], "time_s": [0.0, 300.0], "cpu_mhz": [1.0, 2.0], **WRONG_PARQUET[name]}
    pd.DataFrame(columns).to_parquet(path / "usage.parquet")
    (changed,) = WRONG_PARQUET[name]
    assert f"column {changed}" in refused("plan", path, "--out", tmp_path / "out", left=tmp_path)


@pytest.mark.parametrize("data", [b"PAR1 and nothing", b"PAR1" + bytes(100) + b"PAR1", bytes(100)])
def test_parquet_that_is_none(tmp_path: Path, data: bytes) -> None:
    """What is called Parquet and is none says so."""
    path = estate(tmp_path)
    (path / "usage.parquet").write_bytes(data)
    assert "usage.parquet" in refused("plan", path, "--out", tmp_path / "out", left=tmp_path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--delimiter", "||"], "one character"),
        (["--delimiter", "\n"], "one character"),
        (["--decimal", "x"], "decimal sign"),
        (["--encoding", "klingon"], "Encoding 'klingon' is unknown"),
        (["--encoding", "zip"], "Encoding 'zip' is unknown"),
        (["--encoding", "a\0b"], "Encoding 'a\\x00b' is unknown"),
        (["--encoding", "punycode"], "Is not text"),
        (["--format", "excel"], "auto, canonical, rvtools, mapped"),
        (["--solver", "magic"], "'first-fit'"),
        (["--seconds", "nan"], "finite"),
        (["--seconds", "-1"], "Expected a number of at least 0."),
        (["--seed", "99999999999999999999"], "Expected a number below 2,147,483,648."),
        (["--max-moves", "999999999999"], "Expected a number of at most 10,000,000."),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: list[str], reason: str) -> None:
    """An option's value is checked like a cell."""
    path = estate(tmp_path)
    assert reason in refused("plan", path, "--out", tmp_path / "out", *options, left=tmp_path)


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without permission there is a message (simulated: root may read everything)."""
    path = estate(tmp_path)

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    text = refused("plan", path, "--out", tmp_path / "out")
    assert "hosts.csv: Cannot be read: Permission denied" in text
    assert "vms.csv: Cannot be read: Permission denied" in text


def test_readings_with_doubts_are_read(tmp_path: Path) -> None:
    """VMs that are not there, moments twice and gaps are warnings; one row is enough."""
    rows = "web-1,0,1\nweb-1,0,2\nweb-1,300,2\nweb-1,9000,2\nghost,0,1\n"
    path = estate(tmp_path, usage_csv=f"vm,time_s,cpu_mhz\n{rows}")
    found = said("plan", path, "--out", tmp_path / "out")
    assert found.status == 0
    for text in ("VM that is not in the inventory: 'ghost'", "has no reading at all", "has a reading for already"):
        assert text in found.out
    one = estate(tmp_path / "other", usage_csv="vm,time_s,cpu_mhz\nweb-1,0,1\n")
    assert said("simulate", one, "--out", tmp_path / "simulated").status == 0


def test_readings_that_are_no_ordinary_file(tmp_path: Path) -> None:
    """A device is there, but is no file of readings."""
    told = refused("plan", estate(tmp_path), "--usage", "/dev/null", "--out", tmp_path / "out", left=tmp_path)
    assert told.strip() == "error: /dev/null: Is no ordinary file; a file was expected."
