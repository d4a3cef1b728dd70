"""The report's page as HTML: every text from the data passes `escape`."""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from dashboards import comparison, confidence, deltas, headline, words
from dashboards.drawing import Figure
from dashboards.figures import moves
from dashboards.grids import heading
from dashboards.results import SUMMARIES, Results

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Hosts": ("utilisation", "mosaic", "cycles", "load", "mix", "fullest", "trade_off"),
    "Money": ("break_even", "breakdown"),
    "Migration": ("flow", "gantt", "progress"),
    "Load and power": ("heat", "active", "power", "energy", "cpu", "added"),
    "Service": ("service", "pressure", "unplaced", "migrations"),
    "Scenarios": ("bars", "held_up", "full", "by_overhead", "frontier", "paid_back"),
    "What matters": ("tornado", "indices"),
    "Rehearsal": ("makespans", "wave_risks", "replayed", "critical"),
    "Overhead": ("technologies", "events", "merits", "gains"),
    "Differences": ("differences",),
}
TABLES: Mapping[str, tuple[str, str]] = {
    "moves": ("Moves", "No VM has to move."),
    "actions": ("Hosts booted and shut down", "No host is booted or shut down."),
    "hosts": ("Hosts", "The inventory has no hosts."),
    "purchases": ("Hosts to buy", "No hosts were offered: consolidate plan --buy CATALOGUE.csv."),
    "objective": ("What counted, and what is proven", "The objective is not told."),
    "frontier": ("Other plans", "Other plans were not asked for: consolidate plan --frontier."),
    "waves": ("Waves", "The plan has no waves."),
    "risks": ("Moves and their risk", "The plan has no moves."),
    "executed": ("What the datacenter carried out", "Nothing was carried out."),
    "runs": ("Runs", "Nothing was run."),
    "vms": ("Virtual machines", "The inventory has no VMs."),
    "violations": ("Violations", "No rule is broken, neither before, during nor after the plan."),
    "findings": ("Findings in the data", "The data raised no findings."),
    "costs": ("Costs", "No costs were reckoned."),
    "migrations": ("Migrations", "Nothing was migrated."),
    "scenarios": ("Scenarios", "The study has no scenarios."),
    "pareto": ("Scenarios that no other beats in hosts, moves, risk and cost at once", "No scenario has a plan."),
    "sensitivity": ("What matters how much", "Nothing that was computed varies with a setting."),
    "technologies": ("Technologies", "No technologies were compared."),
    "gains": ("Which VMs gain most", "There are no VMs: a workload alone was asked about."),
    "event_costs": ("What overhead is made of", "No events were reckoned."),
    "merits": ("Merits of the five levels", "The levels were not compared."),
    "deltas": ("All metrics of the two", "The two have no metric in common."),
}
"""Tables shown, with their title and what to say where one is empty."""
_LEFT_OUT = {("plan", "vms")}
"""Tables for programs alone: (command, name)."""
BOTH = ("both_hosts", "both_energy", "both_service", "both_heat")
"""Figures that compare a plan's simulations."""


def tables(results: Results) -> list[str]:
    """Return the names of the tables that the page shows."""
    return [name for name in TABLES if name in results.tables and (results.command, name) not in _LEFT_OUT]


def body(results: Results, figures: Mapping[str, Figure]) -> str:
    """Return the content of the page."""
    parts = [_bar(results), "<main>", _answer(results), _blocking(results), _confidence(results)]
    charts = [_group(title, names, figures, results) for title, names in GROUPS.items()]
    parts += [
        '<div id="charts">',
        *charts,
        _both(results, figures),
        _deltas(results),
        "</div>",
        _tables(results),
        _provenance(results),
        "</main>",
    ]
    return "\n".join(filter(None, parts))


def _bar(results: Results) -> str:
    taken = str(results.summary.get("taken") or "")
    about = [str(results.summary.get("source") or ""), f"inventory of {taken[:16].replace('T', ' ')}" if taken else ""]
    links = "".join(f'<a href="#{title.lower()}">{title}</a>' for title in ("Answer", "Charts", "Tables"))
    return (
        f'<header><div class="bar"><strong>{headline.TITLES[results.command]}</strong>'
        f'<span class="about">{escape(" · ".join(filter(None, about)))}</span>'
        f'<nav aria-label="Sections">{links}</nav>'
        '<button id="theme" type="button" aria-pressed="false">Dark</button></div></header>'
    )


def _answer(results: Results) -> str:
    tiles = "".join(
        f"<div><dt>{escape(item.title)}</dt><dd><b>{escape(item.value)}</b><span>{escape(item.note)}</span></dd></div>"
        for item in headline.numbers(results)
    )
    return (
        f'<section id="answer" class="answer {escape(results.status)}">'
        f'<p class="badge">{escape(headline.badge(results))}</p><h1>{escape(headline.verdict(results))}</h1>'
        f'{_notice(results)}<dl class="numbers">{tiles}</dl>{_next(results)}</section>'
    )


def _next(results: Results) -> str:
    text = str(results.summary.get("next_host") or "")
    return f'<p class="next">{escape(text)}</p>' if text else ""


def _notice(results: Results) -> str:
    text = headline.notice(results)
    return f'<p class="notice">{escape(text)}</p>' if text else ""


def _blocking(results: Results) -> str:
    blocking = results.summary.get("blocking") or []
    if results.status != "infeasible":
        return ""
    items = "".join(f"<li>{escape(str(item))}</li>" for item in blocking)
    what = f'<ul class="chips">{items}</ul>' if items else "<p>The cause could not be narrowed down.</p>"
    remedies = "".join(f"<li>{escape(str(item))}</li>" for item in results.summary.get("remedies") or [])
    if remedies:
        what += f"<h3>Each of these by itself would make a plan possible</h3><ul>{remedies}</ul>"
    return (
        '<section class="panel blocking"><h2>What cannot be satisfied together</h2>'
        f"{what}<p>Relax one of these, or add room, and plan again. Until then nothing should be moved: "
        "the charts and tables below show the estate as it is.</p></section>"
    )


def _confidence(results: Results) -> str:
    facts = "".join(f"<dt>{escape(what)}</dt><dd>{escape(text)}</dd>" for what, text in confidence.trust(results))
    grade = str(results.summary.get("grade") or "")
    mark = f'<span class="grade" aria-hidden="true">{escape(grade[:2])}</span>' if grade else ""
    assumed = results.summary.get("assumptions") or []
    items = "".join(f"<li>{_marked(str(item))}</li>" for item in assumed)
    sure = f'<div class="panel"><h2>{mark}How sure this is</h2><dl class="facts">{facts}</dl></div>' if facts else ""
    given = f"<ul>{items}</ul>" if items else "<p>Nothing: the data said all that was needed.</p>"
    if "assumptions" not in results.summary:
        return f'<section class="pair">{sure}</section>' if sure else ""
    return f'<section class="pair">{sure}<div class="panel"><h2>What was assumed</h2>{given}</div></section>'


def _marked(text: str) -> str:
    """Return a text as HTML in which what stands in backticks is set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _group(title: str, names: Iterable[str], figures: Mapping[str, Figure], results: Results) -> str:
    shown = [_figure(name, figures[name], results) for name in names if name in figures]
    return f'<section class="charts"><h2>{title}</h2>{"".join(shown)}</section>' if shown else ""


def _both(results: Results, figures: Mapping[str, Figure]) -> str:
    """Return the plan's simulations before and after: their numbers side by side, and the figures."""
    both = comparison.pair(results)
    if both is None:
        return ""
    rows = [(row.title, row.before, row.after, row.change) for row in comparison.rows(*both)]
    shown = "".join(_figure(name, figures[name], results) for name in BOTH if name in figures)
    return (
        f'<section class="charts" id="both"><h2>{escape(comparison.title(*both))}</h2><div class="panel both">'
        f"<p>{escape(comparison.told(*both))}</p>{_scrolling('Before and after', _small(comparison.HEADS, rows))}</div>"
        f"{shown}</section>"
    )


def _deltas(results: Results) -> str:
    """Return what differs most between two results, as numbers."""
    heads, rows = deltas.rows(results) if results.command == "compare" else ((), [])
    if not rows:
        return ""
    table = _scrolling("What differs most", _small(heads, rows))
    told = f"<p>{escape(deltas.told(results))}</p>"
    return f'<section class="charts"><div class="panel both">{told}{table}</div></section>'


def _figure(name: str, figure: Figure, results: Results) -> str:
    title, caption = str(figure.layout.title.text), str(figure.layout.meta["caption"])
    return (
        f'<figure id="chart-{name}"><h3>{escape(title)}</h3>'
        f'<div class="plot" role="img" aria-label="{escape(f"{title}. {caption}")}" data-figure="{name}" '
        f'style="height:{figure.layout.height:.0f}px"></div><figcaption>{escape(caption)}</figcaption>'
        f"{_details(name, results)}</figure>"
    )


def _details(name: str, results: Results) -> str:
    """Return the numbers behind a chart as a table to unfold, where they are few and in no table below."""
    if name == "break_even":
        saving, once = (float(results.summary.get(key) or 0.0) for key in ("saving_eur_year", "once_eur"))
        rows = [(f"{year}", words.euros(saving * year), words.euros(saving * year - once)) for year in range(6)]
        return _unfold("The numbers", ("Years", "Saved so far", "Less what is paid once"), rows)
    if name == "gantt":
        table = moves.waves(results.tables["moves"]).head(100).to_numpy(float).tolist()
        lines = [
            (f"{wave:.0f}", words.number(size), words.duration(start), words.duration(end), words.number(sources),
             words.number(sent / 1024, 1))
            for wave, size, start, end, sources, sent in table
        ]  # fmt: skip
        return _unfold("The waves", ("Wave", "Moves", "Starts after", "Ends after", "Hosts left", "Sent [GiB]"), lines)
    below = {
        "utilisation": "hosts",
        "mosaic": "hosts",
        "fullest": "hosts",
        "trade_off": "frontier",
        "breakdown": "costs",
        "progress": "actions",
        "bars": "scenarios",
        "held_up": "scenarios",
        "full": "scenarios",
        "paid_back": "scenarios",
        "tornado": "sensitivity",
        "indices": "sensitivity",
        "by_overhead": "scenarios",
        "frontier": "pareto",
        "cycles": "hosts",
        "technologies": "technologies",
        "events": "event_costs",
        "merits": "merits",
        "gains": "gains",
        "heat": "hosts",
        "makespans": "runs",
        "wave_risks": "waves",
        "critical": "risks",
        "replayed": "executed",
        "migrations": "migrations",
        "unplaced": "vms",
        "differences": "deltas",
    }
    return f'<p class="below"><a href="#table-{below[name]}">The numbers</a></p>' if name in below else ""


def _unfold(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    return f"<details><summary>{title}</summary>{_scrolling(title, _small(heads, rows))}</details>"


def _scrolling(title: str, table: str) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">{table}</div>'


def _small(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="small"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'


def _tables(results: Results) -> str:
    shown = "".join(_table(name, results) for name in tables(results))
    return f'<section id="tables" class="tables"><h2>Tables</h2>{shown}</section>'


def _table(name: str, results: Results) -> str:
    title, nothing = TABLES[name]
    size = len(results.tables[name])
    if not size:
        return f'<section class="panel" id="table-{name}"><h3>{title}</h3><p class="nothing">{nothing}</p></section>'
    return (
        f'<section class="panel grid" id="table-{name}" data-table="{name}"><h3>{title} '
        f'<span class="size">{size:,}</span></h3><noscript>This table needs scripts; it is also in the '
        "result folder.</noscript></section>"
    )


def _provenance(results: Results) -> str:
    contract = SUMMARIES[results.command]
    rows = [
        (heading(key, contract.get(key)), _plain(value), contract[key].text if key in contract else "")
        for key, value in results.summary.items()
    ]
    manifest = escape(json.dumps(results.manifest, indent=2, ensure_ascii=False))
    return (
        '<section class="panel provenance"><h2>Where this comes from</h2>'
        f"{_unfold('All keys of the summary', ('Key', 'Value', 'Meaning'), rows)}"
        f"<details><summary>The manifest: versions, inputs, options</summary><pre>{manifest}</pre></details></section>"
    )


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "; ".join(str(item) for item in value) or words.MISSING
    if isinstance(value, float):
        return words.number(value, 0) if abs(value) >= 100 else words.short(value)
    return words.MISSING if value is None or value == "" else str(value)
