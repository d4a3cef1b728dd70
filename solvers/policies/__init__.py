"""The policies of a simulation, by name: what to do while time passes."""

from collections.abc import Callable, Mapping

from models.decisions import Policy
from solvers.policies.nothing import DoNothing
from solvers.policies.threshold import Threshold

POLICIES: Mapping[str, Callable[[], Policy]] = {"none": DoNothing, "threshold": Threshold}
