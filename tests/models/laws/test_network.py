"""Addresses that stay, the domains they need, and how soon the network follows."""

import pytest

from models.errors import InputError
from models.laws.network import Address, Registry, announcements_ms, unreachable_ms

WEB = Address("web", "52:54:00:00:00:0A", "10.0.0.5", "vlan 7")
BACKUP = Address("web", "52:54:00:00:00:0B", "", "vlan 9")
STORE = Address("store", "52:54:00:00:00:0C", "10.0.0.6", "vlan 7")


def test_addresses_lead_to_their_vm() -> None:
    """By IP or MAC address, in whatever case, within a domain."""
    known = Registry([WEB, BACKUP, STORE])
    assert known.holder("10.0.0.6", "vlan 7") == "store"
    assert known.holder("52:54:00:00:00:0a", "vlan 7") == known.holder("52:54:00:00:00:0A", "vlan 7") == "web"
    assert known.holder("10.0.0.6", "vlan 9") is None


def test_an_address_is_held_once() -> None:
    """All that are held twice are named; the same address in another domain is no matter."""
    other = Address("copy", WEB.mac.lower(), WEB.ip, "vlan 7")
    with pytest.raises(InputError, match=r"52:54:00:00:00:0a is held by web and copy in vlan 7; 10\.0\.0\.5 is held"):
        Registry([WEB, other])
    Registry([WEB, Address("copy", WEB.mac, WEB.ip, "vlan 8")])


def test_a_vm_goes_where_all_its_domains_are() -> None:
    """Web needs two domains, store one; h1 has both, h2 one, nothing is known of h3."""
    known = Registry([WEB, BACKUP, STORE])
    reachable = {"h1": {"vlan 7", "vlan 9"}, "h2": {"vlan 7"}}
    allowed = known.allowed(["web", "store"], ["h1", "h2", "h3"], reachable)
    assert allowed.tolist() == [[True, False, False], [True, True, False]]


def test_why_a_vm_is_held_back() -> None:
    """The address that would be lost is named, with the domain; there is nothing to tell where none is."""
    known = Registry([WEB, BACKUP])
    assert known.blocked("web", {"vlan 7"}) == "web would lose 52:54:00:00:00:0B: the destination is not in vlan 9"
    assert known.blocked("web", {"vlan 7", "vlan 9"}) == ""


def test_announcements() -> None:
    """At once, and then after 50, 150, 250 and 350 ms more."""
    assert announcements_ms().tolist() == [0, 50, 200, 450, 800]


def test_a_lost_announcement_waits_for_the_next() -> None:
    """With one of ten lost: 0.9 × 0 + 0.09 × 50 + 0.009 × 200 + 0.0009 × 450 + 0.0001 × 800, and 2 ms on the way."""
    assert unreachable_ms(0.1, 2.0) == pytest.approx(4.5 + 1.8 + 0.405 + 0.08 + 2)
    assert unreachable_ms(0.0) == 0
