"""The command as a user meets it: run in this process, or in one of its own."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consolidate.__main__ import run
from tests.consolidate.readers.inventories import folder

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "consolidate")
EXAMPLE = ROOT / "examples" / "inventory"
HOSTS = "host,cores,cpu_mhz,memory_mib,cluster,rack\n" + "".join(f"h{n},16,2600,131072,c1,r{n}\n" for n in (1, 2, 3))
VMS = "vm,host,vcpus,memory_mib\nweb-1,h1,2,4096\nweb-2,h2,2,4096\ndb-1,h3,4,16384\n"


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


def said(*arguments: object) -> Said:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([str(argument) for argument in arguments])
    return Said(status, out.getvalue(), err.getvalue())


def alone(*arguments: object, **options: Any) -> Said:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False, **options
    )
    return Said(done.returncode, done.stdout, done.stderr)


def environment(**changes: str) -> dict[str, str]:
    """Return the environment with changes."""
    return {**os.environ, **changes}


def estate(path: Path, hosts: str = HOSTS, vms: str = VMS, **files: str) -> Path:
    """Write a canonical folder with three hosts and three VMs, or what is given."""
    path.mkdir(exist_ok=True)
    return folder(path / "estate", hosts, vms, **files)


def refused(*arguments: object, left: Path | None = None) -> str:
    """Run a command that must refuse its input, and leave no file beside those there; return what it says."""
    before = sorted(left.rglob("*")) if left else []
    found = said(*arguments)
    assert found.status == 2, (found.status, found.out, found.err)
    assert found.out == ""
    assert "Traceback" not in found.err
    assert "internal error" not in found.err
    assert all(line.isprintable() for line in found.err.splitlines())
    assert (sorted(left.rglob("*")) if left else []) == before
    return found.err


def planned(path: Path, inventory: Path, *more: object) -> Path:
    """Plan an estate into a folder, and return the folder."""
    found = said("plan", inventory, "--out", path, *more)
    assert found.status == 0, found.err
    return path
