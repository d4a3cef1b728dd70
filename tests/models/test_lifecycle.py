"""What is to become of hosts, as rules and as candidates at the end of an inventory."""

from models import lifecycle
from models.inventory import Hosts, Inventory, Vms
from models.lifecycle import Offer
from models.rules import Ban, MaxOnline, Offline


def inventory(states: list[str], clusters: list[str] | None = None, zone: str = "") -> Inventory:
    """Return a host for each state, and one VM on the first."""
    size = len(states)
    hosts = Hosts.of(
        host=[f"h{row}" for row in range(size)],
        cores=[8] * size,
        cpu_mhz=[2000.0] * size,
        memory_mib=[1024.0] * size,
        cluster=clusters or ["a"] * size,
        trust_zone=[zone] * size,
        lifecycle=states,
    )
    return Inventory(hosts, Vms.of(vm=["v"], host=["h0"], vcpus=[1], memory_mib=[512.0]))


def offer(count: int, cluster: str = "") -> Offer:
    """Return an offer of so many hosts of model m."""
    one = Hosts.of(host=["m"], cores=[16], cpu_mhz=[2000.0], memory_mib=[2048.0], model=["m"], cluster=[cluster])
    return Offer(one, count)


def test_rules_of_states() -> None:
    """Host 1 is to be off, host 2 is closed to all VMs; the one that serves has no rule."""
    offline, ban = lifecycle.rules(inventory(["serves", "decommission", "drain"]))
    assert isinstance(offline, Offline)
    assert offline.hosts.tolist() == [1]
    assert isinstance(ban, Ban)
    assert (ban.hosts.tolist(), ban.vms.tolist(), ban.entering) == ([2], [0], False)


def test_candidates_for_every_cluster() -> None:
    """Two of a model for either of two clusters are four candidates, of which two at most are on."""
    grown = lifecycle.with_offers(inventory(["serves"] * 2, ["a", "b"]), [offer(2)])
    assert grown.hosts.cluster[2:].tolist() == ["a", "a", "b", "b"]
    assert grown.hosts.lifecycle.tolist() == ["serves"] * 2 + ["candidate"] * 4
    (rule,) = lifecycle.rules(grown)
    assert isinstance(rule, MaxOnline)
    assert (rule.hosts.tolist(), rule.most) == ([2, 3, 4, 5], 2)


def test_a_candidate_is_like_its_cluster() -> None:
    """It takes the trust zone that all hosts of its cluster have; twice offered it is there once."""
    grown = lifecycle.with_offers(inventory(["serves"], zone="inner"), [offer(1)])
    assert grown.hosts.trust_zone.tolist() == ["inner", "inner"]
    assert len(lifecycle.with_offers(grown, [offer(1)]).hosts) == 2
    assert not lifecycle.rules(grown)


def test_marked() -> None:
    """Hosts by row get another state, the others keep theirs."""
    assert lifecycle.marked(inventory(["serves"] * 3), {"drain": [1]}).hosts.lifecycle.tolist() == [
        "serves",
        "drain",
        "serves",
    ]
