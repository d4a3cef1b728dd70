"""The parts of a page for a view, each with what it depends on, so that only what changes is sent again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import comparison
from dashboards.app import charts, compare, detail, grid, parts, rows, tables
from dashboards.app.components import Component, dcc, html
from dashboards.app.shelf import Shelf
from dashboards.app.state import PAGES, View
from dashboards.figures.canvas import time_unit
from dashboards.results import ResultError, Results

_NEVER: Mapping[str, str] = {
    "hosts": "It tells nothing about single hosts.",
    "vms": "It tells nothing about single VMs.",
    "migrations": "Nothing is migrated in it.",
    "power": "It tells nothing about power or money over time.",
    "scenarios": "It is one result, not several: name more folders, or compute a what-if.",
}


@dataclass(frozen=True)
class Part:
    """A part of a page: what it depends on, and what makes its content."""

    depends: tuple[Any, ...]
    make: Callable[[], list[Any]]


def page(shelf: Shelf, view: View, look: str, news: int = 0) -> dict[str, Part]:
    """Return the parts of a page: answer, detail, charts and tables."""
    of_result = (view.page, view.result or shelf.first, news if view.page == "scenarios" else 0)
    seen = (*of_result, view.when, view.since, view.until, look)
    return {
        "answer": Part(of_result, lambda: _answer(shelf, view)),
        "detail": Part((*seen, view.host, view.vm), lambda: _detail(shelf, view, look)),
        "charts": Part(seen, lambda: _charts(shelf, view, look)),
        "tables": Part((*of_result, view.when, view.host, view.find), lambda: _tables(shelf, view)),
    }


def problem(shelf: Shelf, view: View) -> list[Any]:
    """Return what is wrong with a view: a page or a result that there is not, or a damaged one; nothing: it is fine."""
    if view.page not in PAGES:
        links = [(name, View(page=key)) for key, name in PAGES.items()]
        return [parts.nothing("There is no such page", f"/{view.page} is none of the dashboard's pages.", *links)]
    if view.result and view.result not in shelf.names:
        links = [(name, view.but(result=name)) for name in shelf.names[:12]]
        return [parts.nothing("There is no such result", f"No result here is called {view.result}.", *links)]
    try:
        shelf.results(view.result or shelf.first)
    except ResultError as wrong:
        return [parts.failed("This result cannot be shown", str(wrong))]
    return []


def planned(shelf: Shelf, view: View) -> bool:
    """Return whether there is a before and an after."""
    return not problem(shelf, view) and _results(shelf, view).command == "plan"


def _results(shelf: Shelf, view: View) -> Results:
    return shelf.results(view.result or shelf.first)


def _answer(shelf: Shelf, view: View) -> list[Any]:
    results = _results(shelf, view)
    if view.page == "":
        return [parts.answer(results), *parts.blocking(results), *parts.trust(results), *parts.differences(results)]
    if view.page == "scenarios":
        plans = compare.told(shelf)
        return [compare.table(plans, view)] if len(plans) > 1 else []
    return []


def _detail(shelf: Shelf, view: View, look: str) -> list[Any]:
    if view.page == "scenarios":
        return []
    results, found = _results(shelf, view), []
    if view.host:
        found += detail.host(results, view, look)
    if view.vm:
        found += detail.vm(results, view, look)
    return found


def _charts(shelf: Shelf, view: View, look: str) -> list[Any]:
    results, figures = _results(shelf, view), charts.figures(shelf, view)
    names = tables.charts_of(list(figures), view.page)
    end = charts.longest(results)
    found: list[Any] = []
    if view.page == "scenarios":
        more = compare.figures(compare.told(shelf))
        figures, names = figures | more, [*names, *more] if results.command == "study" else [*more, *names]
    if any(name in charts.OVER_TIME for name in names):
        found.append(_span(view, end))
    both = comparison.pair(results)
    if view.page == "power" and both is not None and view.when == "both":
        found.append(parts.numbers_of(*both))
    found += [charts.chart(name, figures[name], look, view, end) for name in names]
    return found or _none(shelf, view, results)


def _none(shelf: Shelf, view: View, results: Results) -> list[Any]:
    """Return what is said on a page that has neither charts nor tables nor plans to compare."""
    several = view.page == "scenarios" and len(compare.told(shelf)) > 1
    if several or tables.tables_of(results, view.page):
        return []
    told = _NEVER.get(view.page, "There is nothing to show.")
    return [parts.nothing("Nothing to show here", told, ("To the overview", view.but(page="")))]


def _span(view: View, end_s: float) -> Component:
    """Return the slider of the time range, in the unit that suits it."""
    unit, name = time_unit(end_s)
    most = round(end_s / unit, 2)
    value = [(view.since or 0.0) / unit, most if view.until is None else view.until / unit]
    step = 1 if most >= 48 else 0.25 if most >= 3 else 0.01
    slider = dcc.RangeSlider(0, most, step, value=value, marks=None, id={"span": f"{unit:g}"}, updatemode="mouseup")
    inside = [html.Div(f"Time range [{name}]", className="label", id="span-label"), slider]
    return html.Div(inside, className="panel span", role="group", **{"aria-labelledby": "span-label"})


def _tables(shelf: Shelf, view: View) -> list[Any]:
    results, found = _results(shelf, view), []
    for name in tables.tables_of(results, view.page):
        table, (titled, told) = tables.table(results, name), tables.title(results, name)
        within = "host" if view.host and view.page != "hosts" else ""
        kept = rows.shown(table, view, within)
        if kept.empty:
            told = told if table.empty else "No row is left by what is chosen above."
            found.append(html.Section([html.H3(titled), html.P(told, className="nothing")], className="panel"))
            continue
        when = view.when if name == "hosts" else "both"
        key = f"{name} {within} {view.host} {view.find} {view.when} {view.result}"
        found.append(html.Div(_keyed(name, titled, kept, results, within, when), key=key, className="keyed"))
    return found


def _keyed(name: str, titled: str, kept: Any, results: Results, within: str, when: str) -> Component:
    contract = tables.contract(results, name)
    return grid.panel(name, titled, kept, contract, within=f"{within}-page", when=when)
