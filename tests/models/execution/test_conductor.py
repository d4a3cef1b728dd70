"""The replay in the datacenter against the quick one: on the same draws the same happens at the same moments."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from models.agents.conductor import Conductor
from models.datacenter import Datacenter
from models.execution.chances import Chances, Draw, draw, exactly
from models.execution.course import Course
from models.execution.orders import Manner
from models.execution.record import Record, destination
from models.execution.replay import replay
from models.physics import OURS
from models.problem import Problem
from tests.models.execution.plans import by_hand, scheduled
from tests.models.simulated import datacenter, inventory


def carried_out(course: Course, drawn: Draw, manner: Manner) -> tuple[Record, Datacenter]:
    """Return what becomes of a plan in the datacenter, and the datacenter."""
    problem = course.problem
    estate = inventory(
        problem.start.tolist(), hosts=len(problem.hosts),
        host_power_state=["on" if on else "off" for on in problem.on],
        host_memory_mib=[1e6] * len(problem.hosts),
    )  # fmt: skip
    model = datacenter(estate, [[10.0] * len(problem.vms)], physics=replace(OURS, links="private"))
    conductor = Conductor(model, course, drawn, manner)
    steps = 0
    while not conductor.over and steps < 200:
        model.step()
        steps += 1
    return conductor.conduct.record(), model


def same(one: Record, other: Record) -> None:
    """Assert that two records tell the same, but for rounding."""
    assert (one.status, one.stopped_wave, set(one.left)) == (other.status, other.stopped_wave, set(other.left))
    keys = [sorted((each.move, each.outcome, each.start_s, each.end_s) for each in record.attempts)
            for record in (one, other)]  # fmt: skip
    assert [key[:2] for key in keys[0]] == [key[:2] for key in keys[1]]
    assert np.allclose([key[2:] for key in keys[0]], [key[2:] for key in keys[1]], atol=1e-6)
    assert [(each.vm, each.host) for each in one.restarts] == [(each.vm, each.host) for each in other.restarts]
    assert [each[:2] for each in one.switched] == [each[:2] for each in other.switched]


@pytest.mark.parametrize("on_failure", ["stop", "rollback", "continue"])
@pytest.mark.parametrize("seed", range(4))
def test_both_replays_agree(seed: int, on_failure: Literal["stop", "rollback", "continue"]) -> None:
    """With noise, failures, links that drop and hosts that die, in every manner, over plans made at random."""
    course = scheduled(seed)
    manner = Manner(on_failure=on_failure, stall_s=25.0)
    for run in range(3):
        drawn = draw(course, Chances(failure_share=0.1, drop_share=0.6, drop_s=40.0, loss_share=0.3), seed, run)
        here, model = carried_out(course, drawn, manner)
        same(replay(course, drawn, manner), here)
        assert model.state.host.tolist() == destination(course, here).tolist()


def test_pauses_are_the_drawn_ones() -> None:
    """A move that takes twice as long pauses its VM twice as long: 2 × 50 ms."""
    problem = Problem.of([[1]], [[4], [4]], start=[0])
    course = by_hand(problem, [(0, 0, 1, 0.0, 10.0)], downtime_ms=[50.0])
    _, model = carried_out(course, exactly(1, factor=[[2.0]]), Manner())
    assert model.state.meters.vm_down_s.tolist() == pytest.approx([0.1])
    assert model.journal.moves.columns["end_s"].tolist() == [20.0]


def test_copies_take_cpu_of_both_hosts() -> None:
    """
    A copy at a tenth of a full stream of 10 Gbit/s takes a tenth of a core of 100 MHz: 1 W of 100 W between 0 and full.

    For 100 s it is 1 % of 1,000 MHz at each end, so that both hosts draw 1 W more; the VM's own 100 MHz are 10 W.
    """
    problem = Problem.of([[1]], [[4], [4]], start=[0])
    course = by_hand(problem, [(0, 0, 1, 0.0, 100.0)], bandwidth_mbps=[1000.0])
    _, model = carried_out(course, exactly(1), Manner())
    assert model.flights.streams.tolist() == [0.0, 0.0]
    idle = carried_out(by_hand(problem, [(0, 0, 1, 0.0, 100.0)], bandwidth_mbps=[0.0]), exactly(1), Manner())[1]
    more = model.state.meters.energy_j.sum() - idle.state.meters.energy_j.sum()
    assert more == pytest.approx(2 * 1.0 * 100.0)
