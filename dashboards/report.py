"""The offline report: one HTML file that needs nothing else, and asks nobody."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from dashboards import headline, sections
from dashboards.drawing import Figure, get_plotlyjs
from dashboards.figures import drawn
from dashboards.grids import BUDGET, dataset
from dashboards.results import Results, contract, load
from dashboards.theme import TEMPLATES

MOST_BYTES = 7_800_000
"""Of a report: tables are cut, and say so, if they would make it larger."""
_LEAST = 150_000
"""Bytes that tables may have together, however large the figures are."""


def render(folder: Path) -> str:
    """
    Return the report on a result folder as one HTML page.

    Every text from the data is escaped or set by script as text alone, and the page's policy lets no script run but
    the three whose hashes it names, and nothing be fetched.

    Raises
    ------
    ResultError
        If the folder is no result folder.
    """
    results = load(folder)
    figures = drawn(results)
    scripts = (_asset("first.js"), get_plotlyjs(), _shared("toolbar", "scrolling", "report"))
    body, plots = sections.body(results, figures), [*_plots(figures)]
    taken = sum(len(part.encode()) for part in (*scripts, body, *plots, _asset("report.css")))
    return Template(_asset("report.html")).substitute(
        policy=script_policy(scripts),
        title=escape(f"{headline.TITLES[results.command]}: {results.summary.get('source') or folder.name}"),
        style=_asset("report.css"),
        first=scripts[0],
        body=body,
        data="\n".join([*plots, *_tables(results, max(MOST_BYTES - taken, _LEAST))]),
        plotly=scripts[1],
        script=scripts[2],
    )


def _shared(*names: str) -> str:
    """Return scripts as one; the dashboard loads all but the last by itself."""
    return "".join(_asset(f"{name}.js") for name in names)


@cache
def _asset(name: str) -> str:
    return files("dashboards").joinpath("assets", name).read_text(encoding="utf-8")


def script_policy(scripts: Iterable[str]) -> str:
    """Return the policy of a page that lets these scripts run, and nothing be fetched."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"


def embedded(name: str, content: str) -> str:
    """Return JSON as a script element that no text in it can end."""
    for character in "<>&\u2028\u2029":
        content = content.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="data-{name}">{content}</script>'


def _plots(figures: dict[str, Figure]) -> Iterable[str]:
    yield embedded("templates", json.dumps({name: template.to_plotly_json() for name, template in TEMPLATES.items()}))
    for name, figure in figures.items():
        yield embedded(f"figure-{name}", _figure(figure))


def _tables(results: Results, most: int) -> Iterable[str]:
    """Yield the tables; the largest are cut if all together would take more bytes."""
    contracts = {name: contract(results.command, name) for name in sections.tables(results)}
    whole = {name: dataset(name, results.tables[name], known, min(BUDGET, most)) for name, known in contracts.items()}
    allowed = shared({name: len(text) for name, text in whole.items()}, most)
    for name, text in whole.items():
        fits = len(text) <= allowed[name]
        cut = text if fits else dataset(name, results.tables[name], contracts[name], allowed[name])
        yield embedded(f"table-{name}", cut)


def shared(sizes: Mapping[str, int], most: int) -> dict[str, int]:
    """
    Return what each may have of an amount: small ones what they want, large ones the same of what is left.

    >>> shared({"a": 10, "b": 100, "c": 60}, 90)
    {'a': 10, 'c': 40, 'b': 40}
    """
    allowed, left = {}, most
    for place, (name, size) in enumerate(sorted(sizes.items(), key=lambda item: item[1])):
        allowed[name] = min(size, left // (len(sizes) - place))
        left -= allowed[name]
    return allowed


def _figure(figure: Figure) -> str:
    """Return the figure's JSON without its title, which the page shows, and without a template."""
    content = json.loads(str(figure.to_json(validate=False)))
    for key in ("template", "title", "meta"):
        content["layout"].pop(key, None)
    return json.dumps(content, separators=(",", ":"))
