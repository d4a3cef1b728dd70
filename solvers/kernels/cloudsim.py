"""
One optimisation of CloudSim's power-aware consolidation, compiled: see `solvers.policies.cloudsim` for what it does.

Sums run in the order of the hosts' lists, in double precision and without fused operations, since rounding decides
which of two equal hosts is taken.
"""

import numpy as np
from numba import njit

from models.arrays import Floats, Ints, Mask, Rows

THR, MAD, IQR, LR, LOESS = range(5)
MMT, MU, RS, MC = range(4)
REGRESSED, SPREAD, FALLBACK = 10, 12, 0.7
"""Samples that a regression and a spread need, and the threshold where there are fewer."""


@njit(cache=True, error_model="numpy")
def drawn(share: float, curve: Floats) -> float:
    """Return the draw at a share of the load, read off a curve of 11 points."""
    low, high = int(np.floor(share * 10)), int(np.ceil(share * 10))
    found: float = curve[low] + (curve[high] - curve[low]) / 10 * (share - low / 10) * 100
    return found


@njit(cache=True, error_model="numpy")
def median(values: Floats) -> float:
    """Return the median, as a percentile of ranks 1 to n."""
    ranked = np.sort(values)
    middle = (len(ranked) + 1) / 2
    low = int(np.floor(middle))
    if low >= len(ranked):
        return float(ranked[-1])
    return float(ranked[low - 1] + (middle - low) * (ranked[low] - ranked[low - 1]))


@njit(cache=True, error_model="numpy")
def deviation(values: Floats) -> float:
    """Return the median of the absolute deviations from the median."""
    return median(np.abs(median(values) - values))


@njit(cache=True, error_model="numpy")
def interquartile(values: Floats) -> float:
    """Return the difference of two ranked values, whose ranks are rounded half up."""
    ranked, size = np.sort(values), len(values) + 1
    high, low = int(np.floor(0.75 * size + 0.5)) - 1, int(np.floor(0.25 * size + 0.5)) - 1
    return float(ranked[high] - ranked[low])


@njit(cache=True, error_model="numpy")
def line(newest_first: Floats, weighted: bool) -> float:
    """Return what a line through the ten newest values says of the step after next."""
    total = along = rise = square = level = 0.0
    for place in range(REGRESSED):
        far = (REGRESSED - 1 - place) / (REGRESSED - 1)
        weight = (1 - far**3) ** 3 if weighted else 1.0
        total += weight
        along += weight * (place + 1)
        level += weight * newest_first[REGRESSED - 1 - place]
    along, level = along / total, level / total
    for place in range(REGRESSED):
        far = (REGRESSED - 1 - place) / (REGRESSED - 1)
        weight = (1 - far**3) ** 3 if weighted else 1.0
        apart = place + 1 - along
        rise += weight * apart * (newest_first[REGRESSED - 1 - place] - level)
        square += weight * apart * apart
    slope = rise / square
    return level - slope * along + slope * (REGRESSED + 1)


@njit(cache=True, error_model="numpy")
def beyond(kind: int, parameter: float, asked: float, past: Floats) -> bool:
    """
    Return whether a host is overloaded.

    Parameters
    ----------
    kind, parameter
        Which detection, and its threshold or safety parameter.
    asked
        What is asked of the host, over what it has.
    past
        Its load at the last ticks, the newest first, as its present VMs would have made it. Shape (samples,).
    """
    if kind == THR:
        return asked > parameter
    size = len(past)
    while size > 1 and past[size - 1] == 0:
        size -= 1
    if kind in (LR, LOESS):
        if size < REGRESSED:
            return asked > FALLBACK
        return line(past, kind == LOESS) * parameter >= 1
    if size < SPREAD:
        return asked > FALLBACK
    spread = deviation(past[:size]) if kind == MAD else interquartile(past[:size])
    return asked > 1 - parameter * spread


@njit(cache=True, error_model="numpy")
def explained(target: Floats, others: Floats) -> float:
    """
    Return the share of the variance of some values that a linear regression on others explains.

    Solved by Householder reflections, column by column; a singular matrix gives -1.

    Parameters
    ----------
    target
        Shape (samples,).
    others
        The first column is of ones. Shape (columns, samples); overwritten.
    """
    columns, samples = others.shape
    kept = others.copy()
    diagonal, answer = np.zeros(columns), target.copy()
    for pivot in range(columns):
        square = 0.0
        for row in range(pivot, samples):
            square += others[pivot, row] * others[pivot, row]
        norm = -np.sqrt(square) if others[pivot, pivot] > 0 else np.sqrt(square)
        diagonal[pivot] = norm
        if norm == 0.0:
            continue
        others[pivot, pivot] -= norm
        for column in range(pivot + 1, columns):
            alpha = 0.0
            for row in range(pivot, samples):
                alpha -= others[column, row] * others[pivot, row]
            alpha /= norm * others[pivot, pivot]
            for row in range(pivot, samples):
                others[column, row] -= alpha * others[pivot, row]
    for pivot in range(columns):
        if np.abs(diagonal[pivot]) <= 0.0:
            return -1.0
    for pivot in range(columns):
        along = 0.0
        for row in range(pivot, samples):
            along += answer[row] * others[pivot, row]
        along /= diagonal[pivot] * others[pivot, pivot]
        for row in range(pivot, samples):
            answer[row] += along * others[pivot, row]
    weights = np.zeros(columns)
    for row in range(columns - 1, -1, -1):
        answer[row] /= diagonal[row]
        weights[row] = answer[row]
        for above in range(row):
            answer[above] -= answer[row] * others[row, above]
    return 1 - _residual(target, kept, weights) / _second_moment(target)


@njit(cache=True, error_model="numpy")
def _residual(target: Floats, columns: Floats, weights: Floats) -> float:
    total = 0.0
    for row in range(len(target)):
        fitted = 0.0
        for column in range(len(weights)):
            fitted += columns[column, row] * weights[column]
        total += (target[row] - fitted) * (target[row] - fitted)
    return total


@njit(cache=True, error_model="numpy")
def _second_moment(values: Floats) -> float:
    mean = total = 0.0
    for place in range(len(values)):
        apart = values[place] - mean
        step = apart / (place + 1)
        mean += step
        total += place * apart * step
    return total


@njit(cache=True, error_model="numpy")
def correlated(vms: Rows, shares: Floats) -> int:
    """Return the place of the VM that the others' histories explain best; -1 where that cannot be told."""
    size, samples = len(vms), shares.shape[0]
    if size < 2 or size > samples:
        return -1
    best, chosen = 0.0, 0
    for place in range(size):
        others = np.ones((size, samples))
        column = 1
        for other in range(size):
            if other != place:
                others[column] = shares[:, vms[other]]
                column += 1
        found = explained(shares[:, vms[place]].copy(), others)
        if found == -1.0:
            return -1
        if found > best:
            best, chosen = found, place
    return chosen


@njit(cache=True, error_model="numpy")
def selected(kind: int, vms: Rows, memory: Floats, request: Floats, size: Floats, shares: Floats, chance: float) -> int:
    """Return the place of the VM that leaves."""
    if kind == RS:
        return min(int(chance * len(vms)), len(vms) - 1)
    if kind == MC:
        place = correlated(vms, shares)
        if place >= 0:
            return place
    best = 0
    for place in range(1, len(vms)):
        if kind == MU:
            less = request[vms[place]] / size[vms[place]] < request[vms[best]] / size[vms[best]]
        else:
            less = memory[vms[place]] < memory[vms[best]]
        if less:
            best = place
    return best


@njit(cache=True, error_model="numpy")
def past_of(vms: Rows, shares: Floats, size: Floats, capacity: float) -> Floats:
    """Return the load of a host at the last ticks, as these VMs would have made it, newest first."""
    past = np.zeros(shares.shape[0])
    for place in range(len(vms)):
        vm = vms[place]
        for sample in range(shares.shape[0]):
            past[sample] += shares[sample, vm] * size[vm] / capacity
    return past


@njit(cache=True, error_model="numpy")
def overloaded(
    listed: Rows, starts: Ints, request: Floats, shares: Floats, size: Floats, capacity: Floats, kind: int,
    parameter: float,
) -> Mask:  # fmt: skip
    """Return which hosts are overloaded. Shape (hosts,)."""
    found = np.zeros(len(capacity), np.bool_)
    nothing = np.zeros(1)
    for host in range(len(capacity)):
        vms = listed[starts[host] : starts[host + 1]]
        if len(vms) == 0:
            continue
        asked = 0.0
        for place in range(len(vms)):
            asked += request[vms[place]]
        past = nothing if kind == THR else past_of(vms, shares, size, capacity[host])
        found[host] = beyond(kind, parameter, asked / capacity[host], past)
    return found


@njit(cache=True, error_model="numpy")
def planned(
    listed: Rows, starts: Ints, request: Floats, memory: Floats, shares: Floats, size: Floats, capacity: Floats,
    core: Floats, curve: Floats, used: Floats, over: Mask, group: Rows, kind: int, parameter: float, selection: int,
    chances: Floats, stale: bool, hops: bool, untested: bool, room: Floats, most: Ints,
) -> tuple[Ints, Ints, int]:  # fmt: skip
    """
    Return one optimisation's moves, and how many of them relieve overloaded hosts.

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
    room
        Memory that is free on each host; infinite if it is no limit. Shape (hosts,).
    most
        The most VMs that each host has ever had at once, if only tentatively; brought up to date. Shape (hosts,).
    """
    hosts, vms = len(capacity), len(request)
    limit = len(listed) * 3 + 8
    node_vm, after = np.full(limit, -1, np.int64), np.full(limit, -1, np.int64)
    head, tail, count = np.full(hosts, -1, np.int64), np.full(hosts, -1, np.int64), np.zeros(hosts, np.int64)
    asked, given, left = np.zeros(hosts), np.zeros(hosts), capacity.copy()
    base = np.zeros(hosts)
    past = np.zeros((hosts, shares.shape[0])) if kind != THR else np.zeros((1, 1))
    nodes = 0
    for host in range(hosts):
        share = min(used[host] / capacity[host], 1.0)
        base[host] = drawn(share, curve[host])
        for place in range(starts[host], starts[host + 1]):
            vm = listed[place]
            node_vm[nodes] = vm
            if tail[host] >= 0:
                after[tail[host]] = nodes
            else:
                head[host] = nodes
            tail[host] = nodes
            nodes += 1
            count[host] += 1
            asked[host] += request[vm]
            if left[host] >= 0:
                left[host] -= min(request[vm], core[host])
            if kind != THR:
                for sample in range(shares.shape[0]):
                    past[host, sample] += shares[sample, vm] * size[vm] / capacity[host]
        given[host] = used[host]
        left[host] = max(left[host], 0.0)

    # 1. VMs leave overloaded hosts, until these are so no longer.
    leaving = np.zeros(vms, np.int64)
    leavers, chance = 0, 0
    for host in range(hosts):
        if not over[host]:
            continue
        rows = listed[starts[host] : starts[host + 1]].copy()
        length = len(rows)
        while length > 0:
            place = selected(selection, rows[:length], memory, request, size, shares, chances[chance])
            chance += 1
            leaving[leavers] = rows[place]
            leavers += 1
            for later in range(place, length - 1):
                rows[later] = rows[later + 1]
            length -= 1
            total = 0.0
            for later in range(length):
                total += request[rows[later]]
            before = past[0] if kind == THR else past_of(rows[:length], shares, size, capacity[host])
            if not beyond(kind, parameter, total / capacity[host], before):
                break

    # 2. They are placed one by one, the largest first; switched-off hosts may be chosen.
    first = np.full(int(group.max()) + 1, 0, np.int64)
    out_vm, out_host, moves = np.zeros(limit, np.int64), np.zeros(limit, np.int64), 0
    order = np.argsort(-request[leaving[:leavers]], kind="mergesort")
    closed = over.copy()
    active = np.zeros(hosts, np.int64)
    actives = 0
    for host in range(hosts):
        if count[host] > 0 or given[host] != 0:
            active[actives] = host
            actives += 1
    candidates = np.zeros(hosts + len(first), np.int64)
    got = np.zeros(hosts, np.bool_)
    for index in range(leavers):
        vm = leaving[order[index]]
        for place in range(actives):
            candidates[place] = active[place]
        size_c = actives
        for number in range(len(first)):
            while first[number] < hosts and (
                group[first[number]] != number or count[first[number]] > 0 or given[first[number]] != 0
            ):
                first[number] += 1
            if first[number] < hosts:
                candidates[size_c] = first[number]
                size_c += 1
        host = _found(
            vm, candidates[:size_c], closed, request, memory, shares, size, capacity, core, curve, asked, given, left,
            base, past, count, kind, parameter, stale, untested, room, most,
        )  # fmt: skip
        if host < 0:
            continue
        if count[host] == 0 and given[host] == 0:
            active[actives] = host
            actives += 1
        nodes = _added(vm, host, nodes, node_vm, after, head, tail, count, asked, given, left, past, request, shares,
                       size, capacity, kind, memory, room)  # fmt: skip
        out_vm[moves], out_host[moves] = vm, host
        got[host] = True
        moves += 1
    relieved = moves

    # 3. Hosts are emptied, the least used first, if all their VMs find room elsewhere.
    emptied = np.zeros(hosts, np.bool_)
    searching = 0
    receivers = np.zeros(hosts, np.int64)
    for host in range(hosts):
        share = used[host] / capacity[host]
        off = used[host] == 0
        if off or over[host]:
            closed[host] = True
        else:
            receivers[searching] = host
            searching += 1
        emptied[host] = off or over[host] or not (share > 0 and share < 1) or (got[host] and not hops)
    turn = np.argsort(used / capacity, kind="mergesort")
    for index in range(hosts):
        host = turn[index]
        if emptied[host] or count[host] == 0:
            continue
        emptied[host] = closed[host] = True
        for place in range(searching):
            if receivers[place] == host:
                receivers[place] = receivers[searching - 1]
                searching -= 1
                break
        rows = np.zeros(count[host], np.int64)
        node = head[host]
        for place in range(len(rows)):
            rows[place] = node_vm[node]
            node = after[node]
        rows = rows[np.argsort(-request[rows], kind="mergesort")]
        begun, begun_nodes = moves, nodes
        whole = True
        saved = np.zeros((len(rows), 4))
        saved_past = np.zeros((len(rows), past.shape[1]))
        saved_tail = np.zeros(len(rows), np.int64)
        for place in range(len(rows)):
            target = _found(
                rows[place], receivers[:searching], closed, request, memory, shares, size, capacity, core, curve, asked,
                given, left, base, past, count, kind, parameter, stale, untested, room, most,
            )  # fmt: skip
            if target < 0:
                whole = False
                break
            done = moves - begun
            saved[done, 0], saved[done, 1], saved[done, 2] = asked[target], given[target], left[target]
            saved[done, 3] = room[target]
            saved_tail[done] = tail[target]
            if kind != THR:
                saved_past[done] = past[target]
            nodes = _added(rows[place], target, nodes, node_vm, after, head, tail, count, asked, given, left, past,
                           request, shares, size, capacity, kind, memory, room)  # fmt: skip
            out_vm[moves], out_host[moves] = rows[place], target
            moves += 1
        if whole:
            for move in range(begun, moves):
                emptied[out_host[move]] = True
            continue
        for move in range(moves - 1, begun - 1, -1):
            target, done = out_host[move], move - begun
            asked[target], given[target], left[target] = saved[done, 0], saved[done, 1], saved[done, 2]
            room[target] = saved[done, 3]
            tail[target] = saved_tail[done]
            if tail[target] >= 0:
                after[tail[target]] = -1
            else:
                head[target] = -1
            count[target] -= 1
            if kind != THR:
                past[target] = saved_past[done]
        moves, nodes = begun, begun_nodes
    return out_vm[:moves], out_host[:moves], relieved


@njit(cache=True, error_model="numpy")
def _found(
    vm: int, candidates: Ints, closed: Mask, request: Floats, memory: Floats, shares: Floats, size: Floats,
    capacity: Floats, core: Floats, curve: Floats, asked: Floats, given: Floats, left: Floats, base: Floats,
    past: Floats, count: Ints, kind: int, parameter: float, stale: bool, untested: bool, room: Floats, most: Ints,
) -> int:  # fmt: skip
    """Return the host whose draw the VM raises least, the first of equals; -1 if none is suitable."""
    need = request[vm]
    best, least = -1, np.inf
    for place in range(len(candidates)):
        host = candidates[place]
        if closed[host] or core[host] < need or left[host] < need or room[host] < memory[vm]:
            continue
        tested = given[host] != 0 or not untested
        if tested:
            most[host] = max(most[host], count[host] + 1)
        if tested and kind == THR and (asked[host] + need) / capacity[host] > parameter:
            continue
        share = (given[host] + need) / capacity[host]
        if share > 1:
            continue
        before = base[host] if stale else drawn(min(given[host] / capacity[host], 1.0), curve[host])
        more = drawn(share, curve[host]) - before
        if more > least or (more == least and host > best):
            continue
        if tested and kind != THR:
            then = past[host].copy()
            for sample in range(len(then)):
                then[sample] += shares[sample, vm] * size[vm] / capacity[host]
            if beyond(kind, parameter, (asked[host] + need) / capacity[host], then):
                continue
        best, least = host, more
    if best >= 0:
        most[best] = max(most[best], count[best] + 1)
    return best


@njit(cache=True, error_model="numpy")
def _added(
    vm: int, host: int, nodes: int, node_vm: Ints, after: Ints, head: Ints, tail: Ints, count: Ints, asked: Floats,
    given: Floats, left: Floats, past: Floats, request: Floats, shares: Floats, size: Floats, capacity: Floats,
    kind: int, memory: Floats, room: Floats,
) -> int:  # fmt: skip
    """Append a VM to a host's list, tentatively; return how many nodes there are then."""
    node_vm[nodes], after[nodes] = vm, -1
    if tail[host] >= 0:
        after[tail[host]] = nodes
    else:
        head[host] = nodes
    tail[host] = nodes
    count[host] += 1
    asked[host] += request[vm]
    given[host] += request[vm]
    left[host] -= request[vm]
    room[host] -= memory[vm]
    if kind != THR:
        for sample in range(past.shape[1]):
            past[host, sample] += shares[sample, vm] * size[vm] / capacity[host]
    return nodes + 1
