"""What happens on the page: the address says what is shown, and every control changes the address."""

import json
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, MATCH, Input, Output, State, ctx, no_update, set_props

from dashboards.app import charts, client, pages, parts, rows, tables, what_if
from dashboards.app.components import dcc
from dashboards.app.jobs import Desk
from dashboards.app.shelf import Shelf
from dashboards.app.state import View, read

PARTS = ("answer", "detail", "charts", "tables")
_HOST_COLUMNS = ("host", "source", "destination", "host_before", "host_after", "host_end")


def wire(app: Any, shelf: Shelf, desk: Desk) -> None:
    """Connect the page with the functions below."""
    app.clientside_callback(
        client.LOOK, Output("kept-look", "data"), Output("look", "data"), Output("theme", "children"),
        Input("theme", "n_clicks"), State("kept-look", "data"),
    )  # fmt: skip
    app.clientside_callback(client.FOCUS, Output("focus", "data"), Input("detail", "children"))
    app.clientside_callback(client.TYPED, Output("typed", "data"), Input("find", "value"), prevent_initial_call=True)
    app.clientside_callback(
        client.ZOOMED, Output("zoomed", "data"), Input({"chart": ALL}, "relayoutData"), prevent_initial_call=True
    )
    app.clientside_callback(
        client.CLICKED, Output("clicked", "data"), Input({"chart": ALL}, "clickData"), prevent_initial_call=True
    )
    _wire_address(app, shelf)
    _wire_page(app, shelf)
    _wire_grids(app, shelf)
    if desk.open:
        _wire_jobs(app, shelf, desk)


def _wire_address(app: Any, shelf: Shelf) -> None:
    """Let address and controls follow each other; `sought` is what the address says, so that it corrects no typing."""
    grid = {"kind": "grid", "table": ALL, "within": ALL}

    def steer(path: str, search: str, when: str, typed: str | None, *rest: Any) -> Any:
        view, sought, box = read(path, search), rest[-2], str(rest[-1] or "").strip()
        wanted = steered(shelf, view, {"when": when, "find": typed}, ctx)
        if wanted.find not in (sought, box):
            set_props("find", {"value": wanted.find})
        return no_update if wanted == view else wanted.search, wanted.when, wanted.find

    app.callback(
        Output("place", "search"), Output("when", "value"), Output("sought", "data"),
        Input("place", "pathname"), Input("place", "search"), Input("when", "value"), Input("typed", "data"),
        Input({"span": ALL}, "value"), Input(grid, "cellClicked"), Input(grid, "selectedRows"),
        Input("clicked", "data"), Input("zoomed", "data"), State("sought", "data"), State("find", "value"),
    )(steer)  # fmt: skip


def steered(shelf: Shelf, view: View, controls: Mapping[str, Any], asked: Any) -> View:
    """Return the view that a control asks for; the same if it was the address itself that changed."""
    trigger, value = asked.triggered_id, (asked.triggered[0]["value"] if asked.triggered else None)
    if trigger == "when":
        return view.but(when=controls["when"] or "both")
    if trigger == "typed":
        return view.but(find=str(controls["find"] or "").strip())
    if trigger == "zoomed":
        return zoomed(shelf, view, value or {})
    if trigger == "clicked":
        figure = charts.figures(shelf, view).get(str((value or {}).get("chart")))
        return view.but(**charts.picked(figure, value)) if figure is not None else view
    if not isinstance(trigger, dict) or not value:
        return view
    if "span" in trigger:
        return ranged(view, value, float(trigger["span"]), charts.longest(shelf.results(view.result or shelf.first)))
    return view.but(**picked(trigger["table"], value, _row(shelf, view, trigger["table"], value)))


def ranged(view: View, value: Sequence[float], unit: float, end_s: float) -> View:
    """Return the view with a time range from a slider; its ends are no limits."""
    since, until = (float(each) * unit for each in value)
    return view.but(since=since if since > 0 else None, until=until if until < 0.995 * end_s else None)


def zoomed(shelf: Shelf, view: View, drawn: Mapping[str, Any]) -> View:
    """Return the view with the time range that was drawn on a chart over time; without one it is all the time."""
    name, span = str(drawn.get("chart")), drawn.get("range")
    figure = charts.figures(shelf, view).get(name) if name in charts.OVER_TIME else None
    if figure is None:
        return view
    if span is None:
        return view.but(since=None, until=None)
    unit = float((figure.layout.meta or {}).get("unit_s") or 1.0)
    return ranged(view, sorted(map(float, span)), unit, charts.longest(shelf.results(view.result or shelf.first)))


def _row(shelf: Shelf, view: View, name: str, value: Any) -> Mapping[str, Any]:
    """Return the row of a table that was clicked on or selected."""
    if isinstance(value, list):
        return value[0] if value else {}
    table = tables.table(shelf.results(view.result or shelf.first), name)
    row = int(str(value.get("rowId") or 0))
    return dict(table.loc[row]) if row in table.index else {}


def picked(name: str, value: Any, row: Mapping[str, Any]) -> dict[str, str]:
    """
    Return the host or the VM that a click in a table chooses.

    >>> row = {"vm": "a", "source": "x", "destination": "y"}
    >>> picked("moves", {"colId": "destination"}, row), picked("moves", {"colId": "wave"}, row)
    ({'host': 'y'}, {'vm': 'a'})
    """
    column = value.get("colId") if isinstance(value, dict) else ""
    if column in _HOST_COLUMNS:
        return {"host": str(row[column])} if row.get(column) else {}
    if row.get("vm") and name != "mix":
        return {"vm": str(row["vm"])}
    return {"host": str(row["host"])} if row.get("host") else {}


def _wire_page(app: Any, shelf: Shelf) -> None:
    def show(path: str, search: str, look: str | None, news: int | None, drawn: dict[str, str] | None) -> Any:
        view = read(path, search)
        depends, contents = shown(shelf, view, look or "light", news or 0, drawn or {})
        frame = view.page != "scenarios", not pages.planned(shelf, view)
        bar = parts.navigation(view), parts.results_to_choose(view, shelf.names), parts.chips(view)
        return *bar, *frame, depends, *contents

    app.callback(
        Output("nav", "children"), Output("results", "children"), Output("chips", "children"),
        Output("what-if", "hidden"), Output("when-choice", "hidden"), Output("drawn", "data"),
        *(Output(name, "children") for name in PARTS),
        Input("place", "pathname"), Input("place", "search"), Input("look", "data"), Input("news", "data"),
        State("drawn", "data"),
    )(show)  # fmt: skip


def shown(shelf: Shelf, view: View, look: str, news: int, drawn: Mapping[str, str]) -> tuple[dict[str, str], list[Any]]:
    """Return what each part of the page depends on, and its content, or that it does not change."""
    wrong = pages.problem(shelf, view)
    if wrong:
        return {}, [wrong, [], [], []]
    depends, contents = {}, []
    for name, part in pages.page(shelf, view, look, news).items():
        depends[name] = json.dumps(part.depends)
        contents.append(no_update if drawn.get(name) == depends[name] else _made(part))
    return depends, contents


def _made(part: pages.Part) -> list[Any]:
    try:
        return part.make()
    except Exception as problem:  # a fault of ours is told on the page, not by a page that stays as it was
        traceback.print_exc()
        return [parts.failed("This cannot be shown", f"An internal error: {type(problem).__name__}: {problem}")]


def _wire_grids(app: Any, shelf: Shelf) -> None:
    place = State("place", "pathname"), State("place", "search")
    grid, button, file = ({"kind": kind, "table": MATCH, "within": MATCH} for kind in ("grid", "save", "saved"))

    def fetch(request: dict[str, Any] | None, path: str, search: str) -> Any:
        if request is None:
            return no_update
        return rows.block(_kept(shelf, read(path, search), ctx.triggered_id), request)

    app.callback(Output(grid, "getRowsResponse"), Input(grid, "getRowsRequest"), *place)(fetch)

    def save(clicks: int, request: dict[str, Any] | None, path: str, search: str) -> Any:
        if not clicks:
            return no_update
        kept = rows.filtered(_kept(shelf, read(path, search), ctx.triggered_id), (request or {}).get("filterModel"))
        return dcc.send_string(
            rows.text(rows.ordered(kept, (request or {}).get("sortModel"))), f"{ctx.triggered_id['table']}.csv"
        )

    app.callback(
        Output(file, "data"), Input(button, "n_clicks"), State(grid, "getRowsRequest"), *place,
        prevent_initial_call=True,
    )(save)  # fmt: skip


def _kept(shelf: Shelf, view: View, key: Mapping[str, str]) -> Any:
    """Return the rows that a grid is about: what words are sought is for the page's own grids alone."""
    within, _, own = key["within"].partition("-")
    table = tables.table(shelf.results(view.result or shelf.first), key["table"])
    return rows.shown(table, view if own else view.but(find=""), within)


def _wire_jobs(app: Any, shelf: Shelf, desk: Desk) -> None:
    sliders = State({"slider": ALL}, "value"), State({"slider": ALL}, "id")

    def start(_clicks: int, also: list[str] | None, values: list[Any], ids: list[dict[str, str]]) -> Any:
        begun = what_if.starts(shelf.results(shelf.first))
        refused = desk.start(what_if.changes([each["slider"] for each in ids], values, begun), bool(also))
        return refused, False, not desk.running

    app.callback(
        Output("refused", "children"), Output("tick", "disabled"), Output("cancel", "hidden"),
        Input("submit", "n_clicks"), State("simulate", "value"), *sliders, prevent_initial_call=True,
    )(start)  # fmt: skip

    def reset(_clicks: int, ids: list[dict[str, str]]) -> list[float]:
        begun = what_if.starts(shelf.results(shelf.first))
        return [begun[each["slider"]] for each in ids]

    app.callback(
        Output({"slider": ALL}, "value"), Input("reset", "n_clicks"), State({"slider": ALL}, "id"),
        prevent_initial_call=True,
    )(reset)  # fmt: skip

    def cancel(clicks: int) -> Any:
        if clicks:
            desk.cancel()
        return 0

    app.callback(Output("cancel", "n_clicks"), Input("cancel", "n_clicks"), prevent_initial_call=True)(cancel)

    def tick(_count: int, search: str, news: int | None) -> Any:
        told = desk.told()
        running = told is not None and told.state == "running"
        known = len(shelf.names)
        fresh = known if known != (news or 0) else no_update
        return (
            what_if.progress(told, desk.name, read("/", search)),
            not running,
            not running,
            fresh,
        )

    app.callback(
        Output("job", "children"), Output("tick", "disabled", allow_duplicate=True),
        Output("cancel", "hidden", allow_duplicate=True), Output("news", "data"),
        Input("tick", "n_intervals"), State("place", "search"), State("news", "data"),
        prevent_initial_call="initial_duplicate",
    )(tick)  # fmt: skip
