"""Last touches to a placement: VMs go home where there is room, and the fullest hosts give some of their load away."""

import numpy as np

from models.arrays import NOWHERE, Mask
from models.costs import Evenness, Headroom, Moves, Stranded
from solvers.shifts import evenness, shifted, stranded
from solvers.spare import survives
from solvers.state import State

MOST_SHIFTS = 2_000


def finished(state: State, on: Mask) -> tuple[State, Mask]:
    """Return the state with fewer moves and more headroom on the same hosts; it is changed in place."""
    go_home(state, on)
    safe = survives(state, on, thorough=True)
    before = state.host.copy()
    later(state, on)
    if safe and not survives(state, on, thorough=True):
        for item in np.flatnonzero(state.host != before):
            state.take(int(item))
        for item in np.flatnonzero((state.host == NOWHERE) & (before != NOWHERE)):
            state.put(int(item), int(before[item]))
    return state, on


def later(state: State, on: Mask) -> None:
    """Improve what the stages beside hosts and moves count, in their order; before the moves anybody may be shifted."""
    costs = state.relations.problem.costs
    places = [place for place, cost in enumerate(costs) if isinstance(cost, Moves)]
    for place, cost in enumerate(costs):
        anybody = place < min(places, default=0)
        if isinstance(cost, Headroom):
            give_room(state, on)
        elif isinstance(cost, Evenness | Stranded):
            shifted(state, on, evenness if isinstance(cost, Evenness) else stranded, anybody=anybody)


def moved(state: State) -> list[int]:
    """Return the items that leave their start and are free to go elsewhere."""
    relations = state.relations
    away = (state.host != relations.start) & (state.host != NOWHERE)
    return [int(item) for item in np.flatnonzero(away)]


def go_home(state: State, on: Mask) -> None:
    """Move items back to their start where it stays on and has room; spares must hold as they did."""
    held = survives(state, on, thorough=True)
    for item in moved(state):
        home = int(state.relations.start[item])
        if home == NOWHERE or not (on[home] or state.relations.asleep[item]):
            continue
        left = state.take(item)
        if state.targets(item)[home] and state.mends_nothing(item, home):
            state.put(item, home)
            if held and not survives(state, on, thorough=True):
                state.move(item, left)
        else:
            state.put(item, left)


def give_room(state: State, on: Mask) -> None:
    """Shift moved items off the fullest host as long as that lowers the fullest two hosts' share."""
    for _ in range(min(MOST_SHIFTS, 2 * len(moved(state)))):
        fill = state.fill()
        if not _shifted(state, on, int(fill.argmax())):
            return


def _shifted(state: State, on: Mask, fullest: int) -> bool:
    """Move the one item off the host that leaves the fuller of the two hosts emptiest; tell whether one helped."""
    before = state.fill()[fullest]
    best: tuple[float, int, int] | None = None
    for item in moved(state):
        if state.host[item] != fullest:
            continue
        state.take(item)
        options = np.flatnonzero(state.targets(item) & on)
        options = options[(options != fullest) & (state.count[options] > 0)]
        if state.relations.wrong[item]:
            options = options[options != state.relations.start[item]]
        if len(options):
            after = (state.load[options] + state.relations.need(item)[0]) / np.maximum(
                state.relations.problem.capacity[options], 1
            )
            peaks = after.max(axis=1)
            chosen = int(peaks.argmin())
            peak = max(float(peaks[chosen]), float(state.fill()[fullest]))
            if peak < before - 1e-9 and (best is None or peak < best[0]):
                best = (peak, item, int(options[chosen]))
        state.put(item, fullest)
    if best is None:
        return False
    state.move(best[1], best[2])
    return True
