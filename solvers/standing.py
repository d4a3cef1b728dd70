"""What must stay where it is, and what is bound to it."""

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
from models.problem import Problem
from models.rules import Gather, Quarantine, Root


def quarantined(problem: Problem) -> Mask:
    """Return the hosts that nobody may enter or leave. Shape (hosts,)."""
    found = np.zeros(len(problem.capacity), np.bool_)
    for rule in problem.rules:
        if isinstance(rule, Quarantine):
            found[rule.hosts] = True
    return found


def parted(problem: Problem, vms: Rows, closed: Mask) -> bool:
    """Tell whether VMs that must share a host are apart, and one may not leave its host nor another enter it."""
    start = problem.start[vms]
    here = start[start != NOWHERE]
    return bool(closed[here].any() and len(np.unique(start)) > 1)


def still(problem: Problem, closed: Mask) -> Mask:
    """Return the VMs that must not move. Shape (vms,)."""
    found: Mask = np.isin(problem.start, np.flatnonzero(closed))
    for rule in problem.rules:
        if isinstance(rule, Root):
            found[rule.vms] = True
        elif isinstance(rule, Gather):
            running = rule.vms[problem.takes[rule.vms]]
            found[running] |= rule.continuous or (rule.level == "host" and parted(problem, running, closed))
    return found


def standing(problem: Problem, item: Rows, count: int) -> tuple[Mask, Mask]:
    """Return the items that must not move, and the hosts that nobody may enter."""
    closed = quarantined(problem)
    return np.bincount(item, still(problem, closed) & (problem.start != NOWHERE), minlength=count) > 0, closed


def anchored(problem: Problem, item: Rows, scope: Mask, which: Rows, torn: Mask) -> tuple[Mask, Rows]:
    """Bind items of which some VMs must not move and others come to them to the host of those; two bind to none."""
    rooted = still(problem, quarantined(problem)) & torn[item] & (problem.start != NOWHERE)
    masks, found = [scope], which.copy()
    for each in np.unique(item[rooted]):
        hosts = np.unique(problem.start[rooted & (item == each)])
        own = np.isin(np.arange(scope.shape[1]), hosts) & scope[which[each]] & (len(hosts) == 1)
        found[each] = len(scope) + len(masks) - 1
        masks.append(own[None])
    return np.concatenate(masks), found
