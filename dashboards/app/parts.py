"""What pages are made of beside charts and grids: the answer, panels, and what is said where there is nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from dashboards import comparison, confidence, deltas, headline
from dashboards.app.components import Component, dcc, html
from dashboards.app.state import PAGES, View
from dashboards.results import Results
from dashboards.words import duration


def answer(results: Results) -> Component:
    """Return the verdict and the big numbers."""
    tiles = [
        html.Div([html.Dt(item.title), html.Dd([html.B(item.value), html.Span(item.note)])])
        for item in headline.numbers(results)
    ]
    badge = html.P(headline.badge(results), className="badge")
    notice = [html.P(text, className="notice")] if (text := headline.notice(results)) else []
    inside = [badge, html.H1(headline.verdict(results)), *notice, html.Dl(tiles, className="numbers")]
    return html.Section(inside, className=f"answer {results.status}")


def blocking(results: Results) -> list[Any]:
    """Return what cannot be satisfied together, if there is no plan."""
    if results.status != "infeasible":
        return []
    items = [html.Li(str(item)) for item in results.summary.get("blocking") or []]
    remedies = [html.Li(str(item)) for item in results.summary.get("remedies") or []]
    parts: list[Any] = [html.H2("What cannot be satisfied together")]
    parts += [html.Ul(items, className="chips") if items else html.P("The cause could not be narrowed down.")]
    parts += [html.H3("Each of these by itself would make a plan possible"), html.Ul(remedies)] if remedies else []
    parts += [html.P("Relax one of these, or add room, and plan again. Until then nothing should be moved.")]
    return [html.Section(parts, className="panel blocking")]


def trust(results: Results) -> list[Any]:
    """Return how sure the answer is, and what was assumed."""
    facts = [part for what, text in confidence.trust(results) for part in (html.Dt(what), html.Dd(text))]
    shown = [html.Div([html.H2("How sure this is"), html.Dl(facts, className="facts")], className="panel")]
    assumed = [html.Li(str(item).replace("`", "")) for item in results.summary.get("assumptions") or []]
    told = html.Ul(assumed) if assumed else html.P("Nothing: the data said all that was needed.")
    given = [html.Div([html.H2("What was assumed"), told], className="panel")]
    parts = (shown if facts else []) + (given if "assumptions" in results.summary else [])
    return [html.Section(parts, className="pair")] if parts else []


def numbers_of(before: Results, after: Results) -> Component:
    """Return a plan's simulations side by side."""
    rows = [(row.title, row.before, row.after, row.change) for row in comparison.rows(before, after)]
    parts = [html.H2(comparison.title(before, after)), html.P(comparison.told(before, after))]
    return html.Section([*parts, scrolling(comparison.HEADS, rows)], className="panel both")


def differences(results: Results) -> list[Any]:
    """Return what differs most between two results, as numbers."""
    heads, rows = deltas.rows(results) if results.command == "compare" else ((), [])
    if not rows:
        return []
    return [html.Section([html.P(deltas.told(results)), scrolling(heads, rows)], className="panel both")]


def scrolling(heads: Sequence[str], rows: Iterable[Iterable[Any]]) -> Component:
    """Return a small table that scrolls sideways where it is wider than its place."""
    return html.Div(_small(heads, rows), className="scroll", tabIndex=0)


def _small(heads: Sequence[str], rows: Iterable[Iterable[Any]]) -> Component:
    """Return a small table."""
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in heads]))
    lines = [html.Tr([html.Td(text) for text in row]) for row in rows]
    return html.Table([head, html.Tbody(lines)], className="small")


def navigation(view: View) -> list[Any]:
    """Return the links to all pages, with the rest of the view kept."""
    links = []
    for page, name in PAGES.items():
        links.append(dcc.Link(name, href=view.but(page=page).link, className="here" if page == view.page else "there"))
    return links


def results_to_choose(view: View, names: Sequence[str]) -> Component:
    """Return the name of the result that is shown, and links to the others where there are any."""
    shown = view.result or names[0]
    if len(names) < 2:
        return html.Span(shown, className="only")
    links = []
    for name in names:
        there = view.but(result="" if name == names[0] else name)
        links.append(dcc.Link(name, href=there.link, className="here" if name == shown else "there"))
    return html.Details([html.Summary(shown), html.Div(links, className="names")], key=shown, className="pick")


def chips(view: View) -> list[Any]:
    """Return what the view is limited to, each with a link that ends it."""
    found = []
    if view.host:
        found.append((f"Host {view.host}", view.but(host="")))
    if view.vm:
        found.append((f"VM {view.vm}", view.but(vm="")))
    if view.since is not None or view.until is not None:
        until = duration(view.until) if view.until is not None else "the end"
        found.append((f"From {duration(view.since or 0.0)} to {until}", view.but(since=None, until=None)))
    if view.find:
        found.append((f"Rows with “{view.find}”", view.but(find="")))
    return [dcc.Link([text, html.Span(" ×", title="End it")], href=each.link, className="chip") for text, each in found]


def nothing(titled: str, told: str, *links: tuple[str, View]) -> Component:
    """Return a panel that says that there is nothing, why, and where to go on."""
    parts: list[Any] = [html.H2(titled), html.P(told)]
    if links:
        parts.append(html.P([dcc.Link(text, href=view.link, className="action") for text, view in links]))
    return html.Section(parts, className="panel empty")


def failed(titled: str, told: str) -> Component:
    """Return a panel that says what went wrong."""
    return html.Section([html.H2(titled), html.P(told)], className="panel blocking", role="alert")
