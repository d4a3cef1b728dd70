"""Settings: what may be chosen, and that all that is wrong is told at once, with the line."""

from pathlib import Path
from typing import Any

import pytest

from consolidate.settings import Settings, parsed, read, validated
from models.errors import InputError


def wrong(tree: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the column and message of each thing that is wrong."""
    with pytest.raises(InputError) as told:
        validated(tree, "config.yaml")
    return [(finding.column, finding.message) for finding in told.value.findings]


def test_defaults() -> None:
    """Nothing chosen is a valid choice."""
    assert validated(None, "config.yaml") == Settings()


def test_changed() -> None:
    """Dotted keys replace single settings and leave the others."""
    found = Settings().changed({"limits.cpu_ceiling": 0.7, "search.solver": "cp-sat"})
    assert (found.limits.cpu_ceiling, found.search.solver) == (0.7, "cp-sat")
    assert found.limits.memory_ceiling == Settings().limits.memory_ceiling


def test_unknown_keys() -> None:
    """An unknown key names what was meant."""
    with pytest.raises(InputError, match=r"cpu_ceiling") as told:
        Settings().changed({"limits.cpu_celing": 0.7, "nonsense": 1})
    assert len(told.value.findings) == 2


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("limits.cpu_ceiling", 0.0),
        ("limits.cpu_ceiling", 1.1),
        ("limits.cpu_ceiling", float("nan")),
        ("limits.spare_hosts", -1),
        ("limits.host_cpu_share", 1.0),
        ("demand.cpu", "p101"),
        ("demand.cpu", "average"),
        ("demand.growth", 0.0),
        ("demand.buckets", 0),
        ("migration.platform", "cloud"),
        ("migration.max_moves", -1),
        ("migration.wave", 0),
        ("prices.pue", 0.9),
        ("search.solver", "magic"),
        ("search.workers", 0),
        ("limits.cross_clusters", "yes"),
        ("search.seed", 1.5),
    ],
)
def test_values_out_of_range(key: str, value: object) -> None:
    """A value that makes no sense is an error that names the key."""
    with pytest.raises(InputError) as told:
        Settings().changed({key: value})
    assert told.value.findings[0].column == key


@pytest.mark.parametrize("basis", ["auto", "allocated", "snapshot", "peak", "profile", "p0", "p95", "p99.9", "p100"])
def test_bases(basis: str) -> None:
    """All of these are bases of demand."""
    assert Settings().changed({"demand.cpu": basis}).demand.cpu == basis


def test_everything_at_once() -> None:
    """Every wrong value and key is reported, not only the first."""
    found = wrong({"limits": {"cpu_ceiling": 2, "memry": 1}, "serch": {}})
    assert [column for column, _ in found] == ["limits.cpu_ceiling", "limits.memry", "serch"]
    assert all(message.endswith((".", "?")) for _, message in found)


def test_a_file(tmp_path: Path) -> None:
    """A file is read, and an error in it names its line."""
    path = tmp_path / "config.yaml"
    path.write_text("limits:\n  cpu_ceiling: 0.5\n", encoding="utf-8")
    assert read(path).limits.cpu_ceiling == 0.5
    path.write_text("limits:\n  spare_hosts: 1\n  cpu_ceiling: 5\n", encoding="utf-8")
    with pytest.raises(InputError) as told:
        read(path)
    assert (told.value.findings[0].file, told.value.findings[0].row) == ("config.yaml", 3)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is an error of the input."""
    with pytest.raises(InputError):
        read(tmp_path / "none.yaml")


def test_an_empty_file(tmp_path: Path) -> None:
    """An empty file is hardly meant; it is told as such."""
    path = tmp_path / "config.yaml"
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="Is empty"):
        read(path)


def test_parsed() -> None:
    """Values are read as YAML: numbers, flags, texts and nothing."""
    found = parsed(["a.b=1", "a.c=0.5", "a.d=true", "a.e=vsphere", "a.f=null"])
    assert found == {"a.b": 1, "a.c": 0.5, "a.d": True, "a.e": "vsphere", "a.f": None}
    assert parsed(["a.b=1e9", "a.c=-2.5E-3", "a.d='1e9'", "a.e=1e"]) == {
        "a.b": 1e9, "a.c": -0.0025, "a.d": "1e9", "a.e": "1e",
    }  # fmt: skip


def test_parsed_without_a_sign() -> None:
    """A text without '=' is an error."""
    with pytest.raises(InputError, match="not of the form key=value"):
        parsed(["limits.cpu_ceiling"])
