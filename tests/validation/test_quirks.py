"""What each oddity of CloudSim is worth in a small case, where it is known which way it goes."""

from collections.abc import Collection

import numpy as np

from models.datacenter import Datacenter
from solvers.policies.cloudsim import CloudSim
from tests.validation.test_cloudsim import engine, told

HOSTS = 12


def cases() -> list[list[float]]:
    """Return 24 traces of 30 samples, a third of which fall idle half-way."""
    rng = np.random.default_rng(7)
    found = np.clip(rng.integers(5, 60, (24, 1)) + rng.integers(-30, 40, (24, 30)).cumsum(axis=1) / 3, 1, 100).round()
    found[::3, 15:] = 0
    return [[float(value) for value in trace] for trace in found]


def run(*physics: str, policy: Collection[str] = ()) -> Datacenter:
    """Return the engine at the end, without some oddities of its physics and its policy."""
    return engine(cases(), HOSTS, CloudSim(without=frozenset(policy)), without=physics)


def test_idle_vms_are_kept() -> None:
    """16 of 24 VMs are left, and without the oddity all of them."""
    assert (told(run()).left, told(run("idle-deleted")).left) == (16, 24)


def test_the_end_of_the_day_counts() -> None:
    """From the last event to the end of its step, hosts draw power too."""
    usual, closed = told(run()).energy_kwh, told(run("unclosed")).energy_kwh
    assert usual < closed < usual + HOSTS * 0.135 * 600 / 3600


def test_switching_costs() -> None:
    """420 s at 86 to 93.7 W for each time that a host went on or off; those that are empty at first cost nothing."""
    usual, costly = run().state.meters, run("empty-free").state.meters
    times = int(usual.boots.sum() + usual.shutdowns.sum()) - int((usual.on_s == 0).sum())
    more_kwh = costly.energy_kwh - usual.energy_kwh
    assert times * 420 * 86 / 3.6e6 <= more_kwh <= times * 420 * 93.7 / 3.6e6


def test_arrivals_do_not_violate() -> None:
    """Receivers count as short during each migration; without that, less time is."""
    assert told(run("arrivals-asked")).slatah < told(run()).slatah


def test_hosts_are_billed_from_the_moment_they_are_on() -> None:
    """The mean of both ends misses what a host draws between an empty start and its first VM; to hold does not."""
    assert told(run("half-billed")).energy_kwh != told(run()).energy_kwh
    assert told(run("half-billed")).migrations == told(run()).migrations


def test_no_vm_hops_twice() -> None:
    """Of all moves of one moment each VM is in one."""
    for without, hops in (((), True), (("double-hops",), False)):
        moves = run(policy=without).journal.moves.columns
        pairs = list(zip(moves["begun_s"].tolist(), moves["vm"].tolist(), strict=True))
        assert (len(set(pairs)) < len(pairs)) == hops


def test_memory_is_a_limit() -> None:
    """Hosts of 4 GiB hold more than that with the oddity, and no more without."""
    for without, beyond in (((), True), (("memory-free",), False)):
        policy = CloudSim(without=frozenset(without))
        model = engine([trace[:15] for trace in cases()], HOSTS, policy, without=without)
        assert (model.held_mib.max() > 4096) == beyond
