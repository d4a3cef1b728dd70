"""The pure parts of the measurements; nothing is compiled or started."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.validation import measure, trial
from tests.validation.events import counted
from tests.validation.technologies import NATIVE, ROUNDS, SOURCES, TECHNOLOGIES, Way, catalog_slowdown
from tests.validation.trial import Measured, last_line, measured, spread

ROW = Measured("integer", "operating system", "jail", (1.0, 2.0, 4.0), (1.5, 2.0, 8.0), 1.0)
ABSENT = "no-such-program-anywhere"


def test_spread() -> None:
    """The spread is the lowest, the median and the highest value, in whatever order they come."""
    assert spread([3.0, 9.0, 1.0, 2.0]) == (1.0, 2.5, 9.0)


def test_slowdown_is_told_pair_by_pair() -> None:
    """Each virtual run is compared with its own native run: 1.5/1, 2/2, 8/4; the medians of the seconds are both 2."""
    assert ROW.ratios == [1.5, 1.0, 2.0]
    assert measure.line(ROW)[4:9] == ("2.000", "2.000", "1.50", "1.00–2.00", "1")


def test_no_measurement_is_a_row_with_the_reason() -> None:
    """A row without runs has dashes for numbers, and tells why."""
    row = replace(ROW, native=(), virtual=(), catalog=None, note="not installed: jail")
    assert measure.line(row)[4:] == ("–", "–", "–", "–", "–", "not installed: jail")


def test_a_missing_program_is_a_row_with_the_reason(tmp_path: Path) -> None:
    """A technology whose program is missing gives a row that names the program, and no error."""
    technology = replace(TECHNOLOGIES[0], way=Way((ABSENT,), (ABSENT,), (ABSENT,)), base=Way((), ("true",), ("true",)))
    row = measured(technology, "integer", tmp_path, 1, None)
    assert (row.native, row.note) == ((), f"not installed: {ABSENT}")


def test_a_program_that_cannot_start_has_a_reason(tmp_path: Path) -> None:
    """A program that is not there when it is started is a reason too, not a traceback."""
    with pytest.raises(trial.UnavailableError, match=f"{ABSENT}: No such file"):
        trial.run((ABSENT,), tmp_path)


def test_a_wrong_answer_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A technology under which a workload answers otherwise than natively is not timed."""
    answers = iter([(0.1, "7"), (0.1, "8")])
    monkeypatch.setattr(trial, "timed", lambda *_: next(answers))
    with pytest.raises(trial.UnavailableError, match="wrong answer: 8, natively 7"):
        trial.part((NATIVE, NATIVE), tmp_path, "integer")


@pytest.mark.parametrize(("seconds", "divisor"), [(0.18, 1), (0.19, 16)])
def test_long_runs_are_cut(seconds: float, divisor: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixteenth of the rounds took 0.18 s: all would take 2.88 s, below the limit of 3 s; 0.19 s is beyond it."""
    monkeypatch.setattr(trial, "timed", lambda *_: (seconds, "7"))
    assert trial.part((NATIVE, NATIVE), tmp_path, "integer") == divisor


def test_last_line() -> None:
    """The reason is the last line that says something."""
    assert last_line("starting\nnot permitted\n\n") == "not permitted"
    assert last_line("") == "no message"


def test_table() -> None:
    """A table has its header, a rule and a line for each row; a bar in a cell does not end the cell."""
    assert measure.table(("a", "b"), [("1", "x|y")]) == "| a | b |\n|---|---|\n| 1 | x\\|y |\n"


def test_what_is_written_above_the_mark_stays() -> None:
    """A new measurement replaces the old one, and leaves the words above it alone."""
    before = f"# Title\n\nWords.\n\n{measure.MARK}\n\nold\n"
    assert measure.joined(before, "new\n") == f"# Title\n\nWords.\n\n{measure.MARK}\n\nnew\n"
    assert measure.joined("", "new\n") == f"# Measurements\n\n{measure.MARK}\n\nnew\n"


def test_processor() -> None:
    """The model is that of the first processor; where none is told, that is said."""
    assert measure.processor("vendor_id\t: A\nmodel name\t: B 1\nmodel name\t: C\n") == "B 1"
    assert measure.processor("") == "processor unknown"


def test_counts_of_perf() -> None:
    """What the machine does not count is left out, not taken as nothing."""
    text = (
        "# started\n\n<not supported>,,cycles:u,0,100.00,,\n900,,instructions:u,5,100.00,,\n8.5,msec,task-clock,1,1,,\n"
    )
    assert counted(text) == {"instructions": 900, "task-clock": 8.5}


def test_catalog_slowdown() -> None:
    """The catalog's factor is None where the technology, the column or the value is missing."""
    table = ({"technology": "container", "slowdown": "1.0"}, {"technology": "other", "slowdown": ""})
    assert [catalog_slowdown(key, table) for key in ("container", "other", "none", None)] == [1.0, None, None, None]
    assert catalog_slowdown("container", ({"technology": "container"},)) is None


def test_every_workload_has_its_source() -> None:
    """A workload that is named has a program, and a program is named."""
    assert {path.stem for path in SOURCES.glob("*.c")} == {"main", *ROUNDS}
