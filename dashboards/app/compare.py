"""Results side by side: what is different, and what comes of it."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from dashboards import metrics, words
from dashboards.app.components import Component, dcc, html
from dashboards.app.parts import scrolling
from dashboards.app.shelf import Shelf
from dashboards.app.state import View
from dashboards.drawing import Figure
from dashboards.figures import study
from dashboards.results import ResultError
from models.tables import SCENARIO_METRICS

Told = Mapping[str, Mapping[str, Any]]
"""The summary and the manifest of a result, and the summary of its simulation after the plan, if there is one."""
_ROWS = (
    ("Hosts on", "hosts_after", words.number),
    ("Migrations", "moves", words.number),
    ("They take", "makespan_s", words.duration),
    ("Power [W]", "power_after_w", words.short),
    ("Cost a year", "cost_after_eur_year", words.euros),
    ("Paid once", "once_eur", words.euros),
    ("Paid back after", "payback_months", words.months),
    ("Wait for a core", "ready_share_max", words.percent),
)
_SIMULATED = (
    ("Energy, simulated [kWh]", "energy_kwh", words.short),
    ("Overloaded", "overload_share", words.percent),
    ("CPU not served", "unserved_share", words.percent),
)
"""What is told of the simulation after a plan, where any was simulated."""
_AFTER = Path("after", "summary.json")
_TUNING = ("search",)
"""Groups of settings that say how to compute, not what is supposed."""
_FILES = ("overhead.catalog", "estate.buy")
"""Settings that name files: a plan made again reads copies of them; their content is among the inputs."""


def told(shelf: Shelf) -> dict[str, Told]:
    """Return the summary and manifest of each plan on the shelf; those that cannot be read are left out."""
    found: dict[str, Told] = {}
    for name in shelf.names:
        try:
            each = shelf.kept((name, "told"), partial(_read, shelf.folder(name)))
        except ResultError:
            continue
        if each["summary"].get("command") == "plan":
            found[name] = each
    return found


def _read(folder: Path) -> Told:
    files = {part: folder / f"{part}.json" for part in ("summary", "manifest")}
    files |= {"after": folder / _AFTER} if (folder / _AFTER).is_file() else {}
    found = {}
    for part, path in files.items():
        try:
            found[part] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as problem:
            raise ResultError(f"{path}: cannot be read: {problem}.") from None
    return found


def differences(plan: Told, base: Told) -> str:
    """Return the settings that a plan has and the base has not, in words."""
    own, other = (_flat(each["manifest"].get("settings") or {}) for each in (plan, base))
    parts = [
        f"{key.partition('.')[2].replace('_', ' ')} {value}" for key, value in own.items() if other.get(key) != value
    ]
    same = plan["manifest"].get("inputs") == base["manifest"].get("inputs")
    return ", ".join(parts + ([] if same else ["other inputs"])) or "as the first"


def _flat(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        f"{group}.{name}": value
        for group, members in settings.items()
        if group not in _TUNING
        for name, value in members.items()
        if f"{group}.{name}" not in _FILES
    }


def table(plans: Mapping[str, Told], view: View) -> Component:
    """Return the plans as a table, with the difference of each from the first."""
    base = next(iter(plans.values()))
    simulated = any("after" in each for each in plans.values())
    titles = [title for title, _, _ in (*_ROWS, *(_SIMULATED if simulated else ()))]
    heads = ["Scenario", "What is different", "Status", *titles]
    rows = [_row(name, each, base, view, simulated) for name, each in plans.items()]
    parts = [html.H2("Plans compared"), html.P("Below each number, its difference from the first.")]
    return html.Section([*parts, scrolling(heads, rows)], className="panel compare")


def _row(name: str, plan: Told, base: Told, view: View, simulated: bool) -> list[Any]:
    link = dcc.Link(name, href=view.but(page="", result=name).link)
    what = differences(plan, base) if plan is not base else ""
    return [link, what, str(plan["summary"].get("status") or ""), *_cells(plan, base, simulated)]


def _cells(plan: Told, base: Told, simulated: bool) -> list[Any]:
    """Return the numbers of a plan; where none was found there are none, and no difference from them."""
    if not _found(plan):
        return [words.MISSING] * len(_ROWS if not simulated else (*_ROWS, *_SIMULATED))
    alone = plan is base or not _found(base)
    summary, first = plan["summary"], base["summary"]
    cells = [_cell(summary.get(key), first.get(key), write, alone) for _, key, write in _ROWS]
    if simulated:
        after, first = plan.get("after", {}), base.get("after", {})
        cells += [_cell(after.get(key), first.get(key), write, alone) for _, key, write in _SIMULATED]
    return cells


def _found(plan: Told) -> bool:
    return plan["summary"].get("status") not in metrics.UNSOLVED


def _cell(value: Any, base: Any, write: Any, first: bool) -> Any:
    if first or not words.known(value) or not words.known(base):
        return write(value)
    change = float(value) - float(base)
    if abs(change) <= 1e-9 * abs(float(base)):
        return [write(value), html.Small("the same")]
    sign = "+" if change > 0 else "−"
    if write is words.percent:
        return [write(value), html.Small(f"{sign}{words.short(abs(change) * 100)} points")]
    part = round(change / abs(float(base)) * 100) if base else 0
    share = f" ({part:+.0f}\u00a0%)".replace("-", "−") if part else ""
    amount = f"{abs(change):.1f} months" if write is words.months else write(abs(change))
    return [write(value), html.Small(f"{sign}{amount}{share}")]


def scenarios(plans: Mapping[str, Told]) -> pd.DataFrame:
    """Return the plans as a study's scenarios."""
    rows: list[dict[str, Any]] = []
    for name, each in plans.items():
        summary = each["summary"]
        numbers = {key: summary.get(key) for key in SCENARIO_METRICS if key not in ("scenario", "status")}
        rows.append(
            {key: _number(value) for key, value in numbers.items()}
            | {"scenario": name, "status": str(summary.get("status") or "")}
        )
    return pd.DataFrame(rows, columns=pd.Index([*SCENARIO_METRICS]))


def _number(value: Any) -> float:
    return float(value) if words.known(value) else float("nan")


def figures(plans: Mapping[str, Told]) -> dict[str, Figure]:
    """Return the charts that compare plans; one alone has none."""
    table = scenarios(plans)
    if len(metrics.means(table)) < 2:
        return {}
    bars, frontier = study.bars(table), study.frontier(table)
    bars.layout.title.text, frontier.layout.title.text = "Plans compared", "Plans: hosts against moves"
    return {"plans": bars, "plans_frontier": frontier}
