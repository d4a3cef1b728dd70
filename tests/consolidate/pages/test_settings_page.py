"""The page on settings says what the settings are."""

import re
from pathlib import Path

import yaml

from consolidate import settings
from consolidate.pages.settings_page import page

TEXT = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")


def test_page() -> None:
    """The file is what is generated; write it anew with consolidate.pages.settings_page.page()."""
    assert page() == TEXT


def test_every_setting_is_explained() -> None:
    """Each dotted key has a row with a meaning."""
    rows = re.findall(r"^\| `(\w+\.\w+)` \| (.+?) \|", TEXT, re.MULTILINE)
    tree = settings.Settings().model_dump()
    assert [key for key, _ in rows] == [f"{group}.{name}" for group, members in tree.items() for name in members]
    assert all(meaning.endswith(".") for _, meaning in rows)


def test_examples_are_valid() -> None:
    """The file and the changes shown give settings."""
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    changes = settings.parsed(re.findall(r"--set (\S+=\S+)", TEXT))
    chosen = settings.validated(yaml.safe_load(example), "settings.yaml").changed(changes)
    assert (chosen.limits.cpu_ceiling, chosen.limits.spare_hosts, chosen.search.seconds) == (0.75, 2, 60)
