"""Placement by a solver once a period, for the demand to come until the next; in between, relief alone."""

from dataclasses import dataclass, field

import numpy as np

from models.arrays import Mask, Rows
from models.decisions import Decision, View
from models.plan import Placement as Solution
from models.problem import Problem
from solvers.policies.consolidation import Power, relieve
from solvers.policies.detection import Detection, MedianAbsoluteDeviation
from solvers.policies.draft import Draft, before, settle
from solvers.policies.evacuation import Evacuate
from solvers.policies.placement import BestFit, Placement
from solvers.policies.replanning import NOTHING, Target, fitted, forecasted, solved, worthwhile
from solvers.policies.selection import Selection, SmallestSufficient
from solvers.policies.standby import Standby


class Agenda:
    """What was planned and is not done yet, and when it was planned; of one run at a time."""

    def __init__(self) -> None:
        self.planned_s, self.seen_s = -np.inf, -np.inf
        self.target: Target = NOTHING

    def due(self, time_s: float, period_s: float) -> bool:
        """Return whether it is time to plan; a time that is not later than the last one begins a new run."""
        again = time_s <= self.seen_s or time_s - self.planned_s >= period_s - 1e-6
        self.planned_s, self.seen_s = time_s if again else self.planned_s, time_s
        return again


@dataclass(frozen=True)
class Horizon:
    """
    Empty hosts by a placement solver, for what VMs are expected to ask for until the next period.

    What a VM is expected to ask for is a percentile of its newest history, and headroom. A new placement is taken up
    only as far as the idle power saved over `horizon_s` exceeds the energy of its migrations, and carried out in
    batches. At every tick overloaded hosts are relieved, and a standby margin is kept.

    Parameters
    ----------
    period_s, horizon_s
        Time between placements, and time over which one must pay. [s]
    percentile, headroom
        Of each VM's history, and the factor on it.
    fill
        Share of its limit up to which a host is filled.
    means, seconds, seed
        The solver's; see `solvers.portfolio.Portfolio`. Seconds are deterministic time for one boundary. [s]
    most_vms
        VMs up to which boundaries are solved, the smallest first; in the others hosts are emptied by best fit.
    most_moves
        Moves at one tick.
    detection, selection, placement, power
        As in `Consolidation`, for what is done at every tick.
    """

    period_s: float = 3600.0
    horizon_s: float = 7200.0
    percentile: float = 95.0
    headroom: float = 1.05
    fill: float = 0.9
    means: str = "evacuate"
    seconds: float = 2.0
    seed: int = 1
    most_vms: int = 4000
    most_moves: int = 50
    detection: Detection = field(default_factory=MedianAbsoluteDeviation)
    selection: Selection = field(default_factory=SmallestSufficient)
    placement: Placement = field(default_factory=BestFit)
    power: Power = field(default_factory=Standby)
    agenda: Agenda = field(default_factory=Agenda, init=False, repr=False, compare=False)

    def __call__(self, view: View) -> Decision:
        """Return relief, the next batch of what is planned, and hosts to boot and to switch off."""
        draft = Draft(view, self.detection(view))
        settle(draft, self.placement)
        relieve(draft, self.selection, self.placement, fill=self.fill, attempts=2)
        if self.agenda.due(view.time_s, self.period_s):
            self.agenda.target = self._planned(draft)
        self.agenda.target = carried_out(draft, self.agenda.target, self.most_moves)
        self.power(draft)
        return draft.decision()

    def over(self, view: View) -> Mask:
        """Return the hosts that are overloaded. Shape (hosts,)."""
        return Draft(view, self.detection(view)).over()

    def under(self, view: View) -> Mask:
        """Return that no host calls for being underloaded: that is seen to once a period."""
        return np.zeros(len(view.open), np.bool_)

    def _planned(self, draft: Draft) -> Target:
        """Return what is worth doing in all boundaries that do not grow."""
        seen = Draft(forecasted(draft.view, self.percentile, self.headroom), draft.limit_mhz)
        seen.open, seen.movable, seen.touched = draft.open, draft.movable, draft.touched
        spare, vms = self.power.spare(draft), draft.by_place(np.ones(len(draft.view.host)))
        evacuate = Evacuate(fill=self.fill, cooldown_s=0.0, horizon_s=self.horizon_s, most=len(draft.open))
        small = vms + before(vms, vms, np.zeros(len(vms), np.int64)) <= self.most_vms
        targets = [NOTHING]
        for place in np.setdiff1d(np.arange(len(draft.places)), draft.place[draft.growing()]).tolist():
            solve = small[place]
            found = solved(seen, place, self._solver, self.fill) if solve else fitted(seen, place, evacuate, spare)
            targets.append(worthwhile(seen, found, spare, self.horizon_s))
        return _joined(targets)

    def _solver(self, problem: Problem) -> Solution:
        from solvers.portfolio import Portfolio

        return Portfolio(self.means, self.seconds, self.seed)(problem)


def _joined(targets: list[Target]) -> Target:
    return Target(*(np.concatenate([getattr(each, name) for each in targets]) for name in ("vms", "hosts", "empty")))


def carried_out(draft: Draft, target: Target, most: int) -> Target:
    """Start as many moves as there is room for now, and switch off hosts that are then empty; return the rest."""
    view = draft.view
    left = view.host[target.vms] != target.hosts
    left &= draft.open[target.hosts] & view.running[target.vms]
    vms, hosts = target.vms[left], target.hosts[left]
    now = np.flatnonzero(draft.movable[vms] & _fits(draft, vms, hosts))[:most]
    draft.move(vms[now], hosts[now], ["the placement of the period has it elsewhere"] * len(now))
    staying = view.running.copy()
    staying[vms[now]] = False
    occupied = np.isin(target.empty, np.concatenate([view.host[staying], hosts[now]]))
    done = target.empty[~occupied & draft.open[target.empty]]
    draft.drain[done] = True
    draft.open[done] = False
    rest = np.setdiff1d(np.arange(len(vms)), now)
    return Target(vms[rest], hosts[rest], target.empty[occupied])


def _fits(draft: Draft, vms: Rows, hosts: Rows) -> Mask:
    """Return which moves keep the limits, all of those before them counted."""
    turn = np.arange(len(vms))
    demand, memory = draft.asked_mhz[vms], draft.view.memory_mib[vms].astype(np.float64)
    fits: Mask = draft.cpu_mhz[hosts] + before(demand, turn, hosts) + demand <= draft.limit_mhz[hosts]
    return fits & (draft.held_mib[hosts] + before(memory, turn, hosts) + memory <= draft.view.memory_limit_mib[hosts])
