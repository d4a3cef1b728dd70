"""Figures of a study: what settings do, what no scenario beats, what held up, how much growth fits, break-even."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboards.figures import drawn, sensitivity, study, trials
from dashboards.headline import numbers
from dashboards.results import load
from tests.dashboards import factory, studies


@pytest.fixture(name="scenarios")
def _scenarios(tmp_path: Path) -> pd.DataFrame:
    return load(studies.tried(tmp_path / "study")).tables["scenarios"]


def test_a_study_shows_what_it_found(tmp_path: Path) -> None:
    """A study that simulated and grew shows all of it; one with plans alone has neither trials nor growth."""
    both = drawn(load(studies.tried(tmp_path / "tried")))
    names = ["bars", "held_up", "full", "tornado", "indices", "frontier", "paid_back"]
    assert list(both) == names
    assert list(drawn(load(factory.study(tmp_path / "plans")))) == ["bars", "frontier", "paid_back"]


def test_hostile_scenarios_are_text(tmp_path: Path) -> None:
    """No figure of a study holds a name as markup."""
    for name, figure in drawn(load(studies.hostile(tmp_path / "study"))).items():
        assert "<img" not in str(figure.to_json()), name
        assert "<script" not in str(figure.to_json()), name


def test_what_matters_most_is_on_top(scenarios: pd.DataFrame) -> None:
    """Bars reach from the mean of the runs to the least and the most; the widest comes first, each metric by itself."""
    table = studies.swings(scenarios)
    figure = sensitivity.tornado(table.iloc[::-1], scenarios)
    titles = [axis.title.text for axis in figure.select_xaxes()]
    assert titles == [
        "Running cost [€/year]", "Hosts on after the plan", "Migrations", "Hosts overloaded, simulated [% of time]",
    ]  # fmt: skip
    solved = scenarios[scenarios["status"] != "infeasible"]
    least, most = figure.data[2:4]
    assert least.base == most.base == pytest.approx(solved["hosts_after"].mean())
    assert (least.x + least.base).tolist() == pytest.approx([10, 10])
    assert (most.x + most.base).tolist() == pytest.approx([18, 12])
    assert list(figure.layout.yaxis.ticktext) == ["cpu ceiling", "spare hosts"]
    assert list(most.text) == ["0.6", "not set"]


def test_shares_of_the_variance_are_cells(scenarios: pd.DataFrame) -> None:
    """A row a metric, a column a setting, the one that explains most first."""
    figure = sensitivity.indices(studies.swings(scenarios).iloc[::-1], scenarios)
    assert list(figure.layout.xaxis.ticktext) == ["cpu ceiling", "spare hosts"]
    assert np.allclose(figure.data[0].z, [[0.9, 0.06]] * 5)
    assert figure.layout.yaxis.ticktext[0] == "Running cost"
    assert list(figure.data[1].text[:2]) == ["90%", "6%"]
    assert list(figure.data[1].textfont.color[:2]) == ["#000000", "#ffffff"]


def test_scenarios_that_none_beats_are_filled(scenarios: pd.DataFrame) -> None:
    """Marks of the two are filled, the others open, in both panels."""
    best = set(studies.unbeaten(scenarios)["scenario"])
    figure = study.frontier(scenarios, best)
    filled = [trace.name for trace in figure.data if not trace.marker.symbol.endswith("-open")]
    assert len(figure.data) == 14
    assert len(filled) == 4
    assert set(filled) == best
    assert [axis.title.text.partition(":")[0] for axis in figure.select_xaxes()] == ["Migrations", "Risk"]


def test_scenarios_that_share_a_mark_are_told(scenarios: pd.DataFrame) -> None:
    """Of seven at one place each tells all seven, the widest has their number, and those upon it are smaller."""
    figure = study.frontier(scenarios.assign(moves=5.0, hosts_after=10.0))
    one = figure.data[:7]
    assert [trace.text[0] for trace in one] == ["×7"] + [""] * 6
    assert [trace.marker.size for trace in one] == [12 + 7 * over for over in (6, 5, 4, 3, 2, 1, 0)]
    assert {trace.customdata[0].count("hosts 10, moves 5") for trace in one} == {7}
    assert "(×2)" in figure.layout.meta["caption"]


def test_many_scenarios_that_share_a_mark(scenarios: pd.DataFrame) -> None:
    """Of ten at one place eight are told, and that there are two more; a scenario by itself is not counted."""
    ten = pd.concat([scenarios.iloc[[0]].assign(scenario=f"s{number}") for number in range(10)])
    alone = scenarios.iloc[[0]].assign(scenario="alone", moves=1.0)
    trace = study.frontier(pd.concat([ten, alone])).data[0]
    assert list(trace.text) == ["×10"] + [""] * 10
    lines = trace.customdata[0].split("<br>")
    assert [line.partition(":")[0] for line in lines] == [*(f"s{number}" for number in range(8)), "and 2 more"]
    assert trace.customdata[10].startswith("alone: ")


def test_what_did_not_hold_up_is_crossed(scenarios: pd.DataFrame) -> None:
    """Ceilings of 60 and 70 % stay below 5 % of overloads, those of 80 and 90 % do not; the worst comes first."""
    figure = trials.held_up(scenarios, studies.LIMITS)
    held, not_held = figure.data[:2]
    assert (held.marker.symbol, not_held.marker.symbol) == ("circle", "x")
    assert sorted(not_held.x) == pytest.approx([0.06, 0.06, 0.08, 0.08])
    assert sorted(held.x) == pytest.approx([0.02, 0.04, 0.04])
    assert min(not_held.y) == 0
    assert [shape.x0 for shape in figure.layout.shapes] == [0.05, 0.001]
    assert figure.layout.meta["caption"].startswith("3 of 7 scenarios held up")


def test_growth_until_full(scenarios: pd.DataFrame) -> None:
    """At 60 % there is room for half as much again; at 90 % what there is does not fit, which is told in words."""
    growth, left = trials.full(scenarios).data
    assert growth.x.tolist() == pytest.approx([0.5, 0.35, 0.35, 0.2, 0.2, 0, 0])
    assert growth.text[0] == "+50%"
    assert growth.text[-1] == "does not fit today"
    assert left.x[0] == pytest.approx(15)


def test_break_even_of_scenarios(scenarios: pd.DataFrame) -> None:
    """The quickest comes first, and one that is never paid back has no bar."""
    first, last = scenarios["scenario"].iloc[0], scenarios["scenario"].iloc[-1]
    months = np.where(scenarios["scenario"] == first, 1.5, np.where(scenarios["scenario"] == last, np.nan, 3.2))
    bars = trials.paid_back(scenarios.assign(payback_months=months)).data[0]
    assert bars.x[0] == 1.5
    assert bars.x[-1] == 0
    assert bars.text[0] == "1.5 months"
    assert bars.text[-1] == "never"


def test_simulations_alone_are_compared_by_their_energy(scenarios: pd.DataFrame) -> None:
    """Without a cost a year the bars are what the energy cost."""
    alone = scenarios.assign(cost_after_eur_year=np.nan)
    assert study.bars(alone).data[2].name == "cost of energy, simulated"
    assert study.bars(scenarios).data[2].name == "cost after"


def test_the_answer_tells_what_held_up_and_how_much_fits(tmp_path: Path) -> None:
    """Of 14 runs with a plan 6 held up, and the most growth is a half."""
    told = {each.title: each.value for each in numbers(load(studies.tried(tmp_path / "study")))}
    assert told["Held up"] == "6 of 14"
    assert told["Most growth until full"] == "+50\u00a0%"
