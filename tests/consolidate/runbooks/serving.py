"""Scripts of plans with a stand-in for their platform."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.consolidate.runbooks.plans import typical, written
from tests.consolidate.runbooks.platforms import Estate, estate, write_script
from tests.consolidate.runbooks.stand_ins import STAND_INS

TYPICAL = ({"name": "web"}, {"name": "old|tape", "power": "off"}, {"name": "db"})
BEFORE = {"web": "esx-2", "old|tape": "esx-2", "db": "esx-2"}
AFTER = dict.fromkeys(BEFORE, "esx-1")


@contextmanager
def served(
    folder: Path,
    platform: str,
    vms: Sequence[Mapping[str, Any]] = TYPICAL,
    plan: Path | None = None,
    *,
    own_python: bool = False,
) -> Iterator[Estate]:
    """Serve up to three VMs, on esx-2 unless told otherwise, with the script of a plan for them."""
    stand_in = STAND_INS[platform]
    known = {name: {"host": "esx-2", **vm} for name, vm in zip(stand_in.known, vms, strict=False)}
    with estate(folder / platform, stand_in.answer, stand_in.commands, known, own_python) as found:
        write_script(found, plan or typical(folder / "plan"), platform)
        yield found


def one_move(folder: Path, vm: str = "web", **values: Any) -> Path:
    """Write the plan of a single move from esx-2 to esx-1."""
    return written(folder / "one", [{"vm": vm}], **values)


def changes(found: Estate, platform: str) -> list[list[str]]:
    """Return the calls so far that change something."""
    return [call for call in found.calls if set(call) & set(STAND_INS[platform].changes)]
