"""Charts of a view: drawn once, then kept, dressed for the theme and cut to the time range."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboards.app.components import Component, dcc, html
from dashboards.app.shelf import Shelf
from dashboards.app.state import View
from dashboards.drawing import Figure
from dashboards.figures import cycles, drawn, hosts, over_time
from dashboards.figures.canvas import time_unit
from dashboards.results import Results, between
from dashboards.sections import BOTH
from dashboards.theme import TEMPLATES

OVER_TIME = (
    "load", "heat", "active", "power", "energy", "cpu", "added", "service", "migrations", "pressure", "unplaced",
    "host", *BOTH,
)  # fmt: skip
"""Charts whose horizontal axis is the time since the start."""
_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}


def figures(shelf: Shelf, view: View) -> dict[str, Figure]:
    """Return all charts of a view's result by name, for before, after or both; those over time hold its range alone."""
    name = view.result or shelf.first
    whole = shelf.kept((name, "figures", view.when), lambda: _drawn(shelf.results(name), view.when))
    if view.since is None and view.until is None:
        return dict(whole)
    key = (name, "range", view.when, view.since, view.until)
    return {**whole, **shelf.kept(key, lambda: _cut(cut(shelf.results(name), view), view.when))}


def cut(results: Results, view: View) -> Results:
    """Return a result with the time range of a view alone, so that all of its readings are there to be drawn."""
    if view.since is None and view.until is None:
        return results
    return between(results, view.since or 0.0, longest(results) if view.until is None else view.until)


def _cut(results: Results, when: str) -> dict[str, Figure]:
    """Return the charts over time, for before, after or both."""
    single = results.simulated.get(when)
    if single is None:
        return over_time(results)
    figures = {name: each for name, each in over_time(results).items() if name not in BOTH}
    return figures | over_time(single)


def _drawn(results: Results, when: str) -> dict[str, Figure]:
    figures = drawn(results)
    if results.command != "plan" or when == "both":
        return figures
    table = results.tables["hosts"]
    if "utilisation" in figures:
        figures["utilisation"] = hosts.utilisation(table, when)
        figures["cycles"] = cycles.use(hosts.as_it_is(table) if when == "before" else table)
    if when not in results.simulated:
        return figures
    single = drawn(results.simulated[when])
    return {name: each for name, each in figures.items() if name not in BOTH} | single


def longest(results: Results) -> float:
    """Return the end of the time that a result tells of; 0: none."""
    tables = [results.tables.get("load"), results.tables.get("timeline"), results.tables.get("heat")]
    tables += [each.tables["timeline"] for each in results.simulated.values()]
    return max((float(np.nanmax(each["time_s"])) for each in tables if each is not None and len(each)), default=0.0)


def chart(name: str, figure: Figure, look: str, view: View, longest_s: float) -> Component:
    """Return a chart in a look, light or dark, with its caption; in the view's time range if it is over time."""
    titled, caption = str(figure.layout.title.text), str(figure.layout.meta["caption"])
    shown = type(figure)(figure)
    shown.update_layout(template=TEMPLATES[look], title_text="", meta=None)
    if name in OVER_TIME and (view.since is not None or view.until is not None):
        unit = (figure.layout.meta or {}).get("unit_s") or time_unit(longest_s)[0]
        shown.update_xaxes(range=[(view.since or 0.0) / unit, (view.until or longest_s) / unit], dtick=None)
    config: dict[str, Any] = _CONFIG | ({"doubleClick": "autosize"} if name in OVER_TIME else {})
    config |= {"toImageButtonOptions": {"format": "png", "scale": 2, "filename": name}}
    height = {"height": f"{figure.layout.height:.0f}px"}
    graph = dcc.Graph(id={"chart": name}, figure=shown, config=config, style=height, responsive=True)
    spoken: dict[str, Any] = {"role": "img", "aria-label": f"{titled}. {caption}"}
    parts = [html.H3(titled), html.Div(graph, **spoken), html.Figcaption(caption)]
    return html.Figure(parts, id=f"chart-{name}")


def picked(figure: Figure, click: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what was clicked on in a chart: the host or the VM whose row or cell it is; nothing if it is none."""
    point = ((click or {}).get("points") or [{}])[0]
    meta, row = figure.layout.meta or {}, point.get("y")
    if "columns" in meta and isinstance(row, (int, float)) and isinstance(point.get("x"), (int, float)):
        row = round(row) * meta["columns"] + round(point["x"])
    for what, key in (("hosts", "host"), ("vms", "vm")):
        names = meta.get(what)
        if names is not None and isinstance(row, (int, float)) and 0 <= round(row) < len(names) and names[round(row)]:
            return {key: str(names[round(row)])}
    return {}
