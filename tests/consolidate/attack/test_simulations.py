"""Simulations that are asked for in wrong words: one clear message, exit status 2, and nothing written."""

from pathlib import Path

import pytest

from tests.consolidate.attack.commands import EXAMPLE, refused

WRONG_OPTIONS = {
    "policy.detection=-1": "Detection '-1' is unknown; known are ewma",
    "policy.placement=[]": "Placement '[]' is unknown; known are bf",
    "policy.power=null": "Power 'None' is unknown; known are on",
    "policy.evacuation=2000-01-01": "Evacuation '2000-01-01' is unknown; known are evacuate",
    "policy.attempts=1e308": "'attempts' must be a whole number of 0 or more and up to 2,147,483,647",
    "policy.placement.scored=1e308": "'placement.scored' must be a whole number",
    "policy.placement.scored=99999999999999999999": "'placement.scored' must be a whole number of 0 or more and up to",
}


@pytest.mark.parametrize("change", WRONG_OPTIONS)
def test_an_option_that_is_none(tmp_path: Path, change: str) -> None:
    """What is no part of a policy, or too large a number, is told with what is known or wanted."""
    said = refused("simulate", EXAMPLE, "--policy", "consolidate", "--set", change, "--out", tmp_path / "out")
    assert WRONG_OPTIONS[change] in said


def test_a_seed_that_is_none(tmp_path: Path) -> None:
    """Both seeds are told at once, with their range."""
    lines = refused("simulate", EXAMPLE, "--seed", "-1", "--variant", "-5", "--out", tmp_path / "out").splitlines()
    assert lines == [
        "error: --variant is from 0 to below 2,147,483,648, not -5.",
        "error: --seed is from 0 to below 2,147,483,648, not -1.",
    ]
