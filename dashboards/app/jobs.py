"""What is computed in the background while the page is looked at: one job at a time, with progress and an end."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dashboards.app.shelf import Shelf


@dataclass(frozen=True)
class Told:
    """
    How far a job is.

    Parameters
    ----------
    state
        running, done, failed or cancelled.
    text
        What it does, or why it failed.
    share
        How much of that is done, from 0 to 1; None: not known.
    folder
        Where the result is, once it is done.
    """

    state: str
    text: str = ""
    share: float | None = None
    folder: Path | None = None


class Job(Protocol):
    """A computation in a process of its own."""

    def told(self) -> tuple[str, str, float | None, Path | None]:
        """Return how far it is: the fields of `Told`."""

    def cancel(self) -> None:
        """End it; nothing half-written is left."""


Submit = Callable[[Mapping[str, Any], bool], Job]
"""Given changed settings by dotted key, and whether the result is simulated as well, starts to plan again."""


class Desk:
    """
    The job that runs, or ran last.

    Parameters
    ----------
    shelf
        Where a job's result goes.
    submit
        Starts a job; without it none can be.
    """

    def __init__(self, shelf: Shelf, submit: Submit | None) -> None:
        self.shelf, self._submit = shelf, submit
        self._job: Job | None = None
        self._ended: Told | None = None
        self._name = ""
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether jobs can be started."""
        return self._submit is not None

    @property
    def name(self) -> str:
        """Name of the last job's result on the shelf; empty until it is done."""
        return self._name

    @property
    def running(self) -> bool:
        """Whether a job runs."""
        told = self.told()
        return told is not None and told.state == "running"

    def start(self, changes: Mapping[str, Any], simulate: bool = False) -> str:
        """Start a job and return nothing, or return why it is not started."""
        if self._submit is None:
            return "This dashboard only shows."
        if self.running:
            return "One is being computed already; cancel it, or wait."
        if not changes and not simulate:
            return "Nothing is changed: move a slider first."
        with self._lock:
            self._ended, self._name, self._job = None, "", None
            try:
                self._job = self._submit(changes, simulate)
            except Exception as problem:  # whoever submits knows errors of its own; the page shows them all
                self._ended = Told("failed", str(problem))
        return ""

    def cancel(self) -> None:
        """End the job that runs."""
        with self._lock:
            if self._job is not None and self._ended is None:
                self._job.cancel()

    def told(self) -> Told | None:
        """Return how far the job is; None if there was none. A result is put on the shelf when it is first told."""
        with self._lock:
            if self._ended is not None or self._job is None:
                return self._ended
            told = Told(*self._job.told())
            if told.state != "running":
                self._ended = told
                if told.folder is not None:
                    self._name = self.shelf.add(told.folder)
            return told
