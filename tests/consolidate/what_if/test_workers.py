"""Workers that die: in processes and on a Dask cluster, a call is tried again, and what kills thrice fails alone."""

import os
import signal
import subprocess
import sys
from concurrent.futures import Executor
from itertools import pairwise
from pathlib import Path
from time import sleep

import pytest

from consolidate.what_if import workers
from consolidate.what_if.executors import executor
from consolidate.what_if.parcels import Parcel, shipped, unpacked
from consolidate.what_if.workers import LostError, Processes

ROOT = Path(__file__).parents[3]
WHERE = ["processes:2", "dask:local"]


def pool(where: str) -> Executor:
    """Return the executor, if what it needs is there."""
    if where.startswith("dask"):
        pytest.importorskip("distributed")
    return executor(where)


def squared(number: int) -> int:
    """Return the square."""
    return number * number


def dies(mark: str, times: int) -> int:
    """End this process as the system does when memory is short, so many times; then return how often it was tried."""
    path = Path(mark)
    with path.open("a") as file:
        file.write("x")
    tried = len(path.read_text())
    if tried <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return tried


def taken(parcel: Parcel) -> tuple[int, int]:
    """Return what is in a parcel, and which process unpacked it."""
    return unpacked(parcel)[0], os.getpid()


def out_of_memory() -> None:
    """Fail as Python does when memory is short."""
    raise MemoryError


@pytest.mark.parametrize("where", WHERE)
def test_a_dead_worker_costs_a_try(where: str, tmp_path: Path) -> None:
    """A call whose worker was killed is computed by another one; the others' results are there as if nothing was."""
    with pool(where) as running:
        killed = running.submit(dies, str(tmp_path / "once"), 1)
        others = [running.submit(squared, number) for number in range(8)]
        assert killed.result(60) == 2
        assert [each.result(60) for each in others] == [number * number for number in range(8)]


@pytest.mark.parametrize("where", WHERE)
def test_who_kills_thrice_fails(where: str, tmp_path: Path) -> None:
    """It is not tried a fourth time; what comes after it is computed."""
    with pool(where) as running:
        killer = running.submit(dies, str(tmp_path / "always"), 99)
        with pytest.raises(LostError, match="ended its worker 3 times"):
            killer.result(60)
        assert running.submit(squared, 3).result(60) == 9
    assert (tmp_path / "always").read_text() == "xxx"


@pytest.mark.parametrize("where", WHERE)
def test_what_is_shared_reaches_later_workers(where: str, tmp_path: Path) -> None:
    """A worker that takes the place of one that died has the parcel too."""
    with pool(where) as running, shipped(running, 42) as parcel:
        before = {running.submit(taken, parcel).result(60) for _ in range(4)}
        for number in range(4):  # one after the other: a worker's death costs those that wait there a try
            assert running.submit(dies, str(tmp_path / str(number)), 1).result(60) == 2
        after = {running.submit(taken, parcel).result(60) for _ in range(4)}
    assert {value for value, _ in before | after} == {42}
    assert not {process for _, process in before} >= {process for _, process in after}


def test_too_little_memory_is_no_failure_of_the_others() -> None:
    """A call that runs out of memory thrice, the last time alone, fails as one that kills its worker does."""
    with Processes(2) as running:
        hungry = running.submit(out_of_memory)
        others = [running.submit(squared, number) for number in range(3)]
        with pytest.raises(LostError):
            hungry.result(60)
        assert [each.result(60) for each in others] == [0, 1, 4]


def test_memory_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With less available than the largest process took, calls run one after the other."""
    monkeypatch.setattr(workers, "memory_mib", {"MemTotal": 1e9, "MemAvailable": 1.0}.__getitem__)
    with Processes(2) as running:
        running._largest_mib = 10.0
        spans = [running.submit(_span).result for _ in range(3)]
        found = sorted(each(60) for each in spans)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(found))


def _span() -> tuple[float, float]:
    from time import time

    began = time()
    sleep(0.05)
    return began, time()


def test_workers_end_with_who_started_them() -> None:
    """A process that is killed leaves no worker behind."""
    source = "\n".join(
        [
            "import os, time",
            "from consolidate.what_if.workers import Processes",
            "if __name__ == '__main__':",
            "    print(Processes(1).submit(os.getpid).result(), flush=True)",
            "    time.sleep(60)",
        ]
    )
    main = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert main.stdout is not None
    worker = int(main.stdout.readline())
    main.kill()
    main.communicate()
    for _ in range(200):
        if not Path(f"/proc/{worker}/stat").exists() or " Z " in Path(f"/proc/{worker}/stat").read_text():
            return
        sleep(0.05)
    raise AssertionError(f"The worker {worker} still runs.")


def test_queued_calls_are_cancelled() -> None:
    """A shutdown that cancels leaves what has not begun."""
    running = Processes(1)
    futures = [running.submit(sleep, 0.3) for _ in range(5)]
    running.shutdown(cancel_futures=True)
    assert futures[-1].cancelled()
    with pytest.raises(RuntimeError, match="shut down"):
        running.submit(squared, 1)
