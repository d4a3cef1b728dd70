"""How often hosts are overloaded during a search: sums of series over the VMs of each host, kept up to date."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.problem import Problem
from models.rules import Overload


@dataclass(frozen=True, eq=False)
class Seldom:
    """
    An Overload rule over items.

    Parameters
    ----------
    series
        What each item takes on a host of each kind at each sample. Shape (kinds, items, samples).
    kind
        The kind of each host. Shape (hosts,).
    limit
        What each host offers; more than all items take on hosts that the rule does not name. Shape (hosts,).
    most
        Samples in which each host may be exceeded; those of the start where that is more already. Shape (hosts,).
    crowded
        Hosts of which that is so. Shape (hosts,).
    """

    series: Rows
    kind: Rows
    limit: Ints
    most: Ints
    crowded: Mask

    def joint(self) -> Rows:
        """Return sums of series of empty hosts. Shape (hosts, samples)."""
        return np.zeros((len(self.limit), self.series.shape[2]), np.int32)

    def add(self, joint: Rows, item: int, host: int, sign: int) -> None:
        """Put an item on a host (sign 1), or take it off (sign -1)."""
        if sign > 0:
            joint[host] += self.series[self.kind[host], item]
        else:
            joint[host] -= self.series[self.kind[host], item]

    def calm(self, joint: Rows, item: int, hosts: Mask) -> Mask:
        """Return which of the hosts may take the item too. Shape (hosts,)."""
        found = hosts.copy()
        rows = np.flatnonzero(hosts)
        after = joint[rows] + self.series[self.kind[rows], item]
        found[rows] = (after > self.limit[rows, None]).sum(axis=1) <= self.most[rows]
        return found


def seldom(problem: Problem, item: Rows, start: Rows) -> tuple[Seldom, ...]:
    """Return the Overload rules over items, given the item of each VM and the host of each item."""
    return tuple(_compiled(problem, rule, item, start) for rule in problem.rules if isinstance(rule, Overload))


def _compiled(problem: Problem, rule: Overload, item: Rows, start: Rows) -> Seldom:
    kinds, _, samples = rule.series.shape
    running = problem.takes[rule.vms]
    series = np.zeros((kinds, len(start), samples), np.int32)
    for kind in range(kinds):
        np.add.at(series[kind], item[rule.vms[running]], rule.series[kind, running])
    limit = np.full(len(problem.capacity), np.iinfo(np.int32).max, np.int64)
    limit[rule.hosts] = rule.limit
    joint = np.zeros((len(limit), samples), np.int32)
    for each in np.flatnonzero(start != NOWHERE):
        joint[start[each]] += series[problem.kind[start[each]], each]
    today = (joint > limit[:, None]).sum(axis=1)
    return Seldom(series, problem.kind, limit, np.maximum(today, rule.most), today > rule.most)


def asked(each: Seldom, hosts: int) -> Iterator[tuple[Ints, int]]:
    """
    Yield what hosts offer, and what those that are on must offer together at least.

    In a sample in which more is asked for than all of them offer, one is exceeded; the `hosts` that bear the most can
    be so in so many samples together. What is asked for in all others has to be there.
    """
    total = np.sort(each.series.min(axis=0).sum(axis=0, dtype=np.int64))[::-1]
    spared = int(np.sort(each.most)[::-1][:hosts].sum())
    if spared < len(total) and (each.limit < np.iinfo(np.int32).max).all():
        yield each.limit, int(total[spared])
