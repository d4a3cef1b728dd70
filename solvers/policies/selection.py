"""
Which VMs leave an overloaded host, until it is within its limit.

Those that order a host's VMs once sort the VMs of all overloaded hosts and take the shortest prefix of each that is
enough; those whose order depends on what left already choose one VM of each host at a time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from models.decisions import View
from models.laws.sharing import summed

Selection = Callable[[View, Floats, Mask], Rows]
"""From a view, what each host has too much in MHz, shape (hosts,), and the VMs that may leave: those to leave."""

Key = Callable[[Rows, Floats], tuple[Floats, ...]]
"""From VMs and what their hosts have too much: what they are sorted by, the most important last."""


def candidates(view: View, excess_mhz: Floats, may: Mask) -> Rows:
    """Return the VMs of overloaded hosts that may leave and whose leaving helps."""
    over = np.append(excess_mhz > 0, False)
    return np.flatnonzero(may & over[view.host] & (view.demand_mhz > 0))


def prefix(view: View, excess_mhz: Floats, vms: Rows, key: Floats) -> Rows:
    """Return of each host the VMs with the least keys, as many as are needed; of equals the first."""
    vms = vms[np.lexsort((key, view.host[vms]))]
    host, demand = view.host[vms], view.demand_mhz[vms]
    before = np.cumsum(demand) - demand
    starts = np.flatnonzero(np.diff(host, prepend=NOWHERE))
    sizes = np.diff(np.append(starts, len(vms)))
    within = before - np.repeat(before[starts], sizes)
    return vms[within < excess_mhz[host]]


def one_by_one(view: View, excess_mhz: Floats, vms: Rows, key: Key) -> Rows:
    """Return VMs of each host, the first by its key, then of those left again, until what is too much has left."""
    left, chosen = excess_mhz.astype(np.float64), [vms[:0]]
    while len(vms := vms[left[view.host[vms]] > 0]):
        host = view.host[vms]
        order = np.lexsort((*key(vms, left[host]), host))
        first = order[np.flatnonzero(np.diff(host[order], prepend=NOWHERE))]
        chosen.append(vms[first])
        left -= summed(view.demand_mhz[vms[first]], host[first], len(left))
        vms = np.delete(vms, first)
    return np.concatenate(chosen)


@dataclass(frozen=True)
class MinimumMigrationTime:
    """The VM that migrates fastest: that of least memory [Beloglazov and Buyya 2012, section 5.4.1]."""

    def __call__(self, view: View, excess_mhz: Floats, may: Mask) -> Rows:
        """Return the VMs to leave."""
        vms = candidates(view, excess_mhz, may)
        return prefix(view, excess_mhz, vms, view.memory_mib[vms])


@dataclass(frozen=True)
class MinimumUtilization:
    """The VM that uses the least share of what it is configured with."""

    def __call__(self, view: View, excess_mhz: Floats, may: Mask) -> Rows:
        """Return the VMs to leave."""
        vms = candidates(view, excess_mhz, may)
        return prefix(view, excess_mhz, vms, view.demand_mhz[vms] / np.maximum(view.size_mhz[vms], 1e-9))


@dataclass(frozen=True)
class RandomChoice:
    """
    Any VM, each as likely [Beloglazov and Buyya 2012, section 5.4.2].

    Parameters
    ----------
    seed
        With the time of the view it gives the order, so that the same moment is decided alike.
    """

    seed: int = 1

    def __call__(self, view: View, excess_mhz: Floats, may: Mask) -> Rows:
        """Return the VMs to leave."""
        vms = candidates(view, excess_mhz, may)
        generator = np.random.default_rng((self.seed, round(view.time_s * 1000)))
        return prefix(view, excess_mhz, vms, generator.random(len(vms)))


@dataclass(frozen=True)
class SmallestSufficient:
    """The VM of least demand that is enough; where none is, the largest, and then another. Few VMs move."""

    def __call__(self, view: View, excess_mhz: Floats, may: Mask) -> Rows:
        """Return the VMs to leave."""
        vms = candidates(view, excess_mhz, may)

        def key(rows: Rows, excess: Floats) -> tuple[Floats, ...]:
            demand = view.demand_mhz[rows]
            enough = demand >= excess
            return np.where(enough, demand, -demand), np.where(enough, 0.0, 1.0)

        return one_by_one(view, excess_mhz, vms, key)


@dataclass(frozen=True)
class MaximumCorrelation:
    """
    The VM whose demand rises and falls most with that of the host's other VMs.

    By the squared multiple correlation with them all, ``1 - 1 / (R^-1)_ii`` with R the matrix of correlations [2]_.
    Where there are not more samples than VMs that is 1 for all; then by the squared correlation with their total.

    Parameters
    ----------
    samples
        Samples looked at.

    References
    ----------
    .. [1] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics …," CCPE 24(13),
       2012, section 5.4.3.
    .. [2] A. Verma et al., "Server workload analysis for power minimization using consolidation," USENIX 2009.
    """

    samples: int = 30

    def __call__(self, view: View, excess_mhz: Floats, may: Mask) -> Rows:
        """Return the VMs to leave."""
        vms = candidates(view, excess_mhz, may)
        there = view.running & np.append(excess_mhz > 0, False)[view.host]

        def key(rows: Rows, excess: Floats) -> tuple[Floats, ...]:
            present = there.copy()
            present[vms], present[rows] = False, True
            return view.memory_mib[rows], -multiple_correlation(view, present, self.samples)[rows]

        return one_by_one(view, excess_mhz, vms, key)


def multiple_correlation(view: View, there: Mask, samples: int) -> Floats:
    """Return the squared multiple correlation of each VM with the others there on its host, 0 unknown. Shape (vms,)."""
    vms = np.flatnonzero(there)
    vms = vms[np.argsort(view.host[vms], kind="stable")]
    found = np.zeros(len(there))
    starts = np.flatnonzero(np.diff(view.host[vms], prepend=NOWHERE))
    sizes = np.diff(np.append(starts, len(vms)))
    series = view.history_mhz[:samples]
    for size in np.unique(sizes[sizes > 1]) if len(series) else ():
        group = vms[starts[sizes == size][:, None] + np.arange(size)]
        found[group] = (_explained if size < len(series) - 1 else _together)(series[:, group])
    return found


def _explained(series: Floats) -> Floats:
    """Return how much of each VM's variance the others of its group explain. Shape (groups, size)."""
    unit = _standard(series)
    alike = np.einsum("sgi,sgj->gij", unit, unit)
    size = alike.shape[1]
    alike[:, np.arange(size), np.arange(size)] = 1 + 1e-9
    inverse = np.diagonal(np.linalg.inv(alike), axis1=1, axis2=2)
    explained: Floats = np.clip(1 - 1 / inverse, 0.0, 1.0)
    return explained


def _together(series: Floats) -> Floats:
    """Return the squared correlation of each VM with the total of the others of its group. Shape (groups, size)."""
    alike = (_standard(series) * _standard(series.sum(axis=2, keepdims=True) - series)).sum(axis=0)
    explained: Floats = np.clip(alike**2, 0.0, 1.0)
    return explained


def _standard(series: Floats) -> Floats:
    """Return series of mean 0 and length 1; those that never change are 0."""
    exact = series.astype(np.float64)
    apart: Floats = exact - exact.mean(axis=0)
    scale = np.sqrt((apart**2).sum(axis=0))
    unit: Floats = np.divide(apart, scale, out=np.zeros_like(apart), where=scale > 1e-9)
    return unit


SELECTIONS: Mapping[str, Callable[..., Selection]] = {
    "mmt": MinimumMigrationTime,
    "mu": MinimumUtilization,
    "rs": RandomChoice,
    "mc": MaximumCorrelation,
    "smallest": SmallestSufficient,
}
"""The ways to select VMs, by name."""
