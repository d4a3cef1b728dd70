"""The bash scripts: their data is data, whatever the names are, and bash takes them."""

import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidate.runbooks import govc, openstack, proxmox, render, virsh
from consolidate.runbooks.shell import SHARED, quoted
from models.errors import InputError
from tests.consolidate.runbooks.plans import identified, typical, written
from tests.consolidate.runbooks.stand_ins import STAND_INS

HOSTILE = (
    'a"; rm -rf /',
    "$(reboot)",
    "`reboot`",
    "a'; reboot; '",
    "two\nlines; reboot",
    "-rf",
    "--help",
    "x[$(reboot)]",
    "]=1; reboot #",
    "${HOME}",
    "a\\",
    "\x1b[2J\u202eb",
    "%s%n*?!~ \t",
    "ё\U0001f600 \u00a0",
    "",
)


def shell_words(script: str) -> list[list[str]]:
    """Return the words of each line of the plan as bash itself reads them."""
    plan = script.split("plan() {\n")[1].split("\n}\n")[0]
    reader = 'move() { printf "%s\\0" "$@"; printf "\\n\\0"; }; new() { :; }; boot() { :; }; freed() { :; }\n'
    said = subprocess.run(["bash", "-c", f"{reader}{plan}"], capture_output=True, check=True, encoding="utf-8").stdout
    return [line.split("\0")[:-1] for line in said.split("\n\0")[:-1]]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=30))
@settings(max_examples=20, deadline=None)
def test_any_text_comes_back(texts: list[str]) -> None:
    """Bash reads each quoted text as it was, and the quoted form is printable ASCII."""
    words = [quoted(text) for text in texts]
    assert all(re.fullmatch("[ -~]+", word) for word in words)
    said = subprocess.run(["bash", "-c", f"printf '%s\\0' {' '.join(words)}"], capture_output=True, check=True).stdout
    assert said.decode().split("\0")[:-1] == texts


@pytest.mark.parametrize("platform", STAND_INS)
def test_hostile_names_stay_data(tmp_path: Path, platform: str) -> None:
    """Bash takes the script, and names of any form come out of it as they went in."""
    moves = [{"vm": name, "source": f"{name}1", "destination": f"{name}2"} for name in HOSTILE]
    script = render(written(tmp_path / "plan", moves), platform)
    assert script.isascii()
    assert subprocess.run(["bash", "-n"], input=script, check=False, encoding="ascii").returncode == 0
    found = [(words[4], words[6], words[7]) for words in shell_words(script)]
    assert sorted(found) == sorted((name, f"{name}1", f"{name}2") for name in HOSTILE)


@pytest.mark.parametrize("platform", STAND_INS)
def test_logic_is_written_once(tmp_path: Path, platform: str) -> None:
    """Around the data the script is the platform's file and the shared ones, line for line."""
    texts = files("consolidate.runbooks")
    logic, *shared = (texts.joinpath(f"{name}.sh").read_text(encoding="ascii") for name in (platform, *SHARED))
    before, after = logic.split("# BEGIN PLAN\n# END PLAN\n")
    script = render(typical(tmp_path / "plan"), platform)
    assert script.startswith(before)
    assert script.endswith(after + "".join(shared))


def test_nul_is_refused(tmp_path: Path) -> None:
    """NUL ends every word of a command: a name with one is an error that shows it."""
    folder = written(tmp_path / "plan", [{"vm": "a\0b"}])
    with pytest.raises(InputError, match=r"'a\\x00b' cannot be told to a shell"):
        render(folder, "virsh")


def test_ids() -> None:
    """Only what is of the form of a platform's ids is used as one; else the VM goes by its name."""
    uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f"
    assert virsh.identified(uuid.upper()) == openstack.identified(uuid) == uuid
    assert virsh.identified("vm-7") == openstack.identified("-rf") == ""
    assert govc.identified("vm-7") == govc.identified("VirtualMachine-vm-7") == "VirtualMachine:vm-7"
    assert govc.identified("vm-7; x") == govc.identified(uuid) == ""
    assert proxmox.identified("100") == proxmox.identified("qemu/100") == "100"
    assert proxmox.identified("vm-7") == proxmox.identified("٣٣٣") == ""


def test_ids_are_in_the_plan(tmp_path: Path) -> None:
    """The id of a VM stands beside its name."""
    folder = written(tmp_path / "plan", [{"vm": "a"}, {"vm": "b"}], vms=identified({"a": "vm-7"}))
    assert [words[4:6] for words in shell_words(render(folder, "govc"))] == [["a", "VirtualMachine:vm-7"], ["b", ""]]


def test_what_else_is_in_the_plan(tmp_path: Path) -> None:
    """VMs on no host, hosts that boot with the wave that needs them, freed hosts, limits and the way back are there."""
    moves: list[dict[str, Any]] = [
        {"vm": "new'", "source": "", "kind": "new"},
        {"vm": "a"},
        {"vm": "b", "source": "esx-3"},
        {"wave": 2, "vm": "c", "start_s": 400.0, "end_s": 410.5, "destination": "esx-9"},
    ]
    boot = {"host": "esx-9", "action": "boot", "start_s": 100.0, "end_s": 400.0}
    script = render(written(tmp_path / "plan", moves, [boot, {}]), "virsh")
    assert "PLAN_PER_HOST=2\nPLAN_AT_ONCE=2\nPLAN_BACK='4 3 2'\n" in script
    assert "    move 4 2 400000 410500 'c' '' 'esx-2' 'esx-9'\n" in script
    assert "    new 1 $'new\\047' 'esx-1'\n    boot 1 'esx-9'\n    freed 'esx-2'\n" in script


def test_nothing_to_do(tmp_path: Path) -> None:
    """A plan without moves gives a script that bash takes, and that has none."""
    script = render(written(tmp_path / "plan", hosts={"esx-1": "stays"}), "virsh")
    assert shell_words(script) == []
