"""What each page has, for each kind of result."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboards import sections
from dashboards.app import charts, compare, create, pages, tables
from dashboards.app.shelf import Shelf
from dashboards.app.state import PAGES, View
from dashboards.app.wiring import picked, ranged, shown, zoomed
from dashboards.figures import drawn
from dashboards.results import load
from tests.dashboards import comparisons, factory, studies
from tests.dashboards.app.estate import settings, usual
from tests.dashboards.estates import plan

EACH = [
    usual, factory.unchanged, factory.infeasible, factory.simulate, factory.partial, factory.hostile_simulation,
    factory.both, factory.study, studies.tried, factory.overhead, factory.overhead_alone,
    comparisons.usual, comparisons.several, comparisons.hostile,
]  # fmt: skip


def told(parts: list[Any]) -> str:
    """Return the contents of a page as text."""
    return " ".join(str(part.to_plotly_json() if hasattr(part, "to_plotly_json") else part) for part in parts)


@pytest.mark.parametrize("make", EACH)
def test_each_result_has_all_pages(tmp_path: Path, make: Any) -> None:
    """Every page of every kind of result has something to show or tells why not; none fails."""
    shelf = Shelf([make(tmp_path / "result")])
    for page in PAGES:
        depends, contents = shown(shelf, View(page), "light", 1, {})
        assert set(depends) == {"answer", "detail", "charts", "tables"}
        assert "internal error" not in told([part for content in contents for part in content])
        assert any(contents)


@pytest.mark.parametrize("make", EACH)
def test_everything_is_on_some_page(tmp_path: Path, make: Any) -> None:
    """No chart and no table of the report is missing from the pages, but readings where a simulation is."""
    results = load(make(tmp_path / "result"))
    names = list(drawn(results))
    placed = {name for page in PAGES for name in tables.charts_of(names, page)}
    assert set(names) - placed <= {"load"}
    listed = {name for page in PAGES for name in tables.tables_of(results, page)}
    full = {name for name in sections.tables(results) if len(results.tables[name])}
    assert full <= listed


def test_only_what_changes_is_sent(tmp_path: Path) -> None:
    """Words sought change the tables alone; another theme the charts and details alone."""
    shelf = Shelf([usual(tmp_path / "plan")])
    drawn_so_far, _ = shown(shelf, View("hosts"), "light", 1, {})
    _, after = shown(shelf, View("hosts", find="esx"), "light", 1, drawn_so_far)
    assert [isinstance(content, list) for content in after] == [False, False, False, True]
    _, after = shown(shelf, View("hosts"), "dark", 1, drawn_so_far)
    assert [isinstance(content, list) for content in after] == [False, True, True, False]


def test_before_and_after_are_switched(tmp_path: Path) -> None:
    """Before the plan the bars are the shares before; a simulated plan shows the one simulation in place of both."""
    shelf = Shelf([factory.both(tmp_path / "plan", steps=40)])
    found = {when: charts.figures(shelf, View(when=when)) for when in ("both", "before", "after")}
    assert [trace.name for trace in found["before"]["utilisation"].data] == ["before", "before"]
    assert [trace.name for trace in found["after"]["utilisation"].data] == ["after", "after"]
    assert "both_energy" in found["both"]
    assert "both_energy" not in found["after"]
    assert "energy" in found["after"]


def test_a_bar_is_its_host(tmp_path: Path) -> None:
    """The row that was clicked on names its host; beside the rows there is none."""
    shelf = Shelf([usual(tmp_path / "plan")])
    figure = charts.figures(shelf, View())["utilisation"]
    ordered = list(figure.layout.meta["hosts"])
    assert charts.picked(figure, {"points": [{"y": 2}]}) == {"host": ordered[2]}
    assert charts.picked(figure, {"points": [{"y": "text"}]}) == {}
    assert charts.picked(figure, None) == {}


@pytest.mark.parametrize(
    ("column", "found"),
    [("source", {"host": "x"}), ("host_after", {}), ("wave", {"vm": "a"}), ("vm", {"vm": "a"})],
)
def test_a_cell_is_its_host_or_vm(column: str, found: dict[str, str]) -> None:
    """A click on a host's name chooses the host, unless it is empty; any other cell of a VM's row chooses the VM."""
    assert picked("moves", {"colId": column}, {"vm": "a", "source": "x", "host_after": ""}) == found


def test_a_row_is_its_vm_or_host() -> None:
    """A row that is selected with the keyboard is its VM, or else its host."""
    assert picked("moves", [{"vm": "a"}], {"vm": "a", "source": "x"}) == {"vm": "a"}
    assert picked("hosts", [{"host": "x"}], {"host": "x"}) == {"host": "x"}
    assert picked("costs", [{}], {"item": "energy"}) == {}


def test_a_range_is_in_seconds() -> None:
    """The slider is in hours; its ends are no limits."""
    assert ranged(View(), [0, 2], 3600.0, 7200.0) == View()
    assert ranged(View(), [0.5, 1], 3600.0, 7200.0) == View(since=1800.0, until=3600.0)


def test_a_range_is_drawn_from_all_its_readings(tmp_path: Path) -> None:
    """Of 20,000 steps a chart has 2,000 points at most; of an hour of them it has all 60, and one at either end."""
    shelf = Shelf([factory.simulate(tmp_path / "week", steps=20_000)])
    step = float(shelf.results("week").tables["timeline"]["time_s"].iloc[0])
    view = View("power", since=30 * step, until=89 * step)
    whole, near = (charts.figures(shelf, each)["power"] for each in (View("power"), view))
    assert len(whole.data[0].x) <= 2_000
    hours = np.asarray(near.data[0].x, float) * near.layout.meta["unit_s"] / step
    assert np.allclose(hours, np.arange(29, 91))
    shown = charts.chart("power", near, "light", view, 20_000 * step).children[1].children.figure
    assert np.allclose(np.array(shown.layout.xaxis.range) * near.layout.meta["unit_s"], [30 * step, 89 * step])


def test_what_grew_before_a_range_is_not_in_it(tmp_path: Path) -> None:
    """The migrations that end within a range are drawn there, not those before it."""
    shelf = Shelf([factory.simulate(tmp_path / "week")])
    timeline = shelf.results("week").tables["timeline"].set_index("time_s")["migrations"]
    since, until = float(timeline.index[1000]), float(timeline.index[1040])
    bars = charts.figures(shelf, View("migrations", since=since, until=until))["migrations"].data[0]
    first, last = timeline.iloc[999], timeline.iloc[1041]
    assert np.sum(bars.y) == last - first


def test_a_range_is_drawn_with_the_pointer(tmp_path: Path) -> None:
    """A range on a chart over time, in the chart's unit, is the view's; on another chart it is none."""
    shelf = Shelf([factory.simulate(tmp_path / "week")])
    there = zoomed(shelf, View("power"), {"chart": "power", "range": [2.5, 1.5]})
    assert (there.since, there.until) == (1.5 * 86_400, 2.5 * 86_400)
    assert zoomed(shelf, there, {"chart": "power", "range": None}) == View("power")
    assert zoomed(shelf, there, {"chart": "utilisation", "range": [0, 1]}) == there


def test_a_cell_of_the_mosaic_is_its_host(tmp_path: Path) -> None:
    """Of 500 hosts the one is chosen whose cell is clicked on; beside the cells there is none."""
    shelf = Shelf([factory.write(tmp_path / "plan", factory.summary(), plan(500, 600, 100))])
    figure = charts.figures(shelf, View())["mosaic"]
    names, columns = figure.layout.meta["hosts"], figure.layout.meta["columns"]
    assert charts.picked(figure, {"points": [{"x": 3, "y": 2}]}) == {"host": names[2 * columns + 3]}
    empty = names.index("")
    assert charts.picked(figure, {"points": [{"x": empty % columns, "y": empty // columns}]}) == {}


def test_a_fault_is_told_on_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What fails inside is told in its place, with the traceback on standard error; the rest of the page is there."""
    shelf = Shelf([usual(tmp_path / "plan")])
    broken = shelf.results("plan").tables["hosts"].drop(columns="fullest_share_after")
    shelf.results("plan").tables["hosts"] = broken  # type: ignore[index]
    _, contents = shown(shelf, View("hosts"), "light", 1, {})
    assert "An internal error: KeyError" in told(contents[2])
    assert "Traceback" in capsys.readouterr().err
    assert contents[3]


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    """A result that can no longer be read says so, with the file."""
    shelf = Shelf([usual(tmp_path / "plan"), tmp_path / "gone"])
    assert "summary.json: cannot be read" in told(pages.problem(shelf, View(result="gone")))


def test_no_result_no_dashboard(tmp_path: Path) -> None:
    """A folder without a summary is an error that names the file."""
    with pytest.raises(ValueError, match=r"summary\.json: cannot be read"):
        create(tmp_path)


def test_plans_are_compared_with_the_first(tmp_path: Path) -> None:
    """What differs is told by its settings; nine more hosts are told as such; a study is no plan."""
    folders = [usual(tmp_path / "plan"), settings(factory.unchanged(tmp_path / "tight"), cpu_ceiling=0.5)]
    shelf = Shelf([*folders, factory.study(tmp_path / "study")])
    plans = compare.told(shelf)
    assert list(plans) == ["plan", "tight"]
    assert compare.differences(plans["tight"], plans["plan"]) == "cpu ceiling 0.5"
    assert "+9 (+60\\xa0%)" in told([compare.table(plans, View())])
    assert set(compare.figures(plans)) == {"plans", "plans_frontier"}
    assert compare.figures({"plan": plans["plan"]}) == {}


def test_what_has_no_plan_is_not_compared(tmp_path: Path) -> None:
    """Of what is infeasible no numbers are told, which would be those of today, and none differs from them."""
    folders = [usual(tmp_path / "plan"), factory.infeasible(tmp_path / "much")]
    table = compare.table(compare.told(Shelf(folders)), View()).children[-1].children
    first, second = ([cell.children for cell in line.children] for line in table.children[1].children)
    assert first[3:5] == ["15", "84"]
    assert second[2:] == ["infeasible", *["–"] * 8]


def test_simulations_of_plans_are_compared(tmp_path: Path) -> None:
    """Where a plan was simulated its energy is told; one that was not has a dash."""
    shelf = Shelf([factory.both(tmp_path / "plan", steps=40), usual(tmp_path / "other")])
    text = told([compare.table(compare.told(shelf), View())])
    assert "Energy, simulated [kWh]" in text
    alone = Shelf([usual(tmp_path / "one"), usual(tmp_path / "two")])
    assert "simulated" not in told([compare.table(compare.told(alone), View())])


def test_vms_are_told_with_their_hosts(tmp_path: Path) -> None:
    """The table of VMs has the hosts before and after and the sizes, and no column that is not known."""
    table = tables.table(load(usual(tmp_path / "plan")), "vms")
    assert {"host_before", "host_after", "vcpus"} <= set(table)
    assert len(table) == 200
    assert "vcpus" not in tables.table(load(factory.usual(tmp_path / "small")), "vms")
