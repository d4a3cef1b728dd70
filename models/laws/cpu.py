"""
What virtualization costs a CPU: cycles of an exit and of an event, and the time that they take.

An event is priced ``exits × base + software``: what the hardware takes to leave the guest and come back, what the
hypervisor does on every exit, and what it does for this event. ``base`` depends on the processor, the rest on the
technology, so the cost of an event is linear in ``base`` and carries over to another processor by exchanging it.
"""

import numpy as np

from models.arrays import Floats


def exit_base(round_trip: Floats, software: Floats, mitigation: Floats) -> Floats:
    """
    Cycles of an exit in which nothing is done: ``round trip + software + mitigations`` [1]_.

    Parameters
    ----------
    round_trip
        Exit and entry, the hardware's part. [cycles]
    software
        What the hypervisor saves, decodes and restores on every exit. [cycles]
    mitigation
        What barriers against speculation add. [cycles]

    Examples
    --------
    KVM on Sandy Bridge: 784 of hardware and 516 of KVM are the 1,300 of a null hypercall.

    >>> float(exit_base(np.float64(784), np.float64(516), np.float64(0)))
    1300.0

    References
    ----------
    .. [1] C. Dall et al., "ARM virtualization: performance and architectural implications," ISCA 2016.
    """
    return round_trip + software + mitigation


def event_cycles(
    exits: Floats, base: Floats, software: Floats, pollutes: Floats | float = 0.0, pollution: Floats | float = 0.0
) -> Floats:
    """
    Cycles that an event costs beyond its native cost: ``exits × (base + pollution) + software`` [1]_ [2]_.

    Parameters
    ----------
    exits
        Exits that the event causes.
    base
        Cycles of an exit; see `exit_base`. [cycles]
    software
        Cycles of the hypervisor for this event. [cycles]
    pollutes, pollution
        Whether its exits leave caches and TLBs cold, and what that costs an exit. [cycles]

    Examples
    --------
    A page fault under shadow paging on a Pentium 4: two exits of 3,963, and 2,223 of software.

    >>> float(event_cycles(np.float64(2), np.float64(3963), np.float64(2223)))
    10149.0

    References
    ----------
    .. [1] K. Adams and O. Agesen, "A comparison of software and hardware techniques for x86 virtualization,"
       ASPLOS 2006.
    .. [2] A. Gordon et al., "ELI: bare-metal performance for I/O virtualization," ASPLOS 2012.
    """
    return exits * (base + pollutes * pollution) + software


def lost_share(rate: Floats, cycles: Floats, clock_hz: Floats) -> Floats:
    """
    Share of a virtual CPU's time that events take which were counted while it ran: ``rate × cycles / clock``.

    Exits are counted in the VM as it runs, not in the native work, so their share is one of the slower time; the
    throughput that remains is ``1 - share`` [1]_, the slowdown ``1 / (1 - share)``.

    Parameters
    ----------
    rate
        Events a second of the VM's time. [1/s]
    cycles
        Cycles an event. [cycles]
    clock_hz
        Clock of the core. [Hz]

    Examples
    --------
    >>> print(f"{lost_share(np.float64(90_506), np.float64(11_300), np.float64(2.93e9)):.3f}")
    0.349

    References
    ----------
    .. [1] A. Gordon et al., "ELI: bare-metal performance for I/O virtualization," ASPLOS 2012.
    """
    return np.minimum(rate * cycles / clock_hz, 1.0)


def intercepted(api_share: Floats, cost_ratio: Floats) -> Floats:
    """
    Slowdown where calls of a library are served by another one: ``1 + share × (ratio - 1)``.

    Parameters
    ----------
    api_share
        Share of the native time in calls that are intercepted.
    cost_ratio
        Time of such a call over that of the native one.

    Examples
    --------
    >>> float(intercepted(np.float64(0.05), np.float64(1.2)))
    1.01
    """
    return 1 + api_share * (cost_ratio - 1)
