"""Comparisons of two results: in words, drawn, and on their page."""

import json
from pathlib import Path

import pytest

from dashboards import deltas, headline
from dashboards.figures import drawn
from dashboards.report import render
from dashboards.results import load
from models.tables import COMPARISON
from tests.dashboards import comparisons, factory
from tests.dashboards.test_report import Page


def test_what_differs_is_told_the_surest_and_largest_first(tmp_path: Path) -> None:
    """Violations that the first has none of, then +300 %, 15.5, −13.3 and −11.8 %; +6.5 % may be chance; no more."""
    heads, rows = deltas.rows(load(comparisons.usual(tmp_path / "difference")))
    assert heads == ("Metric", "First", "Second", "Difference", "Of the first", "Interval")
    parts = ["–", "+300.0 %", "+15.5 %", "−13.3 %", "−11.8 %", "+6.5 %"]
    assert [row[4].replace("\u00a0", " ") for row in rows] == parts
    cost = "Running cost [€/year]", "€55,000", "€48,500", "−€6,500", "−11.8\u00a0%", "−€7,400 to −€5,600"
    chance = "3.1\u00a0%", "3.3\u00a0%", "+0.2 points", "+6.5\u00a0%", "−0.3 points to +0.7 points, may be chance"
    assert rows[4] == cost
    assert rows[5][1:] == chance


def test_without_seeds_there_are_no_intervals(tmp_path: Path) -> None:
    """Of two plans differences alone are told, and what the two do not have in common."""
    results = load(comparisons.plans(tmp_path / "difference"))
    heads, rows = deltas.rows(results)
    assert heads[-1] == "Of the first"
    assert len(rows) == 6
    assert headline.notice(results) == "first is of the estate 'a', second of 'b'."
    figure = drawn(results)["differences"]
    assert [trace.name for trace in figure.data] == ["more than chance"]
    assert figure.data[0].error_x.array is None
    assert "without an interval" in figure.layout.meta["caption"]


def test_marks_are_shares_with_their_intervals(tmp_path: Path) -> None:
    """13 moves more of 84, give or take 4; what triples and more stands at the edge, and says so; 0 has no share."""
    figure = drawn(load(comparisons.usual(tmp_path / "difference")))["differences"]
    sure, chance = figure.data
    rows = {figure.layout.yaxis.ticktext[place]: row for row, place in enumerate(sure.y)}
    moves = rows["Migrations"]
    assert sure.x[moves] == pytest.approx(13 / 84)
    assert sure.error_x.array[moves] == pytest.approx(4 / 84)
    assert sure.error_x.arrayminus[moves] == pytest.approx(4 / 84)
    edge = rows["Paid back after"]
    assert (sure.x[edge], sure.text[edge], sure.marker.symbol[edge]) == (1.0, "+300%", "triangle-right")
    assert len(sure.x) + len(chance.x) == 5
    assert chance.x[0] == pytest.approx(0.002 / 0.031)


def test_many_differences_are_cut(tmp_path: Path) -> None:
    """Of 48 metrics of 8 scenarios that differ 30 are told and 30 drawn, each with its scenario; the table has all."""
    results = load(comparisons.several(tmp_path / "difference"))
    _, rows = deltas.rows(results)
    assert len(rows) == 30
    assert all(", ceiling 0." in row[0] for row in rows)
    assert "Of 48 metrics that differ by 0.05\u00a0% or more these 30" in deltas.told(results)
    assert sum(len(trace.x) for trace in drawn(results)["differences"].data) == 30
    assert [item.value for item in headline.numbers(results)] == ["8", "48", "40"]
    page = Page(render(results.folder))
    assert page.data("table-deltas")["rows"] == 56


def test_what_hardly_differs_is_left_to_the_table(tmp_path: Path) -> None:
    """4 in 10,000, and a wait of a millionth of a millionth, are in the table alone."""
    results = load(comparisons.usual(tmp_path / "difference"))
    table = results.tables["deltas"]
    close = table.assign(first=[10_000.0] * 6 + [0.0], delta=[4.0, 5.0, *[0.0] * 5], metric=["a", "b", *"cdefg"])
    assert deltas.ranked(close)["metric"].tolist() == ["b"]
    waits = table.assign(first=1e-13, delta=1e-12, metric="ready_share_max")
    assert deltas.ranked(waits).empty


def test_one_scenario_has_its_metrics_as_big_numbers(tmp_path: Path) -> None:
    """Those asked about most come first; what is the same says so."""
    found = {each.title: (each.value, each.note) for each in headline.numbers(load(comparisons.usual(tmp_path / "d")))}
    assert found["Hosts on after the plan"] == ("15 → 13", "−2; −2 to −2")
    assert found["Power after the plan"] == ("4,100", "the same in both")


def test_numbers_of_all_sizes_keep_their_digits(tmp_path: Path) -> None:
    """Beside 55,000 a share of 0.031 is marked to be written with digits of its own."""
    page = Page(render(comparisons.usual(tmp_path / "difference")))
    first = next(column for column in page.data("table-deltas")["columns"] if column["name"] == "first")
    assert first["mixed"]
    assert {55_000.0, 0.031} <= set(first["values"])


def test_a_hostile_comparison_is_text(tmp_path: Path) -> None:
    """Scenarios, names and warnings made of markup add no element to the page, and are read as they are."""
    tame, wild = (Page(render(make(tmp_path / make.__name__))) for make in (comparisons.several, comparisons.hostile))
    names = [{tag for tag, _ in page.elements} - {"p"} for page in (tame, wild)]
    assert names[0] == names[1]
    assert not [name for _, attributes in wild.elements for name in attributes if name.startswith("on")]
    assert all(name in wild.text for name in factory.HOSTILE)


def test_an_older_comparison_is_shown(tmp_path: Path) -> None:
    """A summary with the command alone is enough: what else it would say is left out."""
    folder = comparisons.usual(tmp_path / "difference")
    (folder / "summary.json").write_text(json.dumps({"command": "compare"}), encoding="utf-8")
    page = Page(render(folder))
    assert "Two results compared" in page.text
    assert set(json.loads((comparisons.usual(tmp_path / "new") / "summary.json").read_text("utf-8"))) == set(COMPARISON)
