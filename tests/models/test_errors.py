"""Findings and errors: what is told, and how."""

import pytest

from models.errors import BrokenPromiseError, ConsolidationError, Finding, InputError, NoRoomError, OutputError


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Finding("error", "x", "Is wrong."), "Is wrong."),
        (Finding("error", "x", "Is wrong.", value="8 GB"), "Is wrong. (found '8 GB')"),
        (
            Finding("error", "x", "Is no number.", "vms.csv", 7, "memory_mib", "lots"),
            "vms.csv, row 7, column memory_mib: Is no number. (found 'lots')",
        ),
        (Finding("error", "x", "Is empty.", "vms.csv"), "vms.csv: Is empty."),
        (Finding("error", "x", "Is odd.", "a.yaml", 3, "limits.x"), "a.yaml, row 3, key limits.x: Is odd."),
        (Finding("error", "x", "Is odd.", column="--seed", value="x"), "--seed: Is odd. (found 'x')"),
        (Finding("error", "x", "Cannot be read: gone..", "vms.csv"), "vms.csv: Cannot be read: gone."),
    ],
)
def test_a_finding_tells_where_and_what(finding: Finding, text: str) -> None:
    """File, row and column where they are known, the sentence, and the value that was found."""
    assert str(finding) == text


def test_long_values_are_cut() -> None:
    """60 characters of a value are shown, and how long it is."""
    shown = str(Finding("error", "x", "Is too long.", value="a" * 1500))
    assert "a" * 60 + "'… 1,500 characters" in shown
    assert "a" * 61 not in shown


def test_control_characters_do_not_reach_the_terminal() -> None:
    """An escape sequence in the input is shown, not obeyed."""
    assert "\x1b" not in str(Finding("error", "x", "Is odd.", value="\x1b[2J"))


def test_all_problems_in_one_go() -> None:
    """An input error holds every problem found and tells each on a line of its own."""
    problems = [Finding("error", "a", "First."), Finding("error", "b", "Second.")]
    error = InputError(iter(problems))
    assert error.findings == tuple(problems)
    assert str(error) == "First.\nSecond."
    assert InputError("Alone.").findings == (Finding("error", "input", "Alone."),)


def test_one_root() -> None:
    """All errors on purpose share one root; a broken promise is no input error."""
    for kind in (InputError, OutputError, NoRoomError, BrokenPromiseError):
        assert issubclass(kind, ConsolidationError)
    assert issubclass(OutputError, InputError)
    assert not issubclass(BrokenPromiseError, InputError)
