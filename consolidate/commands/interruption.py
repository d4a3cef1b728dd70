"""
The end of a process that is told to end: at once, wherever it is, and with nothing half-written left.

An exception raised by a signal handler would come up in the middle of anything: libraries take it for an error of
their own, lose it, or do not let it through before a solve of minutes is over. So a thread waits for the signals,
clears up, and ends the process. All others block them; where a library undoes that, as multiprocessing does when it
starts workers, a handler starts such a thread.
"""

import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS = 130
MESSAGE = "Interrupted; no half-written result is left."
_TRIES = 100

uninterrupted = threading.RLock()
"""Held, as a context, while something must be done whole."""
_unfinished: set[Path] = set()
_asked: threading.Event | None = None


@contextmanager
def scratch(name: str, parent: Path | None = None) -> Iterator[Path]:
    """Give a new folder, hidden beside what is to be written, or in the system's; in the end it is removed."""
    import tempfile

    with uninterrupted:
        folder = Path(tempfile.mkdtemp(prefix=f".{name[:50]}." if parent else name, dir=parent))
        _unfinished.add(folder)
    try:
        yield folder
    finally:
        with uninterrupted:
            shutil.rmtree(folder, ignore_errors=True)
            _unfinished.discard(folder)


@contextmanager
def gentle() -> Iterator[threading.Event]:
    """Give an event that is set when the process is told to end; it has to look, and ends when it is told again."""
    global _asked
    _asked = threading.Event()
    try:
        yield _asked
    finally:
        _asked = None


def watch() -> None:
    """End the process cleanly when it is interrupted or terminated, where the system can tell a thread."""
    if not hasattr(signal, "pthread_sigmask"):
        return
    numbers = {number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN}
    for number in numbers:
        signal.signal(number, lambda *_: threading.Thread(target=_told).start())
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    threading.Thread(target=_wait, args=(numbers,), daemon=True).start()


def _wait(numbers: set[signal.Signals]) -> None:
    while True:
        signal.sigwait(numbers)
        _told()


def _told() -> None:
    """End, or ask what is running gently to come to an end."""
    asked = _asked
    if asked is None or asked.is_set():
        _end()
    else:
        asked.set()
        sys.stderr.write("\nInterrupted: what is there so far is written. Once more ends it at once.\n")
        sys.stderr.flush()


def _end() -> None:
    uninterrupted.acquire()  # for good: what the others still want to make whole waits for the end
    for folder in list(_unfinished):
        _remove(folder)
    _kill_workers()
    cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # a progress bar hides it
    sys.stderr.write(f"{cursor}{MESSAGE}\n")
    sys.stderr.flush()
    os._exit(STATUS)


def _remove(folder: Path) -> None:
    """Remove a folder, even while another thread writes to it."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def _kill_workers() -> None:
    processes = sys.modules.get("multiprocessing")
    for worker in processes.active_children() if processes else ():
        worker.kill()
