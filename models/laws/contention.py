"""
How VMs on a host get into each other's way: waiting for a core, for each other's locks, for caches and memory.

Ready time is the share of a virtual CPU's time in which it could run and has no core. All laws take columns of hosts or
of VMs; what depends on each other is settled by `settled`.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import gammaln

from models.arrays import Floats

_MOST_ROUNDS = 2_000
_FULL = 1.0 - 1e-9
_HALVINGS = 60


def erlang_c(servers: Floats, utilization: Floats) -> Floats:
    """
    Probability that a customer of a queue M/M/c has to wait.

    Parameters
    ----------
    servers
        Servers, at least 1. Shape (hosts,).
    utilization
        Share of them that is busy; 1 from there on. Shape (hosts,).

    Examples
    --------
    One server is busy with the probability of its utilization.

    >>> print(f"{erlang_c(np.array([1.0]), np.array([0.6]))[0]:.3f}")
    0.600

    References
    ----------
    .. [1] L. Kleinrock, Queueing Systems, volume 1, Wiley 1975, section 3.5.
    """
    servers, utilization = np.broadcast_arrays(np.asarray(servers, np.float64), np.asarray(utilization, np.float64))
    rho = np.clip(utilization, 0.0, 1.0 - 1e-12)
    load = np.maximum(rho * servers, 1e-300)
    states = np.arange(int(servers.max(initial=1.0)))
    terms = states * np.log(load[..., None]) - gammaln(states + 1)
    terms = np.where(states < servers[..., None], terms, -np.inf)
    full = servers * np.log(load) - gammaln(servers + 1) - np.log1p(-rho)
    highest = np.maximum(terms.max(axis=-1), full)
    waiting = np.exp(full - highest)
    found: Floats = waiting / (np.exp(terms - highest[..., None]).sum(axis=-1) + waiting)
    return np.where(utilization >= 1.0, 1.0, found)


def stretch(cores: Floats, utilization: Floats, weight: float = 1.0) -> Floats:
    """
    Time of a piece of work over its time on an idle host: ``1 + weight × C(P, u) / (P (1 - u))``, and at least ``u``.

    Mean waiting over mean service of a queue M/M/P. It grows with the load without a step: at full load the queue has
    no end, so that an overloaded host never looks better than a full one.

    Parameters
    ----------
    cores
        Cores of each host. Shape (hosts,).
    utilization
        CPU asked for over CPU there is. Shape (hosts,).
    weight
        Weight of the waiting.

    References
    ----------
    .. [1] L. Kleinrock, Queueing Systems, volume 1, Wiley 1975, section 3.5.
    """
    busy = np.clip(utilization, 0.0, _FULL)
    waiting = erlang_c(cores, busy) / (cores * (1.0 - busy))
    return np.maximum(1.0 + weight * waiting, utilization)


def ready_share(cores: Floats, utilization: Floats, weight: float = 1.0) -> Floats:
    """
    Share of the time in which a virtual CPU is ready and waits: ``1 - 1 / stretch``.

    Examples
    --------
    The same load is nothing on many cores and a burden on few.

    >>> [f"{x:.3f}" for x in ready_share(np.array([8.0, 16.0, 64.0]), np.array([0.8, 0.8, 0.8]))]
    ['0.222', '0.087', '0.004']
    """
    return 1.0 - 1.0 / stretch(cores, utilization, weight)


def busiest(cores: Floats, ready_limit: float, weight: float = 1.0) -> Floats:
    """
    Return the highest utilization at which the ready time keeps a limit. Shape (hosts,).

    Examples
    --------
    At most 5 % of ready time: 62 % of 8 cores, 90 % of 64.

    >>> [f"{x:.2f}" for x in busiest(np.array([8.0, 64.0]), 0.05)]
    ['0.62', '0.90']
    """
    low, high = np.zeros(len(cores)), np.ones(len(cores))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        keeps = ready_share(cores, middle, weight) <= ready_limit
        low, high = np.where(keeps, middle, low), np.where(keeps, high, middle)
    return low


def amdahl(parallel_share: Floats, cpus: Floats) -> Floats:
    """
    Speed-up by several CPUs of work of which a share scales: ``1 / (1 - p + p / n)``.

    Examples
    --------
    >>> float(amdahl(np.float64(0.9), np.float64(9)))
    5.0

    References
    ----------
    .. [1] G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities,"
       AFIPS 1967.
    """
    return 1 / (1 - parallel_share + parallel_share / cpus)


def coscheduling(vcpus: Floats, ready: Floats, synchronisation: Floats) -> Floats:
    """
    Growth of demand where virtual CPUs wait for each other: ``1 + gamma (vcpus - 1) ready``.

    Parameters
    ----------
    vcpus
        Virtual CPUs. Shape (vms,).
    ready
        Ready time of the host that each VM is on. Shape (vms,).
    synchronisation
        gamma: 0 for independent work. Shape (vms,).
    """
    return 1 + synchronisation * (vcpus - 1) * ready


def lock_waiting(
    vcpus: Floats,
    ready: Floats,
    lock_share: Floats,
    *,
    clock_hz: float,
    slice_s: float,
    window_cycles: float | None,
    exit_cycles: Floats | float = 0.0,
) -> Floats:
    """
    Cycles a second that virtual CPUs spin for a lock whose holder was preempted.

    ``preemptions × probability that the holder is hit × other virtual CPUs × time spun``. With pause-loop exiting the
    hardware ends the spinning after a window [1]_; without, it lasts until the holder runs again.

    Parameters
    ----------
    vcpus, ready
        Virtual CPUs, and the ready time of their host. Shape (vms,).
    lock_share
        Share of the time in which a virtual CPU holds a kernel lock. Shape (vms,).
    clock_hz
        Clock of a core. [Hz]
    slice_s
        Time slice of the scheduler. [s]
    window_cycles
        Window of pause-loop exiting, or None without it. [cycles]
    exit_cycles
        Cycles of the exit that ends the spinning. [cycles]

    Examples
    --------
    4 virtual CPUs, 10 % ready, slices of 10 ms: 40 preemptions a second, a tenth of them of a lock's holder; three
    others spin for 4,096 cycles.

    >>> four, tenth = np.float64(4), np.float64(0.1)
    >>> float(round(lock_waiting(four, tenth, tenth, clock_hz=1e9, slice_s=0.01, window_cycles=4096)))
    49152.0

    References
    ----------
    .. [1] Xen commit b67758cda13b, "Enable Pause-Loop Exiting": most spin locks are held for less than 2^12 cycles.
    """
    preemptions = vcpus * ready / slice_s
    waiting = ready * slice_s * clock_hz
    spun = waiting if window_cycles is None else np.minimum(waiting, window_cycles + exit_cycles)
    return preemptions * lock_share * (vcpus - 1) * spun


def numa_slowdown(remote_share: Floats, stall_share: Floats, latency_ratio: Floats) -> Floats:
    """
    Slowdown by memory of another node: ``1 + remote share × stall share × (remote / local latency - 1)``.

    Examples
    --------
    >>> float(numa_slowdown(np.float64(0.5), np.float64(0.4), np.float64(1.5)))
    1.1
    """
    return 1 + remote_share * stall_share * (latency_ratio - 1)


def cache_slowdown(others_mib: Floats, cache_mib: Floats, sensitivity: Floats) -> Floats:
    """
    Slowdown by the working sets of the other VMs on a host: ``1 + a min(1, others / cache)``.

    Parameters
    ----------
    others_mib
        Working sets of the others. [MiB]
    cache_mib
        Last-level cache of the host. [MiB]
    sensitivity
        What a VM loses whose cache is full of others' data; 0.3 at most.

    Examples
    --------
    >>> cache_slowdown(np.array([10.0, 80.0]), np.array([20.0, 20.0]), np.array([0.2, 0.2])).tolist()
    [1.1, 1.2]
    """
    return 1 + sensitivity * np.minimum(1.0, others_mib / np.maximum(cache_mib, 1e-9))


def settled(start: Floats, step: Callable[[Floats], Floats], *, tolerance: float = 1e-6) -> Floats:
    """
    Return the fixed point of a law that depends on its own result, such as ready time on a load that waiting raises.

    There is none where a host is just about full: the law falls where the load reaches what there is. What keeps going
    up and down is told by its worst.
    """
    found, worst = start, start
    for number in range(_MOST_ROUNDS):
        following = step(found)
        restless = np.abs(following - found) > tolerance
        if not restless.any():
            return following
        worst = np.maximum(worst, following) if number > _MOST_ROUNDS // 2 else following
        found = (found + following) / 2
    return np.where(restless, worst, following)
