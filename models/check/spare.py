"""
Whether VMs can be restarted after the loss of hosts (N + k).

Where somebody says how VMs restart, that is verified. Else a restart is sought by packing, so a loss reported means
that no restart was found, and a loss not reported that there is one. VMs that restart keep their Fence, Ban, Among and
Spread, and enter no quarantined host; a Root binds migrations only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.check.state import State, among, places
from models.rules import Among, Ban, Fence, Quarantine, Rule, Spare, Spread

MOST_LOSSES = 5_000
"""So many combinations of lost hosts are tried one by one; beyond, a certificate is sought."""

ROOMIEST = 48
"""A restart is first tried on so many hosts."""


def losses(rule: Spare, state: State) -> Iterator[tuple[Rows, int, int]]:
    """Yield hosts whose loss leaves VMs without a restart: the hosts, how many VMs, and the limit."""
    hosts = rule.hosts[state.on[rule.hosts]]
    count = min(rule.count, len(hosts))
    if not count:
        return
    scene = _Scene(state, hosts)
    if count > 1 and comb(len(hosts), count) > MOST_LOSSES:
        if not _certified(scene, count):
            yield rule.hosts, len(scene.restartable), 0
        return
    everyone = np.arange(len(hosts))
    for lost in combinations(range(len(hosts)), count):
        receivers = np.delete(everyone, lost)
        told = _shown(scene, lost, receivers)
        left = min(told, _left(scene, lost, receivers)) if told else 0
        if left:
            yield hosts[list(lost)], left, 0


@dataclass(frozen=True, eq=False)
class _Scene:
    """The hosts of a rule that are on, by their index here, and what restarts on them must heed."""

    state: State
    hosts: Rows

    @cached_property
    def room(self) -> Ints:
        """Room for restarts; where there is none, VMs that need none still fit. Shape (hosts, dims)."""
        room: Ints = np.maximum(self.state.problem.failover[self.hosts] - self.state.load[self.hosts], 0)
        return room

    @cached_property
    def weight(self) -> Floats:
        """What makes amounts of different dims comparable. Shape (dims,)."""
        mean: Floats = self.state.problem.failover[self.hosts].mean(axis=0)
        return 1.0 / np.maximum(mean, 1.0)

    @cached_property
    def by_room(self) -> Ints:
        """Hosts, the roomiest first."""
        return np.argsort(-(self.room * self.weight).sum(axis=1), kind="stable")

    @cached_property
    def restartable(self) -> Ints:
        """Presences that a loss of their host ends, ordered by host."""
        home = np.flatnonzero(self.state.running & ~self.state.arriving & self.state.at(self.hosts))
        return home[np.argsort(self.state.host[home], kind="stable")]

    @cached_property
    def on_host(self) -> Sequence[Ints]:
        """The presences that each host's loss ends."""
        edges = np.searchsorted(self.state.host[self.restartable], self.hosts[1:])
        return np.split(self.restartable, edges)

    @cached_property
    def need(self) -> Ints:
        """What each VM takes on each of the hosts' kinds. Shape (kinds or 1, vms, dims)."""
        return self.state.problem.demand

    @cached_property
    def scope(self) -> Mapping[int, Sequence[Mask]]:
        """Where each VM may restart: all of its masks must hold. Each of shape (hosts,)."""
        found: dict[int, list[Mask]] = {}
        for rule in self.state.problem.rules:
            vms: Rows = self.here
            if isinstance(rule, Fence | Ban | Among):
                vms = rule.vms[self.inside[rule.vms]]
            mask = _reach(rule, self.state) if rule.price is None and len(vms) else None
            if mask is not None:
                for vm in vms.tolist():
                    found.setdefault(vm, []).append(mask[self.hosts])
        return found

    @cached_property
    def here(self) -> Ints:
        """VMs that are on one of the hosts."""
        on_hosts = among(self.hosts, len(self.state.problem.capacity))
        return np.unique(self.state.vm[on_hosts[self.state.host]])

    @cached_property
    def inside(self) -> Mask:
        """Whether each VM is on one of the hosts. Shape (vms,)."""
        return among(self.here, len(self.state.problem.start))

    @cached_property
    def spreads(self) -> Mapping[int, Sequence["_Spread"]]:
        """The anti-affinity that each VM must keep."""
        found: dict[int, list[_Spread]] = {}
        for rule in self.state.problem.rules:
            if isinstance(rule, Spread) and rule.price is None and self.inside[rule.vms].any():
                spread = _Spread.of(rule, self.state)
                for vm in rule.vms.tolist():
                    found.setdefault(vm, []).append(spread)
        return found


@dataclass(frozen=True, eq=False)
class _Spread:
    """A Spread rule: presences of its VMs, the place of every host, and how many may meet."""

    level: str
    presences: Ints
    place: Ints
    most: int

    @classmethod
    def of(cls, rule: Spread, state: State) -> "_Spread":
        _, place = np.unique(places(state.problem, rule.level), return_inverse=True)
        return cls(rule.level, np.flatnonzero(state.of(rule.vms) & state.running), place, rule.most)

    def met(self, host: Rows, target: int) -> int:
        """Return how many meet in the target's place, when the presences are on these hosts."""
        mates = host[self.presences]
        return int(np.count_nonzero(self.place[mates[mates != NOWHERE]] == self.place[target]))

    def open(self, host: Rows, receivers: Rows) -> Mask:
        """Return which receivers' places may take one VM more, when the presences are on these hosts."""
        mates = host[self.presences]
        met = np.bincount(self.place[mates[mates != NOWHERE]], minlength=len(self.place))
        return met[self.place[receivers]] < self.most


def _reach(rule: Rule, state: State) -> Mask | None:
    """Return on which hosts the rule lets its VMs restart. Shape (hosts,)."""
    size = len(state.problem.hosts)
    if isinstance(rule, Fence):
        return among(rule.hosts, size)
    if isinstance(rule, Ban | Quarantine):
        return ~among(rule.hosts, size)
    if isinstance(rule, Among):
        now = set(state.host[state.of(rule.vms)].tolist())
        return next((among(group, size) for group in rule.groups if now <= set(group.tolist())), None)
    return None


def _shown(scene: _Scene, lost: Sequence[int], receivers: Ints) -> int:
    """Verify the restart that the state gives for this loss; return how many VMs it leaves out, all if it is wrong."""
    state, problem = scene.state, scene.state.problem
    told = state.restarts.get(tuple(sorted(int(host) for host in scene.hosts[list(lost)])), {})
    rows = np.concatenate([scene.on_host[host] for host in lost])
    target = np.array([told.get(int(vm), NOWHERE) for vm in state.vm[rows]], np.int64)
    moved, target = rows[target != NOWHERE], target[target != NOWHERE]
    index = np.full(len(problem.hosts), NOWHERE)
    index[scene.hosts[receivers]] = receivers
    if (index[target] == NOWHERE).any():
        return len(rows)
    added = np.zeros(scene.room.shape, np.int64)
    np.add.at(added, index[target], problem.seated[problem.kind[target], state.vm[moved]])
    host = state.host.copy()
    host[rows] = NOWHERE
    host[moved] = target
    holds = bool((added <= scene.room).all()) and all(
        _keeps_rules(scene, int(vm), int(place), host, int(index[place]))
        for vm, place in zip(state.vm[moved], target, strict=True)
    )
    return len(rows) - len(moved) if holds else len(rows)


def _keeps_rules(scene: _Scene, vm: int, target: int, host: Rows, index: int) -> bool:
    """Tell whether the VM may restart on the target when presences are on these hosts."""
    reached = all(mask[index] for mask in scene.scope.get(vm, ()))
    return reached and all(spread.met(host, target) <= spread.most for spread in scene.spreads.get(vm, ()))


def _left(scene: _Scene, lost: Sequence[int], receivers: Ints) -> int:
    """Return how many VMs of the lost hosts find no restart on the receivers."""
    rows = np.concatenate([scene.on_host[host] for host in lost])
    if not len(rows):
        return 0
    most = among(receivers, len(scene.hosts))[scene.by_room]
    roomiest = scene.by_room[most]
    size = scene.state.need[rows] * scene.weight
    hardest = rows[np.argsort(-size.max(axis=1), kind="stable")]
    largest = rows[np.argsort(-size.sum(axis=1), kind="stable")]
    left = 0
    for few, order in ((ROOMIEST, hardest), (None, hardest), (None, largest)):
        left = _packed(scene, order, roomiest[:few])
        if not left:
            break
    return left


def _packed(scene: _Scene, rows: Ints, receivers: Ints) -> int:
    """Pack the presences into the receivers, each where it leaves the least room; return how many fit nowhere."""
    problem = scene.state.problem
    hosts = scene.hosts[receivers]
    room = scene.room[receivers]
    slack = (room * scene.weight).sum(axis=1)
    host = scene.state.host.copy()
    host[rows] = NOWHERE
    left = 0
    for row in rows:
        vm = int(scene.state.vm[row])
        need = problem.seated[problem.kind[hosts], vm] if len(problem.demand) > 1 else problem.seated[:, vm]
        fits = (need <= room).all(axis=1)
        for mask in scene.scope.get(vm, ()):
            fits &= mask[receivers]
        for spread in scene.spreads.get(vm, ()):
            fits &= spread.open(host, hosts)
        if not fits.any():
            left += 1
            continue
        best = int(np.argmin(np.where(fits, slack, np.inf)))
        taken = need[best if len(need) > 1 else 0]
        room[best] -= taken
        slack[best] -= float(taken @ scene.weight)
        host[row] = hosts[best]
    return left


def _certified(scene: _Scene, count: int) -> bool:
    """
    Tell whether blocks of hosts prove that any `count` losses can be restarted.

    A block suffices if every host outside it can be restarted in it alone, and no Spread has a place in two blocks.
    Each lost host that held VMs needs a block of its own that no loss touched. Losses touch `count` blocks at most,
    so twice as many blocks are enough; and where blocks are of empty hosts only, a loss there needs no restart, so
    `count` of them are enough.
    """
    parts = _parts(scene)
    empty = [part for part in parts if not any(len(scene.on_host[host]) for host in part)]
    spare = sum(1 for part in empty[: 4 * count] if _suffices(scene, part))
    if spare >= count:
        return True
    roomiest = sorted(parts, key=lambda part: -float((scene.room[part] * scene.weight).sum()))
    blocks = [roomiest[start :: 2 * count] for start in range(2 * count)]
    return all(block and _suffices(scene, np.concatenate(block)) for block in blocks)


def _suffices(scene: _Scene, block: Ints) -> bool:
    outside = np.setdiff1d(np.arange(len(scene.hosts)), block)
    return not any(_left(scene, (int(host),), block) for host in outside)


def _parts(scene: _Scene) -> list[Ints]:
    """Return the hosts in parts such that every place of a Spread lies within one."""
    size = len(scene.hosts)
    levels = {spread.level: spread for spreads in scene.spreads.values() for spread in spreads}
    places_of = [spread.place[scene.hosts] + len(spread.place) * rank for rank, spread in enumerate(levels.values())]
    pairs = np.concatenate([np.zeros(0, np.int64), *places_of])
    ends = np.tile(np.arange(size), len(places_of)), size + pairs
    joined = coo_array((np.ones(len(pairs)), ends), shape=(size + int(pairs.max(initial=0)) + 1,) * 2)
    _, part = connected_components(joined, directed=False)
    return [np.flatnonzero(part[:size] == label) for label in np.unique(part[:size])]
