"""Moves as jobs: their order, their predicted times, and how short a schedule can be at best."""

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.laws import migration
from models.network import Limits, Network
from models.problem import Problem
from solvers.jobs import direct, jobs
from solvers.schedule import ListSchedule
from tests.solvers.transitions import ONE_S, transition


def test_only_what_moves() -> None:
    """VMs that stay have no job; new ones have one without a source."""
    way = transition(Problem.of([[1]] * 3, [[9]] * 2, start=[0, 1, NOWHERE]), [1, 1, 0])
    assert [(job.vm, job.source, job.destination) for job in sorted(jobs(way), key=lambda job: job.vm)] == [
        (0, 0, 1),
        (2, NOWHERE, 0),
    ]


def test_the_long_ones_first() -> None:
    """From one host, the VM with most memory is sent first."""
    problem = Problem.of([[1]] * 3, [[9]] * 2, start=[0] * 3)
    way = transition(problem, [1] * 3, memory_mib=np.array([1024.0, 4096.0, 2048.0]))
    assert [job.vm for job in jobs(way)] == [1, 2, 0]


def test_times_are_those_of_the_law() -> None:
    """A job takes what the law of pre-copy says at the rate of its path, to the millisecond."""
    way = transition(Problem.of([[1]], [[9]] * 2, start=[0]), [1], dirty_mib_s=np.array([20.0]))
    (job,) = jobs(way)
    law = migration.precopy(1024.0, 20.0, 1000.0)
    assert job.duration_s == pytest.approx(float(law.duration_s), abs=1e-3)
    assert job.rounds == int(law.rounds)


def test_the_narrowest_link() -> None:
    """A path is as fast as its narrowest link."""
    network = Network(
        np.array(["host-0", "host-1"], object), np.array(["leaf", "leaf"], object), np.array([700.0, 300.0])
    )
    way = transition(Problem.of([[1]], [[9]] * 2, start=[0]), [1], network=network)
    assert jobs(way)[0].bandwidth_mbps == 300.0


def test_cold_jobs() -> None:
    """A VM that is off takes a fixed time and no bandwidth."""
    way = transition(Problem.of([[0]], [[9]] * 2, start=[0]), [1])
    (job,) = jobs(way)
    assert (job.live, job.bandwidth_mbps, job.duration_s) == (False, 0.0, migration.PUBLISHED.cold_s)


def test_given_times() -> None:
    """Where duration and rate are known they are taken, and the law elsewhere; half the rate takes twice as long."""
    way = transition(
        Problem.of([[1]] * 2, [[9]] * 2, start=[0, 0]),
        [1, 1],
        duration_s=np.array([7.0, np.nan]),
        bandwidth_mbps=np.array([200.0, np.nan]),
        rates=(1.0, 0.5),
    )
    found = {(job.vm, job.bandwidth_mbps): job.duration_s for job in jobs(way)}
    assert found[0, 200.0] == 7.0
    assert found[0, 100.0] == 14.0
    assert found[1, 1000.0] == ONE_S


def test_each_choice_is_a_job() -> None:
    """A VM that may go to host 1 or 2 has a job for each, the placement's first."""
    way = transition(Problem.of([[1]], [[9]] * 3, start=[0]), [1], choices={0: (2, 1)})
    assert [job.destination for job in jobs(way)] == [1, 2]


def test_bound_of_the_longest() -> None:
    """No plan is shorter than its longest move."""
    way = transition(Problem.of([[1]], [[9]] * 2, start=[0]), [1])
    assert ListSchedule()(way).makespan_bound_s == pytest.approx(ONE_S)


def test_bound_of_slots() -> None:
    """Six moves out of one host with two slots take three times one."""
    limits = Limits(outgoing=2, incoming=9, per_host=9, wave=9, pilot=9, pause_s=0.0)
    way = transition(Problem.of([[1]] * 6, [[9]] * 2, start=[0] * 6), [1] * 6, limits=limits)
    assert ListSchedule()(way).makespan_bound_s == pytest.approx(3 * ONE_S)


def test_bound_of_the_nic() -> None:
    """Four streams of 1 Gbit/s through a NIC of 2 Gbit/s take twice one."""
    nic = np.array([2000.0, 99_000.0])
    way = transition(Problem.of([[1]] * 4, [[9]] * 2, start=[0] * 4), [1] * 4, nic_mbps=nic)
    assert ListSchedule()(way).makespan_bound_s == pytest.approx(2 * ONE_S)


def test_bound_of_waves() -> None:
    """Five moves, one in the pilot and two in a wave: three waves of one length, two pauses of 100 s."""
    limits = Limits(outgoing=9, incoming=9, per_host=9, wave=2, pilot=1, pause_s=100.0)
    way = transition(Problem.of([[1]] * 5, [[9]] * 2, start=[0] * 5), [1] * 5, limits=limits)
    assert ListSchedule()(way).makespan_bound_s == pytest.approx(3 * ONE_S + 200)


def test_bound_of_nothing() -> None:
    """Without moves the bound is nothing."""
    way = transition(Problem.of([[1]], [[9]], start=[0]), [0])
    assert ListSchedule()(way).makespan_bound_s == 0.0


def test_one_job() -> None:
    """A job can be asked for any pair of hosts."""
    way = transition(Problem.of([[1]], [[9]] * 3, start=[0]), [1])
    assert direct(way, 0, 0, 2).destination == 2
