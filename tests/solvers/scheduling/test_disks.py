"""Disks that are copied with moves: time, data, the network that carries them, and the independent check of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.check import limits as check
from models.disks import Disks
from models.laws import storage
from models.plan import Transition
from models.problem import Problem
from solvers.jobs import jobs
from solvers.schedule import Schedule
from tests.solvers.transitions import ONE_S, transition

PROBLEM = Problem.of([[1]] * 2, [[9]] * 3, start=[0, 1])


def way(disks: Disks | None, **rest: Any) -> Transition:
    """Return two VMs that leave a host each for a third."""
    return transition(PROBLEM, [2, 2], storage=disks, **rest)


def test_disks_take_time_before_memory() -> None:
    """1,000 MiB that nobody writes to are sent once, at the rate of the stream, and then memory."""
    (first, second) = jobs(way(Disks(np.array([1000.0, 0.0]), np.zeros(2))))
    alone = float(storage.mirror(1000.0, 0.0, 1000.0).duration_s[0])
    copied, plain = (first, second) if first.disk_mib else (second, first)
    assert copied.duration_s == pytest.approx(alone + ONE_S, abs=2e-3)
    assert copied.disk_mib == 1000
    assert copied.transferred_mib == pytest.approx(1000 + plain.transferred_mib)
    assert (plain.duration_s, plain.disk_mib) == (ONE_S, 0)


def test_copying_disks_takes_energy() -> None:
    """
    By 0.512 J/MB and 20.165 J once a move: 1,000 MiB of disks, 1,048.576 MB, are 536.87 J beside those of memory.

    A VM that is off has only its disks to copy: 557.04 J; one whose disks are shared, nothing.
    """
    disks = Disks(np.array([1000.0, 0.0]), np.zeros(2))
    live, off = ({job.vm: job.energy_j for job in jobs(way(disks, running=np.full(2, runs)))} for runs in (True, False))
    memory = 1024 * 1.048576 * 0.512 + 20.165
    assert live == {0: pytest.approx(memory + 536.871, abs=0.01), 1: pytest.approx(memory, abs=0.01)}
    assert off == {0: pytest.approx(557.036, abs=0.01), 1: 0.0}


def test_a_disk_that_is_written_too_fast() -> None:
    """A VM that writes 200 MiB/s is not copied over 1 Gbit/s: the move does not converge."""
    converges = {job.vm: job.converges for job in jobs(way(Disks(np.full(2, 9000.0), np.array([0.0, 200.0]))))}
    assert converges == {0: True, 1: False}


def test_a_template_at_the_destination() -> None:
    """A tenth differs, and digests of the rest are sent; both ends still read all blocks, at 50 MiB/s: 20 s."""
    disks = Disks(np.array([1000.0, 0.0]), np.zeros(2), disk_mib_s=50.0, differs_share=0.1)
    (copied,) = [job for job in jobs(way(disks)) if job.disk_mib]
    assert copied.duration_s == pytest.approx(20 + ONE_S, abs=2e-3)
    assert 100 < copied.disk_mib < 101


def test_ports_of_a_storage_network() -> None:
    """Both need the whole port of the third host: one after the other, though its NIC would carry both at once."""
    disks = Disks(np.full(2, 1000.0), np.zeros(2), port_mbps=np.full(3, 800.0))
    moved = way(disks)
    plan = Schedule(seconds=1.0)(moved)
    each = float(storage.mirror(1000.0, 0.0, 800.0).duration_s[0]) + ONE_S
    assert plan.makespan_s == plan.makespan_bound_s == pytest.approx(2 * each, abs=5e-3)
    assert not check.violations(PROBLEM, plan, moved.limits, moved.nic_mbps, port_mbps=disks.port_mbps)
    both = replace(plan, moves=replace(plan.moves, start_s=np.zeros(2), end_s=np.full(2, each)))
    (found,) = check.violations(PROBLEM, both, moved.limits, moved.nic_mbps, port_mbps=disks.port_mbps)
    assert (found.rule, found.who, found.name, found.amount) == ("Bandwidth", ("host-2",), "storage incoming", 1600)


def test_disks_of_a_vm_that_is_off() -> None:
    """Disks of VMs that are off are copied too, over the network and its links: two streams do not share a NIC."""
    disks = Disks(np.full(2, 1000.0), np.full(2, 500.0))
    moved = way(disks, running=np.zeros(2, np.bool_), nic_mbps=np.full(3, 1000.0))
    plan = Schedule(seconds=1.0)(moved)
    assert not plan.moves.live.any()
    assert plan.moves.converges.all()
    assert sorted(plan.moves.start_s.tolist()) == [0, pytest.approx(plan.moves.end_s.min())]
    both = replace(plan, moves=replace(plan.moves, start_s=np.zeros(2)))
    assert {each.rule for each in check.violations(PROBLEM, both, moved.limits, moved.nic_mbps)} == {"Bandwidth"}
