"""Readings over time, onto one grid."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from consolidate import readers
from consolidate.readers import Options, Reading
from models.demand import Usage
from tests.consolidate.readers.inventories import VMS, codes, folder, only, problems

NAN = float("nan")


def reading(path: Path, text: str) -> Reading:
    """Read an inventory with the usage given."""
    return readers.read(folder(path, usage_csv=text))


def usage(path: Path, text: str) -> Usage:
    """Return the usage read from a text."""
    found = reading(path, text).usage
    assert found is not None
    return found


def test_aligned(tmp_path: Path) -> None:
    """Rows in any order become one row a VM of the inventory, in its order, NaN where nothing was read."""
    found = usage(tmp_path, "vm,time_s,cpu_mhz,memory_mib\ndb-1,600,30,7\nweb-1,0,10,\nweb-1,300,20,5\n")
    assert (found.start_s, found.step_s, found.samples) == (0, 300, 3)
    np.testing.assert_array_equal(found.cpu_mhz, [[10, 20, NAN], [NAN] * 3, [NAN, NAN, 30]])
    assert found.memory_mib is not None
    np.testing.assert_array_equal(found.memory_mib, [[NAN, 5, NAN], [NAN] * 3, [NAN, NAN, 7]])
    assert found.disk_iops is None


def test_percent_of_the_host_clock(tmp_path: Path) -> None:
    """50 % of 2 vCPUs on a host of 2600 MHz are 2600 MHz."""
    found = usage(tmp_path, "vm,time_s,cpu_percent\nweb-1,0,50\nweb-1,300,100\n")
    np.testing.assert_array_equal(found.cpu_mhz[0], [2600, 5200])


@pytest.mark.parametrize("stamp", ["2026-01-01T00:05:00Z", "2026-01-01 00:05:00", "2026-01-01T01:05:00+01:00"])
def test_time_stamps(tmp_path: Path, stamp: str) -> None:
    """Times in ISO 8601 count as UTC unless they say otherwise; 2026-01-01 is day 20454, of 86,400 s each."""
    found = usage(tmp_path, f"vm,timestamp,cpu_mhz\nweb-1,{stamp},1\n")
    assert found.start_s == 20454 * 86400 + 300


def test_gap_and_irregular(tmp_path: Path) -> None:
    """A moment off the grid goes to its nearest point, and a gap stays open; both are told."""
    found = reading(
        tmp_path, "vm,time_s,cpu_mhz\n" + "".join(f"web-1,{time},1\n" for time in (0, 300, 640, 900, 1200, 1800))
    )
    assert found.usage is not None
    np.testing.assert_array_equal(found.usage.cpu_mhz[0], [1, 1, 1, 1, 1, NAN, 1])
    assert only(found.findings, "irregular").count == 1
    assert only(found.findings, "gap").count == 1


def test_vms_read_at_their_own_seconds(tmp_path: Path) -> None:
    """VMs that are read every 300 s, one 7 s after the other, share a grid of 300 s and not of 7 s."""
    rows = "".join(f"web-{vm},{300 * place + 7 * vm},{place}\n" for place in range(5) for vm in (1, 2))
    found = usage(tmp_path, "vm,time_s,cpu_mhz\n" + rows)
    assert (found.start_s, found.step_s, found.samples) == (7, 300, 5)
    np.testing.assert_array_equal(found.cpu_mhz[:2], [range(5), range(5)])


def test_duplicates(tmp_path: Path) -> None:
    """Of two readings of one moment the last counts, with a warning."""
    found = reading(tmp_path, "vm,time_s,cpu_mhz\nweb-1,0,1\nweb-1,300,2\nweb-1,300,3\n")
    assert found.usage is not None
    assert found.usage.cpu_mhz[0].tolist() == [1, 3]
    assert only(found.findings, "duplicate-reading").count == 1


def test_unknown_vms(tmp_path: Path) -> None:
    """Readings of VMs that are not in the inventory are counted, never dropped in silence."""
    found = reading(tmp_path, "vm,time_s,cpu_mhz\nweb-1,0,1\nghost,0,1\nghost,300,1\n")
    assert only(found.findings, "unknown-vm").count == 2
    assert only(found.findings, "no-readings").count == 2


def test_wrong_cells(tmp_path: Path) -> None:
    """Text, negatives and infinities are errors with row and column."""
    text = "vm,time_s,cpu_mhz\nweb-1,0,1\nweb-1,300,lots\nweb-1,600,2\nweb-2,900,none\n"
    found = problems(folder(tmp_path, usage_csv=text))
    assert [(item.row, item.column, item.value) for item in found] == [(3, "cpu_mhz", "lots"), (5, "cpu_mhz", "none")]
    for bad in ("-5", "inf", "1e30"):
        (error,) = problems(folder(tmp_path, usage_csv=f"vm,time_s,cpu_mhz\nweb-1,0,1\nweb-1,300,{bad}\n"))
        assert (error.row, error.column) == (3, "cpu_mhz")


def test_wrong_times(tmp_path: Path) -> None:
    """A time that cannot be read, or that stretches the grid beyond reason, is an error."""
    (error,) = problems(folder(tmp_path, usage_csv="vm,timestamp,cpu_mhz\nweb-1,yesterday,1\n"))
    assert (error.row, error.column, error.value) == (2, "timestamp", "yesterday")
    far = "vm,time_s,cpu_mhz\n" + "".join(f"web-1,{time},1\n" for time in (0, 300, 600, 1_700_000_000))
    assert codes(problems(folder(tmp_path, usage_csv=far))) == ["time"]


def test_missing_columns(tmp_path: Path) -> None:
    """A usage file without its columns says which are missing."""
    found = problems(folder(tmp_path, usage_csv="name,when\na,1\n"))
    assert {item.column for item in found} == {"vm", "time_s or timestamp", "cpu_mhz or cpu_percent"}


def test_ragged_and_empty(tmp_path: Path) -> None:
    """A row that is too short and a file without readings are errors."""
    assert "error" in {item.severity for item in problems(folder(tmp_path, usage_csv="vm,time_s,cpu_mhz\nweb-1,0\n"))}
    assert codes(problems(folder(tmp_path, usage_csv="vm,time_s,cpu_mhz\n"))) == ["empty-file"]
    assert codes(problems(folder(tmp_path, usage_csv=""))) == ["empty-file"]


def test_decimal_comma(tmp_path: Path) -> None:
    """Semicolons and decimal commas are read."""
    assert usage(tmp_path, "vm;time_s;cpu_mhz\nweb-1;0;1,5\n").cpu_mhz[0, 0] == 1.5


def test_parquet(tmp_path: Path) -> None:
    """Parquet gives the same as CSV, whatever the type of its times."""
    path = folder(tmp_path)
    times = pd.to_datetime([0, 300, 600], unit="s")
    frame = pd.DataFrame({"vm": ["web-1", "web-1", "db-1"], "timestamp": times, "cpu_mhz": [1.0, 2.0, 3.0]})
    frame.to_parquet(path / "usage.parquet", index=False)
    found = readers.read(path).usage
    assert found is not None
    assert found.start_s == 0
    np.testing.assert_array_equal(found.cpu_mhz, [[1, 2, NAN], [NAN] * 3, [NAN, NAN, 3]])


def test_not_parquet(tmp_path: Path) -> None:
    """A damaged Parquet file is an error, not a traceback."""
    path = folder(tmp_path)
    (path / "usage.parquet").write_bytes(b"PAR1 and then nothing")
    assert codes(problems(path)) == ["unreadable"]


def test_another_file(tmp_path: Path) -> None:
    """An option names the readings in place of those in the folder."""
    path = folder(tmp_path / "inventory", usage_csv="vm,time_s,cpu_mhz\nweb-1,0,1\n")
    other = tmp_path / "other.csv"
    other.write_text("vm,time_s,cpu_mhz\nweb-1,0,9\n")
    found = readers.read(path, Options(usage=other)).usage
    assert found is not None
    assert found.cpu_mhz[0, 0] == 9


def test_many_blocks(tmp_path: Path) -> None:
    """A file of several blocks is read as one: each VM's reading is its number times its sample."""
    count, samples = 300, 1000
    vms = "vm,host,vcpus,memory_mib\n" + "".join(f"v{row},h1,1,512\n" for row in range(count))
    rows = (f"v{row},{300 * place},{row * place % 7919}\n" for place in range(samples) for row in range(count))
    path = folder(tmp_path, vms=vms, usage_csv="vm,time_s,cpu_mhz\n" + "".join(rows))
    found = readers.read(path).usage
    assert found is not None
    np.testing.assert_array_equal(found.cpu_mhz, np.outer(np.arange(count), np.arange(samples)) % 7919)


def test_row_beyond_the_first_block(tmp_path: Path) -> None:
    """The row of a wrong cell is right also far into the file: after 400,000 good ones it is row 400,002."""
    good = "".join(f"web-1,{300 * place},1\n" for place in range(400_000))
    (error,) = problems(folder(tmp_path, usage_csv=f"vm,time_s,cpu_mhz\n{good}web-2,0,oops\n"))
    assert (error.row, error.value) == (400_002, "oops")


def test_nulls(tmp_path: Path) -> None:
    """Empty cells and NaN are readings that are missing."""
    found = usage(tmp_path, "vm,time_s,cpu_mhz\nweb-1,0,\nweb-1,300,NaN\nweb-1,600,4\n")
    np.testing.assert_array_equal(found.cpu_mhz[0], [NAN, NAN, 4])
    assert VMS.count("web-1") == 1
