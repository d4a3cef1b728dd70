"""OpenDC's tasks and fragments."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from consolidate.readers import traces
from consolidate.readers.traces import TraceOptions
from tests.consolidate.readers.inventories import codes, only
from tests.consolidate.readers.traces.samples import NAN, SHARED, parquet, problems, published

TASKS: dict[str, Any] = {
    "id": [1, 2],
    "submission_time": [1_000_000, 1_300_000],
    "duration": [900_000, 450_000],
    "cpu_count": [1, 4],
    "cpu_capacity": [2000.0, 8000.0],
    "mem_capacity": [2048, 8192],
}
FRAGMENTS: dict[str, Any] = {
    "id": [1, 2, 1, 1, 2],
    "duration": [300_000, 150_000, 100_000, 500_000, 300_000],
    "cpu_usage": [10.0, 40.0, 30.0, 60.0, 80.0],
}


def folder(path: Path, tasks: dict[str, Any] | None = None, fragments: dict[str, Any] | None = None) -> Path:
    """Write a trace of two VMs; columns given replace or add to theirs."""
    parquet(path, "tasks.parquet", **(TASKS | (tasks or {})))
    parquet(path, "fragments.parquet", **(FRAGMENTS | (fragments or {})))
    return path


def test_the_mean_over_time(tmp_path: Path) -> None:
    """
    VM 1 has 10 for 300 s; then 30 for 100 s and 60 for 200 s, which is 50; then 60.

    VM 2 comes 300 s later: 40 for 150 s and 80 for 150 s, which is 60; then 80 for the 150 s that it is still there.
    """
    found = traces.read(folder(tmp_path))
    np.testing.assert_allclose(found.readings, np.array([[10, 50, 60], [NAN, 60, 80]]), rtol=1e-6)
    assert (found.start_s, found.step_s, found.unit, found.sized) == (1000, 300, "mhz", True)
    assert "hides peaks" in only(found.findings, "resampled").message


def test_the_largest_in_each_step(tmp_path: Path) -> None:
    """The largest of 30 and 60 is 60."""
    found = traces.read(folder(tmp_path), TraceOptions(resample="max"))
    np.testing.assert_array_equal(found.readings, [[10, 60, 60], [NAN, 80, 80]])


def test_steps(tmp_path: Path) -> None:
    """Steps of 450 s: VM 1 has 10 for 300 s, 30 for 100 s and 60 for 50 s, which is (3000 + 3000 + 3000) / 450 = 20."""
    found = traces.read(folder(tmp_path), TraceOptions(step_s=450))
    np.testing.assert_allclose(found.readings[0], [20, 60], rtol=1e-6)


@pytest.mark.parametrize("resample", ["mean", "max"])
def test_on_disk(tmp_path: Path, resample: str) -> None:
    """What is too large for memory is resampled on disk, to the same readings."""
    path = folder(tmp_path)
    there = traces.read(path, TraceOptions(resample=resample, in_memory_mib=0)).readings
    assert isinstance(there.base, np.memmap)
    np.testing.assert_array_equal(there, traces.read(path, TraceOptions(resample=resample)).readings)


def test_arrival(tmp_path: Path) -> None:
    """A VM comes when it is submitted and goes with its last fragment, in seconds since the start."""
    found = traces.read(folder(tmp_path))
    assert found.arrive_s.tolist() == [-np.inf, 300]
    assert found.leave_s.tolist() == [np.inf, 750]


@pytest.mark.parametrize(
    ("unit", "memory"),
    [("kb", [2, 8]), ("mb", [2048, 8192]), ("gb", [2048 * 1024, 8192 * 1024]), ("auto", [2048, 8192])],
)
def test_memory_unit(tmp_path: Path, unit: str, memory: list[float]) -> None:
    """The unit is as given; else that which makes the most usual size of 2 GiB a core, and this is told."""
    found = traces.read(folder(tmp_path), TraceOptions(memory_unit=unit))
    assert found.vms.memory_mib.tolist() == memory
    assert ("guessed-unit" in codes(found.findings)) == (unit == "auto")


def test_version_1(tmp_path: Path) -> None:
    """Version 1 calls its files and columns otherwise, ids are text, and a fragment's moment is its end."""
    times = pd.to_datetime([1_300_000, 1_600_000], unit="ms", utc=True)
    start = pd.to_datetime([1_000_000], unit="ms", utc=True)
    parquet(tmp_path / "trace", "meta.parquet", id=["a"], start_time=start, cpu_count=[2], mem_capacity=[4096.0])
    parquet(
        tmp_path / "trace",
        "trace.parquet",
        id=["a", "a"],
        timestamp=times,
        duration=[300_000] * 2,
        cpu_usage=[1.0, 2.0],
    )
    found = traces.read(tmp_path)
    assert (found.start_s, found.readings.tolist(), list(found.vms.vm)) == (1000, [[1, 2]], ["a"])


def test_vms_of_one_side_only(tmp_path: Path) -> None:
    """Fragments of unknown VMs, and VMs without fragments, are counted."""
    found = traces.read(folder(tmp_path, fragments={"id": [1, 9, 1, 1, 9]}))
    assert (only(found.findings, "unknown-vm").count, only(found.findings, "no-readings").count) == (2, 1)
    assert np.isnan(found.readings[1]).all()


def test_faults_of_values(tmp_path: Path) -> None:
    """Negative CPU, a duration that is none and a VM without cores are errors with their rows."""
    found = problems(folder(tmp_path, fragments={"cpu_usage": [1.0, -1.0, NAN, 2.0, 3.0]}))
    assert [(item.row, item.column) for item in found] == [(3, "cpu_usage"), (4, "cpu_usage")]
    (error,) = problems(folder(tmp_path, tasks={"cpu_count": [0, 1]}))
    assert (error.file, error.row, error.column, error.value) == ("tasks.parquet", 2, "cpu_count", "0")


def test_faults_of_files(tmp_path: Path) -> None:
    """Missing columns, wrong types, a file that is missing and one that is no Parquet, of both files at once."""
    parquet(tmp_path / "a", "tasks.parquet", id=[1], cpu_count=["two"], mem_capacity=[1])
    parquet(tmp_path / "a", "fragments.parquet", id=[1])
    assert [item.code for item in problems(tmp_path / "a")] == [
        "missing-column",
        "type",
        "missing-column",
        "missing-column",
    ]
    parquet(tmp_path / "b", "tasks.parquet", **TASKS)
    assert codes(problems(tmp_path / "b")) == ["missing-file"]
    folder(tmp_path / "c")
    (tmp_path / "c" / "fragments.parquet").write_bytes(b"PAR1 junk")
    assert codes(problems(tmp_path / "c")) == ["unreadable"]


def test_twice(tmp_path: Path) -> None:
    """Two tasks of one id are an error."""
    assert codes(problems(folder(tmp_path, tasks={"id": [1, 1]}))) == ["twice"]


@published
def test_the_published_bitbrains() -> None:
    """50 VMs for 30 days; the time-weighted mean of the readings is that of the fragments."""
    path = SHARED / "traces" / "opendc" / "bitbrains-small-v4"
    found = traces.read(path)
    fragments = pd.read_parquet(path / "fragments.parquet")
    assert (found.readings.shape, found.start_s) == ((50, 8640), 1376314546)
    mhz_s = (fragments.cpu_usage * fragments.duration / 1000).sum()
    full = np.nansum(found.readings.astype(float)) * 300
    assert full == pytest.approx(mhz_s, rel=2e-4)  # the last step of a VM is covered in part
    assert found.vms.memory_mib.max() == pytest.approx(130457600 / 1024)


@published
def test_the_published_surf_week() -> None:
    """6,295 VMs of 16 cores; 100,000 is taken for MB."""
    found = traces.read(SHARED / "traces" / "opendc" / "surf_week-v5")
    assert found.readings.shape == (6295, 2016)
    assert set(found.vms.memory_mib) == {100_000}
