"""One host or one VM: its facts, its time, and what concerns it."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from dashboards import words
from dashboards.app import grid, rows, tables
from dashboards.app.charts import chart, cut, longest
from dashboards.app.components import Component, html
from dashboards.app.parts import nothing
from dashboards.app.state import View
from dashboards.figures import timelines
from dashboards.grids import heading, kind
from dashboards.results import Results
from models.tables import Field

_MOST_FACTS, _LONG = 18, 40
_LEFT_OUT = ("host", "vm")


def host(results: Results, view: View, look: str) -> list[Any]:
    """Return what is known of the chosen host: facts, its load over time, its VMs and its moves."""
    known = results.tables.get("hosts")
    found = known[known["host"] == view.host] if known is not None and "host" in known else pd.DataFrame()
    if found.empty:
        told = f"This result has no host called {view.host}."
        return [nothing("No such host", told, ("Show all hosts", view.but(page="hosts", host="")))]
    parts: list[Any] = [html.H2(f"Host {view.host}", tabIndex=-1), _facts(found, tables.contract(results, "hosts"))]
    uses = _uses(cut(results, view), view)
    if any((table["host"] == view.host).any() for _, table, _ in uses):
        parts.append(chart("host", timelines.host(uses, view.host), look, view, longest(results)))
    for name in ("vms", "moves", "migrations"):
        parts += _concerned(results, name, view, "host")
    return [html.Section(parts, className="detail", id="host-detail")]


def _uses(results: Results, view: View) -> list[tuple[str, pd.DataFrame, str]]:
    """Return the tables of hosts' CPU use over time."""
    if results.command == "simulate":
        return [("CPU", results.tables["heat"], "cpu_share")]
    wanted = [when for when in ("before", "after") if view.when in ("both", when)]
    if len(results.tables.get("load", ())):
        return [(when, results.tables["load"], f"cpu_{when}") for when in wanted]
    return [(when, results.simulated[when].tables["heat"], "cpu_share") for when in wanted if when in results.simulated]


def vm(results: Results, view: View, look: str) -> list[Any]:
    """Return what is known of the chosen VM: facts, where it is over time, and its moves."""
    known = tables.table(results, "vms") if "vms" in results.tables else pd.DataFrame()
    found = known[known["vm"] == view.vm] if "vm" in known else known
    if found.empty:
        told = f"This result has no VM called {view.vm}."
        return [nothing("No such VM", told, ("Show all VMs", view.but(page="vms", vm="")))]
    parts: list[Any] = [html.H2(f"VM {view.vm}", tabIndex=-1), _facts(found, tables.contract(results, "vms"))]
    name = "moves" if "moves" in results.tables else "migrations"
    moves = rows.of_vm(results.tables[name], view.vm)
    first = found.iloc[0].get("host_before", found.iloc[0].get("host_end", ""))
    if len(moves) and name == "migrations":
        first = moves.sort_values("start_s").iloc[0]["source"]
    last = float(results.summary.get("duration_s") or results.summary.get("makespan_s") or 0.0)
    parts.append(chart("vm", timelines.vm(moves, view.vm, str(first or ""), last), look, view, last))
    return [html.Section([*parts, *_concerned(results, name, view, "vm")], className="detail", id="vm-detail")]


def _concerned(results: Results, name: str, view: View, within: str) -> list[Any]:
    """Return the rows of a table that concern what is chosen."""
    if name not in tables.tables_of(results, "vms") + tables.tables_of(results, "migrations"):
        return []
    whole = tables.table(results, name)
    kept = rows.of_host(whole, view.host, view.when) if within == "host" else rows.of_vm(whole, view.vm)
    titled = {"vms": "Its VMs", "moves": "Its moves", "migrations": "Its migrations"}[name]
    if kept.empty:
        return [html.Section([html.H3(titled), html.P("None.", className="nothing")], className="panel")]
    return [grid.panel(name, titled, kept, tables.contract(results, name), within=within, when=view.when)]


def _facts(found: pd.DataFrame, contract: Mapping[str, Field]) -> Component:
    """Return a row as facts: what is before and after together, the first ones at once, the rest to unfold."""
    facts: dict[str, list[str]] = {}
    for name in map(str, found):
        stem = name.removesuffix("_before").removesuffix("_after")
        if name not in _LEFT_OUT and (text := _told(found, name, contract.get(name))):
            facts.setdefault(stem, []).append(text)
    lines = [_fact(stem, texts, contract) for stem, texts in facts.items()]
    shown, rest = lines[:_MOST_FACTS], lines[_MOST_FACTS:]
    more = [html.Details([html.Summary("More"), html.Dl(rest, className="facts wide")])] if rest else []
    return html.Section([html.Dl(shown, className="facts wide"), *more], className="panel")


def _fact(stem: str, texts: list[str], contract: Mapping[str, Field]) -> Component:
    """Return one fact; before and after are told as one where they are the same."""
    spec = contract.get(stem) or contract.get(f"{stem}_after")
    text = " → ".join(texts if len(set(texts)) > 1 else texts[:1])
    return html.Div([html.Dt(heading(stem, spec)), html.Dd(text)], className="long" if len(text) > _LONG else "")


def _told(found: pd.DataFrame, name: str, contract: Field | None) -> str:
    value, how = found.iloc[0][name], kind(found[name], contract)
    if how == "text":
        return str(value)
    if how == "flag":
        return "yes" if value else "no"
    write: Callable[[float], str] = {"share": _share, "duration": words.duration, "ratio": words.times}.get(
        how, words.short
    )
    return write(float(value)) if words.known(float(value)) else ""


def _share(value: float) -> str:
    return words.share(value, 1)


def _number(value: float) -> str:
    return words.number(value) if abs(value) >= 1000 else words.short(value)
