"""The results that the dashboard shows: read when they are first looked at, and more may come."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dashboards.results import ResultError, Results, load

MOST_KEPT, MOST_MADE = 12, 60
"""Results that are kept in memory, and things made of them, so that a look at many does not fill it."""


class Shelf:
    """
    Result folders by name, in the order in which they came.

    Parameters
    ----------
    folders
        The folders; the first is what is shown first, and what others are compared with.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders: dict[str, Path] = {}
        self._read: dict[str, Results] = {}
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._lock, self._making = threading.RLock(), threading.RLock()
        for folder in folders:
            self.add(folder)

    @property
    def names(self) -> list[str]:
        """Names of all results, the first first."""
        return list(self._folders)

    @property
    def first(self) -> str:
        """Name of the result that is shown if none is named."""
        return self.names[0]

    def folder(self, name: str) -> Path:
        """Return where a result is."""
        return self._folders[name]

    def add(self, folder: Path) -> str:
        """Put a folder on the shelf and return its name: that of the folder, with a number where there are several."""
        with self._lock:
            plain = folder.resolve().name or "result"
            name, number = plain, 1
            while name in self._folders and self._folders[name] != folder:
                number += 1
                name = f"{plain} ({number})"
            self._folders[name] = folder
            return name

    def results(self, name: str) -> Results:
        """
        Return a result.

        Raises
        ------
        KeyError
            If there is none of that name.
        ResultError
            If its folder is damaged, or gone.
        """
        with self._lock:
            if name not in self._read:
                self._read[name] = load(self._folders[name])
                for stale in list(self._read)[:-MOST_KEPT]:
                    self._forget(stale)
            return self._read[name]

    def check(self) -> None:
        """
        Read all results, the first one last, so that it is kept.

        Raises
        ------
        ResultError
            If folders are damaged, or no results; it has a text for each.
        """
        wrong: list[str] = []
        for name in reversed(self.names):
            try:
                self.results(name)
            except ResultError as problem:
                wrong[:0] = map(str, problem.args)
        if wrong:
            raise ResultError(*wrong)

    def kept(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what was made before for the key, whose first part is a result's name, or make it."""
        with self._making:
            found = self._kept.pop(key) if key in self._kept else make()
            self._kept[key] = found
            for stale in list(self._kept)[:-MOST_MADE]:
                del self._kept[stale]
            return found

    def _forget(self, name: str) -> None:
        del self._read[name]
        for key in [key for key in list(self._kept) if key[0] == name]:
            self._kept.pop(key, None)
