"""Bitbrains and Materna files."""

from pathlib import Path

import numpy as np
import pytest

from consolidate.readers import traces
from tests.consolidate.readers.inventories import only
from tests.consolidate.readers.traces.samples import (
    BITBRAINS,
    MATERNA,
    NAN,
    SHARED,
    bitbrains_row,
    kinds,
    problems,
    published,
    write,
)  # fmt: skip

START = 1376314846


def rows(*values: float, start: float = START, scale: float = 1) -> str:
    """Return a file of one VM, a row every 300 s."""
    return BITBRAINS + "".join(bitbrains_row((start + 300 * at) * scale, mhz) for at, mhz in enumerate(values))


def test_one_file(tmp_path: Path) -> None:
    """MHz stay, 2,097,152 KB are 2,048 MiB, and the file's name is the VM's."""
    found = traces.read(write(tmp_path, {"7.csv": rows(10, 20.5)}) / "7.csv")
    assert (found.unit, found.start_s, found.step_s, found.sized, found.format) == (
        "mhz",
        START,
        300,
        True,
        "bitbrains",
    )
    assert found.readings.tolist() == [[10, 20.5]]
    assert (list(found.vms.vm), found.vms.vcpus.tolist(), found.vms.memory_mib.tolist()) == (["7"], [2], [2048])
    assert found.memory_mib is not None
    assert found.memory_mib.tolist() == [[1024, 1024]]


def test_network(tmp_path: Path) -> None:
    """1,000 KB/s of 1,024 bytes are 8.192 Mbit/s."""
    text = BITBRAINS + bitbrains_row(START, 1, received=1000.0)
    found = traces.read(write(tmp_path, {"7.csv": text}))
    assert found.net_mbps is not None
    assert found.net_mbps[0, 0] == pytest.approx(8.192)


@pytest.mark.parametrize(("scale", "told"), [(1, ["unit", "disk"]), (1000, ["disk"])])
def test_seconds_or_milliseconds(tmp_path: Path, scale: float, told: list[str]) -> None:
    """The magnitude says whether the moments are seconds, as published, or milliseconds, as the header says."""
    found = traces.read(write(tmp_path, {"7.csv": rows(1, 2, scale=scale)}))
    assert (found.start_s, found.step_s) == (START, 300)
    assert kinds(found) == told


def test_a_folder(tmp_path: Path) -> None:
    """VMs are in the order of their numbers; one that is read for part of the time comes and goes."""
    found = traces.read(write(tmp_path, {"10.csv": rows(5, start=START + 300), "9.csv": rows(1, 2, 3), "x.txt": "?"}))
    np.testing.assert_array_equal(found.readings, [[1, 2, 3], [NAN, 5, NAN]])
    assert found.arrive_s.tolist() == [-np.inf, 300]
    assert found.leave_s.tolist() == [np.inf, 600]
    assert {"part-time", "left-out"} <= set(kinds(found))


def test_gaps_duplicates_and_clocks_that_go_back(tmp_path: Path) -> None:
    """Rows in any order are put in their places; a moment twice, one missing, and one off the grid are told."""
    text = BITBRAINS + "".join(
        bitbrains_row(START + at, mhz)
        for at, mhz in ((0, 1), (600, 3), (300, 2), (300, 9), (1230, 5), (1500, 6), (1800, 7))
    )
    found = traces.read(write(tmp_path, {"7.csv": text}))
    np.testing.assert_array_equal(found.readings, [[1, 9, 3, NAN, 5, 6, 7]])
    assert {"gap", "duplicate-reading", "irregular"} <= set(kinds(found))


def test_materna(tmp_path: Path) -> None:
    """Decimal commas, dates of the day first, and a disk size. 2015-11-04 is day 16743, of 86,400 s each."""
    row = "{};2;5200;{};0,5;4194304;1048576;25,0;0;0;80,5;0;0\n"
    text = MATERNA + row.format("04.11.2015 00:05:00", "10,5") + row.format("04.11.2015 00:10:00", "11,25")
    found = traces.read(write(tmp_path, {"01.csv": text}))
    assert (found.format, found.start_s, found.step_s) == ("materna", 16743 * 86400 + 300, 300)
    assert found.readings.tolist() == [[10.5, 11.25]]
    assert (found.vms.memory_mib.tolist(), found.vms.disk_gib.tolist()) == ([4096], [80.5])
    assert "time-zone" in kinds(found)


def test_wrong_cells(tmp_path: Path) -> None:
    """Every cell that is no number is told with file, row, column and value, of all files at once."""
    text = rows(11.5, 22.5)
    files = {"1.csv": text.replace("\t22.5;", "\tlots;"), "2.csv": text.replace("\t11.5;", "\t-2;")}
    found = problems(write(tmp_path, files))
    assert [(item.file, item.row, item.column) for item in found] == [
        ("1.csv", 3, "CPU usage [MHZ]"),
        ("2.csv", 2, "CPU usage [MHZ]"),
    ]
    assert [item.value.strip() for item in found] == ["lots", "-2"]


def test_missing_columns_and_broken_rows(tmp_path: Path) -> None:
    """A column that is not there and a row that is cut short are errors."""
    header = "Timestamp [ms];\tCPU cores;\tCPU usage [MHZ]\n1;\t1;\t1\n"
    (error,) = problems(write(tmp_path / "a", {"1.csv": header}))
    assert (error.code, error.column) == ("missing-column", "Memory capacity provisioned [KB]")
    (error,) = problems(write(tmp_path / "b", {"1.csv": rows(1) + "1;\t2\n"}))
    assert (error.code, error.row) == ("ragged-row", 3)


def test_wrong_dates(tmp_path: Path) -> None:
    """A date that is none is an error with its row and value."""
    text = MATERNA + "2015-11-04;2;5200;1;1;1;1;1;0;0;8;0;0\n"
    error = problems(write(tmp_path, {"01.csv": text}))[0]
    assert (error.code, error.row, error.value) == ("time", 2, "2015-11-04")


def test_extended(tmp_path: Path) -> None:
    """The form without a header: time, MHz, and in places 12, 19 and 20 cores, the VM and its memory."""
    row = "{} {} 0 0 0 0 0 0 5 1 c 1 4 0 1 10 0 0 2699 web 4096\n"
    found = traces.read(write(tmp_path, {"t.txt": row.format(600, 21.5) + row.format(900, 30)}) / "t.txt")
    assert (found.format, found.start_s, found.readings.tolist()) == ("bitbrains-extended", 600, [[21.5, 30]])
    assert (found.vms.vcpus.tolist(), found.vms.memory_mib.tolist()) == ([4], [4096])


def test_extended_faults(tmp_path: Path) -> None:
    """Rows of another length and cells that are no numbers are errors."""
    row = "{} 1 0 0 0 0 0 0 5 1 c 1 4 0 1 10 0 0 2699 web 4096\n"
    found = problems(write(tmp_path, {"t.txt": row.format(600) + row.format("x") + "1 2\n"}) / "t.txt")
    assert [(item.code, item.row) for item in found] == [("value", 2), ("ragged-row", 3)]


@published
def test_the_published_file() -> None:
    """8,620 rows of one VM over 30 days; the first is 19.07 MHz at the moment that its header calls milliseconds."""
    found = traces.read(SHARED / "traces" / "bitbrains_gwa_t12" / "bitbrains.csv")
    assert found.readings[0, 0] == pytest.approx(19.0666616)
    assert (found.start_s, found.vms.vcpus.tolist(), found.vms.memory_mib.tolist()) == (1376314846, [1], [2048])
    assert only(found.findings, "unit").column == "Timestamp [ms]"
