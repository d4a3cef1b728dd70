"""PlanetLab folders: exact, in the order that counts, and every fault at once."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidate.readers import traces
from consolidate.readers.traces import TraceOptions, planetlab
from tests.consolidate.readers.inventories import codes, only
from tests.consolidate.readers.traces.samples import NAN, SHARED, kinds, problems, published, write


def test_percentages(tmp_path: Path) -> None:
    """One file is one VM, one line is 300 s, and whole numbers stay whole."""
    found = traces.read(write(tmp_path, {"a": "0\n7\n100\n", "b": "12\n99\n5"}))
    assert found.readings.tolist() == [[0, 7, 100], [12, 99, 5]]
    assert (found.unit, found.step_s, found.start_s, found.sized, found.format) == (
        "percent",
        300,
        0,
        False,
        "planetlab",
    )
    assert found.findings == ()
    assert np.isneginf(found.arrive_s).all()


@pytest.mark.parametrize(("order", "names"), [("ntfs", ["a_b", "aab", "B"]), ("name", ["B", "a_b", "aab"])])
def test_order(tmp_path: Path, order: str, names: list[str]) -> None:
    """Upper case puts ``_`` after letters, so AAB comes before A_B; bytes put B first, and ``_`` before a."""
    folder = write(tmp_path, {"aab": "1\n", "a_b": "2\n", "B": "3\n"})
    expected = sorted(names, key=str.upper) if order == "ntfs" else sorted(names)
    assert list(traces.read(folder, TraceOptions(order=order)).vms.vm) == expected


def test_upper_case_order(tmp_path: Path) -> None:
    """In upper case ``_`` (95) comes after B (66); in lower case before b (98)."""
    folder = write(tmp_path, {"a_": "1\n", "ab": "2\n"})
    assert list(traces.read(folder).vms.vm) == ["ab", "a_"]
    assert list(traces.read(folder, TraceOptions(order="name")).vms.vm) == ["a_", "ab"]


def test_shorter_files(tmp_path: Path) -> None:
    """A file that ends early has no readings after that, and it is named."""
    found = traces.read(write(tmp_path, {"a": "1\n2\n3\n", "b": "4\n"}))
    np.testing.assert_array_equal(found.readings, [[1, 2, 3], [4, NAN, NAN]])
    assert "b (1)" in only(found.findings, "short").message


def test_every_fault_at_once(tmp_path: Path) -> None:
    """Text, negatives, and more than 100 % are errors with file, row, value and what was expected."""
    found = problems(write(tmp_path, {"a": "1\nx\n101\n", "b": "-1\n5\n6\n", "c": "1\n2\nnan\n"}))
    assert [(item.file, item.row, item.value) for item in found] == [
        ("a", 2, "x"), ("a", 3, "101"), ("b", 1, "-1"), ("c", 3, "nan"),
    ]  # fmt: skip
    assert "from 0 to 100" in found[0].message


def test_fractions_and_blanks(tmp_path: Path) -> None:
    """Fractions are kept and told; a blank line between values is a missing reading."""
    found = traces.read(write(tmp_path, {"a": "1\n2.5\n3\n", "b": "4\n\n6\n"}))
    np.testing.assert_array_equal(found.readings, [[1, 2.5, 3], [4, NAN, 6]])
    assert (only(found.findings, "fraction").row, only(found.findings, "blank-line").row) == (2, 2)


def test_windows_and_marks(tmp_path: Path) -> None:
    """Windows line ends, a byte order mark and blank lines at the end change nothing, and are told."""
    found = traces.read(write(tmp_path, {"a": b"\xef\xbb\xbf1\r\n2\r\n", "b": b"3\n4\n\n\n"}))
    assert found.readings.tolist() == [[1, 2], [3, 4]]
    assert sorted(kinds(found)) == ["blank", "bom", "windows"]


def test_other_files(tmp_path: Path) -> None:
    """Folders, hidden files, a readme and result tables are left out and named."""
    (tmp_path / "old").mkdir()
    found = traces.read(write(tmp_path, {"a": "1\n", ".x": "z", "README": "Hello\n", "results.csv": "a,b\n1,2\n"}))
    assert list(found.vms.vm) == ["a"]
    assert only(found.findings, "left-out").count == 4


def test_nothing_to_read(tmp_path: Path) -> None:
    """An empty file, an empty folder, binary junk and a path that leads nowhere are errors."""
    assert codes(problems(write(tmp_path / "one", {"a": "1\n", "b": ""}))) == ["empty-file"]
    assert codes(problems(write(tmp_path / "two", {}))) == ["empty-folder"]
    assert codes(problems(write(tmp_path / "three", {"a": "1\n", "b": b"1\n\0\xff\n"}))) == ["binary"]
    assert codes(problems(tmp_path / "four")) == ["missing-file"]


@given(st.lists(st.lists(st.integers(0, 100), min_size=3, max_size=3), min_size=1, max_size=4))
def test_both_ways_of_reading_agree(rows: list[list[int]]) -> None:
    """What is read all at once is what is read line by line."""
    texts = {str(place): "\n".join(map(str, row)).encode() for place, row in enumerate(rows)}
    quick = planetlab._parsed([*texts.values()])
    slow = planetlab._slowly(texts, [])
    assert quick is not None
    assert slow is not None
    assert quick[0].tolist() == slow[0].tolist() == [value for row in rows for value in row]


@published
def test_the_published_day() -> None:
    """1,052 VMs of 288 readings, the same as read line by line, in less than 0.15 s of the processor."""
    folder = SHARED / "planetlab" / "20110303"
    seconds = []
    for _ in range(5):
        began = time.process_time()
        found = traces.read(folder)
        seconds.append(time.process_time() - began)
    by_hand = [[int(line) for line in (folder / name).read_text().split()] for name in found.vms.vm]
    assert found.readings.shape == (1052, 288)
    assert (found.readings == np.asarray(by_hand)).all()
    assert list(found.vms.vm) == sorted(found.vms.vm, key=str.upper)
    assert min(seconds) < 0.15
