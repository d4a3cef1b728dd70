"""How each kind of end becomes words and an exit status."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from consolidate import __main__ as main
from consolidate import cli
from models.errors import BrokenPromiseError, Finding, InputError, NoRoomError, OutputError
from tests.consolidate.attack.commands import alone, environment, said

ENDS: list[tuple[BaseException, int, str]] = [
    (InputError("The input."), 2, "error: The input.\n"),
    (OutputError([Finding("error", "x", "The output.")]), 2, "error: The output.\n"),
    (NoRoomError("No room."), 1, "No room.\n"),
    (BrokenPromiseError("Promised."), 3, "internal error: BrokenPromiseError: Promised.\nThis is a bug."),
    (KeyError("key"), 3, "internal error: KeyError: 'key'\nThis is a bug."),
    (KeyboardInterrupt(), 130, "Interrupted"),
    (PermissionError(13, "Permission denied", "file"), 2, "error: file: Permission denied.\n"),
]


def ending(problem: BaseException) -> Callable[..., NoReturn]:
    """Return what ends with a problem."""

    def end(**_: Any) -> NoReturn:
        raise problem

    return end


@pytest.mark.parametrize(("problem", "status", "text"), ENDS, ids=lambda value: type(value).__name__)
def test_ends(monkeypatch: pytest.MonkeyPatch, problem: BaseException, status: int, text: str) -> None:
    """Input is told, infeasibility is told, a bug is called one, and none of them shows a traceback."""
    monkeypatch.delenv("CONSOLIDATE_DEBUG", raising=False)
    monkeypatch.setattr(main, "_mute", lambda: None)
    monkeypatch.setattr(cli, "app", ending(problem))
    found = said()
    assert found.status == status
    assert found.err.startswith(text)
    assert "Traceback" not in found.err


def test_debugging_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for it sees where a bug is."""
    monkeypatch.setenv("CONSOLIDATE_DEBUG", "1")
    monkeypatch.setattr(cli, "app", ending(KeyError("key")))
    assert "Traceback" in said().err


def test_many_findings_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand findings 60 are shown, and the others counted."""
    many = InputError([Finding("error", "x", f"Finding {number}.") for number in range(1000)])
    monkeypatch.setattr(cli, "app", ending(many))
    lines = said().err.splitlines()
    assert lines[-2:] == ["error: Finding 59.", "… and 940 more."]
    assert len(lines) == 61


def test_the_module_is_the_command() -> None:
    """A process ends with the status, and says the same."""
    found = alone("inspect", Path("nowhere"), env=environment(PYTHONWARNINGS="error"))
    assert (found.status, found.out, found.err) == (2, "", "error: nowhere: Does not exist.\n")
