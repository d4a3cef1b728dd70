"""Our own tables of readings as traces, in long and in wide form."""

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from consolidate.readers import sources, streams, traces
from consolidate.readers.traces import TraceOptions
from tests.consolidate.readers.inventories import codes, only
from tests.consolidate.readers.traces.samples import NAN, kinds, parquet, problems, write

MIB = 1 << 20


def test_long(tmp_path: Path) -> None:
    """The VMs are those of the file, in the order in which they come up; nothing tells their size."""
    text = "vm,time_s,cpu_mhz,memory_mib\nb,300,2,7\na,0,1,\nb,0,4,8\n"
    found = traces.read(write(tmp_path, {"usage.csv": text}) / "usage.csv")
    assert (list(found.vms.vm), found.unit, found.sized, found.format) == (["b", "a"], "mhz", False, "long")
    np.testing.assert_array_equal(found.readings, [[4, 2], [1, NAN]])
    assert found.memory_mib is not None
    np.testing.assert_array_equal(found.memory_mib, [[8, 7], [NAN, NAN]])


def test_long_percent(tmp_path: Path) -> None:
    """Percentages stay percentages, as no clock is known."""
    found = traces.read(write(tmp_path, {"u.csv": "vm,time_s,cpu_percent\na,0,50\n"}) / "u.csv")
    assert (found.unit, found.readings.tolist()) == ("percent", [[50]])


def test_a_row_without_a_vm(tmp_path: Path) -> None:
    """A reading of no VM is an error with its row."""
    found = problems(write(tmp_path, {"u.csv": "vm,time_s,cpu_mhz\na,0,1\n,300,2\n"}) / "u.csv")
    assert [(item.row, item.column) for item in found] == [(3, "vm")]


@pytest.mark.parametrize(("unit", "expected"), [("auto", "percent"), ("mhz", "mhz"), ("percent", "percent")])
def test_wide(tmp_path: Path, unit: str, expected: str) -> None:
    """A column a VM; nothing above 100 is taken for percentages, unless the option says otherwise."""
    path = write(tmp_path, {"u.csv": "time_s,a,b\n0,1,\n300,2,100\n"}) / "u.csv"
    found = traces.read(path, TraceOptions(unit=unit))
    np.testing.assert_array_equal(found.readings, [[1, 2], [NAN, 100]])
    assert (found.format, found.unit) == ("wide", expected)
    assert kinds(found) == (["guessed-unit"] if unit == "auto" else [])


def test_wide_mhz(tmp_path: Path) -> None:
    """One reading above 100 makes all of them MHz."""
    assert traces.read(write(tmp_path, {"u.csv": "time_s,a,b\n0,1,101\n"}) / "u.csv").unit == "mhz"


def test_wide_times(tmp_path: Path) -> None:
    """Rows in any order, with offsets or without; without, they are UTC, which is told."""
    text = "timestamp,a\n1970-01-01T00:10:00,3\n1970-01-01T01:00:00+01:00,1\n1970-01-01T00:05:00Z,2\n"
    found = traces.read(write(tmp_path, {"u.csv": text}) / "u.csv", TraceOptions(unit="mhz"))
    assert (found.start_s, found.readings.tolist()) == (0, [[1, 2, 3]])
    assert kinds(found) == ["time-zone"]


def test_wide_doubts(tmp_path: Path) -> None:
    """A moment twice, and one that is missing, are told."""
    text = "time_s,a\n0,1\n300,2\n300,9\n600,3\n1200,4\n"
    found = traces.read(write(tmp_path, {"u.csv": text}) / "u.csv", TraceOptions(unit="mhz"))
    np.testing.assert_array_equal(found.readings, [[1, 9, 3, NAN, 4]])
    assert sorted(kinds(found)) == ["duplicate-reading", "gap"]


def test_wide_parquet(tmp_path: Path) -> None:
    """Parquet gives the same as CSV; a column of text is an error."""
    times = pd.to_datetime([0, 300], unit="s", utc=True)
    parquet(tmp_path, "u.parquet", timestamp=times, a=[1.0, 2.0], b=[300, 400])
    assert traces.read(tmp_path / "u.parquet").readings.tolist() == [[1, 2], [300, 400]]
    parquet(tmp_path, "u.parquet", timestamp=times, a=["x", "y"])
    assert codes(problems(tmp_path / "u.parquet")) == ["type"]


def test_wide_faults(tmp_path: Path) -> None:
    """Every wrong cell of every column is told at once."""
    found = problems(write(tmp_path, {"u.csv": "time_s,a,b\n0,x,1\n300,2,y\n"}) / "u.csv")
    assert {(item.row, item.column, item.value) for item in found} == {(2, "a", "x"), (3, "b", "y")}
    found = problems(write(tmp_path, {"u.csv": "time_s,a,b\n0,-1,1\n"}) / "u.csv")
    assert [(item.row, item.column, item.value) for item in found] == [(2, "a", "-1")]


def test_a_column_without_a_name(tmp_path: Path) -> None:
    """A comma too many in the header is an error."""
    assert codes(problems(write(tmp_path, {"u.csv": "time_s,a,\n0,1,2\n"}) / "u.csv")) == ["missing-name"]


def test_a_matrix_on_disk(tmp_path: Path) -> None:
    """Above the limit the matrix is a file without a name, and the readings are the same."""
    path = write(tmp_path, {"u.csv": "vm,time_s,cpu_mhz\na,0,1\nb,300,2\n"}) / "u.csv"
    on_disk = traces.read(path, TraceOptions(in_memory_mib=0))
    np.testing.assert_array_equal(on_disk.readings, traces.read(path).readings)
    assert isinstance(on_disk.readings.base, np.memmap)
    assert on_disk.readings.base.filename is None
    assert not on_disk.readings.flags.writeable


def test_memory_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in blocks of 64 KiB, a trace of 10 MB with a matrix of 3.8 MiB takes less than 2 MiB at any time."""
    monkeypatch.setattr(streams, "_BLOCK", 1 << 16)
    monkeypatch.setattr(sources, "_CHUNK", 1 << 16)
    rows = (f"v{vm},{300 * at},{vm % 97}\n" for at in range(2000) for vm in range(500))
    path = write(tmp_path, {"u.csv": "vm,time_s,cpu_mhz\n" + "".join(rows)}) / "u.csv"
    tracemalloc.start()
    found = traces.read(path, TraceOptions(in_memory_mib=0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.readings.nbytes == 4_000_000
    assert (found.readings == (np.arange(500) % 97)[:, None]).all()
    assert peak < 2 * MIB, peak / MIB


def test_broken_files(tmp_path: Path) -> None:
    """Junk, an empty file and a broken Parquet file are errors; so is a folder without any of it."""
    for name, content in (("a", b"\x00\x01\x02"), ("b", b""), ("c", b"PAR1junk"), ("d", b"some words\n")):
        assert codes(problems(write(tmp_path, {name: content}) / name)) == ["format"]
    for name, content in (("a", b"\x00\x01\x02"), ("b", b""), ("c", b"PAR1junk")):
        given = TraceOptions(format="long")
        assert {item.severity for item in problems(tmp_path / name, given)} == {"error"}, content


def test_wrong_options(tmp_path: Path) -> None:
    """Options that make no sense are told together."""
    found = problems(tmp_path, TraceOptions(order="size", memory_unit="tb", step_s=0))
    assert codes(found) == ["option"] * 3
    assert only([item for item in found if "order" in item.message], "option").message.endswith("not 'size'.")
