"""The desk: one job at a time, and what becomes of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboards.app import what_if
from dashboards.app.jobs import Desk, Told
from dashboards.app.shelf import Shelf
from dashboards.app.what_if import SLIDERS, changes, starts
from dashboards.results import load
from tests.dashboards import factory
from tests.dashboards.app.estate import Job, usual

RUNNING = ("running", "placing", 0.25, None)
CHANGES: Mapping[str, Any] = {"limits.spare_hosts": 2}


def desk(*jobs: Job) -> Desk:
    """Return a desk that is given these jobs, one after the other."""
    waiting = list(jobs)
    return Desk(Shelf([Path("plan")]), lambda _changes, _simulate: waiting.pop(0))


def test_one_job_at_a_time() -> None:
    """While a job runs no other is started."""
    found = desk(Job(RUNNING))
    assert found.start(CHANGES) == ""
    assert found.start(CHANGES) == "One is being computed already; cancel it, or wait."


def test_nothing_changed_is_no_job() -> None:
    """Without a change there is nothing to plan; without someone who plans there is none either."""
    assert desk().start({}).startswith("Nothing is changed")
    assert Desk(Shelf([Path("plan")]), None).start(CHANGES) == "This dashboard only shows."


def test_a_plan_as_it_is_can_be_simulated() -> None:
    """Where a simulation is wanted nothing need be changed, and whoever plans is told that it is wanted."""
    asked: list[tuple[Mapping[str, Any], bool]] = []

    def submit(changes: Mapping[str, Any], simulate: bool) -> Job:
        asked.append((changes, simulate))
        return Job(("done", "", None, None))

    found = Desk(Shelf([Path("plan")]), submit)
    assert found.start({}, simulate=True) == ""
    assert found.start(CHANGES) == ""
    assert asked == [({}, True), (CHANGES, False)]


def test_a_result_is_put_on_the_shelf_once(tmp_path: Path) -> None:
    """A job that is done is told as such for good, and its result is there under its name."""
    found = desk(Job(RUNNING, ("done", "", None, tmp_path / "new")))
    found.start(CHANGES)
    assert found.told() == Told("running", "placing", 0.25)
    assert [found.told().state for _ in range(3)] == ["done"] * 3  # type: ignore[union-attr]
    assert found.shelf.names == ["plan", "new"]
    assert found.name == "new"


def test_a_cancelled_job_makes_room() -> None:
    """After a job is cancelled another can be started."""
    found = desk(Job(RUNNING), Job(RUNNING))
    found.start(CHANGES)
    found.cancel()
    assert found.told() == Told("cancelled")
    assert found.start(CHANGES) == ""
    assert found.running


def test_what_cannot_be_started_is_told() -> None:
    """Whatever who plans raises is told as the job's failure."""

    def refuse(_changes: Mapping[str, Any], _simulate: bool) -> Job:
        raise ValueError("no such setting")

    found = Desk(Shelf([Path("plan")]), refuse)
    found.start(CHANGES)
    assert found.told() == Told("failed", "no such setting")


def test_folders_of_one_name_are_told_apart() -> None:
    """Two folders called plan get two names; the same folder twice gets one."""
    shelf = Shelf([Path("a/plan"), Path("b/plan"), Path("a/plan")])
    assert shelf.names == ["plan", "plan (2)"]


def test_sliders_start_where_the_plan_is(tmp_path: Path) -> None:
    """Settings in the units of the sliders; the price is what the plan paid: 16,600 € for 83,000 kWh."""
    assert starts(load(usual(tmp_path / "plan"))) == {
        "limits.cpu_ceiling": 80.0, "demand.growth": 0.0, "limits.spare_hosts": 1.0, "prices.energy_eur_kwh": 0.2,
        "demand.cpu": 95.0,
    }  # fmt: skip


def test_without_readings_there_is_no_percentile(tmp_path: Path) -> None:
    """A plan without readings has no slider for their percentile."""
    folder = usual(tmp_path / "plan")
    (folder / "load.parquet").unlink()
    assert "demand.cpu" not in starts(load(folder))


def test_only_what_was_moved_is_changed() -> None:
    """Sliders that stand where they began change nothing; the others are turned into settings."""
    begun = {"limits.cpu_ceiling": 80.0, "demand.growth": 0.0, "demand.cpu": 95.0, "limits.spare_hosts": 1.0}
    found = changes([*begun], [72.5, 25, 99, 1], begun)
    assert found == {"limits.cpu_ceiling": 0.725, "demand.growth": 1.25, "demand.cpu": "p99"}


def test_settings_are_the_planners_own() -> None:
    """Every slider, at both ends, is a setting that planning takes."""
    from consolidate.settings import Settings

    ends = (
        {key: each.setting(at) for key, each in SLIDERS.items() for at in [getattr(each, end)]}
        for end in ("least", "most")
    )
    for found in ends:
        assert Settings().changed(found)


@pytest.mark.parametrize("make", [factory.simulate, factory.study, usual])
def test_what_is_needed_for_a_what_if_is_told(tmp_path: Path, make: Any) -> None:
    """Without a plan, or someone who plans, the page tells how to get a what-if."""
    found = what_if.form(load(make(tmp_path / "result")), Desk(Shelf([tmp_path / "result"]), None))
    assert "--inventory" in str(found)
