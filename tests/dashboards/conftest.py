"""A headless Chromium for the browser tests, and a page that counts what it must not do."""

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
_LOCAL = ("file:", "data:", "blob:", "http://127.0.0.1:")


@dataclass
class Visit:
    """A page, and what went wrong on it: console errors, foreign requests and dialogs."""

    page: Any
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note everything that a page must not do; the browser itself knows no other machine."""
        for event, note in self._events():
            self.page.on(event, note)

    def leave(self) -> None:
        """Note nothing more."""
        for event, note in self._events():
            self.page.remove_listener(event, note)

    def _events(self) -> list[tuple[str, Any]]:
        return [
            ("console", self._console), ("pageerror", self._error), ("dialog", self._dialog), ("request", self._request)
        ]  # fmt: skip

    def _error(self, error: Any) -> None:
        self.wrong.append(str(error))

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.wrong.append(message.text)

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith(_LOCAL):
            self.wrong.append(f"request: {request.url}")


@dataclass
class Tabs:
    """Pages of a browser; one that is left is used again, as it has compiled the scripts that all pages share."""

    context: Any
    file: Path
    left: list[Any] = field(default_factory=list)

    def address(self, text: str) -> str:
        """Return the address of a page that is given as text: all have the same, which spares compiling as well."""
        self.file.write_text(text, encoding="utf-8")
        return self.file.as_uri()

    def take(self, width: int, scheme: str) -> Any:
        """Return a page so wide and in a theme."""
        page = self.left.pop() if self.left else self.context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media="screen", color_scheme=scheme, reduced_motion="reduce")
        return page


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tabs]:
    """Start Chromium once; without one, skip here and fail where CI is set."""
    path = shutil.which("chromium")
    if path is None:
        told = "chromium is not installed"
        pytest.fail(told) if os.environ.get("CI") == "true" else pytest.skip(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS])
        yield Tabs(chromium.new_context(), tmp_path_factory.mktemp("pages") / "page.html")
        chromium.close()


@pytest.fixture
def visit(browser: Tabs) -> Iterator[Callable[..., Visit]]:
    """Open an address in a page that is watched; at the end, nothing may have gone wrong on it."""
    with visiting(browser) as open_page:
        yield open_page


@contextmanager
def visiting(browser: Tabs) -> Iterator[Callable[..., Visit]]:
    """Open addresses, or texts of pages, while the context lasts; at its end, nothing may have gone wrong on any."""
    visits: list[Visit] = []

    def open_page(address: str, width: int = 1280, scheme: str = "light") -> Visit:
        opened = Visit(browser.take(width, scheme))
        visits.append(opened)
        opened.watch()
        there = browser.address(address) if address.startswith("<!") else address
        opened.page.goto(there, wait_until="domcontentloaded")
        return opened

    yield open_page
    for opened in visits:
        opened.leave()
        browser.left.append(opened.page)
        assert opened.wrong == []


@contextmanager
def served(dash: Any) -> Iterator[str]:
    """Serve a dashboard on a free port of this machine while the context lasts; it is the address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, dash.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serve dashboards until the test ends; return the address of each."""
    with ExitStack() as running:
        yield lambda dash: running.enter_context(served(dash))
