"""A Dask cluster that computes: what is shared goes to each worker once, those that join later included."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import distributed
from distributed.diagnostics.plugin import WorkerPlugin

from consolidate.what_if import parcels
from consolidate.what_if.workers import TRIES, LostError
from models.errors import InputError

P = ParamSpec("P")
T = TypeVar("T")


class Held(WorkerPlugin):
    """Keeps a parcel's content in a worker; the scheduler gives it to every worker that starts."""

    idempotent = True

    def __init__(self, key: str, content: bytes) -> None:
        self.name = f"consolidate-{key}"
        self.key, self.content = key, content

    def setup(self, worker: Any) -> None:
        """Keep the content."""
        parcels.hold(self.key, self.content)

    def teardown(self, worker: Any) -> None:
        """Let it go."""
        parcels.drop(self.key)


class Cluster(Executor):
    """Calls on a Dask cluster; closes its client at the end, and the cluster if it is a local one."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._executor = client.get_executor(pure=False)
        self._shared: list[str] = []

    @property
    def workers(self) -> int:
        """Threads of all workers that are there now."""
        return max(int(sum(self.client.nthreads().values())), 1)

    def share(self, key: str, content: bytes) -> parcels.Parcel:
        """Give a content to every worker, once."""
        plugin = Held(key, content)
        self.client.register_plugin(plugin)
        self._shared.append(plugin.name)
        return parcels.Parcel(key)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Send the call to a worker; one that ended too many workers fails with `LostError`."""
        told: Future[T] = Future()
        sent = self._executor.submit(fn, *args, **kwargs)
        sent.add_done_callback(lambda done: _passed_on(done, told))
        return told

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the calls, or cancel them, and let the cluster go."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        with suppress(OSError, TimeoutError):  # the cluster may have gone before
            for name in self._shared:
                self.client.unregister_worker_plugin(name)
        self.client.close()


def _passed_on(done: Future[T], told: Future[T]) -> None:
    if not told.set_running_or_notify_cancel():
        return
    if done.cancelled():
        told.set_exception(LostError("It was cancelled on the cluster."))
        return
    problem = done.exception()
    if isinstance(problem, distributed.scheduler.KilledWorker):
        told.set_exception(LostError(f"It ended its worker {TRIES} times."))
    elif problem is not None:
        told.set_exception(problem)
    else:
        told.set_result(done.result())


def connected(address: str) -> Cluster:
    """
    Return the cluster at an address, or a local one of a worker for each core.

    Raises
    ------
    InputError
        If it is not reached.
    """
    import dask

    client: Any = distributed.Client
    try:
        if address != "local":
            return Cluster(client(address))
        # One call a worker at a time, so that a call is not blamed for what another one did to its worker.
        chosen = {"distributed.scheduler.allowed-failures": TRIES - 1, "distributed.scheduler.worker-saturation": 1.0}
        with dask.config.set(chosen):
            return Cluster(client(threads_per_worker=1, dashboard_address=None))
    except (OSError, ValueError) as problem:
        raise InputError(f"The Dask cluster {address} is not reached: {problem}.") from None
