"""Processes that compute, each for itself: one that dies costs its call another try, and nobody else anything."""

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Thread, get_ident
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 3
"""Times that a call may end its worker; the last time it is the only one that is computed."""
_LOOK_S = 1.0
_SPARE = 1.1


class LostError(BrokenExecutor):
    """A call ended its worker every time it was tried."""


@dataclass
class _Call:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: Future[Any] = field(default_factory=Future)
    deaths: int = 0


class Processes(Executor):
    """
    Calls in so many spawned processes, as far as the machine's memory lasts.

    A process takes one call at a time, so that it is known which call ended it. A call begins only while as much
    memory is available as the largest process has taken so far, or nothing else runs; a process that keeps more than
    its share of the machine is replaced.
    """

    def __init__(self, count: int) -> None:
        self.workers = count
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._turn = Condition()
        self._busy, self._alone, self._largest_mib = 0, False, 0.0
        self._closed = self._given_up = False
        self._pools: dict[int, ProcessPoolExecutor] = {}
        self._threads = [Thread(target=self._serve, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue the call for a process."""
        if self._closed:
            raise RuntimeError("The executor is shut down.")
        call = _Call(fn, args, kwargs)
        self._calls.put(call)
        return call.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the processes go, once they have done what is queued; or end them with what they are at."""
        self._closed = True
        if cancel_futures:
            self._give_up()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads if wait else ():
            thread.join()

    def _give_up(self) -> None:
        self._given_up = True
        while not self._calls.empty():
            if (call := self._calls.get()) is not None:
                call.future.cancel()
        for pool in list(self._pools.values()):
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.kill()

    def _serve(self) -> None:
        pool = None
        while (call := self._calls.get()) is not None:
            if call.future.set_running_or_notify_cancel():
                pool = self._computed(call, pool)
        if pool is not None:
            pool.shutdown()

    def _computed(self, call: _Call, pool: ProcessPoolExecutor | None) -> ProcessPoolExecutor | None:
        """Compute one call, and return the pool of one that it left."""
        while True:
            self._begin(alone=call.deaths == TRIES - 1)
            pool = self._pools[get_ident()] = pool or _pool()
            try:
                result, now_mib, most_mib = pool.submit(_measured, call.function, call.args, call.kwargs).result()
            except (BrokenProcessPool, MemoryError):
                pool.shutdown(wait=False)
                pool, call.deaths = None, call.deaths + 1
                if call.deaths == TRIES or self._given_up:
                    text = "It was given up." if self._given_up else f"It ended its worker {TRIES} times."
                    call.future.set_exception(LostError(text))
                    return None
                continue
            except BaseException as problem:
                call.future.set_exception(problem)
                return pool
            finally:
                self._end()
            self._largest_mib = max(self._largest_mib, most_mib)
            call.future.set_result(result)
            if now_mib > memory_mib("MemTotal") / self.workers / _SPARE:
                pool.shutdown(wait=False)
                return None
            return pool

    def _begin(self, *, alone: bool) -> None:
        with self._turn:
            while self._busy and (alone or self._alone or self._short()):
                self._turn.wait(_LOOK_S)
            self._busy += 1
            self._alone = alone

    def _end(self) -> None:
        with self._turn:
            self._busy -= 1
            if not self._busy:
                self._alone = False
            self._turn.notify_all()

    def _short(self) -> bool:
        return memory_mib("MemAvailable") < self._largest_mib * _SPARE


def memory_mib(key: str) -> float:
    """Return what Linux says of memory under a key of /proc/meminfo; without end where nothing is known. [MiB]."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:"))
    except (OSError, StopIteration, ValueError):
        return float("inf")


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=_bound)


def _bound() -> None:
    """Let a worker end with the process that started it: not when that is interrupted, but once it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _measured(function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[T, float, float]:
    """Return the result, and the memory that this process takes now and took at most. [MiB]."""
    result = function(*args, **kwargs)
    return result, *resident_mib()


def resident_mib() -> tuple[float, float]:
    """Return the memory that this process takes now, and took at most; 0 where it is not known. [MiB]."""
    try:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2, most
    except (ImportError, OSError):
        return 0.0, 0.0
