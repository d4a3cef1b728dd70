"""The objective that the settings mean: stages in their order, a tolerance, weights of moves, and one sum of money."""

from typing import Any

import numpy as np
import pytest

from consolidate.planning import Planned, plan
from consolidate.settings import Settings
from models.costs import HostsOn, Moves
from models.errors import InputError
from tests.consolidate.test_planning import reading


def planned(homes: list[int], hosts: int, columns: dict[str, Any], **changes: Any) -> Planned:
    """Return the plan without spares."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    settings = Settings().changed({"search.seconds": 2.0, "limits.spare_hosts": 0} | dotted)
    return plan(reading(homes, hosts, **columns), settings)


DRAW = {"host_idle_w": [100.0, 103.0], "host_peak_w": [200.0, 206.0]}


def test_tolerance() -> None:
    """
    Three VMs are on host 1, which draws 103 W at idle, one on host 0 with 100 W.

    Host 0 alone is the best, and moves three; within 5 % of it, host 1 alone moves one.
    """
    strict = planned([0, 1, 1, 1], 2, DRAW)
    loose = planned([0, 1, 1, 1], 2, DRAW, objective__stages=["power 5%", "moves"])
    assert (strict.summary["moves"], loose.summary["moves"]) == (3, 1)
    assert strict.tables["objective"]["after"].tolist()[0] == 100.0
    assert loose.tables["objective"]["after"].tolist()[0] == 103.0
    assert loose.tables["objective"]["tolerance_share"].tolist() == [0.05, 0.0]


def test_hosts_before_watts() -> None:
    """Counted by number, either host is as good: the one with more VMs stays, though it draws more."""
    found = planned([0, 1, 1, 1], 2, DRAW, objective__stages=["hosts", "moves"])
    assert found.plan.placement.on.tolist() == [False, True]
    assert found.tables["objective"][["stage", "after", "bound"]].to_numpy().tolist() == [
        ["hosts", 1.0, 1.0],
        ["moves", 1001.0 + 15, 1001.0 + 15],
    ]


def test_moves_by_bytes() -> None:
    """Of two hosts alike, the one with one VM of 64 GiB stays, not the one with two of 8 GiB: those send less."""
    columns = {"memory_mib": [65_536.0, 8_192.0, 8_192.0]}
    by_count = planned([0, 1, 1], 2, columns, objective__stages=["hosts", "moves"])
    by_bytes = planned([0, 1, 1], 2, columns, objective__stages=["hosts", "moves"], objective__moves="bytes")
    assert by_count.summary["moves"] == 1
    assert by_bytes.summary["moves"] == 2
    weights = next(cost.weights for cost in by_bytes.formulation.problem.costs if isinstance(cost, Moves))
    assert weights[0] > 3 * weights[1:].sum()


def test_disks_count_by_energy() -> None:
    """
    Of two hosts alike, the one whose VM has 100 GiB of local disks stays, not the one with two VMs without.

    102,400 MiB are 107,374 MB, which take 54,976 J at 0.512 J/MB, beside some thousands for 16 GiB of memory.
    """
    columns = {"disk_gib": [100.0, 0.0, 0.0], "datastores": ["", "san", "san"]}
    by_count = planned([0, 1, 1], 2, columns, objective__stages=["hosts", "moves"])
    by_energy = planned([0, 1, 1], 2, columns, objective__stages=["hosts", "moves"], objective__moves="energy")
    assert (by_count.summary["moves"], by_energy.summary["moves"]) == (1, 2)
    memory, disks = (by_energy.plan.moves.energy_j, by_count.plan.moves.energy_j)
    assert disks.sum() - memory[0] == pytest.approx(54_976, rel=0.02)


def test_money_is_one_sum() -> None:
    """A host is freed where a move costs 1 EUR; where one costs more than years of the host's energy, none is."""
    cheap = planned([0, 1], 2, DRAW, objective__together=True)
    dear = planned([0, 1], 2, DRAW, objective__together=True, migration__eur_per_move=100_000.0)
    assert cheap.summary["hosts_after"] == 1
    assert dear.summary["moves"] == 0


def test_default_is_as_before() -> None:
    """Without settings the stages are idle draw, moves and headroom."""
    problem = planned([0, 1], 2, DRAW).formulation.problem
    assert isinstance(problem.costs[0], HostsOn)
    assert problem.costs[0].weights.tolist() == [100, 103]
    assert [type(cost).__name__ for cost in problem.costs] == ["HostsOn", "Moves", "Headroom"]


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        (["moves"], "first stage is one of"),
        (["power", "beauty"], "'beauty' is none of"),
        (["power", "moves 5%"], "Only the first stage"),
        (["power x"], "of the form"),
        (["power", "moves", "moves"], "twice"),
        (["power 200%"], "0 to 1"),
    ],
)
def test_wrong_stages(stages: list[str], told: str) -> None:
    """Each kind of mistake is told."""
    with pytest.raises(InputError, match=told):
        Settings().changed({"objective.stages": stages})


def test_stable() -> None:
    """Planned again from its own result, nothing moves."""
    first = planned([0, 0, 1, 1, 2], 3, {})
    host = first.plan.placement.host
    again = planned(np.asarray(host).tolist(), 3, {"host_power_state": np.where(first.plan.placement.on, "on", "off")})
    assert again.summary["status"] == "unchanged"
