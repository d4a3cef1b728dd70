"""Azure's table of VMs and files of readings."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from consolidate.readers import traces
from consolidate.readers.traces import TraceOptions
from tests.consolidate.readers.inventories import codes, only
from tests.consolidate.readers.traces.samples import NAN, SHARED, kinds, problems, published, write

TABLE = "a,s,d,0,900,90,5,50,Interactive,2,3.5\nb,s,d,300,600,90,5,50,Unknown,>24,>64\n"
FIRST = "0,a,1,9,5\n300,a,2,8,6\n300,b,10,30,20\n"
SECOND = "600,a,1,2,1.5\n"
ONE, TWO = "vm_cpu_readings-file-1-of-2.csv", "vm_cpu_readings-file-2-of-2.csv"


def folder(path: Path, **files: str | bytes) -> Path:
    """Write a trace of two VMs in two files."""
    return write(path, {"vmtable.csv": TABLE, ONE: FIRST, TWO: SECOND} | files)


def test_readings(tmp_path: Path) -> None:
    """The mean of each 300 s in percent, across files; GiB become MiB."""
    found = traces.read(folder(tmp_path))
    np.testing.assert_array_equal(found.readings, [[5, 6, 1.5], [NAN, 20, NAN]])
    assert (found.unit, found.step_s, found.sized, found.format) == ("percent", 300, True, "azure")
    assert (found.vms.vcpus.tolist(), found.vms.memory_mib.tolist()) == ([2, 24], [3584, 65536])


def test_buckets(tmp_path: Path) -> None:
    """Of ``>24`` cores and ``>64`` GiB the number counts, and this is told."""
    found = [item for item in traces.read(folder(tmp_path)).findings if item.code == "bucket"]
    assert [(item.row, item.column, item.value) for item in found] == [(2, "cores", ">24"), (2, "memory_gib", ">64")]


def test_arrival(tmp_path: Path) -> None:
    """A VM comes and goes when the table says; one that is there at an end of the trace may always have been."""
    found = traces.read(folder(tmp_path))
    assert found.arrive_s.tolist() == [-np.inf, 300]
    assert found.leave_s.tolist() == [np.inf, np.inf]
    short = folder(tmp_path / "x", **{"vmtable.csv": TABLE.replace("300,600", "300,301")})
    assert traces.read(short).leave_s.tolist() == [np.inf, 301]


def test_the_largest_in_each_step(tmp_path: Path) -> None:
    """The option takes the column of maxima."""
    assert traces.read(folder(tmp_path), TraceOptions(resample="max")).readings[0].tolist() == [9, 8, 2]


def test_packed(tmp_path: Path) -> None:
    """Files packed with gzip, in folders as published, give the same."""
    write(tmp_path / "vmtable", {"vmtable.csv.gz": gzip.compress(TABLE.encode())})
    write(tmp_path / "vm_cpu_readings", {f"{ONE}.gz": gzip.compress(FIRST.encode())})
    found = traces.read(tmp_path)
    np.testing.assert_array_equal(found.readings, [[5, 6], [NAN, 20]])
    assert only(found.findings, "missing-part").count == 1


def test_vms_of_one_side_only(tmp_path: Path) -> None:
    """Readings without a VM and VMs without readings are counted, both ways."""
    files = {"vmtable.csv": TABLE + "c,s,d,0,900,9,5,5,Unknown,1,1\n", TWO: "600,ghost,1,2,1\n600,ghost,1,2,1\n"}
    found = traces.read(folder(tmp_path, **files))
    assert list(found.vms.vm) == ["a", "b"]
    assert (only(found.findings, "unknown-vm").count, only(found.findings, "no-readings").count) == (2, 1)


def test_without_a_table(tmp_path: Path) -> None:
    """Readings alone are read, of VMs whose sizes are not known."""
    found = traces.read(write(tmp_path, {ONE: FIRST, TWO: SECOND}))
    assert (found.sized, list(found.vms.vm), kinds(found)) == (False, ["a", "b"], ["missing-file"])


def test_faults_in_both(tmp_path: Path) -> None:
    """Faults of the table and of the readings are told together."""
    found = problems(folder(tmp_path, **{"vmtable.csv": TABLE.replace(">24", "many"), TWO: "600,a,1,2\n"}))
    assert {(item.file, item.row, item.value) for item in found} >= {("vmtable.csv", 2, "many"), (TWO, 1, "")}


def test_wrong_readings(tmp_path: Path) -> None:
    """A percentage that is text or negative is an error with file, row and column."""
    found = problems(folder(tmp_path, **{TWO: "600,a,1,2,high\n"}))
    assert [(item.file, item.row, item.column, item.value) for item in found] == [(TWO, 1, "cpu_percent", "high")]
    found = problems(folder(tmp_path, **{TWO: "600,a,1,2,-3\n"}))
    assert [(item.file, item.row, item.value) for item in found] == [(TWO, 1, "-3")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(SECOND.encode() * 9000, mtime=0)[:60], "unreadable"),
        (SECOND.encode(), "packed"),
        (b"", "empty-file"),
    ],
    ids=["cut", "plain", "empty"],
)
def test_broken_packages(tmp_path: Path, content: bytes, code: str) -> None:
    """A package that is cut off, or none, is an error and never a shorter trace."""
    found = problems(write(tmp_path, {"vmtable.csv": TABLE, ONE: FIRST, f"{TWO}.gz": content}))
    assert code in codes(found)


def test_no_readings(tmp_path: Path) -> None:
    """A table alone is no trace."""
    assert codes(problems(write(tmp_path, {"vmtable.csv": TABLE}))) == ["missing-file"]


@published
def test_the_published_slice() -> None:
    """100 readings of VMs of which the slice of the table has none, which is told."""
    found = traces.read(SHARED / "traces" / "azure_sample")
    assert (found.readings.shape, found.sized) == ((100, 1), False)
    assert found.readings[0, 0] == pytest.approx(2.86979)
    assert only(found.findings, "no-readings").count == 10
