"""Memory that VMs give up for a while, in runbooks: people are told how, scripts refuse."""

from pathlib import Path

import pytest

from consolidate.runbooks import PLATFORMS, render
from consolidate.runbooks.ballooning import COMMANDS
from models.errors import InputError
from models.tables import SIZES
from tests.consolidate.runbooks.plans import columns, typical, written


def pressed(folder: Path) -> Path:
    """Write a plan in which web, of 8,192 MiB, gives up 2,048 MiB for its move, until db has left."""
    back = {"kind": "balloon", "start_s": 30.0, "end_s": 30.0, "source": "esx-1", "duration_s": 0.0}
    db = {"start_s": 10.0, "end_s": 30.0, "vm": "db", "source": "esx-1", "destination": "esx-2"}
    sizes = columns(SIZES, [{"vm": "web", "memory_mib": 8192.0}])
    return written(folder, [{"balloon_mib": 2048.0}, db, back], vms=sizes)


def test_people_are_told(tmp_path: Path) -> None:
    """Before move 1 take 2,048 MiB and leave 6,144; give them back at move 3; each platform has its commands."""
    text = render(pressed(tmp_path / "plan"), "markdown")
    assert "| 1 | web | 2048 | 6144 | 8192 | move 3 |" in text
    assert all(f"| {platform} |" in text for platform, _, _ in COMMANDS)
    assert "no migration: memory is given back" in text
    assert "Memory that is taken" not in render(typical(tmp_path / "typical"), "markdown")


@pytest.mark.parametrize("platform", sorted(PLATFORMS.keys() - {"markdown"}))
def test_scripts_refuse(tmp_path: Path, platform: str) -> None:
    """A script is not written for it, and says which VM and move it is."""
    with pytest.raises(InputError, match=r"memory from VM 'web' before move 1, which no script does"):
        render(pressed(tmp_path / "plan"), platform)
