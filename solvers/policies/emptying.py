"""Hosts that are to be drained or decommissioned: their VMs go elsewhere, before the policy decides all else."""

from dataclasses import dataclass, field

import numpy as np

from models.arrays import NOWHERE, Rows
from models.decisions import Decision, Policy, View
from solvers.policies.balancing import Balance
from solvers.policies.draft import Draft
from solvers.policies.nothing import DoNothing, Dvfs
from solvers.policies.placement import Placement, PowerAwareBestFit

STAYING = (DoNothing, Dvfs, Balance)
"""Policies that empty no host."""
REASON = "its host is to be emptied"


@dataclass(frozen=True, eq=False)
class Emptying:
    """
    Move VMs off hosts as far as others have room; boot others where they have none.

    Parameters
    ----------
    hosts
        The hosts that are to be emptied.
    placement
        Where their VMs go.
    fill
        Share of its limit up to which another host is filled, so that it need not be relieved at once.
    most
        Moves at one tick, the largest VMs first.
    """

    hosts: Rows
    placement: Placement = field(default_factory=PowerAwareBestFit)
    fill: float = 0.9
    most: int = 50

    def __call__(self, view: View) -> Decision:
        """Return moves off these hosts, and hosts to boot for those that find no room."""
        draft = Draft(view, view.cpu_limit_mhz)
        vms = np.flatnonzero(draft.movable & np.isin(view.host, self.hosts))
        vms = vms[np.lexsort((-view.memory_mib[vms], -view.demand_mhz[vms]))][: self.most]
        found = self.placement(draft.request(vms, draft.open & ~draft.over(), self.fill))
        some = found != NOWHERE
        draft.move(vms[some], found[some], [REASON] * int(some.sum()))
        draft.expect(vms[~some], self.placement, self.fill)
        return draft.decision()


def emptying(policy: Policy, hosts: Rows) -> Policy | None:
    """Return what empties the hosts beside a policy; None where there are none, or the policy empties no host."""
    return Emptying(hosts) if len(hosts) and not isinstance(policy, STAYING) else None
