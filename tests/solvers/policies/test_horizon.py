from dataclasses import replace

import numpy as np
import pytest

from models.costs import HostsOn, Moves
from models.decisions import View
from models.rules import Root
from solvers.policies.detection import StaticThreshold
from solvers.policies.draft import Draft
from solvers.policies.horizon import Agenda, Horizon
from solvers.policies.replanning import Target, forecasted, formulated, worthwhile
from solvers.policies.standby import AlwaysOn
from tests.solvers.policies.views import mask, pairs, rows, seen

PLAIN = Horizon(detection=StaticThreshold(1.0), power=AlwaysOn(), fill=1.0, headroom=1.0)
THREE = seen([0, 1, 2], [300, 300, 300])
"""Three hosts at 30 %, of which one could hold all."""


def policy(**options: object) -> Horizon:
    """Return the plain policy with options, and an agenda of its own."""
    return replace(PLAIN, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("most_vms", [1000, 0])
def test_hosts_are_emptied(most_vms: int) -> None:
    """By a solver, or by best fit where there are too many VMs for one: two VMs join the third."""
    decision = policy(most_vms=most_vms)(THREE)
    assert len(decision.vms) == 2
    assert len(set(decision.hosts.tolist())) == 1
    assert sorted([*decision.drain.tolist(), decision.hosts[0]]) == [0, 1, 2]


def test_what_was_asked_for_counts() -> None:
    """An hour ago each VM asked for 600 MHz: no two fit on a host."""
    view = replace(THREE, history_mhz=np.array([[300.0] * 3, [600.0] * 3]))
    assert pairs(policy(percentile=100.0)(view)) == []


def test_a_forecast_is_a_percentile_and_headroom() -> None:
    """Of 100 and 300 MHz the median is 200, with a tenth more 220; but never less than is asked for now."""
    view = seen([0, 1], [100, 400], history_mhz=np.array([[100.0, 400], [300, 0]]))
    ahead = forecasted(view, 50, 1.1)
    assert ahead.demand_mhz == pytest.approx([220, 400])
    assert ahead.cpu_mhz == pytest.approx([220, 400, 0])


def test_between_periods_nothing_is_planned() -> None:
    """At 0 s nothing can be done, at 300 s it could; the next placement is at 3,600 s."""
    chosen = policy()
    assert pairs(chosen(replace(THREE, movable=mask(0, 0, 0)))) == []
    assert pairs(chosen(replace(THREE, time_s=300.0))) == []
    assert len(pairs(chosen(replace(THREE, time_s=3600.0)))) == 2


def test_moves_come_in_batches() -> None:
    """One move a tick: a host is switched off when it is empty, and the next one follows a tick later."""
    chosen = policy(most_moves=1)
    first = chosen(THREE)
    (vm, host), *rest = pairs(first)
    assert rest == []
    assert first.drain.tolist() == [THREE.host[vm]]
    where = THREE.host.copy()
    where[vm] = host
    second = chosen(_later(where, first.drain))
    assert [target for _, target in pairs(second)] == [host]
    assert len(second.drain) == 1


def _later(host: np.ndarray, drained: np.ndarray) -> View:
    open_hosts = np.ones(3, np.bool_)
    open_hosts[drained] = False
    return seen(host.tolist(), [300.0] * 3, open=open_hosts, time_s=300.0)


def test_a_new_run_starts_anew() -> None:
    """The clock is back at 0: what was planned before is forgotten."""
    chosen = policy()
    assert len(pairs(chosen(THREE))) == 2
    assert len(pairs(chosen(THREE))) == 2


def test_it_must_pay() -> None:
    """Two boots of 36 kJ and copies of some kJ are more than two idle hosts save in 360 s; two hours pay."""
    assert pairs(policy(horizon_s=360.0)(THREE)) == []
    target = Target(rows(0), rows(1), rows(0))
    draft = Draft(THREE, THREE.capacity_mhz)
    assert len(worthwhile(draft, target, np.full(3, 1e9), 372).vms) == 1
    assert len(worthwhile(draft, target, np.full(3, 1e9), 360).vms) == 0


def test_no_more_is_given_up_than_is_spare() -> None:
    """1,000 MHz of 2,000 are spare: of two hosts to be emptied one is."""
    target = Target(rows(0, 1), rows(2, 2), rows(0, 1))
    kept = worthwhile(Draft(THREE, THREE.capacity_mhz), target, np.full(3, 1000.0), 7200)
    assert kept.vms.tolist() == [0]
    assert kept.empty.tolist() == [0]


def test_the_problem_is_of_whole_numbers() -> None:
    """Demand up, capacity down; watts of hosts, joules of copies; what may not move is rooted."""
    view = replace(seen([0, 1], [100.2, 300], hosts=2), movable=mask(1, 0))
    problem = formulated(Draft(view, view.capacity_mhz - 0.5), rows(0, 1), rows(0, 1), 1.0)
    assert problem.demand.tolist() == [[[101, 1024], [300, 1024]]]
    assert problem.capacity.tolist() == [[999, 8192], [999, 8192]]
    assert [type(cost) for cost in problem.costs] == [HostsOn, Moves]
    assert problem.host_weights.tolist() == [100, 100]
    assert problem.move_weights.tolist() == [570, 570]
    assert [type(rule) for rule in problem.rules] == [Root]


def test_when_it_is_time() -> None:
    """At once, then not before the period has passed."""
    agenda = Agenda()
    assert [agenda.due(time_s, 600) for time_s in (0, 300, 600, 900)] == [True, False, True, False]
