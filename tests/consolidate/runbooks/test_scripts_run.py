"""The bash scripts run for real, against stand-ins for their platforms: there, failure, on again, and back."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.consolidate.runbooks.plans import written
from tests.consolidate.runbooks.platforms import write_script
from tests.consolidate.runbooks.serving import AFTER, BEFORE, changes, one_move, served
from tests.consolidate.runbooks.stand_ins import STAND_INS

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("platform", STAND_INS)
def test_golden(tmp_path: Path, platform: str) -> None:
    """The plan in the script, and all calls that carry it out and retire the freed host, are the golden file."""
    with served(tmp_path, platform, own_python=platform in ("virsh", "proxmox")) as found:
        assert found.execute().returncode == 0
        assert found.places() == AFTER
        assert found.execute("--retire", "--power-off").returncode == 0
        script = (found.folder / "plan.sh").read_text("ascii")
        plan = script[script.index("PLAN_SOURCE=") : script.index("\n}\n") + 3]
        calls = "".join(f"{call}\n" for call in changes(found, platform))
    assert f"{plan}\n{calls}" == (GOLDEN / f"{platform}.txt").read_text("ascii")


@pytest.mark.parametrize("platform", STAND_INS)
def test_fails_in_the_middle_goes_on_and_comes_back(tmp_path: Path, platform: str) -> None:
    """A dry run changes nothing; a failure stops; a second run skips what is done; the way back skips what is not."""
    with served(tmp_path, platform) as found:
        dry = found.run()
        assert (dry.returncode, changes(found, platform), found.journal()) == (0, [], [])
        found.fail = {"db"}
        failed = found.execute()
        assert failed.returncode == 1
        assert "FAIL move 3, VM db:" in failed.stderr
        assert "the migration was aborted" in found.journal()[-1]["message"]
        assert found.places() == {**AFTER, "db": "esx-2"}
        assert found.events()[-2:] == [(3, "started"), (3, "failed")]
        assert 4 not in [move for move, _ in found.events()]
        found.fail = set()
        begun = len(found.events())
        again = found.execute()
        assert (again.returncode, found.places()) == (0, AFTER)
        assert again.stdout.count("SKIP (done already)") == 2
        assert found.events()[begun:] == [(3, "started"), (3, "finished"), (4, "started"), (4, "finished")]
        begun = len(found.events())
        back = found.execute("--rollback", "--last-done", "3")
        assert back.returncode == 1
        assert "FAIL move 3, VM db: it is on" in back.stderr
        assert found.execute("--rollback").returncode == 0
        assert found.places() == BEFORE
        moves = [move for move, event in found.events()[begun:] if event == "finished"]
        assert moves == [4, 3, 2, 1]
        assert {row["message"] for row in found.journal()[begun + 1 :]} == {"rollback"}


@pytest.mark.parametrize("done", [0, 1, 3])
def test_back_from_any_prefix(tmp_path: Path, done: int) -> None:
    """However many of the first moves were done, exactly those are taken back, the last one first."""
    with served(tmp_path, "virsh") as found:
        trail = [("web", "esx-1"), ("old|tape", "esx-1"), ("db", "esx-3"), ("db", "esx-1")]
        for name, host in trail[:done]:
            next(vm for vm in found.vms.values() if vm["name"] == name)["host"] = host
        assert found.execute("--rollback").returncode == 0
        assert found.places() == BEFORE
        assert [move for move, event in found.events() if event == "finished"] == list(range(done, 0, -1))


def test_a_move_that_ends_elsewhere_fails(tmp_path: Path) -> None:
    """A command that says it succeeded is not believed: the VM must be where it should be."""
    with served(tmp_path, "proxmox", [{"name": "web", "stays": True}], one_move(tmp_path)) as found:
        ended = found.execute()
        assert ended.returncode == 1
        assert "it is on esx-2 and on afterwards" in ended.stderr
        assert found.events() == [(1, "started"), (1, "failed")]


def crowd(folder: Path, end_s: Sequence[float] = (10.0, 10.0, 10.0)) -> Path:
    """Write the plan of three moves from esx-2 to esx-1 that start at once."""
    return written(folder / "crowd", [{"vm": vm, "end_s": end} for vm, end in zip("abc", end_s, strict=True)])


def test_throttles(tmp_path: Path) -> None:
    """As many moves run at a host at once as in the plan, fewer where told so, and never more."""
    for options, most in ((("--per-host", "99"), 3), (("--per-host", "2"), 2), (("--at-once", "1"), 1)):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        with served(folder, "virsh", [{"name": name} for name in "abc"], crowd(folder)) as found:
            found.seconds, found.awaits = 0.3, most
            assert found.execute(*options).returncode == 0
            assert found.busiest == most


def test_moves_under_way_are_waited_for(tmp_path: Path) -> None:
    """When one of several moves fails, the others are waited for and written down, and later ones do not start."""
    moves: list[Mapping[str, Any]] = [{"vm": "a"}, {"vm": "b"}, {"vm": "c", "start_s": 10.0, "end_s": 20.0}]
    plan = written(tmp_path / "plan", moves)
    with served(tmp_path, "virsh", [{"name": name} for name in "abc"], plan) as found:
        found.fail, found.seconds = {"a"}, 0.3
        assert found.execute().returncode == 1
        assert sorted(found.events()) == [(1, "failed"), (1, "started"), (2, "finished"), (2, "started")]
        assert found.places() == {"a": "esx-2", "b": "esx-1", "c": "esx-2"}


def test_room_is_reckoned_within_a_wave(tmp_path: Path) -> None:
    """A destination with room for two of three VMs takes two, however late its platform tells so."""
    with served(tmp_path, "virsh", [{"name": name} for name in "abc"], crowd(tmp_path)) as found:
        found.hosts["esx-1"] = 9000
        ended = found.execute()
        assert "VM c: room: host esx-1 has 808 MiB free; it takes 4096 MiB" in ended.stderr
        assert sorted(found.places().values()) == ["esx-1", "esx-1", "esx-2"]


def test_waves_are_asked_for(tmp_path: Path) -> None:
    """Without a GO the next wave does not start; from and to may be given."""
    with served(tmp_path, "virsh") as found:
        stopped = found.run("--execute", "--ignore-expiry", answers="no\n")
        assert "Stopped before wave 2" in stopped.stderr
        assert found.places() == {**BEFORE, "web": "esx-1"}
        assert found.run("--execute", "--ignore-expiry", answers="GO\n").returncode == 0
        assert found.places() == AFTER
        assert found.execute("--rollback", "--from-wave", "2").returncode == 0
        assert found.places() == {**BEFORE, "web": "esx-1"}
        assert found.execute("--to-wave", "1").returncode == 0
        assert found.places() == {**BEFORE, "web": "esx-1"}


def test_old_plans_are_not_executed(tmp_path: Path) -> None:
    """An expired plan is shown with a warning, and executed only when that is asked for."""
    with served(tmp_path, "virsh", [{"name": "web"}], one_move(tmp_path)) as found:
        assert "WARNING The plan expired" in found.run().stderr
        assert "FAIL The plan expired" in found.run("--execute").stderr
        assert changes(found, "virsh") == []
        write_script(found, one_move(tmp_path / "new", summary={"taken": "2999-01-01T00:00:00Z"}), "virsh")
        assert found.run("--execute").returncode == 0


def test_hosts_are_booted_and_retired(tmp_path: Path) -> None:
    """A host is powered on before the wave that needs it; a freed one must be empty before it is retired."""
    move = {"vm": "web", "destination": "esx-3", "start_s": 400.0, "end_s": 410.0}
    boot = {"host": "esx-3", "action": "boot", "start_s": 0.0, "end_s": 400.0}
    plan = written(tmp_path / "plan", [move], [boot, {}])
    with served(tmp_path, "proxmox", [{"name": "web"}], plan) as found:
        found.down = {"esx-3": "shutdown"}
        assert found.run().returncode == 0
        assert "VMs on it: 1." in found.execute("--retire").stderr
        assert found.execute().returncode == 0
        assert (found.places(), found.down) == ({"web": "esx-3"}, {})
        assert found.execute("--retire", "--power-off").returncode == 0
        assert found.down == {"esx-2": "shutdown"}
        assert found.execute("--rollback").returncode == 0
        assert (found.places(), found.down) == ({"web": "esx-2"}, {})


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """While a journal is being written, no other run writes it; an interrupted run waits for its moves and leaves."""
    with served(tmp_path, "virsh", [{"name": name} for name in "abc"], crowd(tmp_path)) as found:
        found.seconds = 1.0
        environment = {
            "PATH": f"{found.folder / 'bin'}:/usr/bin:/bin",
            "STAND_IN_PORT": str(found.port),
            "VERIFY_S": "0",
        }
        command = ["bash", str(found.folder / "plan.sh"), "--execute", "--ignore-expiry", "--at-once", "1"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            while not found.running and running.poll() is None:
                time.sleep(0.02)
            assert "Another run writes" in found.execute().stderr
            os.kill(running.pid, signal.SIGTERM)
            said = running.communicate()[1].decode()
        assert running.returncode == 1
        assert "Stopped in wave 1" in said
        assert found.events() == [(1, "started"), (1, "finished")]
        found.seconds = 0.0
        assert found.execute().returncode == 0
        assert set(found.places().values()) == {"esx-1"}


@pytest.mark.parametrize(
    "options", [["--per-host", "x"], ["--last-done"], ["--skip-check", "all"], ["--go"], ["--at-once", "0"]]
)
def test_mistaken_options_are_refused(tmp_path: Path, options: list[str]) -> None:
    """What is no option, or has no value that it takes, is an error before anything is looked at."""
    with served(tmp_path, "virsh") as found:
        ended = found.run(*options)
        assert (ended.returncode, found.calls) == (1, [])
        assert ended.stderr.startswith("FAIL")


def test_help(tmp_path: Path) -> None:
    """The help says what each option does, and asks nothing of the platform."""
    with served(tmp_path, "virsh") as found:
        ended = found.run("--help")
        assert (ended.returncode, found.calls) == (0, [])
        assert "--rollback           take the moves back" in ended.stdout


def test_new_vms_are_left_to_people(tmp_path: Path) -> None:
    """A VM that was on no host is named and not moved."""
    moves: list[Mapping[str, Any]] = [
        {"vm": "fresh'", "source": "", "kind": "new"},
        {"vm": "web", "start_s": 10.0, "end_s": 20.0},
    ]
    with served(tmp_path, "virsh", [{"name": "web"}], written(tmp_path / "plan", moves)) as found:
        ended = found.execute()
        assert ended.returncode == 0
        assert r"NOT DONE HERE: NEW VM fresh\' (move 1): start on esx-1." in ended.stdout
        assert found.events() == [(2, "started"), (2, "finished")]
