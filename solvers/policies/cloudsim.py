"""
The policies of CloudSim 3.0.3's power-aware examples, to the digit, each oddity of theirs with a name.

Overloaded hosts give VMs away until they are so no longer; these are placed where the draw grows least; then every
other host, the least used first, is emptied if all its VMs find room. Everything is decided on tentative lists of VMs.
The compiled form is `solvers.kernels.cloudsim`; the plain one, `solvers.policies.cloudsim_plain`, says the same agent
by agent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.decisions import Decision, View

DETECTIONS: Mapping[str, tuple[int, float]] = {
    "thr": (0, 0.8),
    "mad": (1, 2.5),
    "iqr": (2, 1.5),
    "lr": (3, 1.2),
    "lrr": (3, 1.2),
}
"""The kernel's number of each detection, and its usual parameter. Robust regression is the same as the other."""
SELECTIONS: Mapping[str, int] = {"mmt": 0, "mu": 1, "rs": 2, "mc": 3}
QUIRKS = {
    "stale-baseline": "a host's draw with a VM is compared with its draw at the last update, not as it is by now",
    "double-hops": "hosts that have just been given VMs may be emptied, so that VMs are migrated twice at once",
    "unweighted": "the local regression is an ordinary one, in which old samples count as much as new ones",
    "empty-untested": "a VM on an empty host is never tested for overload",
    "memory-free": "memory is looked at when VMs are first placed, and never again",
}
"""What a policy can be asked to leave out, by name."""
LOESS = 4


@dataclass(frozen=True)
class CloudSim:
    """
    A policy of CloudSim: an overload detection and a VM selection.

    Parameters
    ----------
    detection
        A key of `DETECTIONS`.
    selection
        A key of `SELECTIONS`.
    parameter
        Threshold, or safety parameter; the usual one if None.
    without
        Keys of `QUIRKS` that are left out.
    seed
        Of the random selection.
    most
        The most VMs that each host has ever had at once, which a policy adds to when it tries; None: no matter.
    group
        Number of each host's model, as `groups` returns it; found at every call if None.
    """

    detection: str = "thr"
    selection: str = "mmt"
    parameter: float | None = None
    without: frozenset[str] = frozenset()
    seed: int = 1
    most: Ints | None = field(default=None, repr=False, compare=False)
    group: Ints | None = field(default=None, repr=False, compare=False)

    samples = 30
    """How many readings it looks back at."""

    @property
    def kind(self) -> tuple[int, float]:
        """The kernel's number of the detection, and the parameter."""
        number, usual = DETECTIONS[self.detection]
        if number == DETECTIONS["lr"][0] and "unweighted" in self.without:
            number = LOESS
        return number, usual if self.parameter is None else self.parameter

    def over(self, view: View) -> Mask:
        """Return the hosts that are overloaded. Shape (hosts,)."""
        from solvers.kernels.cloudsim_overload import overloaded

        listed, starts = view.lists
        found: Mask = overloaded(
            listed, starts, view.demand_mhz, shares(view), view.size_mhz, view.capacity_mhz, *self.kind
        )
        return found

    def under(self, view: View) -> Mask:
        """Return none: every host is tried anyway."""
        return np.zeros(len(view.capacity_mhz), np.bool_)

    def __call__(self, view: View) -> Decision:
        """Return the moves of one optimisation."""
        from solvers.kernels.cloudsim import planned
        from solvers.kernels.cloudsim_lists import Given

        listed, starts = view.lists
        over = np.zeros(len(view.capacity_mhz), np.bool_)
        over[view.overloaded] = True
        group, most, without = self.group, self.most, self.without
        if group is None:
            group = groups(view.capacity_mhz, view.core_mhz, view.memory_limit_mib, view.curve_w)
        given = Given(
            listed, starts, view.demand_mhz, view.memory_mib, view.size_mhz, shares(view), view.capacity_mhz,
            view.core_mhz, view.used_mhz, view.curve_w, over, group, *self.kind, SELECTIONS[self.selection],
            self.chances(view), "stale-baseline" not in without, "double-hops" not in without,
            "empty-untested" not in without,
        )  # fmt: skip
        vms, hosts, relieved = planned(given, self.room(view), np.zeros(len(over), np.int64) if most is None else most)
        reasons = ["its host was overloaded"] * relieved + ["its host was emptied"] * (len(vms) - relieved)
        return Decision(vms=vms, hosts=hosts, reasons=reasons)

    def chances(self, view: View) -> Floats:
        """Return random numbers of this moment, one for each VM that may be selected, and one more."""
        if self.selection != "rs":
            return np.zeros(len(view.order) + 1)
        return np.random.default_rng([self.seed, round(view.time_s)]).random(len(view.order) + 1)

    def room(self, view: View) -> Floats:
        """Return the memory that is free on each host, without a limit as CloudSim has it. [MiB] Shape (hosts,)."""
        if "memory-free" in self.without:
            return view.memory_limit_mib - view.held_mib
        return np.full(len(view.capacity_mhz), np.inf)


def shares(view: View) -> Floats:
    """Return what VMs asked for at the last ticks as shares of their size, newest first. Shape (samples, vms)."""
    if view.shares is not None:
        return view.shares
    return np.divide(view.history_mhz, view.size_mhz, out=np.zeros(view.history_mhz.shape), where=view.size_mhz > 0)


def groups(*columns: Floats) -> Ints:
    """Return a number for each host, the same for those of which all columns are: while empty these are equal."""
    return np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
