"""The policies of a simulation, by name: what to do while time passes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from models.decisions import Policy
from models.errors import InputError
from solvers.policies.balancing import Balance
from solvers.policies.clairvoyant import Clairvoyant
from solvers.policies.consolidation import Consolidation
from solvers.policies.detection import DETECTIONS
from solvers.policies.horizon import Horizon
from solvers.policies.naming import built, unknown
from solvers.policies.nothing import DoNothing, Dvfs
from solvers.policies.placement import PowerAwareBestFit
from solvers.policies.selection import SELECTIONS
from solvers.policies.steady import Steady
from solvers.policies.threshold import Threshold


def _composed(detection: str, selection: str) -> Consolidation:
    """Return the composition of a detection and a selection, VMs placed as the power-aware heuristics do."""
    return Consolidation(
        detection=DETECTIONS[detection](), selection=SELECTIONS[selection](), placement=PowerAwareBestFit()
    )


POLICIES: Mapping[str, Callable[..., Policy]] = {
    "none": DoNothing,
    "dvfs": Dvfs,
    "threshold": Threshold,
    "consolidate": Consolidation,
    "horizon": Horizon,
    "steady": Steady,
    "drs": Balance,
    "clairvoyant": Clairvoyant,
    **{f"{how}-{which}": partial(_composed, how, which) for how in DETECTIONS for which in SELECTIONS},
}
"""The policies by name; `Clairvoyant` needs the trace, all others can be had without options."""


def policy(name: str, options: Mapping[str, Any] | None = None) -> Policy:
    """
    Return a policy with options set.

    Parameters
    ----------
    name
        A key of `POLICIES`, such as ``mad-mmt``: overload by the median absolute deviation, VMs by migration time.
    options
        Values by dotted names: ``detection.safety``, ``evacuation.lower``, ``placement`` …; values may be text.

    Raises
    ------
    InputError
        If a name is unknown or a value is not possible; every such option is told.

    Examples
    --------
    >>> policy("thr-mmt", {"detection.share": "0.7", "placement": "bf"}).detection
    StaticThreshold(share=0.7)
    """
    if name not in POLICIES:
        raise InputError([unknown("Policy", name, POLICIES)])
    made: Policy = built(POLICIES[name], options or {})
    return made
