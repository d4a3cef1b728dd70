"""What virtualization costs in I/O: cycles of a packet or request, rates at the limit, and latency."""

import numpy as np

from models.arrays import Floats

BITS = 8


def packet_cycles(extra: Floats, native_share: Floats, native: Floats) -> Floats:
    """
    Cycles that a packet costs beyond its native path: ``extra + share × native``.

    Some paths are measured as cycles, others as a multiple of the native path [1]_.

    Parameters
    ----------
    extra
        Cycles added. [cycles]
    native_share
        Part of the native path that is gone through once more.
    native
        Cycles of the native path. [cycles]

    References
    ----------
    .. [1] P. Apparao et al., "Characterization of network processing overheads in Xen," 2006.
    """
    return extra + native_share * native


def copy_cycles(fixed: Floats, per_byte: Floats, size: Floats) -> Floats:
    """
    Cycles of a packet or request whose bytes are copied: ``fixed + per byte × size``.

    Parameters
    ----------
    fixed
        Cycles whatever the size. [cycles]
    per_byte
        Cycles a byte. [cycles/byte]
    size
        Size of a packet or request. [bytes]

    Examples
    --------
    >>> float(copy_cycles(np.float64(2500), np.float64(0.1), np.float64(1500)))
    2650.0
    """
    return fixed + per_byte * size


def throughput_mbps(cycles: Floats, clock_hz: Floats, packet_bytes: Floats, line_mbps: Floats) -> Floats:
    """
    Return the data rate of a core that does nothing else, or that of the line: ``min(line, clock / cycles × packet)``.

    Parameters
    ----------
    cycles
        Cycles a packet, native path included. [cycles]
    clock_hz
        Clock of the core. [Hz]
    packet_bytes
        Size of a packet. [bytes]
    line_mbps
        What the line takes at most. [Mbit/s]

    Examples
    --------
    An emulated adapter of 99,000 cycles a packet at 2.4 GHz; and one that the line limits [1]_.

    >>> [round(float(x)) for x in throughput_mbps(np.array([99_000.0, 18_600.0]), 2.4e9, 1500, 897)]
    [291, 897]

    References
    ----------
    .. [1] P. Barham et al., "Xen and the art of virtualization," SOSP 2003, table 6.
    """
    return np.minimum(line_mbps, clock_hz / cycles * packet_bytes * BITS / 1e6)


def native_packet_cycles(mbps: Floats, clock_hz: Floats, packet_bytes: Floats) -> Floats:
    """
    Cycles a packet of a core that is busy at a data rate: the inverse of `throughput_mbps`.

    Examples
    --------
    >>> round(float(native_packet_cycles(np.float64(602), 2.4e9, 500)))
    15947
    """
    return clock_hz * packet_bytes * BITS / (mbps * 1e6)


def packets_ps(mbps: Floats, packet_bytes: Floats) -> Floats:
    """
    Packets a second of a data rate. [1/s].

    Examples
    --------
    >>> float(packets_ps(np.float64(12), np.float64(1500)))
    1000.0
    """
    return mbps * 1e6 / (packet_bytes * BITS)


def request_ratio(device_s: Floats, added_s: Floats) -> Floats:
    """
    Return requests served over native ones at the same queue depth: ``device / (device + added)``.

    With a fixed number of requests under way, the rate is that number over the time of one [1]_.

    Parameters
    ----------
    device_s
        Time of a request natively. [s]
    added_s
        Time that the path adds. [s]

    Examples
    --------
    >>> print(f"{request_ratio(np.float64(46e-6), np.float64(49e-6)):.2f}")
    0.48

    References
    ----------
    .. [1] J. D. C. Little, "A proof for the queuing formula L = λW," Operations Research 9(3), 1961.
    """
    return device_s / (device_s + added_s)


def latency(path: Floats, halts: Floats, halt: Floats) -> Floats:
    """
    Time added to a transaction: that of the path, and of each halt and wake-up of the virtual CPU in it.

    Examples
    --------
    >>> float(latency(np.float64(30), np.float64(2), np.float64(7)))
    44.0
    """
    return path + halts * halt
