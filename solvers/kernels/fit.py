"""
Fits VMs onto hosts one after the other: first fit, best fit, least increase of power, and whole hosts to be emptied.

Hosts are positions, sorted so that those of a boundary stand together. Blocks of them know the most room that one of
theirs has, so that full blocks are passed over at once.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints, Mask

BLOCK = 64
"""Hosts a block."""
FIRST, BEST, POWER = 0, 1, 2
"""Rules: the first host with room, the one with the least CPU left, the one whose draw grows least."""
STEPS_PER_W = 1e6
"""Draws that differ by less than a millionth of a watt are equal; the fuller host is then taken."""

_INTS, _FLOATS, _MASK = types.int64[::1], types.float64[::1], types.boolean[::1]
_HOSTS = (_FLOATS, _FLOATS, _FLOATS, _FLOATS, _FLOATS, types.float64[:, ::1], _MASK)
_BLOCKS = (_FLOATS, _FLOATS)
_INT, _FLOAT = types.int64, types.float64


@njit(_FLOAT(_FLOAT, _FLOAT, types.float64[::1]), cache=True)
def drawn(load: float, capacity: float, curve: Floats) -> float:
    """Return the draw of one host in W, linear between the points of its curve."""
    steps = curve.shape[0] - 1
    share = min(max(load / capacity, 0.0), 1.0) if capacity > 0 else 0.0
    below = min(int(share * steps), steps - 1)
    return float(curve[below] + (curve[below + 1] - curve[below]) * (share * steps - below))


@njit(types.void(_INT, _FLOATS, _FLOATS, _FLOATS, _FLOATS, *_BLOCKS), cache=True)
def _survey(
    block: int, cpu: Floats, limit: Floats, held: Floats, most: Floats, room_mhz: Floats, room_mib: Floats
) -> None:
    """Find the most room in a block again, a trifle more for rounding."""
    mhz, mib = -np.inf, -np.inf
    for host in range(block * BLOCK, min((block + 1) * BLOCK, cpu.shape[0])):
        mhz, mib = max(mhz, limit[host] - cpu[host]), max(mib, most[host] - held[host])
    room_mhz[block] = mhz + 1e-9 * abs(mhz) + 1e-9
    room_mib[block] = mib + 1e-9 * abs(mib) + 1e-9


@njit(_INT(_INT, _INT, _FLOAT, _FLOAT, _INT, _INT, _INT, *_HOSTS, *_BLOCKS), cache=True)
def _found(
    rule: int,
    scored: int,
    demand: float,
    memory: float,
    avoid: int,
    low: int,
    high: int,
    cpu: Floats,
    limit: Floats,
    held: Floats,
    most: Floats,
    capacity: Floats,
    curve: Floats,
    on: Mask,
    room_mhz: Floats,
    room_mib: Floats,
) -> int:
    """Return the best position from low to high, of the first `scored` ones with room; -1 if none has."""
    best, least, tie, seen, start = -1, np.inf, np.inf, 0, low
    while start < high:
        block = start // BLOCK
        end = min(high, (block + 1) * BLOCK)
        if room_mhz[block] >= demand and room_mib[block] >= memory:
            for host in range(start, end):
                if cpu[host] + demand > limit[host] or held[host] + memory > most[host] or host == avoid:
                    continue
                left, score = limit[host] - cpu[host] - demand, 0.0
                if rule == POWER:
                    before = drawn(cpu[host], capacity[host], curve[host]) if on[host] else 0.0
                    after = drawn(cpu[host] + demand, capacity[host], curve[host])
                    score = np.floor((after - before) * STEPS_PER_W + 0.5)
                if score < least or (score == least and left < tie):
                    best, least, tie = host, score, left
                seen += 1
                if seen >= scored:
                    return best
        start = end
    return best


@njit(
    _INTS(_INT, _INT, _FLOATS, _FLOATS, _INTS, _INTS, _INTS, *_HOSTS),
    cache=True,
)
def fitted(
    rule: int,
    scored: int,
    demand: Floats,
    memory: Floats,
    avoid: Ints,
    low: Ints,
    high: Ints,
    cpu: Floats,
    limit: Floats,
    held: Floats,
    most: Floats,
    capacity: Floats,
    curve: Floats,
    on: Mask,
) -> Ints:
    """
    Return the position found for each VM in turn, -1 where none has room. Load, memory and `on` are written to.

    Parameters
    ----------
    rule, scored
        `FIRST`, `BEST` or `POWER`; how many hosts with room are compared.
    demand, memory, avoid, low, high
        Of each VM: CPU, memory, a position that it may not have, and between which positions. Shape (vms,).
    cpu, limit, held, most, capacity, curve, on
        Of each host: CPU asked for and its limit, memory held and its limit, capacity, draw, whether it draws already.
        Shape (hosts,).
    """
    blocks = (cpu.shape[0] + BLOCK - 1) // BLOCK
    room_mhz, room_mib = np.empty(blocks), np.empty(blocks)
    for block in range(blocks):
        _survey(block, cpu, limit, held, most, room_mhz, room_mib)
    found = np.full(demand.shape[0], -1, np.int64)
    for vm in range(demand.shape[0]):
        host = _found(
            rule, scored, demand[vm], memory[vm], avoid[vm], low[vm], high[vm],
            cpu, limit, held, most, capacity, curve, on, room_mhz, room_mib,
        )  # fmt: skip
        if host >= 0:
            found[vm], on[host] = host, True
            cpu[host] += demand[vm]
            held[host] += memory[vm]
            _survey(host // BLOCK, cpu, limit, held, most, room_mhz, room_mib)
    return found


@njit(
    types.boolean(_INT, _INT, _INT, _INT, _INT, _INT, _INT, _FLOATS, _FLOATS, _INTS, *_HOSTS, *_BLOCKS),
    cache=True,
)
def _moved(
    rule: int,
    scored: int,
    first: int,
    last: int,
    host: int,
    low: int,
    high: int,
    demand: Floats,
    memory: Floats,
    found: Ints,
    cpu: Floats,
    limit: Floats,
    held: Floats,
    most: Floats,
    capacity: Floats,
    curve: Floats,
    on: Mask,
    room_mhz: Floats,
    room_mib: Floats,
) -> bool:
    """Find a position for each VM from first to last; if one has none, undo them all and say so."""
    old_cpu, old_held = np.empty(last - first), np.empty(last - first)
    for vm in range(first, last):
        target = _found(
            rule, scored, demand[vm], memory[vm], host, low, high,
            cpu, limit, held, most, capacity, curve, on, room_mhz, room_mib,
        )  # fmt: skip
        if target < 0:
            for past in range(vm - 1, first - 1, -1):
                target, found[past] = found[past], -1
                cpu[target], held[target] = old_cpu[past - first], old_held[past - first]
                _survey(target // BLOCK, cpu, limit, held, most, room_mhz, room_mib)
            return False
        found[vm], old_cpu[vm - first], old_held[vm - first] = target, cpu[target], held[target]
        cpu[target] += demand[vm]
        held[target] += memory[vm]
        _survey(target // BLOCK, cpu, limit, held, most, room_mhz, room_mib)
    return True


@njit(
    _INTS(_INT, _INT, _INT, _INTS, _INTS, _FLOATS, _FLOATS, _INTS, _INTS, _FLOATS, _FLOATS, _MASK, *_HOSTS),
    cache=True,
)
def emptied(
    rule: int,
    scored: int,
    count: int,
    source: Ints,
    first: Ints,
    demand: Floats,
    memory: Floats,
    low: Ints,
    high: Ints,
    spare: Floats,
    offer: Floats,
    touched: Mask,
    cpu: Floats,
    limit: Floats,
    held: Floats,
    most: Floats,
    capacity: Floats,
    curve: Floats,
    on: Mask,
) -> Ints:
    """
    Return where the VMs of hosts go, -1 for those of hosts of which not all VMs find room elsewhere.

    Hosts to be emptied take no VMs; one that cannot be emptied takes some again.

    Parameters
    ----------
    rule, scored
        As in `fitted`.
    count
        Hosts to be emptied at most.
    source, first
        Positions to be emptied, in turn, shape (sources,), and where the VMs of each begin, shape (sources + 1,).
    demand, memory
        Of each VM, by source. Shape (vms,).
    low, high
        Between which positions the VMs of each source may go. Shape (sources,).
    spare, offer
        CPU that may be given up within each boundary, by its first position, and what each source offers. [MHz]
    touched
        Positions that are not emptied, since VMs come or go. Shape (hosts,).
    """
    blocks = (cpu.shape[0] + BLOCK - 1) // BLOCK
    room_mhz, room_mib = np.empty(blocks), np.empty(blocks)
    for block in range(blocks):
        _survey(block, cpu, limit, held, most, room_mhz, room_mib)
    found = np.full(demand.shape[0], -1, np.int64)
    own = limit[source]
    for host in source:
        limit[host] = -np.inf
        _survey(host // BLOCK, cpu, limit, held, most, room_mhz, room_mib)
    for turn in range(source.shape[0]):
        host, done = source[turn], False
        if count > 0 and not touched[host] and offer[turn] <= spare[low[turn]]:
            done = _moved(
                rule, scored, first[turn], first[turn + 1], host, low[turn], high[turn], demand, memory, found,
                cpu, limit, held, most, capacity, curve, on, room_mhz, room_mib,
            )  # fmt: skip
        if done:
            count -= 1
            spare[low[turn]] -= offer[turn]
        else:
            limit[host] = own[turn]
            _survey(host // BLOCK, cpu, limit, held, most, room_mhz, room_mib)
    return found
