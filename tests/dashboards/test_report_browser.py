"""The report in a browser: drawn, sorted, filtered, dressed, and harmless."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.report import render
from tests.dashboards import factory

pytestmark = pytest.mark.browser
MOVES = "#table-moves"


def drawn(visit: Any, folder: Path, **how: Any) -> Any:
    """Open the report on a folder and wait until all is drawn."""
    (folder / "report.html").write_text(render(folder), encoding="utf-8")
    page = visit((folder / "report.html").as_uri(), **how).page
    page.wait_for_selector("html[data-drawn=yes]")
    return page


def column(page: Any, name: str) -> list[str]:
    """Return the texts of a column of the moves on the page."""
    heads = page.locator(f"{MOVES} th").all_inner_texts()
    place = next(index for index, head in enumerate(heads) if head.startswith(name))
    return [str(text) for text in page.locator(f"{MOVES} tbody td:nth-child({place + 1})").all_inner_texts()]


@pytest.mark.parametrize(
    ("make", "plots"),
    [
        (factory.usual, 9), (factory.unchanged, 3), (factory.infeasible, 3), (factory.only_actions, 6),
        (factory.simulate, 10), (factory.partial, 9), (factory.both, 13),
        (factory.study, 3), (factory.study_of_overhead, 4), (factory.overhead, 4),
        (factory.overhead_alone, 3),
    ],
)  # fmt: skip
@pytest.mark.parametrize("width", [1280, 400])
def test_all_is_drawn(tmp_path: Path, visit: Any, make: Callable[[Path], Path], plots: int, width: int) -> None:
    """Every plot is drawn, and no page scrolls sideways, not even on a telephone."""
    page = drawn(visit, make(tmp_path / "result"), width=width)
    assert page.locator(".plot .plot-container").count() == plots
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_wide_tables_say_that_they_scroll(tmp_path: Path, visit: Any) -> None:
    """On a telephone the moves' table says that it scrolls sideways; what fits says nothing."""
    page = drawn(visit, factory.usual(tmp_path / "plan"), width=400)
    said = "region => getComputedStyle(region, '::before').content"
    fits = "region => region.scrollWidth <= region.clientWidth + 1"
    told = {region.evaluate(fits): region.evaluate(said) for region in page.locator("[data-table] .scroll").all()}
    assert "Scroll sideways" in told[False]
    assert told.get(True, "none") == "none"


def test_hostile_names_do_nothing(tmp_path: Path, visit: Any) -> None:
    """Names made of markup are read as they are, in the table and on an axis, and run nothing."""
    page = drawn(visit, factory.hostile(tmp_path / "plan"))
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


def test_numbers_are_left_out_of_narrow_cells(tmp_path: Path, visit: Any) -> None:
    """On a telephone the cells of the events have no numbers; the grades of the merits stay."""
    folder = factory.overhead(tmp_path / "overhead")
    counts = []
    for width in (1280, 400):
        page = drawn(visit, folder, width=width)
        counts.append([page.locator(f"#chart-{name} .heatmap-label").count() for name in ("events", "merits")])
    assert counts[0][0] > 100
    assert counts[1][0] == 0
    assert counts[0][1] == counts[1][1] == 20


@pytest.mark.parametrize("width", [1280, 400])
def test_rows_are_of_one_height(tmp_path: Path, visit: Any, width: int) -> None:
    """The technologies have a line each, however wide the window."""
    page = drawn(visit, factory.overhead(tmp_path / "overhead"), width=width)
    rows = "[...document.querySelectorAll('#table-technologies tbody tr')].map(row => Math.round(row.offsetHeight))"
    page.wait_for_function(f"new Set({rows}).size === 1")


_BOXES = "const boxes = (css) => [...document.querySelectorAll(css)].map(text => text.getBoundingClientRect());"


def test_panels_keep_apart(tmp_path: Path, visit: Any) -> None:
    """On a telephone titles and ticks of neighbouring panels do not run into each other."""
    page = drawn(visit, factory.usual(tmp_path / "plan"), width=400)
    apart = """{ const found = boxes(css).sort((one, other) => one.left - other.left);
        return found.length > 1 && found.slice(1).every((box, place) => found[place].right + 3 < box.left); }"""
    for texts in ("#chart-cycles :is(.xtitle, .x2title)", "#chart-utilisation :is(.xtick, .x2tick) text"):
        page.wait_for_function(f"css => {{ {_BOXES} {apart} }}", arg=texts)


def test_cells_hold_their_grades(tmp_path: Path, visit: Any) -> None:
    """On a telephone grades stay inside their cells, and names of events above the title below them."""
    page = drawn(visit, factory.overhead(tmp_path / "overhead"), width=400)
    widest = "Math.max(...boxes('#chart-merits .heatmap-label').map(box => box.width))"
    page.wait_for_function(f"() => {{ {_BOXES} return {widest} < boxes('#chart-merits .nsewdrag')[0].width / 4; }}")
    lowest = "Math.max(...boxes('#chart-events .xtick text').map(box => box.bottom))"
    page.wait_for_function(f"() => {{ {_BOXES} return {lowest} < boxes('#chart-events .xtitle')[0].top; }}")


def test_moves_are_sorted(tmp_path: Path, visit: Any) -> None:
    """A click on a heading sorts by it, a second turns the order, and the heading says so."""
    page = drawn(visit, factory.usual(tmp_path / "plan"))
    head = page.locator(f"{MOVES} th", has_text="Duration")
    head.locator("button").click()
    first = column(page, "Duration")
    assert first == sorted(first)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    last = column(page, "Duration")
    assert last == sorted(last, reverse=True)
    assert last[0] > first[-1]


def test_moves_are_filtered(tmp_path: Path, visit: Any) -> None:
    """Typing keeps the rows that hold every word; 84 moves of 37 applications, so app03 has 3."""
    page = drawn(visit, factory.usual(tmp_path / "plan"))
    page.locator(f"{MOVES} input").fill("app03 DRAINED")
    expect(page.locator(f"{MOVES} .count")).to_have_text("1–3 of 3")
    assert column(page, "VM") == ["app03-vm-003", "app03-vm-040", "app03-vm-077"]


def test_many_moves_stay_quick(tmp_path: Path, visit: Any) -> None:
    """Of 12,000 moves only a page of 20 is ever in the document, sorted or not, so that the browser keeps up."""
    page = drawn(visit, factory.large(tmp_path / "plan"))
    assert page.locator(f"{MOVES} tbody tr").count() == 20
    page.locator(f"{MOVES} th button").nth(2).click()
    assert page.locator(f"{MOVES} tbody tr").count() == 20
    page.locator(f"{MOVES} button", has_text="Next").click()
    assert page.locator(f"{MOVES} .count").inner_text() == "21–40 of 12,000"


def test_figures_follow_the_theme(tmp_path: Path, visit: Any) -> None:
    """The page takes the system's theme; the button turns it, and the figures' text with it."""
    page = drawn(visit, factory.usual(tmp_path / "plan"), scheme="dark")
    tick = "getComputedStyle(document.querySelector('#chart-fullest .xtick text')).fill"
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(f"[{tick}, {ground}]")
    page.locator("#theme").click()
    page.wait_for_function(f"{tick} !== 'rgb(165, 175, 188)'")
    light = page.evaluate(f"[{tick}, {ground}]")
    assert dark == ["rgb(165, 175, 188)", "rgb(18, 22, 28)"]
    assert light == ["rgb(86, 97, 112)", "rgb(244, 246, 248)"]


def test_keyboard_is_enough(tmp_path: Path, visit: Any) -> None:
    """Tab reaches the skip link first, and Enter on a heading sorts."""
    page = drawn(visit, factory.usual(tmp_path / "plan"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    page.locator(f"{MOVES} th button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(f"{MOVES} th").first.get_attribute("aria-sort") == "ascending"


def test_saved_rows_are_guarded(tmp_path: Path, visit: Any) -> None:
    """The table is saved as shown, and a name that a spreadsheet would run is led by an apostrophe."""
    page = drawn(visit, factory.hostile(tmp_path / "plan"))
    page.locator(f"{MOVES} input").fill("=HYPERLINK")
    expect(page.locator(f"{MOVES} .count")).to_contain_text(re.compile(r"of \d\d?$"))
    with page.expect_download() as download:
        page.locator(f"{MOVES} button", has_text="Save CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert '"\'=HYPERLINK(1)"' in text
    assert ',"=HYPERLINK(1)"' not in text


def test_paper_is_light(tmp_path: Path, visit: Any) -> None:
    """A dark page is printed light, with figures that fit the paper, and is dark again after."""
    page = drawn(visit, factory.usual(tmp_path / "plan"), scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#chart-fullest .main-svg").first).to_have_attribute("width", "680")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
