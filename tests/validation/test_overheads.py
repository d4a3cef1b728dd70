"""The cost model against published measurements: each within its tolerance, and their mean error small."""

import csv
from pathlib import Path

import pytest

from tests.validation import overheads
from tests.validation.cases import case
from tests.validation.overheads import FURTHER, Verdict

SHARED = overheads.shared()
ABSENT = pytest.mark.skipif(not SHARED.is_file(), reason="the shared calibration rows are not there")
MOST_ERROR = 0.10


def identified(path: Path) -> list[dict[str, str]]:
    """Return a file's rows, none if it is not there."""
    return overheads.rows(path) if path.is_file() else []


@pytest.mark.parametrize("row", [*identified(SHARED), *identified(FURTHER)], ids=lambda row: row["id"])
def test_row(row: dict[str, str]) -> None:
    """A prediction is within the tolerance of its row, unless the page says that it is beyond the model."""
    found = overheads.verdict(row, overheads.fixed())
    assert found.within or row["set"] == "beyond", f"{found.predicted} against {found.measured}"


@ABSENT
def test_mean_error_of_the_shared_rows() -> None:
    """The rows that fixed nothing are within a tenth in the mean, and there are several of them."""
    counted = [each for each in overheads.verdicts([SHARED]) if each.counts]
    assert len(counted) >= 9
    assert overheads.mean_error(counted) <= MOST_ERROR


def test_mean_error_of_the_further_rows() -> None:
    """The same for figures of the literature beside them."""
    counted = [each for each in overheads.verdicts([FURTHER]) if each.counts]
    assert len(counted) >= 15
    assert overheads.mean_error(counted) <= MOST_ERROR


@ABSENT
def test_page() -> None:
    """The page is what the command writes; write it anew with python -m tests.validation.overheads --page."""
    assert overheads.PAGE.read_text("utf-8") == overheads.page(overheads.verdicts([SHARED, FURTHER]))


def test_a_wrong_prediction_is_found() -> None:
    """The tests above can fail: another measurement is not within the tolerance, and a bound not above it."""
    row = identified(FURTHER)[0]
    found = overheads.verdict(row, {})
    assert found.within
    assert not Verdict({**row, "value": str(found.predicted * 1.5)}, found.case, found.predicted, "").within
    bound = {**row, "inputs": "bound=upper;tol=0", "value": str(found.predicted * 0.99)}
    assert not Verdict(bound, case(bound), found.predicted, "").within


def test_what_was_measured_is_no_input() -> None:
    """Results that a row tells are not handed to the prediction, nor is what nobody knows."""
    row = {
        "workload": "Linux build", "technology": "Xen PV", "metric": "slowdown", "source": "SOSP 2003",
        "inputs": "native_s=263;measured_s=271;f_hz=2.4e9 (memory: high);kernel=2.6.34;timer 100/s;tol=0.01 abs",
    }  # fmt: skip
    found = case(row)
    assert found.inputs == {"native_s": 263.0, "f_hz": 2.4e9, "timer_tick_ps": 100.0}
    assert (found.technology, found.microarchitecture) == ("para-virtual", "p4-xeon")
    assert (found.tolerance, found.absolute) == (0.01, True)


def test_what_fixed_something_exists() -> None:
    """Every row that is said to have fixed a number is one of the rows."""
    known = {row["id"] for path in (SHARED, FURTHER) for row in identified(path)}
    assert set(overheads.fixed()) <= known or not SHARED.is_file()


def test_command(tmp_path: Path) -> None:
    """Any file with these columns is predicted, and written as CSV."""
    overheads.main([str(FURTHER), "--out", str(tmp_path / "found.csv")])
    with (tmp_path / "found.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["id"] for row in found] == [row["id"] for row in identified(FURTHER)]
    assert all(float(row["predicted"]) > 0 for row in found)
