"""The baselines: every VM stays, every host stays as it is."""

from dataclasses import dataclass, field

from models.decisions import Decision, View
from solvers.policies.draft import Draft, settle
from solvers.policies.placement import FirstFit, Placement


@dataclass(frozen=True)
class DoNothing:
    """Leave everything as it is."""

    def __call__(self, view: View) -> Decision:
        """Return the decision to do nothing."""
        return Decision()


@dataclass(frozen=True)
class Dvfs:
    """
    Place the VMs that wait by first fit, and move none: what is saved is what hosts draw less at less load.

    Hosts are booted for VMs that find no room, and never switched off; those that are off and not needed stay off.

    Parameters
    ----------
    placement
        Where VMs that wait go.

    References
    ----------
    .. [1] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics …," CCPE 24(13),
       2012: the baseline "DVFS".
    """

    placement: Placement = field(default_factory=FirstFit)

    def __call__(self, view: View) -> Decision:
        """Return where the VMs go that wait."""
        draft = Draft(view, view.cpu_limit_mhz)
        settle(draft, self.placement)
        return draft.decision()
