"""Plans under rules about time free as many hosts as every placement and every order tried in turn."""

from typing import Any

import numpy as np
import pytest

from consolidate.planning import Planned, plan
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.inventory import Hosts, Inventory, Vms
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Sync, Timing, Window
from solvers.scheduling.contradictions import contradictions
from tests.consolidate.time_oracle import fewest

HOSTS, SHUT_S, MOVE_S = 3, 60.0, 25.305
"""Hosts that hold four VMs each; how long one is shut down, and a VM is moved at 5 Gbit/s."""


def estate(random: np.random.Generator, vms: int) -> Reading:
    """Return hosts of 64 GiB with one VM of 12 GiB at least, more anywhere."""
    machines = Hosts.of(
        host=[f"h{row}" for row in range(HOSTS)], cores=[64] * HOSTS, cpu_mhz=[2000.0] * HOSTS,
        memory_mib=[65_536.0] * HOSTS, idle_w=[100.0] * HOSTS, peak_w=[200.0] * HOSTS,
        migration_mbps=[100_000.0] * HOSTS, shutdown_s=[SHUT_S] * HOSTS,
    )  # fmt: skip
    places = [*random.permutation(HOSTS), *random.integers(0, HOSTS, vms - HOSTS)]
    guests = Vms.of(
        vm=[f"vm-{row}" for row in range(vms)], host=[f"h{place}" for place in places], vcpus=[1] * vms,
        memory_mib=[12_288.0] * vms,
    )  # fmt: skip
    return Reading(Inventory(machines, guests, source="made up"))


def drawn(random: np.random.Generator, vms: int) -> tuple[Timing, ...]:
    """Return two to seven rules whose times are about those of moves."""
    found: list[Timing] = []
    for row in range(1, int(random.integers(3, 9))):
        some = random.choice(vms, int(random.integers(1, 4)), replace=False)
        host, where = random.choice(HOSTS, 1), dict[str, Any](file="rules.yaml", row=row)
        since, lasts = 18.2 * float(random.integers(3)), 26.0 * float(random.choice([0.5, 1, 1.5, 2, 3]))
        order = random.permutation(vms)
        found.append(
            [
                Window(vms=some, spans=((since, since + lasts), (since + lasts + 26, since + lasts + 78)), **where),
                Window(places=host, spans=((since, since + lasts + 100),), **where),
                Blackout(vms=some, spans=((since, since + lasts),), **where),
                Blackout(places=host, spans=((since, since + lasts),), **where),
                Deadline(vms=some, until_s=since + lasts, **where),
                Serialize(vms=order[: int(random.integers(2, vms + 1))], **where),
                Precedence(first=order[:2], then=order[2:4], **where),
            ][int(random.integers(7))]
        )
    return tuple(found)


def planned(given: Reading, timing: tuple[Timing, ...], **changes: Any) -> Planned:
    """Return the plan without spare hosts and pauses."""
    own: dict[str, Any] = {"limits.spare_hosts": 0, "migration.pause_s": 0.0, "migration.bandwidth_mbps": 5000.0}
    return plan(given, Settings().changed(own | changes), timing=timing)


@pytest.mark.parametrize("seed", range(100, 120))
def test_as_many_hosts_are_freed_as_can_be(seed: int) -> None:
    """Four or five VMs, and rules that do not contradict each other."""
    random = np.random.default_rng(seed)
    vms = int(random.integers(4, 6))
    given = estate(random, vms)
    timing = drawn(random, vms)
    if contradictions(timing, given.inventory.vms.vm, given.inventory.hosts.host):
        pytest.skip("The rules contradict each other.")
    found = planned(given, timing)
    used = len(set(found.plan.placement.host.tolist()))
    assert used == fewest(found.formulation.problem, timing, MOVE_S, SHUT_S)
    assert found.plan.moves.end_s - found.plan.moves.start_s == pytest.approx(MOVE_S)


@pytest.mark.parametrize("seed", range(12))
def test_any_rules_about_time(seed: int) -> None:
    """
    Also spans that recur, budgets of power and VMs that move together: a plan that the independent checker lets pass.

    It is asked within the planning, and raises. Whatever stays for want of time names a rule.
    """
    random = np.random.default_rng(seed)
    vms = int(random.integers(4, 7))
    more: list[Timing] = [
        Sync(vms=random.choice(vms, 2, replace=False), at_start=bool(random.integers(2)), file="rules.yaml", row=21),
        Window(places=random.choice(HOSTS, 1), spans=((-26.0, 78.0),), every_s=260.0, file="rules.yaml", row=22),
        Blackout(places=random.choice(HOSTS, 1), spans=((0.0, 780.0),), every_s=1000.0, file="rules.yaml", row=23),
        PowerBudget(watts=1200.0, from_s=float(random.choice([0, 30])), file="rules.yaml", row=24),
    ]
    timing = (*drawn(random, vms), *(more[row] for row in random.permutation(4)[:2]))
    changes: dict[str, Any] = {"migration.early_shutdown": bool(random.integers(2)), "migration.schedule_seconds": 0.5}
    found = planned(estate(random, vms), timing, **changes)
    assert all("rules.yaml" in why for why in found.plan.blocked.values())
    if found.summary["status"] == "unchanged" and "Nothing can be moved" in found.summary["verdict"]:
        assert any("rules.yaml" in name for name in found.summary["blocking"])
