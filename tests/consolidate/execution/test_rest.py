"""Nights at random, broken off at random: what is left is always a plan, and leads where the plan was to lead."""

from pathlib import Path

import numpy as np
import pytest

from consolidate.execution.drift import drift
from consolidate.execution.journal import FAILED, FINISHED, STARTED, Happened, Journal
from consolidate.execution.rest import IN_ORDER, NOTHING, rest
from consolidate.execution.scene import Scene, scene
from consolidate.inputs import read
from consolidate.readers.reading import Options
from consolidate.runbooks import folder
from models.check import placement as check
from models.execution.chances import Chances, draw
from models.execution.orders import Manner
from models.execution.record import DONE
from models.execution.replay import replay
from tests.consolidate.attack.commands import estate, planned

HOSTS = "host,cores,cpu_mhz,memory_mib,cluster\n" + "".join(f"h{n},16,2600,65536,c1\n" for n in range(8))
VMS = "vm,host,vcpus,memory_mib\n" + "".join(f"v{n},h{n % 8},2,{2048 * (1 + n % 5)}\n" for n in range(32))


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    """Plan eight hosts in waves of six, with the pilot of four."""
    path = tmp_path_factory.mktemp("made")
    planned(path / "plan", estate(path, HOSTS, VMS), "--set", "migration.wave=6", "--set", "migration.pause_s=20")
    return path / "plan", scene(path / "plan", read(path / "estate", Options()))


def night(made: Scene, seed: int) -> Journal:
    """Return what a journal knows of a night up to some moment, started at 1,000 s of 1970."""
    course = made.course()
    drawn = draw(course, Chances(failure_share=0.15, drop_share=0.5), seed, 0)
    record = replay(course, drawn, Manner(on_failure="continue"))
    until_s = np.random.default_rng(seed).uniform(0, record.end_s)
    events = []
    for each in record.attempts:
        vm, ended = str(course.problem.vms[each.vm]), FINISHED if each.outcome == DONE else FAILED
        happened = ((each.start_s, STARTED), (each.end_s, ended))
        events += [(each.move + 1, Happened(0, 1000 + at, vm, what)) for at, what in happened if at <= until_s]
    return Journal(tuple(sorted(events, key=lambda event: event[1].time_s)), "journal", (), {})


@pytest.mark.parametrize("seed", range(8))
def test_a_night_goes_on(made: tuple[Path, Scene], seed: int) -> None:
    """The rest keeps the order, breaks nothing, moves each VM once more at most, and ends as planned."""
    path, before = made
    found = drift(folder.read(path), night(before, seed), started="1970-01-01T00:16:40+00:00")
    left = rest(path, found, before.reading)
    assert left.how in (IN_ORDER, NOTHING), left.why
    if left.planned is not None:
        assert (left.planned.plan.placement.host == before.plan.placement.host).all()
        assert check.new((*left.planned.verdict.during, *left.planned.verdict.after)) == ()
        done = {step.vm for step in found.steps if step.state == DONE}
        assert {str(vm) for vm in left.planned.tables["moves"]["vm"]}.isdisjoint(done)
