"""What CloudSim's optimisation is given, its tentative lists of VMs, and its moves, for compiled code."""

from typing import NamedTuple

import numpy as np
from numba import njit

from models.arrays import Floats, Ints, Mask, Rows
from solvers.kernels.cloudsim_overload import THR, drawn


class Given(NamedTuple):
    """
    What an optimisation is given.

    Parameters
    ----------
    listed, starts
        VMs by host in the order of the hosts' lists, and where each host's start. Shapes (vms,), (hosts + 1,).
    request, memory, size
        What each VM asks for, its memory, and what a share of it is of. Shape (vms,).
    shares
        What was asked for at the last ticks, newest first. Shape (samples, vms).
    capacity, core, used
        CPU of each host, of one core, and what was in use at the last update. Shape (hosts,).
    curve
        Draw at 0, 10, …, 100 %. Shape (hosts, 11).
    over
        Overloaded hosts. Shape (hosts,).
    group
        Hosts that are equal while they are empty have the same number. Shape (hosts,).
    kind, parameter, selection
        Detection and its parameter; selection.
    chances
        Numbers in [0, 1) for a random selection.
    stale, hops, untested
        Oddities: the baseline of a host's draw is that of the last update; hosts that have just got VMs may be
        emptied; empty hosts are not tested for overload.
    """

    listed: Rows
    starts: Ints
    request: Floats
    memory: Floats
    size: Floats
    shares: Floats
    capacity: Floats
    core: Floats
    used: Floats
    curve: Floats
    over: Mask
    group: Rows
    kind: int
    parameter: float
    selection: int
    chances: Floats
    stale: bool
    hops: bool
    untested: bool


class Lists(NamedTuple):
    """
    The tentative lists of VMs, as chains of nodes, and what follows from them for each host.

    Parameters
    ----------
    vm, after, nodes
        The VM of each node, the next node of its chain, and how many nodes there are. Shapes (nodes,), (nodes,), (1,).
    head, tail, length
        First and last node of each host, and how many it has. Shape (hosts,).
    asked, given, left
        What VMs ask for, what they are given, and what is left. [MHz] Shape (hosts,).
    base
        Draw at the last update. [W] Shape (hosts,).
    past
        Load at the last ticks, as the present VMs would have made it. Shape (hosts, samples).
    room
        Memory that is free; infinite if it is no limit. Shape (hosts,).
    most
        The most VMs that each host has ever had at once, if only tentatively. Shape (hosts,).
    closed
        Hosts that take none. Shape (hosts,).
    """

    vm: Ints
    after: Ints
    nodes: Ints
    head: Ints
    tail: Ints
    length: Ints
    asked: Floats
    given: Floats
    left: Floats
    base: Floats
    past: Floats
    room: Floats
    most: Ints
    closed: Mask


class Moves(NamedTuple):
    """The moves decided so far: VMs, hosts, and how many. Shapes (moves,), (moves,), (1,)."""

    vm: Ints
    host: Ints
    size: Ints


@njit(cache=True, error_model="numpy")
def begun(given: Given, room: Floats, most: Ints) -> Lists:
    """Return the lists as they are."""
    hosts, limit = len(given.capacity), len(given.listed) * 3 + 8
    samples = given.shares.shape[0] if given.kind != THR else 1
    lists = Lists(
        np.full(limit, -1, np.int64), np.full(limit, -1, np.int64), np.zeros(1, np.int64),
        np.full(hosts, -1, np.int64), np.full(hosts, -1, np.int64), np.zeros(hosts, np.int64),
        np.zeros(hosts), given.used.copy(), given.capacity.copy(), np.zeros(hosts), np.zeros((hosts, samples)),
        room, most, given.over.copy(),
    )  # fmt: skip
    for host in range(hosts):
        lists.base[host] = drawn(min(given.used[host] / given.capacity[host], 1.0), given.curve[host])
        for place in range(given.starts[host], given.starts[host + 1]):
            vm = given.listed[place]
            chained(given, lists, vm, host)
            if lists.left[host] >= 0:
                lists.left[host] -= min(given.request[vm], given.core[host])
        lists.left[host] = max(lists.left[host], 0.0)
    return lists


@njit(cache=True, error_model="numpy")
def chained(given: Given, lists: Lists, vm: int, host: int) -> None:
    """Append a VM to a host's list, and to what it asks for and has asked for."""
    node = lists.nodes[0]
    lists.vm[node], lists.after[node] = vm, -1
    if lists.tail[host] >= 0:
        lists.after[lists.tail[host]] = node
    else:
        lists.head[host] = node
    lists.tail[host] = node
    lists.nodes[0] += 1
    lists.length[host] += 1
    lists.asked[host] += given.request[vm]
    if given.kind != THR:
        for sample in range(given.shares.shape[0]):
            lists.past[host, sample] += given.shares[sample, vm] * given.size[vm] / given.capacity[host]
