"""What-ifs of a plan, each computed in a process of its own, and where the dashboard listens."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from consolidate.cli import _render
from consolidate.readers.reading import Options
from consolidate.what_if.what_ifs import Job, WhatIfs
from models.errors import InputError
from tests.consolidate.attack.commands import estate, refused, said
from tests.consolidate.plans.test_rechecking import inventory

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="what_ifs", scope="module")
def _what_ifs(tmp_path_factory: pytest.TempPathFactory) -> WhatIfs:
    """Plan three hosts of which one is spare; two of them are needed."""
    folder = tmp_path_factory.mktemp("estate")
    path = inventory(folder)
    said("plan", path, "--out", folder / "plan", "--json")
    return WhatIfs(folder / "plan", path, Options(), None, _render)


def ended(job: Job) -> tuple[str, str, Path | None]:
    """Wait until a job has ended, and return how."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        state, text, _, folder = job.told()
        if state != "running":
            return state, text, folder
        time.sleep(0.05)
    raise TimeoutError("the job does not end")


def test_a_what_if_is_a_result(what_ifs: WhatIfs) -> None:
    """Without a spare host, one host of 123,000 MiB holds the three VMs of 100,000: the job plans it so."""
    state, text, folder = ended(what_ifs({"limits.spare_hosts": 0}))
    assert (state, text) == ("done", "")
    assert folder == what_ifs.folder / "spare_hosts=0"
    assert json.loads((folder / "summary.json").read_text("utf-8"))["hosts_after"] == 1
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["settings"]["limits"]["spare_hosts"] == 0
    assert (folder / "report.html").is_file()
    assert what_ifs.earlier() == [folder]
    assert what_ifs.place({"limits.spare_hosts": 0}).name == "spare_hosts=0 (2)"


def test_a_what_if_is_simulated(tmp_path: Path) -> None:
    """With readings of four hours both simulations are in the result, of the four hours each."""
    rows = [f"{hour * 3600},{1000 + hour},900,800" for hour in range(4)]
    path = estate(tmp_path, usage_csv="\n".join(["time_s,web-1,web-2,db-1", *rows]) + "\n")
    said("plan", path, "--out", tmp_path / "plan", "--json")
    job = WhatIfs(tmp_path / "plan", path, Options(), None, _render)({}, simulate=True)
    state, text, folder = ended(job)
    assert (state, text) == ("done", "")
    assert folder == tmp_path / "plan-what-if" / "as-it-is,simulated"
    for when in ("before", "after"):
        summary = json.loads((folder / when / "summary.json").read_text("utf-8"))
        assert (summary["command"], summary["duration_s"]) == ("simulate", 4 * 3600)


def test_a_cancelled_what_if_leaves_nothing(what_ifs: WhatIfs) -> None:
    """Whenever it is cancelled, a job ends as cancelled, and there is nothing where its result would be."""
    before = set(what_ifs.folder.glob("*"))
    job = what_ifs({"demand.growth": 1.01})
    job.cancel()
    assert ended(job) == ("cancelled", "", None)
    assert set(what_ifs.folder.glob("*")) == before


def test_a_wrong_setting_starts_nothing(what_ifs: WhatIfs) -> None:
    """A value that no plan takes is refused at once."""
    with pytest.raises(InputError, match=r"Expected a number of at most 1"):
        what_ifs({"limits.cpu_ceiling": 1.5})


def test_what_fails_is_told(what_ifs: WhatIfs, tmp_path: Path) -> None:
    """An inventory that is gone is told in words."""
    job = WhatIfs(what_ifs.plan, tmp_path / "gone", Options(), None, _render)({"demand.growth": 1.1})
    state, text, folder = ended(job)
    assert (state, folder) == ("failed", None)
    assert "gone" in text


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--host", "0.0.0.0"], "others could open the dashboard"),
        (["--host", "192.168.1.7", "--token", "short"], "16 or more letters"),
        (["--token", "0123456789abcde;"], "16 or more letters"),
        ([], "summary.json: cannot be read"),
    ],
)
def test_who_may_not_listen(arguments: list[str], reason: str, tmp_path: Path) -> None:
    """Another address needs a token that is long enough; and there must be a result."""
    assert reason in refused("dashboard", tmp_path, *arguments)


def test_a_port_that_is_taken_is_told(what_ifs: WhatIfs) -> None:
    """A port on which something else listens is refused by its number."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} of 127.0.0.1" in refused("dashboard", what_ifs.plan, "--port", str(port))


def test_the_command_serves(what_ifs: WhatIfs) -> None:
    """The command serves its page on this machine, prints where, and ends when it is told to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["dashboard", str(what_ifs.plan), "--inventory", str(what_ifs.inventory), "--port", str(port)]
    command = [sys.executable, "-m", "consolidate", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
        page = answered(lambda: str(urlopen(f"http://127.0.0.1:{port}/").read(), "utf-8"))
        running.terminate()
        told = running.communicate(timeout=60)[1]
    assert "Consolidation plan" in page
    assert f"http://127.0.0.1:{port} (Ctrl-C ends it)" in told


def answered(ask: Callable[[], str]) -> str:
    """Ask until there is an answer."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return ask()
        except URLError:
            time.sleep(0.1)
    raise TimeoutError("nobody answers")
