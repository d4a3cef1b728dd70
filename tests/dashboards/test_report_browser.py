"""The report in a browser: drawn, sorted, filtered, dressed, and harmless."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.report import render
from tests.dashboards import comparisons, factory, studies
from tests.dashboards.conftest import visiting

pytestmark = pytest.mark.browser
MOVES = "#table-moves"


def drawn(visit: Any, folder: Path, **how: Any) -> Any:
    """Open the report on a folder and wait until all is drawn."""
    page = visit(render(folder), **how).page
    page.wait_for_selector("html[data-drawn=yes]")
    return page


@pytest.fixture(scope="module", name="report")
def _report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make the report of the usual plan once for all tests that only look at it."""
    return render(factory.usual(tmp_path_factory.mktemp("usual") / "plan"))


@pytest.fixture(scope="module", name="usual")
def _usual(report: str, browser: Any) -> Iterator[Any]:
    """Open the report of the usual plan once for tests that leave it as it was."""
    with visiting(browser) as visit:
        page = visit(report, scheme="dark").page
        page.wait_for_selector("html[data-drawn=yes]")
        yield page


@pytest.fixture(scope="module", name="small")
def _small(report: str, browser: Any) -> Iterator[Any]:
    """Open the same on a telephone."""
    with visiting(browser) as visit:
        page = visit(report, width=400).page
        page.wait_for_selector("html[data-drawn=yes]")
        yield page


def column(page: Any, name: str) -> list[str]:
    """Return the texts of a column of the moves on the page."""
    heads = page.locator(f"{MOVES} th").all_inner_texts()
    place = next(index for index, head in enumerate(heads) if head.startswith(name))
    return [str(text) for text in page.locator(f"{MOVES} tbody td:nth-child({place + 1})").all_inner_texts()]


@pytest.mark.parametrize(
    ("make", "plots"),
    [
        (factory.unchanged, 3), (factory.infeasible, 3), (factory.only_actions, 6),
        (factory.simulate, 10), (factory.partial, 9), (factory.both, 13),
        (studies.tried, 7), (factory.study_of_overhead, 4),
        (factory.overhead_alone, 3), (comparisons.several, 1),
    ],
)  # fmt: skip
def test_all_is_drawn(tmp_path: Path, visit: Any, make: Callable[[Path], Path], plots: int) -> None:
    """Every plot is drawn, and no page scrolls sideways, neither on a telephone nor when it is turned or made wide."""
    fits(drawn(visit, make(tmp_path / "result"), width=400), plots)


def test_all_of_a_plan_and_of_overhead_is_drawn(small: Any, overheads: dict[int, Any]) -> None:
    """The same of the usual plan, and of an inventory's overhead."""
    fits(small, 9)
    fits(overheads[400], 4)


def fits(page: Any, plots: int) -> None:
    """Check a page of a telephone: all is drawn, and it fits the window, wide or narrow."""
    assert page.locator(".plot .plot-container").count() == plots
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")


def test_wide_tables_say_that_they_scroll(small: Any) -> None:
    """On a telephone the moves' table says that it scrolls sideways; what fits says nothing."""
    said = "region => getComputedStyle(region, '::before').content"
    whole = "region => region.scrollWidth <= region.clientWidth + 1"
    small.wait_for_function(
        f"() => [...document.querySelectorAll('[data-table] .scroll')]"
        f".every(each => each.classList.contains('wide') !== ({whole})(each))"
    )
    told = {region.evaluate(whole): region.evaluate(said) for region in small.locator("[data-table] .scroll").all()}
    assert "Scroll sideways" in told[False]
    assert told.get(True, "none") == "none"


@pytest.fixture(scope="module", name="hostile")
def _hostile(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Any]:
    """Open the report of a plan with hostile names once."""
    with visiting(browser) as visit:
        yield drawn(visit, factory.hostile(tmp_path_factory.mktemp("hostile") / "plan"))


def test_hostile_names_do_nothing(hostile: Any) -> None:
    """Names made of markup are read as they are, in the table and on an axis, and run nothing."""
    page = hostile
    assert set(column(page, "VM")) >= {"<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>"}
    ticks = page.locator("#chart-utilisation .ytick").all_text_contents()
    assert "<!--<script>alert(1)//" in ticks
    assert page.locator("main img, main iframe, main a[href^=javascript]").count() == 0
    assert page.evaluate("document.querySelectorAll('[onerror], [onload]').length") == 0


def test_hostile_technologies_do_nothing(tmp_path: Path, visit: Any) -> None:
    """Technologies, notes and VMs made of markup are read as they are on the axes, even under the pointer."""
    page = drawn(visit, factory.hostile_overhead(tmp_path / "overhead"))
    ticks = page.locator("#chart-technologies .ytick").all_text_contents()
    assert "<!--<script>alert(1)//" in ticks
    for chart in ("technologies", "events", "merits", "gains"):
        page.locator(f"#chart-{chart} .nsewdrag").first.hover(position={"x": 20, "y": 36})
        page.wait_for_selector(f"#chart-{chart} .hovertext")
    assert page.locator("main img, main iframe, main a[href^=javascript]").count() == 0
    assert page.evaluate("document.querySelectorAll('[onerror], [onload]').length") == 0


def test_hostile_hosts_do_nothing_under_the_pointer(tmp_path: Path, visit: Any) -> None:
    """A host made of markup is read as it is on the heat map's axis and under the pointer, even with many hosts."""
    page = drawn(visit, factory.hostile_simulation(tmp_path / "simulation"))
    ticks = page.locator("#chart-heat .ytick").all_text_contents()
    assert "<!--<script>alert(1)//" in ticks
    page.locator("#chart-heat .nsewdrag").first.hover(position={"x": 40, "y": 20})
    assert page.locator("#chart-heat .hovertext").first.text_content().startswith(ticks[1])
    assert page.locator("main img, main iframe, main a[href^=javascript]").count() == 0


@pytest.fixture(scope="module", name="overheads")
def _overheads(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[dict[int, Any]]:
    """Open the report of overhead by the width of the window, once for all tests that only look at it."""
    folder = factory.overhead(tmp_path_factory.mktemp("overhead") / "overhead")
    with visiting(browser) as visit:
        yield {width: drawn(visit, folder, width=width) for width in (1280, 400)}


def test_numbers_are_left_out_of_narrow_cells(overheads: dict[int, Any]) -> None:
    """On a telephone the cells of the events have no numbers; the grades of the merits stay."""
    counts = [
        [overheads[width].locator(f"#chart-{name} .heatmap-label").count() for name in ("events", "merits")]
        for width in (1280, 400)
    ]
    assert counts[0][0] > 100
    assert counts[1][0] == 0
    assert counts[0][1] == counts[1][1] == 20


@pytest.mark.parametrize("width", [1280, 400])
def test_rows_are_of_one_height(overheads: dict[int, Any], width: int) -> None:
    """The technologies have a line each, however wide the window."""
    rows = "[...document.querySelectorAll('#table-technologies tbody tr')].map(row => Math.round(row.offsetHeight))"
    overheads[width].wait_for_function(f"() => new Set({rows}).size === 1")


_BOXES = "const boxes = (css) => [...document.querySelectorAll(css)].map(text => text.getBoundingClientRect());"


def test_panels_keep_apart(small: Any) -> None:
    """On a telephone titles and ticks of neighbouring panels do not run into each other."""
    apart = """{ const found = boxes(css).sort((one, other) => one.left - other.left);
        return found.length > 1 && found.slice(1).every((box, place) => found[place].right + 3 < box.left); }"""
    for texts in ("#chart-cycles :is(.xtitle, .x2title)", "#chart-utilisation :is(.xtick, .x2tick) text"):
        small.wait_for_function(f"css => {{ {_BOXES} {apart} }}", arg=texts)


def test_cells_hold_their_grades(overheads: dict[int, Any]) -> None:
    """On a telephone grades stay inside their cells, and names of events above the title below them."""
    page = overheads[400]
    widest = "Math.max(...boxes('#chart-merits .heatmap-label').map(box => box.width))"
    page.wait_for_function(f"() => {{ {_BOXES} return {widest} < boxes('#chart-merits .nsewdrag')[0].width / 4; }}")
    lowest = "Math.max(...boxes('#chart-events .xtick text').map(box => box.bottom))"
    page.wait_for_function(f"() => {{ {_BOXES} return {lowest} < boxes('#chart-events .xtitle')[0].top; }}")


def test_keyboard_is_enough(usual: Any) -> None:
    """Tab reaches the skip link first, and Enter on a heading sorts."""
    usual.keyboard.press("Tab")
    assert usual.evaluate("document.activeElement.textContent") == "Skip to the answer"
    usual.locator(f"{MOVES} th button").first.focus()
    usual.keyboard.press("Enter")
    assert usual.locator(f"{MOVES} th").first.get_attribute("aria-sort") == "ascending"


def test_a_chart_s_buttons_are_one_stop(usual: Any) -> None:
    """Tab goes on behind the buttons of a chart, and back before them; the arrows go from one to the next."""
    place = "[...document.querySelectorAll('#chart-gantt .modebar-btn')].indexOf(document.activeElement)"
    usual.locator("#chart-gantt .modebar-btn").nth(1).focus()
    usual.keyboard.press("ArrowLeft")
    assert usual.evaluate(place) == 0
    usual.keyboard.press("Tab")
    assert usual.evaluate("document.activeElement.textContent") == "The waves"
    usual.keyboard.press("Shift+Tab")
    usual.keyboard.press("Shift+Tab")
    assert usual.evaluate(place) == -1


def test_moves_are_sorted(usual: Any) -> None:
    """A click on a heading sorts by it, a second turns the order, and the heading says so."""
    page = usual
    head = page.locator(f"{MOVES} th", has_text="Duration")
    head.locator("button").click()
    first = column(page, "Duration")
    assert first == sorted(first)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    last = column(page, "Duration")
    assert last == sorted(last, reverse=True)
    assert last[0] > first[-1]


def test_moves_are_filtered(usual: Any) -> None:
    """Typing keeps the rows that hold every word; 84 moves of 37 applications, so app03 has 3."""
    usual.locator(f"{MOVES} input").fill("app03 DRAINED")
    expect(usual.locator(f"{MOVES} .count")).to_have_text("1–3 of 3")
    assert set(column(usual, "VM")) == {"app03-vm-003", "app03-vm-040", "app03-vm-077"}
    usual.locator(f"{MOVES} input").fill("")
    expect(usual.locator(f"{MOVES} .count")).to_have_text("1–20 of 84")


def test_many_moves_stay_quick(tmp_path: Path, visit: Any) -> None:
    """Of 12,000 moves only a page of 20 is ever in the document, sorted or not, so that the browser keeps up."""
    page = drawn(visit, factory.large(tmp_path / "plan"))
    assert page.locator(f"{MOVES} tbody tr").count() == 20
    page.locator(f"{MOVES} th button").nth(2).click()
    assert page.locator(f"{MOVES} tbody tr").count() == 20
    page.locator(f"{MOVES} button", has_text="Next").click()
    assert page.locator(f"{MOVES} .count").inner_text() == "21–40 of 12,000"


def test_figures_follow_the_theme(usual: Any) -> None:
    """The page takes the system's theme; the button turns it, and the figures' text with it."""
    page = usual
    tick = "getComputedStyle(document.querySelector('#chart-fullest .xtick text')).fill"
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(f"[{tick}, {ground}]")
    page.locator("#theme").click()
    page.wait_for_function(f"() => {tick} !== 'rgb(165, 175, 188)'")
    light = page.evaluate(f"[{tick}, {ground}]")
    assert dark == ["rgb(165, 175, 188)", "rgb(18, 22, 28)"]
    assert light == ["rgb(86, 97, 112)", "rgb(244, 246, 248)"]
    page.locator("#theme").click()
    page.wait_for_function(f"() => {tick} === 'rgb(165, 175, 188)'")


def test_saved_rows_are_guarded(hostile: Any) -> None:
    """The table is saved as shown, and a name that a spreadsheet would run is led by an apostrophe."""
    page = hostile
    page.locator(f"{MOVES} input").fill("=HYPERLINK")
    expect(page.locator(f"{MOVES} .count")).to_contain_text(re.compile(r"of \d\d?$"))
    with page.expect_download() as download:
        page.locator(f"{MOVES} button", has_text="Save CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert '"\'=HYPERLINK(1)"' in text
    assert ',"=HYPERLINK(1)"' not in text


def test_paper_is_light(usual: Any) -> None:
    """A dark page is printed light, with figures that fit the paper, and is dark again after."""
    page = usual
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#chart-fullest .main-svg").first).to_have_attribute("width", "680")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.emulate_media(media="print")
    cut = "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth + 1).length"
    page.set_viewport_size({"width": 718, "height": 900})
    page.wait_for_function(f"() => {cut} === 0")
    said = page.evaluate("getComputedStyle(document.querySelector('#table-moves'), '::after').content")
    assert said == '"Rows 1–20 of 84; the result folder has all."'
    expect(page.locator("details:not([open])").first).to_be_hidden()
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
