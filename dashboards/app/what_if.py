"""What-ifs from the page: sliders that start from the plan's own settings, and the job that plans again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.app.components import Component, dcc, html
from dashboards.app.jobs import Desk, Told
from dashboards.app.state import View
from dashboards.results import Results
from dashboards.words import known


@dataclass(frozen=True)
class Slider:
    """
    A setting that can be changed by a slider.

    Parameters
    ----------
    title
        What it is, with the unit of the slider.
    least, most, step
        Of the slider.
    start
        Given the setting's value in the plan, and the plan, where the slider stands; None: it does not apply.
    setting
        Given where the slider stands, the setting's value.
    """

    title: str
    least: float
    most: float
    step: float
    start: Callable[[Any, Results], float | None]
    setting: Callable[[float], Any]


def _price(value: Any, results: Results) -> float | None:
    """Return the price of energy: the setting, else what the plan paid for its energy."""
    if known(value):
        return float(value)
    costs, used = results.tables["costs"], results.summary.get("energy_before_kwh_year")
    paid = costs.loc[costs["item"] == "energy", "before_eur_year"].sum()
    return round(float(paid) / float(used), 3) if known(used) and used and paid else None


def _percentile(value: Any, results: Results) -> float | None:
    """Return the percentile of the readings that CPU demand is; without readings there is none to choose."""
    if not len(results.tables["load"]):
        return None
    text = str(value).removeprefix("p")
    return float(text) if text.replace(".", "", 1).isdigit() else 100.0 if value == "peak" else 95.0


def _percent(value: Any, _results: Results) -> float | None:
    return round(float(value) * 100, 6) if known(value) else None


def _growth(value: Any, _results: Results) -> float | None:
    return round((float(value) - 1) * 100, 6) if known(value) else None


def _plain(value: Any, _results: Results) -> float | None:
    return float(value) if known(value) else None


SLIDERS: Mapping[str, Slider] = {
    "limits.cpu_ceiling": Slider("CPU ceiling [%]", 30, 100, 1, _percent, lambda at: round(at / 100, 4)),
    "demand.growth": Slider("Growth of demand [%]", -50, 200, 5, _growth, lambda at: round(1 + at / 100, 4)),
    "limits.spare_hosts": Slider("Spare hosts of a cluster", 0, 10, 1, _plain, int),
    "prices.energy_eur_kwh": Slider("Price of energy [€/kWh]", 0, 1, 0.01, _price, lambda at: round(at, 4)),
    "demand.cpu": Slider("CPU demand: percentile of the readings", 50, 100, 1, _percentile, lambda at: f"p{at:g}"),
}
"""Settings that the page can change, by dotted key."""


def starts(results: Results) -> dict[str, float]:
    """Return where each slider stands for a plan, as it was made; those that do not apply are left out."""
    settings = results.manifest.get("settings") or {}
    found = {}
    for key, slider in SLIDERS.items():
        group, _, name = key.partition(".")
        at = slider.start((settings.get(group) or {}).get(name), results)
        if at is not None:
            found[key] = at
    return found


def changes(keys: Sequence[str], values: Sequence[Any], begun: Mapping[str, float]) -> dict[str, Any]:
    """Return the settings that the sliders change: those that do not stand where they began."""
    moved = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
    return {
        key: SLIDERS[key].setting(float(value))
        for key, value in moved.items()
        if abs(float(value) - begun.get(key, float("nan"))) > 1e-9
    }


def form(results: Results | None, desk: Desk) -> list[Any]:
    """Return the sliders of the first result, or what is needed for them."""
    title = html.H2("What if")
    if results is None or results.command != "plan" or not desk.open:
        plan = results is not None and results.command == "plan"
        missing = "its inventory was not named" if plan else "the first result is no plan"
        told = f"Nothing can be planned again here, as {missing}. A plan can be made again with other settings after "
        return [title, html.P([told, html.Code("consolidate dashboard PLAN --inventory INVENTORY"), "."])]
    fields = [_field(key, at) for key, at in starts(results).items()]
    simulate = dcc.Checklist([{"label": "Simulate as well", "value": "simulate"}], [], id="simulate", inline=True)
    unread = not len(results.tables["load"])
    note = "the time of the readings, before the plan and after it: energy, overloads, what is not served"
    also = html.Div([simulate, html.Small(note)], className="also", hidden=unread)
    buttons = [
        html.Button("Plan again", id="submit", type="button", n_clicks=0, className="action"),
        html.Button("As it was", id="reset", type="button", n_clicks=0),
        html.Button("Cancel", id="cancel", type="button", n_clicks=0, hidden=True),
        html.Span(id="refused", role="alert"),
    ]
    told = "Move what should be different. The plan is made again in the background, and becomes a scenario below."
    return [title, html.P(told), html.Div(fields, className="sliders"), also, html.Div(buttons, className="tools")]


def _field(key: str, at: float) -> Component:
    slider, label = SLIDERS[key], f"label-{key.replace('.', '-')}"
    least, most = min(slider.least, at), max(slider.most, at)
    handle = dcc.Slider(least, most, slider.step, value=at, marks=None, id={"slider": key}, updatemode="mouseup")
    note = html.Small(f"now {at:g}")
    return html.Div([html.Div([slider.title, note], id=label, className="label"), handle], role="group",
                    **{"aria-labelledby": label})  # fmt: skip


def progress(told: Told | None, name: str, view: View) -> list[Any]:
    """Return how far the job is, or how it ended."""
    if told is None:
        return []
    if told.state == "running":
        bar = html.Progress(max="1") if told.share is None else html.Progress(value=str(told.share), max="1")
        return [html.P([bar, html.Span(told.text or "starting")], className="progress")]
    if told.state == "done":
        there = view.but(result=name, host="", vm="")
        links = [dcc.Link("Open it", href=there.but(page="").link, className="action")]
        return [html.P([f"Done: {name} is a scenario now. ", *links], className="done")]
    if told.state == "cancelled":
        return [html.P("Cancelled; nothing is left of it.", className="notice")]
    return [html.P(f"Not planned: {told.text}", className="notice")]
