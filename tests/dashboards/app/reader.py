"""What a reader does on a page of the dashboard: goes to a link, waits until it is there, and looks at a cell."""

from typing import Any

from playwright.sync_api import expect

from dashboards.app.state import PAGES

expect.set_options(timeout=15_000)
_IDLE = "() => document.querySelectorAll('[data-dash-is-loading]').length === 0"


def at(page: Any, link: str) -> Any:
    """Go on to another link of the dashboard without loading the page again, and wait until it is there."""
    page.evaluate("link => { history.pushState({}, '', link); dispatchEvent(new PopStateEvent('popstate')); }", link)
    name = PAGES[link.partition("?")[0].strip("/")]
    expect(page.locator("#nav a.here")).to_have_text(name)
    return ready(page)


def ready(page: Any) -> Any:
    """Wait until the page is there."""
    page.wait_for_selector("#nav a.here")
    page.wait_for_function(_IDLE)
    return page


def cell(page: Any, table: str, row: int, column: str) -> Any:
    """Return a cell of a grid on the page, in sight."""
    grid = page.locator(f'#tables [id*=\'"grid","table":"{table}"\']').first
    grid.scroll_into_view_if_needed()
    return grid.locator(f".ag-row[row-index='{row}'] [col-id='{column}']").first
