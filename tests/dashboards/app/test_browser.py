"""The interactive dashboard in a browser: pages, links, choices, what-ifs, downloads, themes, telephones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import expect

from dashboards.app import create
from dashboards.results import load
from tests.dashboards import comparisons, factory
from tests.dashboards.app.estate import usual
from tests.dashboards.app.reader import at, cell, ready

pytestmark = pytest.mark.browser
Serve = Callable[[Any], str]
LOAD_RANGE = "document.querySelector('#chart-load .js-plotly-plot')._fullLayout.xaxis.range"


def test_the_keyboard_chooses(plan: Path, window: Any) -> None:
    """Tab reaches the links that skip first; in a table the arrows go from cell to cell, and space chooses the row."""
    page = ready(window)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Save CSV"
    cell(page, "vms", 1, "workload").wait_for()
    page.locator("#tables .ag-header-cell").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#vm-detail h2")).to_have_text(f"VM {load(plan).tables['placement']['vm'][1]}")
    page.wait_for_selector("#chart-vm .main-svg")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_every_page_opens(address: str, visit: Any, width: int, scheme: str) -> None:
    """Every page is reached by its link, draws, asks nobody else for anything, and never scrolls sideways."""
    page = ready(visit(f"{address}/", width=width, scheme=scheme).page)
    for name, content in (
        ("Hosts", "#chart-utilisation .main-svg"), ("VMs", "#tables .ag-root"),
        ("Migrations", "#chart-gantt .main-svg"),
        ("Power", "#chart-breakdown .main-svg"), ("Scenarios", "#what-if h2"), ("Overview", ".answer h1"),
    ):  # fmt: skip
        page.locator("#nav").get_by_role("link", name=name).click()
        expect(page.locator("#nav a.here")).to_have_text(name)
        page.wait_for_selector(content)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert page.evaluate("document.documentElement.dataset.theme") == scheme


def test_charts_hold_what_the_tables_hold(plan: Path, window: Any) -> None:
    """The bars of the hosts are the shares in the table of hosts, the fullest first."""
    page = at(window, "/hosts")
    page.wait_for_selector("#chart-utilisation .main-svg")
    drawn = page.evaluate(
        "Array.from(document.querySelector('#chart-utilisation .js-plotly-plot')._fullData[1].x, (x) => Number(x))"
    )
    table = load(plan).tables["hosts"]
    rows = table.sort_values(["on_after", "fullest_share_after", "fullest_share_before"], ascending=False)
    assert drawn == pytest.approx(rows["cpu_share_after"].tolist())
    expect(cell(page, "hosts", 0, "cpu_share_after")).to_have_text(f"{table['cpu_share_after'][0]:.1%}")


def test_a_host_is_chosen_by_a_bar(plan: Path, window: Any) -> None:
    """A click on a bar shows the host's facts, its load, its VMs and its moves, and back undoes it."""
    page = at(window, "/hosts")
    page.wait_for_selector("#chart-utilisation .main-svg")
    ready(page).locator("#chart-utilisation .points path").first.click(force=True)
    results = load(plan)
    table = results.tables["hosts"]
    columns = ["on_after", "fullest_share_after", "fullest_share_before"]
    name = str(table.sort_values(columns, ascending=False)["host"].iloc[0])
    expect(page.locator("#host-detail h2")).to_have_text(f"Host {name}")
    assert f"host={name}" in page.url
    page.wait_for_selector("#chart-host .main-svg")
    moves = results.tables["moves"]
    count = int(((moves["source"] == name) | (moves["destination"] == name)).sum())
    expect(page.locator("#host-detail section", has_text="Its moves").locator(".size")).to_have_text(str(count))
    page.go_back()
    expect(page.locator("#host-detail")).to_have_count(0)


def test_tables_filter_and_choose(plan: Path, window: Any) -> None:
    """A host in a table of moves is chosen by a click; then the moves are its own, until the choice is ended."""
    page = at(window, "/migrations")
    cell(page, "moves", 0, "destination").click()
    first = str(load(plan).tables["moves"]["destination"][0])
    expect(page.locator("#host-detail h2")).to_have_text(f"Host {first}")
    chip = page.locator("#chips a")
    expect(chip).to_contain_text(first)
    for row in range(2):
        expect(cell(page, "moves", row, "source")).not_to_be_empty()
        pair = [cell(page, "moves", row, name).inner_text() for name in ("source", "destination")]
        assert first in pair
    chip.click()
    expect(page.locator("#tables .size").first).to_have_text("84")
    assert "host=" not in page.url


def drawn_range(page: Any) -> Any:
    """Draw the second quarter of the load's time with the pointer, and return the chart's range then."""
    layer = page.locator("#chart-load .nsewdrag").first
    layer.scroll_into_view_if_needed()
    box = layer.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=4)
    page.mouse.up()
    expect(page.locator("#chips a")).to_contain_text("From ")
    return ready(page).evaluate(LOAD_RANGE)


def test_a_range_is_drawn_with_the_pointer(window: Any) -> None:
    """A range that is drawn on a chart over time is in the address, and all charts over time show it."""
    page = at(window, "/hosts")
    page.wait_for_selector("#chart-load .main-svg")
    assert drawn_range(page) == pytest.approx([18, 36], abs=1.5)
    assert "since=" in page.url
    page.locator("#chips a").click()
    expect(page.locator("#chips a")).to_have_count(0)


def test_a_double_click_ends_a_range(window: Any) -> None:
    """Two clicks on a chart over time end the range that was drawn: all of its time is there again."""
    page = at(window, "/hosts")
    page.wait_for_selector("#chart-load .main-svg")
    whole = ready(page).evaluate(LOAD_RANGE)
    drawn_range(page)
    page.locator("#chart-load .nsewdrag").first.dblclick()
    expect(page.locator("#chips a")).to_have_count(0)
    assert "since=" not in page.url
    assert ready(page).evaluate(LOAD_RANGE) == pytest.approx(whole, abs=0.1)


def test_a_chart_s_buttons_are_one_stop(window: Any) -> None:
    """Tab passes the buttons of a chart at once, forth and back, while the arrows go from one to the next."""
    page = at(window, "/migrations")
    page.wait_for_selector("#chart-gantt .modebar-btn")
    place = "[...document.querySelectorAll('#chart-gantt .modebar-btn')].indexOf(document.activeElement)"
    page.locator("#chart-gantt .modebar-btn").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(place) == 1
    page.keyboard.press("Tab")
    assert page.evaluate(place) == -1
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(f"{place} >= 0")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(place) == -1


def test_a_link_tells_the_view(address: str, visit: Any) -> None:
    """An address with choices opens the page with them: the words sought, before or after, and the time range."""
    link = f"{address}/hosts?find=esx-03&when=after&since=86400&until=172800"
    page = ready(visit(link).page)
    expect(page.locator("#find")).to_have_value("esx-03")
    expect(page.locator("#when input[value='after']")).to_be_checked()
    expect(page.locator("#tables .size").first).to_have_text("1")
    page.wait_for_selector("#chart-load .main-svg")
    shown = page.evaluate("document.querySelector('#chart-load .js-plotly-plot').layout.xaxis.range")
    assert shown == [24, 48]
    heads = page.locator("#tables .ag-header-cell").all_inner_texts()
    assert heads
    assert not [text for text in heads if "before" in text]


def test_words_are_sought_while_typing(window: Any) -> None:
    """What is typed limits the rows until it is ended, and stays in the box; of 84 moves app03 has 3."""
    page = at(window, "/migrations")
    page.locator("#find").press_sequentially("app03 drained")
    expect(page.locator("#tables .size").first).to_have_text("3")
    expect(page.locator("#find")).to_have_value("app03 drained")
    assert page.evaluate("document.activeElement.id") == "find"
    page.locator("#chips a").click()
    expect(page.locator("#find")).to_have_value("")
    expect(page.locator("#tables .size").first).to_have_text("84")


def test_what_is_saved_is_what_is_shown(tmp_path: Path, serve: Serve, visit: Any) -> None:
    """The rows sought are saved as CSV, in which no name is run by a spreadsheet."""
    page = ready(visit(f"{serve(create(usual(tmp_path / 'plan', factory.HOSTILE)))}/migrations?find=HYPERLINK").page)
    cell(page, "moves", 0, "vm").wait_for()
    with page.expect_download() as download:
        page.locator("#tables").get_by_role("button", name="Save CSV").first.click()
    assert download.value.suggested_filename == "moves.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    table = pd.read_csv(download.value.path(), dtype=str)
    assert len(table) == int(page.locator("#tables .size").first.inner_text())
    assert "'=HYPERLINK(1)" in text
    assert ",=HYPERLINK(1)" not in text


def test_hostile_names_do_nothing(tmp_path: Path, serve: Serve, visit: Any) -> None:
    """Names made of markup are read as they are, in charts, tables, chips and details, and run nothing."""
    name = factory.HOSTILE[1]
    page = visit(f"{serve(create(factory.hostile(tmp_path / 'plan')))}/hosts").page
    cell(ready(page), "hosts", 1, "host").click()
    expect(page.locator("#host-detail h2")).to_have_text(f"Host {name}")
    expect(page.locator("#chips a")).to_contain_text(name)
    page.wait_for_selector("#chart-utilisation .main-svg")
    ticks = page.locator("#chart-utilisation .ytick").all_text_contents()
    assert "<!--<script>alert(1)//" in ticks
    assert page.locator("main img, main iframe, main a[href^=javascript]").count() == 0
    assert page.evaluate("document.querySelectorAll('[onerror], [onload]').length") == 0


def test_the_theme_is_switched_and_kept(plan: Path, serve: Serve, visit: Any) -> None:
    """The button turns page and charts dark, and the next page that is opened is dark as well."""
    page = ready(visit(f"{serve(create(plan))}/hosts").page)
    page.wait_for_selector("#chart-fullest .main-svg")
    tick = "getComputedStyle(document.querySelector('#chart-fullest .xtick text')).fill"
    page.wait_for_function(f"() => {tick} === 'rgb(86, 97, 112)'")
    page.get_by_role("button", name="Switch to the dark theme").click()
    page.wait_for_function(f"() => {tick} === 'rgb(165, 175, 188)'")
    page.reload(wait_until="domcontentloaded")
    ready(page)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_what_is_not_there_is_told(window: Any) -> None:
    """A page, a result and a host that there are not are told, each with a way on."""
    page = at(window, "/hosts?host=nobody")
    expect(page.locator("#detail .empty h2")).to_have_text("No such host")
    at(page, "/hosts?result=nothing")
    expect(page.locator(".empty h2")).to_have_text("There is no such result")
    page.locator(".empty").get_by_role("link", name="plan").click()
    page.wait_for_selector("#chart-utilisation")
    page.evaluate("history.pushState({}, '', '/nowhere'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.locator(".empty h2")).to_have_text("There is no such page")


def test_a_comparison_has_a_page(tmp_path: Path, serve: Serve, visit: Any) -> None:
    """What differs between two results is told, drawn with its intervals, and listed, even on a telephone."""
    folder = comparisons.several(tmp_path / "difference")
    page = ready(visit(f"{serve(create(folder))}/", width=400).page)
    expect(page.locator(".answer h1")).to_have_text("Of 7 metrics 6 differ, 5 of them by more than chance.")
    expect(page.locator(".both tbody tr")).to_have_count(30)
    page.wait_for_selector("#chart-differences .main-svg")
    assert page.locator("#chart-differences .points path.point").count() == 30
    assert page.locator("#chart-differences .errorbar").count() > 0
    at(page, "/scenarios")
    expect(cell(page, "deltas", 2, "metric")).to_have_text("cost_after_eur_year")
    expect(cell(page, "deltas", 4, "first")).to_have_text("0.031")
    expect(page.locator("#tables .size")).to_have_text("56")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_wide_small_tables_say_that_they_scroll(tmp_path: Path, serve: Serve, visit: Any) -> None:
    """On a telephone the table of differences says that it scrolls sideways; in a wide window it does not."""
    page = ready(visit(serve(create(comparisons.usual(tmp_path / "difference"))), width=400).page)
    region = page.locator("#answer .scroll")
    expect(region).to_have_class("scroll wide")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(region).to_have_class("scroll")
