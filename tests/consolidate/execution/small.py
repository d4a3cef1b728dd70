"""A small plan written as the product writes it, and journals about it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.consolidate.runbooks.plans import identified, written

START = "2026-11-26T01:00:00+00:00"
MOVES: list[dict[str, Any]] = [
    {"wave": 1, "vm": "web", "source": "c", "destination": "a", "start_s": 0.0, "end_s": 10.0, "duration_s": 10.0},
    {"wave": 2, "vm": "db", "source": "c", "destination": "b", "start_s": 130.0, "end_s": 150.0, "duration_s": 20.0},
    {"wave": 2, "vm": "app", "source": "c", "destination": "b", "start_s": 150.0, "end_s": 160.0, "duration_s": 10.0},
]
"""web leaves host c for a; after a pause of 120 s, db and then app leave it for b."""


def plan(path: Path, moves: Sequence[Mapping[str, Any]] = MOVES) -> Path:
    """Write the plan that empties host c."""
    ids = identified({str(move["vm"]): str(100 + row) for row, move in enumerate(moves)})
    roles = {"a": "stays", "b": "stays", "c": "freed"}
    return written(path / "plan", moves, [{"host": "c"}], roles, vms=ids)


def at(seconds: float) -> str:
    """Return a time so many seconds after one o'clock."""
    minutes, rest = divmod(seconds, 60)
    return f"2026-11-26T01:{int(minutes):02}:{rest:06.3f}+00:00"


def journal(path: Path, *rows: tuple[float, str, str], name: str = "journal.csv") -> Path:
    """Write a journal of times in seconds, VMs and events."""
    lines = ["time,vm,event", *(f"{at(seconds)},{vm},{event}" for seconds, vm, event in rows)]
    return text(path, "\n".join(lines), name)


def text(path: Path, content: str, name: str = "journal.csv") -> Path:
    """Write a file."""
    file = path / name
    file.write_text(content, encoding="utf-8")
    return file
