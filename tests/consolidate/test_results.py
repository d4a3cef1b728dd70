"""The result folder: whole, exact, and safe to open in a spreadsheet."""

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidate import results
from models.errors import OutputError

TEXTS = st.text(st.characters(codec="utf-8"))


def wrote(folder: Path, name: str = "one", *, force: bool = False) -> Path:
    """Write a result of one table."""
    table = pd.DataFrame({"vm": [name]})
    return results.write(folder, manifest={"seed": 1}, summary={"x": name}, tables={"t": table}, force=force)


def test_a_result_folder(tmp_path: Path) -> None:
    """There are the manifest with the versions, the summary, and the tables; folders on the way are made."""
    folder = wrote(tmp_path / "a" / "b")
    assert sorted(item.name for item in folder.iterdir()) == ["manifest.json", "summary.json", "t.csv"]
    assert json.loads((folder / "manifest.json").read_text())["seed"] == 1
    assert set(json.loads((folder / "manifest.json").read_text())["versions"]) >= {"dc-consolidate", "numpy"}


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyError("x"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing(tmp_path: Path, problem: BaseException) -> None:
    """Whatever goes wrong while a result is written, the folder is not there, or as it was."""

    def render(_: Path) -> str:
        raise problem

    wrote(tmp_path / "old")
    for name, force in (("new", False), ("old", True)):
        with pytest.raises(OutputError if isinstance(problem, OSError) else type(problem)):
            results.write(tmp_path / name, manifest={}, summary={}, tables={}, render=render, force=force)
    assert [item.name for item in tmp_path.iterdir()] == ["old"]
    assert json.loads((tmp_path / "old" / "summary.json").read_text()) == {"x": "one"}


def test_the_old_result_comes_back_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the second of two renamings fails, the first is undone."""
    folder = wrote(tmp_path / "result")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "result" and self.parent.name.startswith("."):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="Input/output error"):
        wrote(folder, "two", force=True)
    assert json.loads((folder / "summary.json").read_text()) == {"x": "one"}
    assert [item.name for item in tmp_path.iterdir()] == ["result"]


def test_put_replaces_a_file_whole(tmp_path: Path) -> None:
    """A file is replaced where that is asked for, line ends as they are."""
    (tmp_path / "file").write_text("old")
    with pytest.raises(OutputError, match="exists already"):
        results.put(tmp_path / "file", "a\r\nb\n", force=False)
    assert (tmp_path / "file").read_text() == "old"
    results.put(tmp_path / "file", "a\r\nb\n", force=True)
    assert (tmp_path / "file").read_bytes() == b"a\r\nb\n"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


@given(TEXTS)
def test_guarded_cells_come_back(text: str) -> None:
    """No guarded text starts as a formula does, and each comes back as it was."""
    assert not results.guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert results.unguarded(results.guarded(text)) == text


@given(st.lists(TEXTS.filter(lambda text: "\0" not in text), min_size=1, max_size=5))
def test_tables_come_back(cells: list[str]) -> None:
    """What is written as CSV is read as the same texts, line breaks and quotes among them."""
    text = results.escaped(pd.DataFrame({"vm": cells})).to_csv(index=False, lineterminator=results.LINE_END)
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [results.unguarded(row[0]) if row else "" for row in rows] == cells


@given(TEXTS)
def test_json_is_printable_and_exact(text: str) -> None:
    """JSON shows every character or escapes it, and means the same text."""
    written = results.dumps({text: text})
    assert all(sign.isprintable() or sign == "\n" for sign in written)
    assert json.loads(written) == {text: text}


def test_numbers_in_json() -> None:
    """Numbers of numpy are numbers; what is not finite is null, as JSON has no word for it."""
    content = {
        "a": np.int64(1),
        "b": np.float32(0.5),
        "c": np.bool_(True),
        "d": math.inf,
        "e": np.nan,
        "f": np.arange(2),
    }
    assert json.loads(results.dumps(content)) == {"a": 1, "b": 0.5, "c": True, "d": None, "e": None, "f": [0, 1]}


def test_what_is_read_is_never_replaced(tmp_path: Path) -> None:
    """Not even by force."""
    with pytest.raises(OutputError, match="what is read"):
        results.ready(tmp_path, force=True, reads=[tmp_path / "." / "x" / ".."])
