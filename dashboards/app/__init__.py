"""The interactive dashboard over result folders, for one person on their own machine."""

from collections.abc import Sequence
from pathlib import Path

from dash import Dash

from dashboards import headline
from dashboards.app import guard, what_if
from dashboards.app.components import Component, dcc, html
from dashboards.app.jobs import Desk, Job, Submit
from dashboards.app.shelf import Shelf
from dashboards.app.state import WHEN
from dashboards.app.wiring import PARTS, wire
from dashboards.results import Results

__all__ = ["Job", "Submit", "create"]
_TICK_MS = 400


def create(
    folders: Path | Sequence[Path], submit: Submit | None = None, token: str = "", *, later: Sequence[Path] = ()
) -> Dash:
    """
    Return the dashboard's application; its ``run`` serves it.

    Parameters
    ----------
    folders
        A result folder, or several; the first is shown first.
    submit
        Starts to plan the first again with changed settings; without it the dashboard only shows.
    token
        What a visitor must know; empty: nothing, but the visitor must be on this machine.
    later
        Folders that are read when they are first looked at.

    Raises
    ------
    ResultError
        If a folder is no result folder, or damaged; it has a text for each.
    """
    shelf = Shelf([folders] if isinstance(folders, Path) else folders)
    shelf.check()
    for folder in later:
        shelf.add(folder)
    first = shelf.results(shelf.first)
    desk = Desk(shelf, submit if first.command == "plan" else None)
    app = Dash(
        "dashboards",
        assets_folder=str(Path(__file__).parents[1] / "assets"),
        assets_ignore=r"(first|report)\.(js|html)$",
        title=headline.TITLES.get(first.command, "Dashboard"),
        update_title="",
        suppress_callback_exceptions=True,
        meta_tags=[{"name": "color-scheme", "content": "light dark"}],
    )
    app.layout = lambda: _page(shelf, desk)
    wire(app, shelf, desk)
    app.server.wsgi_app = guard.Guard(app.server.wsgi_app, token, guard.policy(app.csp_hashes()))
    return app


def _page(shelf: Shelf, desk: Desk) -> Component:
    """Return the page's frame; what it shows is filled in as the address says."""
    first = shelf.results(shelf.first)
    return html.Div(
        [
            dcc.Location(id="place", refresh=False),
            *(dcc.Store(id=name) for name in ("look", "drawn", "focus", "sought", "typed", "zoomed", "clicked")),
            dcc.Store(id="news", data=len(shelf.names)),
            dcc.Store(id="kept-look", storage_type="local"),
            dcc.Interval(id="tick", interval=_TICK_MS, disabled=not desk.running),
            html.A("Skip to the content", href="#content", className="skip"),
            html.A("Skip to the tables", href="#tables", className="skip"),
            html.Header(_bar()),
            html.Div(_tools(), className="toolbar", role="search"),
            html.Main(_content(first, desk), id="content", tabIndex=-1),
        ]
    )


def _bar() -> Component:
    parts = [
        html.Strong("Consolidate"),
        html.Nav(id="nav", **{"aria-label": "Pages"}),
        html.Button("Dark", id="theme", type="button", n_clicks=0),
    ]
    return html.Div(parts, className="bar")


def _tools() -> list[Component]:
    when = dcc.RadioItems(
        [{"label": each.capitalize(), "value": each} for each in WHEN], "both", id="when", inline=True
    )
    find = dcc.Input(id="find", type="search", placeholder="Names, reasons, …", value="")
    return [
        html.Div([html.Span("Result"), html.Div(id="results")], className="choose"),
        html.Div(
            [html.Span("Before or after", id="when-label"), when],
            id="when-choice",
            role="group",
            className="when",
            **{"aria-labelledby": "when-label"},
        ),
        html.Div([html.Label("Search tables", htmlFor="find"), find], className="find"),
    ]  # fmt: skip


def _content(first: Results, desk: Desk) -> list[Component]:
    form = html.Section(what_if.form(first, desk), className="panel what-if")
    job = html.Div(id="job", role="status")
    blocks = {name: html.Div(id=name, className="block", tabIndex=-1) for name in PARTS}
    frame = html.Div([form, job], id="what-if", hidden=True)
    return [html.Div(id="chips"), frame, blocks["answer"], blocks["detail"], blocks["charts"], blocks["tables"]]
