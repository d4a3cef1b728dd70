"""Memory that VMs give up for a while, in runbooks: people are told how; scripts take it, look, and give it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from consolidate.runbooks import render
from consolidate.runbooks.ballooning import COMMANDS
from models.errors import InputError
from models.tables import SIZES
from tests.consolidate.runbooks.plans import columns, typical, written
from tests.consolidate.runbooks.platforms import Estate, write_script
from tests.consolidate.runbooks.serving import changes, served

PLATFORMS = ("govc", "proxmox", "virsh")
FULL, LEFT = 8192, 6144
GOLDEN = Path(__file__).parent / "golden"


def pressed(folder: Path, **sizes: Any) -> Path:
    """Write a plan in which web, of 8,192 MiB, gives up 2,048 MiB for its move, until db has left."""
    back = {"kind": "balloon", "start_s": 30.0, "end_s": 30.0, "source": "esx-1", "duration_s": 0.0}
    db = {"start_s": 10.0, "end_s": 30.0, "vm": "db", "source": "esx-1", "destination": "esx-2"}
    given = {"vms": columns(SIZES, [{"vm": "web", "memory_mib": float(FULL)}])} | sizes
    return written(folder, [{"balloon_mib": 2048.0, "kind": "pivot"}, db, back], **given)


def beside(folder: Path) -> Path:
    """Write a plan in which app, of 4,096 MiB on esx-1, gives up 2,048 MiB while web takes the place of db there."""
    app = {"vm": "app", "source": "esx-1", "kind": "balloon", "end_s": 4.1, "balloon_mib": 2048.0}
    web = {"start_s": 4.1, "end_s": 14.1}
    db = {"start_s": 14.1, "end_s": 30.0, "vm": "db", "source": "esx-1", "destination": "esx-2"}
    sizes = columns(SIZES, [{"vm": "app", "memory_mib": 4096.0}])
    return written(folder, [app, web, db, {**app, "start_s": 30.0, "end_s": 30.0, "balloon_mib": 0.0}], vms=sizes)


@contextmanager
def two(folder: Path, platform: str, **flaws: Any) -> Iterator[Estate]:
    """Serve web and db, of 8,192 MiB each, where the plan begins: esx-1 has room for 6,144 MiB more, esx-2 for none."""
    vms = [{"name": "web", "mib": FULL, "full": FULL, **flaws}, {"name": "db", "host": "esx-1", "mib": FULL}]
    with served(folder, platform, vms, pressed(folder / "plan")) as found:
        found.hosts |= {"esx-1": LEFT, "esx-2": 0}
        found.reckons = True
        yield found


def state(found: Estate) -> tuple[str, str, int]:
    """Return the hosts of web and db, and what web has."""
    places, web = found.places(), next(iter(found.vms.values()))
    return places["web"], places["db"], web["mib"]


def test_people_are_told(tmp_path: Path) -> None:
    """Before move 1 take 2,048 MiB and leave 6,144; give them back at move 3; each platform has its commands."""
    text = render(pressed(tmp_path / "plan"), "markdown")
    assert "| 1 | web | 2048 | 6144 | 8192 | move 3 |" in text
    assert "no migration: memory is taken" in render(beside(tmp_path / "beside"), "markdown")
    assert all(f"| {platform} |" in text for platform, _, _ in COMMANDS)
    assert "no migration: memory is given back" in text
    assert "Memory that is taken" not in render(typical(tmp_path / "typical"), "markdown")


def test_openstack_cannot(tmp_path: Path) -> None:
    """OpenStack takes no memory from servers that run: no script is written, and it says which VM and move it is."""
    with pytest.raises(InputError, match=r"memory from VM 'web' before move 1, which OpenStack cannot while"):
        render(pressed(tmp_path / "plan"), "openstack")


def test_sizes_are_needed(tmp_path: Path) -> None:
    """Without the memory of the VM nobody knows what is left; the file and the VM are told."""
    folder = pressed(tmp_path / "plan", vms=columns(SIZES, [{"vm": "db", "memory_mib": 1.0}]))
    with pytest.raises(InputError, match=r"Expected a row of the VM, from which memory is taken.*"):
        render(folder, "virsh")


def rest(folder: Path) -> Path:
    """Write a plan that begins when web has given up memory on esx-1: db leaves, and web gets it back."""
    db = {"end_s": 20.0, "vm": "db", "source": "esx-1", "destination": "esx-2"}
    back = {"kind": "balloon", "start_s": 20.0, "end_s": 20.0, "source": "esx-1", "duration_s": 0.0}
    return written(folder, [db, back], vms=columns(SIZES, [{"vm": "web", "memory_mib": float(FULL)}]))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_memory_that_was_taken_before(tmp_path: Path, platform: str) -> None:
    """A plan of the rest gives back what was taken before it; on its way back nothing is taken, as nobody says what."""
    assert "| taken already | web |  |  | 8192 | move 2 |" in render(rest(tmp_path / "page"), "markdown")
    with two(tmp_path, platform) as found:
        web = next(iter(found.vms.values()))
        web |= {"host": "esx-1", "mib": LEFT} | ({"limit": LEFT} if platform == "govc" else {})
        found.hosts |= {"esx-1": 0, "esx-2": FULL}
        write_script(found, rest(tmp_path / "rest"), platform)
        assert found.execute().returncode == 0
        assert state(found) == ("esx-1", "esx-2", FULL)
        found.hosts["esx-1"] = FULL
        assert found.execute("--rollback").returncode == 0
        assert state(found) == ("esx-1", "esx-1", FULL)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_golden(tmp_path: Path, platform: str) -> None:
    """
    The plan in the script, and all calls there and back, are the golden file; a dry run shows them and changes nothing.

    esx-1 has room for web only without 2,048 MiB, and esx-2 for db only once all of web has left it.
    """
    with two(tmp_path, platform) as found:
        dry = found.run()
        assert (dry.returncode, changes(found, platform), state(found)) == (0, [], ("esx-2", "esx-1", FULL))
        assert dry.stdout.count("WOULD RUN") == 4
        done = found.execute()
        assert (done.returncode, done.stderr.count("FAIL"), state(found)) == (0, 0, ("esx-1", "esx-2", FULL))
        shown = found.run("--rollback")
        assert (shown.returncode, shown.stdout.count("WOULD RUN")) == (0, 4)
        back = found.execute("--rollback")
        assert (back.returncode, state(found)) == (0, ("esx-2", "esx-1", FULL))
        script = (found.folder / "plan.sh").read_text("ascii")
        plan = script[script.index("plan() {") : script.index("\n}\n") + 3]
        calls = "".join(f"{call}\n" for call in changes(found, platform))
    assert f"{plan}\n{calls}" == (GOLDEN / f"{platform}-balloon.txt").read_text("ascii")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_stops_in_the_middle_goes_on_and_comes_back(tmp_path: Path, platform: str) -> None:
    """Where db fails, web stays without 2,048 MiB; a second run gives them back behind db, the way back without it."""
    with two(tmp_path, platform) as found:
        found.fail = {"db"}
        assert found.execute().returncode == 1
        assert state(found) == ("esx-1", "esx-1", LEFT)
        assert found.events() == [(1, "started"), (1, "finished"), (2, "started"), (2, "failed")]
        back = found.execute("--rollback")
        assert (back.returncode, state(found)) == (0, ("esx-2", "esx-1", FULL))
        assert found.events()[4:] == [(1, "started"), (1, "finished")]
        assert found.execute().returncode == 1
        found.fail = set()
        on = found.execute()
        assert (on.returncode, state(found)) == (0, ("esx-1", "esx-2", FULL))
        assert found.events()[-4:] == [(2, "started"), (2, "finished"), (3, "started"), (3, "finished")]
        assert found.execute().stdout.count("SKIP (done already)") == 3


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_move_that_fails_gives_memory_back(tmp_path: Path, platform: str) -> None:
    """A VM that stays where it was has all its memory again, before the script ends; a killed run is made good, too."""
    with two(tmp_path, platform) as found:
        found.fail = {"web"}
        assert found.execute().returncode == 1
        assert state(found) == ("esx-2", "esx-1", FULL)
        assert "the migration was aborted" in found.journal()[-1]["message"]
        found.fail, web = set(), next(iter(found.vms.values()))
        found.press(web, LEFT)
        web |= {"limit": LEFT} if platform == "govc" else {}
        assert found.execute("--rollback").returncode == 0
        assert state(found) == ("esx-2", "esx-1", FULL)
        assert found.execute().returncode == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_guest_that_keeps_its_memory(tmp_path: Path, platform: str) -> None:
    """A guest has so many seconds to hand memory over; if it does not, it gets it back and is not moved."""
    with two(tmp_path, platform, keeps=True) as found:
        ended = found.run("--execute", "--ignore-expiry", BALLOON_S="0")
        assert ended.returncode == 1
        assert "its guest still holds 8192 MiB after 0 s, not 6144 MiB" in found.journal()[-1]["message"]
        assert state(found) == ("esx-2", "esx-1", FULL)
        assert len(changes(found, platform)) == 2
        assert next(iter(found.vms.values())).get("limit", -1) == -1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_vm_that_stays_gives_memory_up(tmp_path: Path, platform: str) -> None:
    """
    esx-1 has room for web, of 8,192 MiB, only without 2,048 MiB of app, until db has left it; there, again, and back.

    What is done is not done again: app keeps its memory where both moves are done, or neither is.
    """
    vms: list[dict[str, Any]] = [
        {"name": "web", "mib": FULL}, {"name": "db", "host": "esx-1", "mib": FULL},
        {"name": "app", "host": "esx-1", "mib": 4096, "full": 4096},
    ]  # fmt: skip
    with served(tmp_path, platform, vms, beside(tmp_path / "plan")) as found:
        found.hosts |= {"esx-1": LEFT, "esx-2": 0}
        found.reckons = True
        none = found.execute("--rollback")
        assert (none.returncode, none.stdout.count("SKIP"), changes(found, platform)) == (0, 4, [])
        assert found.execute().returncode == 0
        made = {vm["name"]: (vm["host"], vm["mib"]) for vm in found.vms.values()}
        assert made == {"web": ("esx-1", FULL), "db": ("esx-2", FULL), "app": ("esx-1", 4096)}
        assert [move for move, event in found.events() if event == "finished"] == [1, 2, 3, 4]
        assert len(changes(found, platform)) == 4
        again = found.execute()
        assert (again.stdout.count("SKIP"), len(changes(found, platform))) == (4, 4)
        assert found.execute("--rollback").returncode == 0
        assert found.places() == {"web": "esx-2", "db": "esx-1", "app": "esx-1"}
        assert [move for move, event in found.events() if event == "finished"][4:] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("platform", "flaw", "said"),
    [
        ("virsh", {"balloon": "none"}, "it has no memory balloon"),
        ("virsh", {"usable": 2000}, "its guest can spare 2000 MiB; 2048 MiB are to be taken"),
        ("virsh", {"mib": 9000, "full": 9000}, "it has 9000 MiB, and in the plan 8192 MiB"),
        ("virsh", {"mib": 8000, "full": 8000}, "it has 8000 MiB at most, and in the plan 8192 MiB"),
        ("proxmox", {"least": 0}, "it has no memory balloon"),
        ("proxmox", {"least": 4096}, "pvestatd sets its memory, at least 4096 MiB"),
        ("proxmox", {"full": 8000}, "it has 8000 MiB, and in the plan 8192 MiB"),
        ("govc", {"tools": "guestToolsNotRunning"}, "VMware Tools, which have its driver, do not run"),
        ("govc", {"reserved": 7000}, "7000 MiB are reserved for it"),
        ("govc", {"limit": 8000}, "it has a limit of its own, 8000 MiB"),
    ],
)
def test_checks(tmp_path: Path, platform: str, flaw: dict[str, Any], said: str) -> None:
    """What speaks against taking memory is told before anything is changed, and may be left out."""
    with two(tmp_path, platform, **flaw) as found:
        ended = found.run()
        assert (ended.returncode, f"VM web: balloon: {said}" in ended.stderr) == (1, True)
        assert found.run("--skip-check", "room", "--skip-check", "balloon").returncode == (flaw.get("mib") == 9000)
        assert changes(found, platform) == []
