"""Where the scenarios of a study are computed: in place, in processes, or on a Dask cluster."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from models.errors import InputError

MOST_PROCESSES = 1_000
"""Processes of one machine that may be asked for; an operating system gives a user hardly more threads."""
_COUNTS = frozenset(map(str, range(1, MOST_PROCESSES + 1)))
P = ParamSpec("P")
T = TypeVar("T")


class Serial(Executor):
    """Calls at once, in this process."""

    workers = 1
    window = 1
    """Calls that are worth submitting before the first is done."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call the function and return its outcome."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        return future


def executor(text: str) -> Executor:
    """
    Return the executor that a text names; use it as a context, so that it is closed.

    Parameters
    ----------
    text
        ``serial``, ``processes:N``, ``dask:local`` or ``dask:ADDRESS``. The workers of a cluster must have this
        product installed; they need no folder of this machine.

    Raises
    ------
    InputError
        If the text names none, or Dask is not installed or not reached.
    """
    kind, _, rest = text.partition(":")
    if text == "serial":
        return Serial()
    if kind == "processes" and rest in _COUNTS:
        from consolidate.what_if.workers import Processes

        return Processes(int(rest))
    if kind == "dask" and rest:
        try:
            import distributed  # noqa: F401
        except ImportError:
            raise InputError("Dask is not installed; install the extra: pip install 'dc-consolidate[dask]'.") from None
        from consolidate.what_if import cluster

        return cluster.connected(rest)
    raise InputError(
        f"Executor {text!r} is unknown; known are serial, processes:N, dask:local and dask:ADDRESS; "
        f"N is from 1 to {MOST_PROCESSES:,}."
    )
