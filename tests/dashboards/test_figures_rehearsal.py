"""Figures of a rehearsal: what they show, in which unit, and what of it is left out."""

from typing import Any

import pandas as pd
import pytest

from dashboards.figures import rehearsal
from models.tables import REHEARSAL_EXECUTED, REHEARSAL_RISKS, REHEARSAL_RUNS, REHEARSAL_WAVES
from tests.dashboards import weeks

SUMMARY = {"makespan_planned_s": 100.0, "makespan_p50_s": 120.0, "makespan_p90_s": 180.0}


def runs(*makespans: float, status: str = "completed") -> pd.DataFrame:
    """Return runs that end when given."""
    return weeks.blank(REHEARSAL_RUNS, len(makespans)).assign(makespan_s=makespans, status=status)


def lines(figure: Any) -> list[float]:
    """Return where vertical lines stand."""
    return sorted({round(shape.x0, 6) for shape in figure.layout.shapes})


def test_makespans_and_their_marks() -> None:
    """Four runs of 2, 2, 3 and 4 minutes: the share done steps up by quarters; plan, P50 and P90 are marked."""
    figure = rehearsal.makespans(runs(120.0, 120.0, 180.0, 240.0), SUMMARY)
    assert sum(figure.data[0].y) == 4
    assert (figure.data[1].x.tolist(), figure.data[1].y.tolist()) == ([2, 2, 3, 4], [0.25, 0.5, 0.75, 1])
    assert lines(figure) == pytest.approx([100 / 60, 2, 3], abs=1e-6)
    assert figure.layout.xaxis2.title.text == "Time from the start of the plan [minutes]"
    assert [trace.name for trace in figure.data[2:]] == ["planned: 1 min 40 s", "P50: 2 min", "P90: 3 min"]


def test_only_completed_runs_count() -> None:
    """Runs that were stopped have no makespan; where all were, there is nothing to show."""
    both = pd.concat([runs(120.0), runs(5.0, status="stopped")])
    assert sum(rehearsal.makespans(both, SUMMARY).data[0].y) == 1
    assert "no run" in rehearsal.makespans(runs(5.0, status="stopped"), {}).layout.meta["caption"]


def test_risk_by_wave() -> None:
    """Stops and delays by wave as shares, and the ends in minutes; a wave that no run reaches has no marks."""
    table = weeks.blank(REHEARSAL_WAVES, 2).assign(
        wave=[1, 2], stop_share=[0.1, 0.0], late_share=[0.5, float("nan")], planned_end_s=[60.0, 120.0],
        end_p50_s=[90.0, float("nan")], end_p90_s=[120.0, float("nan")],
    )  # fmt: skip
    figure = rehearsal.wave_risks(table)
    assert [list(trace.y) for trace in figure.data[:3]] == [[0.1, 0.0], [0.5, 0.0], [1.0, 2.0]]
    assert [axis.title.text for axis in figure.select_yaxes()] == ["Share of runs [share]", "End [minutes]"]


def test_the_most_critical_come_first() -> None:
    """The most critical move is on top; those that are on no critical path are left out, and many are cut."""
    table = weeks.blank(REHEARSAL_RISKS, 40).assign(vm=[f"v{row}" for row in range(40)])
    few = rehearsal.critical(table.assign(critical_share=[0.2, 0.9, *[0.0] * 38]))
    assert list(few.data[0].x) == [0.9, 0.2]
    assert few.layout.yaxis.ticktext == ("v1", "v0")
    many = rehearsal.critical(table.assign(critical_share=0.5))
    assert len(many.data[0].x) == rehearsal.MOST_MOVES


def test_planned_against_carried_out() -> None:
    """Two moves planned for 1 and 2 minutes end after 2 and 3; one is taken back after 4, one attempt fails."""
    risks = weeks.blank(REHEARSAL_RISKS, 2).assign(planned_end_s=[60.0, 120.0])
    executed = weeks.blank(REHEARSAL_EXECUTED, 4).assign(
        outcome=["done", "failed", "done", "taken back"], end_s=[120.0, 90.0, 180.0, 240.0]
    )
    planned, done, failed = rehearsal.replayed(executed, risks).data
    assert (planned.x.tolist(), planned.y.tolist()) == ([0, 1, 2], [0, 1, 2])
    assert (done.x.tolist(), done.y.tolist()) == ([0, 2, 3, 4], [0, 1, 2, 1])
    assert failed.x.tolist() == [1.5]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_any_table_is_drawn(rows: int) -> None:
    """No rows, one, and some of nothing but zero are drawn all the same, and have a caption."""
    for figure in (
        rehearsal.makespans(weeks.blank(REHEARSAL_RUNS, rows).assign(status="completed"), {}),
        rehearsal.wave_risks(weeks.blank(REHEARSAL_WAVES, rows)),
        rehearsal.critical(weeks.blank(REHEARSAL_RISKS, rows)),
        rehearsal.replayed(weeks.blank(REHEARSAL_EXECUTED, rows), weeks.blank(REHEARSAL_RISKS, rows)),
    ):
        assert figure.layout.meta["caption"].endswith(".")
        figure.to_json()
