"""The command `consolidate`: runs it, and turns errors into words and an exit status."""

import os
import sys
import traceback
from collections.abc import Sequence
from io import StringIO, TextIOWrapper

from consolidate.commands import interruption
from consolidate.commands.terminal import printable
from models.errors import BrokenPromiseError, ConsolidationError, InputError

INFEASIBLE, BAD_INPUT, INTERNAL = 1, 2, 3
MOST_SHOWN = 60


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    interruption.watch()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started it
            setattr(sys, name, StringIO())
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: see ``docs/architecture.md``."""
    try:
        from consolidate.cli import app

        result = app(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except InputError as problem:
        return _told(problem)
    except BrokenPromiseError as problem:
        return _bug(problem)
    except ConsolidationError as problem:
        _say(str(problem))
        return INFEASIBLE
    except KeyboardInterrupt:
        return _interrupted()
    except (BrokenPipeError, SystemExit) as problem:
        if not isinstance(problem, BrokenPipeError) and not isinstance(problem.__context__, BrokenPipeError):
            raise
        _mute()
        return 0
    except OSError as problem:
        _mute()
        _say(f"error: {problem.filename or 'Standard output'}: {problem.strerror or problem}.")
        return BAD_INPUT
    except Exception as problem:
        return _usage(problem) if hasattr(problem, "format_message") else _bug(problem)


def _told(problem: InputError) -> int:
    for finding in problem.findings[:MOST_SHOWN]:
        _say(f"{finding.severity}: {finding}".replace("\n", " "))
    if len(problem.findings) > MOST_SHOWN:
        _say(f"… and {len(problem.findings) - MOST_SHOWN} more.")
    return BAD_INPUT


def _usage(problem: Exception) -> int:
    """Report what the command-line library says of wrong usage."""
    from consolidate.expectations import found, reworded

    _say(f"error: {reworded(problem.format_message())}{found(problem)}")  # type: ignore[attr-defined]
    _say("`consolidate --help` and `consolidate COMMAND --help` tell what there is.")
    return BAD_INPUT


def _bug(problem: Exception) -> int:
    if type(problem).__name__ == "Abort":  # what the command-line library makes of Ctrl-C
        return _interrupted()
    if type(problem).__name__ == "Exit":
        return int(getattr(problem, "exit_code", 0))
    if os.environ.get("CONSOLIDATE_DEBUG"):
        traceback.print_exception(problem)
    _say(f"internal error: {type(problem).__name__}: {problem}")
    _say("This is a bug. Set CONSOLIDATE_DEBUG=1 to see where it happened, and please report it.")
    return INTERNAL


def _interrupted() -> int:
    _say(interruption.MESSAGE)
    return interruption.STATUS


def _mute() -> None:
    """Send what standard output still holds nowhere, so that it does not fail once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    sys.stderr.write(printable(text) + "\n")


if __name__ == "__main__":
    main()
