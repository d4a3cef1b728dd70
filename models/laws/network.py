"""The network move of a migration: addresses stay, the new place is announced, and one layer-2 domain is needed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models import catalog
from models.arrays import Floats, Mask
from models.errors import InputError


@dataclass(frozen=True)
class Address:
    """
    A virtual interface: what a VM is known by on the network, wherever it runs.

    Parameters
    ----------
    vm
        Name of the VM.
    mac, ip
        Its addresses; they stay the same when the VM moves. The IP address may be unknown (empty).
    domain
        Layer-2 domain (VLAN, port group, overlay) that the interface is in.
    """

    vm: str
    mac: str
    ip: str
    domain: str


class Registry:
    """
    Virtual addresses and the VMs that hold them; each is held by one VM in a layer-2 domain.

    Raises
    ------
    InputError
        If two VMs hold one address in a domain; all such pairs are named.

    Examples
    --------
    >>> known = Registry([Address("web", "52:54:00:00:00:01", "10.0.0.5", "vlan 7")])
    >>> known.holder("10.0.0.5", "vlan 7"), known.domains("web")
    ('web', {'vlan 7'})
    >>> known.blocked("web", {"vlan 9"})
    'web would lose 52:54:00:00:00:01 (10.0.0.5): the destination is not in vlan 7'
    """

    def __init__(self, addresses: Iterable[Address]) -> None:
        self.addresses = tuple(addresses)
        self._holder: dict[tuple[str, str], str] = {}
        twice = [told for each in self.addresses for told in self._held(each)]
        if twice:
            raise InputError("; ".join(twice))

    def _held(self, address: Address) -> list[str]:
        """Register an address; return in words which of its parts another VM holds."""
        found = []
        for key in (address.mac.lower(), address.ip):
            other = self._holder.setdefault((address.domain, key), address.vm) if key else address.vm
            if other != address.vm:
                found.append(f"{key} is held by {other} and {address.vm} in {address.domain}")
        return found

    def holder(self, address: str, domain: str) -> str | None:
        """Return the VM that holds a MAC or IP address in a domain, or None."""
        return self._holder.get((domain, address)) or self._holder.get((domain, address.lower()))

    def domains(self, vm: str) -> set[str]:
        """Return the layer-2 domains that a VM is in."""
        return {each.domain for each in self.addresses if each.vm == vm}

    def blocked(self, vm: str, reachable: set[str]) -> str:
        """Return why a VM cannot go to a host that reaches these domains, or nothing if it can."""
        lost = [each for each in self.addresses if each.vm == vm and each.domain not in reachable]
        if not lost:
            return ""
        told = ", ".join(f"{each.mac} ({each.ip})" if each.ip else each.mac for each in lost)
        return f"{vm} would lose {told}: the destination is not in {', '.join(sorted({each.domain for each in lost}))}"

    def allowed(self, vms: Iterable[str], hosts: Iterable[str], reachable: Mapping[str, set[str]]) -> Mask:
        """Return which VM may go to which host, as its addresses are reachable there. Shape (vms, hosts)."""
        needed = [self.domains(vm) for vm in vms]
        return np.array([[need <= reachable.get(host, set()) for host in hosts] for need in needed], np.bool_)


def announcements_ms() -> Floats:
    """Return when the new place of a VM is announced (gratuitous ARP, RARP), after it was resumed. [ms] Shape (n,)."""
    first, step, most = (catalog.number("migration", f"announce_{name}_ms") for name in ("first", "step", "most"))
    count = int(catalog.number("migration", "announce_rounds"))
    gaps = np.minimum(first + step * np.arange(count - 1), most)
    return np.concatenate([[0.0], np.cumsum(gaps)])


def unreachable_ms(loss_share: ArrayLike, latency_ms: ArrayLike = 0.0) -> Floats:
    """
    Return how long after the resume the network still leads to the old place, on average. [ms] Shape (...).

    Switches learn the new port from the first announcement that is not lost; if all are, from the first frame that the
    VM sends, for which the last announcement stands.

    Parameters
    ----------
    loss_share
        Probability that an announcement is lost. Shape (...).
    latency_ms
        Time that one takes to the last switch. [ms] Shape (...).

    Examples
    --------
    >>> print(float(unreachable_ms(0.0)), float(unreachable_ms(0.5)))
    0.0 115.625
    """
    times = announcements_ms()
    lost = np.asarray(loss_share, np.float64)[..., None]
    first = lost ** np.arange(len(times)) * np.where(np.arange(len(times)) < len(times) - 1, 1.0 - lost, 1.0)
    return np.asarray((first * times).sum(axis=-1) + latency_ms)
