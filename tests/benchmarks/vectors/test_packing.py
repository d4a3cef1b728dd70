"""The packing benchmark reads the literature's files, writes what was asked for, and compares."""

import csv
from pathlib import Path

import pytest

from models.errors import InputError
from solvers.packing.instance import Packing
from tests.benchmarks.packing import main
from tests.benchmarks.vectors.files import read
from tests.benchmarks.vectors.sample import Tally, drawn


def written(folder: Path, name: str, text: str) -> Path:
    """Write a file and return it."""
    (folder / name).write_text(text)
    return folder / name


def demand(packing: Packing) -> list[list[int]]:
    """Return the demand on the one class of hosts."""
    return [[int(size) for size in row] for row in packing.demand[0]]


def test_vectors(tmp_path: Path) -> None:
    """An item with demand 2 counts as two consecutive items."""
    packing = read(written(tmp_path, "a.vbp", "2\n10 20\n2\n3 4 1\n5 6 2\n"))
    assert demand(packing) == [[3, 4], [5, 6], [5, 6]]
    assert packing.capacity.tolist() == [[10, 20]]


@pytest.mark.parametrize("text", ["3\n10\n3\n5\n5\n", "2\n10\n3 1\n5 2\n", "3\n10\n\n3\n5\n5\n\n"])
def test_one_dimension(tmp_path: Path, text: str) -> None:
    """Weights with and without demand, and empty lines, are read alike."""
    assert demand(read(written(tmp_path, "a.bpp", text))) == [[3], [5], [5]]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("a.vbp", "2\n10 20\n2\n3 4 1\n5 x 2\n", "a.vbp, row 5"),
        ("a.vbp", "2\n10 20\n2\n3 4 1\n5 -1 2\n", "a.vbp, row 5"),
        ("a.vbp", "2\n10 20\n2\n3 4 1\n5 21 2\n", "a.vbp, row 5"),
        ("a.vbp", "2\n10\n1\n3 4 1\n", "a.vbp, row 2"),
        ("a.vbp", "2\n10 20\n3\n3 4 1\n5 6 2\n", "a.vbp, row 5: 3 rows were promised, 2 are there"),
        ("a.bpp", "1\n10\n11\n", "a.bpp, row 3"),
        ("a.bpp", "1\n10\n2 1 1\n", "a.bpp, row 3"),
        ("a.bpp", "", "a.bpp, row 1: The file ends too early"),
    ],
)
def test_wrong_lines(tmp_path: Path, name: str, text: str, where: str) -> None:
    """What is wrong is told with its file and line."""
    with pytest.raises(InputError, match=where):
        read(written(tmp_path, name, text))


def test_answers(tmp_path: Path) -> None:
    """Three items of 6 of 10 need three bins, which is proven; the bins are written in the items' order."""
    file, out = written(tmp_path, "three.bpp", "3\n10\n6\n6\n6\n"), tmp_path / "out.csv"
    main([str(file), "--seconds", "2", "--csv", str(out), "--assignments", str(tmp_path / "answers")])
    (row,) = csv.DictReader(out.read_text().splitlines())
    assert list(row) == ["instance", "items", "dims", "bins", "bound", "status", "seconds"]
    assert [row[key] for key in ("instance", "items", "dims", "bins", "bound", "status")] == [
        *("three", "3", "1", "3", "3", "optimal")
    ]
    assert (tmp_path / "answers" / "three.assign").read_text() == "0\n1\n2\n"


def test_wrong_file_does_not_stop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is wrong is told, and the others are solved."""
    wrong, right = written(tmp_path, "wrong.bpp", "1\n10\n11\n"), written(tmp_path, "right.bpp", "1\n10\n9\n")
    with pytest.raises(SystemExit, match="2"):
        main([str(wrong), str(right), "--seconds", "1"])
    told = capsys.readouterr()
    assert "right,1,1,1,1,optimal" in told.out
    assert "wrong.bpp, row 3" in told.err


def test_sample_is_even() -> None:
    """Of ten files of one kind and two of another, four are drawn: two of each, and the same ones again."""
    paths = [Path(f"New/class1_20_3_{number}.vbp") for number in range(10)]
    paths += [Path(f"New/class2_20_3_{number}.vbp") for number in range(2)]
    chosen = drawn(paths, 4, 1)
    assert sum(path.stem.startswith("class2") for path in chosen) == 2
    assert drawn(paths, 4, 1) == chosen


def test_tally() -> None:
    """21 bins against 20 are 5 %; what is above or below the best published heuristic is named."""
    tally = Tally()
    tally.add("a", 21, "feasible", 20, 20)
    tally.add("b", 8, "optimal", -1, 9)
    text = tally.text("New")
    assert "21 bins against 20 (5.00 %" in text
    assert "a 21 > 20" in text
    assert "b 8 < 9" in text
