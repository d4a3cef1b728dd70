"""Where the scenarios of a study are computed: in place, in processes, or on a Dask cluster."""

import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, ParamSpec, TypeVar

from models.errors import InputError

P = ParamSpec("P")
T = TypeVar("T")


class Serial(Executor):
    """Calls at once, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call the function and return its outcome."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        return future


class Cluster(Executor):
    """Calls on a Dask cluster; closes its client at the end, and the cluster if it is a local one."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Send the call to a worker."""
        future: Future[T] = self._executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the calls, or cancel them, and let the cluster go."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def executor(text: str) -> Executor:
    """
    Return the executor that a text names; use it as a context, so that it is closed.

    Parameters
    ----------
    text
        ``serial``, ``processes:N``, ``dask:local`` or ``dask:ADDRESS``. The workers of a cluster must have this
        product installed, and see the temporary folder of this machine.

    Raises
    ------
    InputError
        If the text names none, or Dask is not installed or not reached.
    """
    kind, _, rest = text.partition(":")
    if text == "serial":
        return Serial()
    if kind == "processes" and rest.isdecimal() and int(rest) > 0:
        deaf = (signal.SIGINT, signal.SIG_IGN)  # an interruption ends this process, and this process its workers
        return ProcessPoolExecutor(int(rest), get_context("spawn"), initializer=signal.signal, initargs=deaf)
    if kind == "dask" and rest:
        return Cluster(_client(rest))
    raise InputError(f"Executor {text!r} is unknown; known are serial, processes:N, dask:local and dask:ADDRESS.")


def _client(address: str) -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError("Dask is not installed; install the extra: pip install 'dc-consolidate[dask]'.") from None
    client: Any = distributed.Client
    try:
        return client(threads_per_worker=1, dashboard_address=None) if address == "local" else client(address)
    except (OSError, ValueError) as problem:
        raise InputError(f"The Dask cluster {address} is not reached: {problem}.") from None
