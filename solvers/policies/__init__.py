"""The policies of a simulation, by name: what to do while time passes."""

from collections.abc import Callable, Mapping

from models.decisions import Policy
from solvers.policies.nothing import DoNothing
from solvers.policies.threshold import Threshold

POLICIES: Mapping[str, Callable[[], Policy]] = {"none": DoNothing, "threshold": Threshold}


def policy(name: str, options: Mapping[str, object]) -> Policy:
    """Return the policy of a name."""
    from models.errors import InputError

    if name not in POLICIES:
        raise InputError(f"Policy {name!r} is unknown; known are {', '.join(POLICIES)}.")
    return POLICIES[name]()
