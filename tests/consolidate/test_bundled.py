"""The example that comes with the product."""

from pathlib import Path

import pytest

from consolidate import bundled
from models.errors import InputError
from tests.consolidate.attack.commands import refused, said


def test_the_example_is_there() -> None:
    """The example has an inventory and rules, in the checkout as in the installed package."""
    folder = bundled.folder()
    assert (folder / "inventory" / "vms.csv").is_file()
    assert (folder / "rules.yaml").is_file()


def test_an_installation_without_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where it is missing, that is said."""
    monkeypatch.setattr(bundled, "files", lambda _: tmp_path)
    monkeypatch.setattr(bundled, "__file__", str(tmp_path / "consolidate" / "bundled.py"))
    with pytest.raises(InputError, match="example is missing"):
        bundled.folder()


def test_demo(tmp_path: Path) -> None:
    """The demo plans the example into a folder, once."""
    found = said("demo", "--out", tmp_path / "demo")
    assert (found.status, found.err) == (0, "")
    assert (tmp_path / "demo" / "report.html").is_file()
    assert "--force" in refused("demo", "--out", tmp_path / "demo")
