import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.errors import InputError
from solvers.policies import POLICIES, policy
from solvers.policies.balancing import Balance
from solvers.policies.clairvoyant import Clairvoyant
from solvers.policies.consolidation import Consolidation
from solvers.policies.detection import MedianAbsoluteDeviation, StaticThreshold
from solvers.policies.evacuation import NoEvacuation
from solvers.policies.naming import options_table
from solvers.policies.nothing import DoNothing
from solvers.policies.placement import BestFit
from solvers.policies.selection import MinimumMigrationTime
from tests.solvers.policies.views import pairs, seen


def composed(name: str, **options: object) -> Consolidation:
    """Return a composition, its options with underscores for dots."""
    found = policy(name, {key.replace("__", "."): value for key, value in options.items()})
    assert isinstance(found, Consolidation)
    return found


def test_a_name_says_how_overload_is_detected_and_which_vms_leave() -> None:
    """Detection and selection, with a hyphen."""
    found = composed("mad-mmt")
    assert isinstance(found.detection, MedianAbsoluteDeviation)
    assert isinstance(found.selection, MinimumMigrationTime)


def test_options_are_set_in_parts() -> None:
    """By dotted names, as text or as numbers; a part is exchanged by its name."""
    found = composed("thr-mmt", detection__share="0.7", placement="bf", placement__scored=5, evacuation="none")
    assert found.detection == StaticThreshold(0.7)
    assert found.placement == BestFit(scored=5)
    assert found.evacuation == NoEvacuation()


def test_options_of_a_policy_itself() -> None:
    """Whole numbers may be written as such, or as text."""
    assert policy("drs", {"most": "7", "least": 0.01}) == Balance(most=7, least=0.01)


def test_a_policy_that_needs_something() -> None:
    """The clairvoyant needs the trace, and says so."""
    assert isinstance(policy("clairvoyant", {"trace_mhz": np.ones((2, 2)), "policy.fill": 0.9}), Clairvoyant)
    with pytest.raises(InputError, match="trace_mhz is needed by Clairvoyant"):
        policy("clairvoyant")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mad-mt", {}, r"Policy 'mad-mt' is unknown; known are .*mad-mmt.* Did you mean 'mad-mmt'\?"),
        (
            "thr-mmt",
            {"detection.shore": 1},
            r"Option 'detection.shore' is unknown; .* Did you mean 'detection.share'\?",
        ),
        ("thr-mmt", {"detectoin": "mad"}, r"Did you mean 'detection'\?"),
        ("thr-mmt", {"placement": "bff"}, r"Placement 'bff' is unknown; known are bf, ff, pabfd, solver"),
        (
            "thr-mmt",
            {"detection.share": "much"},
            "'detection.share' must be a number above 0 and up to 1; found 'much'",
        ),
        ("thr-mmt", {"detection.share": 1.5}, "must be a number above 0 and up to 1"),
        ("thr-mmt", {"detection.share": float("nan")}, "must be a number above 0"),
        ("thr-mmt", {"attempts": "1.5"}, "must be a whole number"),
        ("thr-mmt", {"attempts": "inf"}, "must be a whole number"),
        ("thr-mmt", {"evacuation.order": "size"}, "must be one of load, efficiency"),
        ("thr-mmt", {"fill.share": 1}, "'fill' has no options of its own"),
        ("threshold", {"boot": "perhaps"}, "must be true or false"),
        ("none", {"fill": 1}, "Option 'fill' is unknown"),
    ],
)
def test_what_is_wrong_is_told(name: str, options: dict[str, object], message: str) -> None:
    """An unknown name, key or value is an input error that says what is known."""
    with pytest.raises(InputError, match=message):
        policy(name, options)


def test_all_is_told_at_once() -> None:
    """Three options, three findings."""
    with pytest.raises(InputError) as caught:
        policy("thr-mmt", {"fill": 2, "placement": "?", "power.marign": 1})
    assert len(caught.value.findings) == 3


def test_yes_and_no() -> None:
    """A switch may be written in words."""
    assert "boot=False" in repr(policy("threshold", {"boot": "no"}))


@pytest.mark.parametrize("name", [name for name in POLICIES if name != "clairvoyant"])
def test_every_policy_is_built_without_options(name: str) -> None:
    """Each decides on a calm estate, and moves nothing off hosts that could not be emptied."""
    assert pairs(policy(name)(seen([0, 1, 2], [550, 550, 550]))) == []


def test_none_is_the_baseline() -> None:
    """It has no options."""
    assert policy("none") == DoNothing()


def test_names_load_nothing_heavy() -> None:
    """To know the policies neither compilers nor solvers are imported."""
    source = "import sys, solvers.policies; print(*{name.partition('.')[0] for name in sys.modules})"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", source], cwd=root, capture_output=True, text=True, check=True)
    assert {"numba", "ortools", "pandas", "mesa"} & set(done.stdout.split()) == set()


def test_options_are_documented() -> None:
    """The page has the table that is made of the code."""
    shown = {name: POLICIES[name] for name in ("threshold", "consolidate", "steady", "horizon", "drs")}
    page = (Path(__file__).parents[3] / "docs" / "policies.md").read_text("utf-8")
    assert options_table(shown) in page
