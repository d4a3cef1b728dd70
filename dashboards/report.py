"""The offline report: one HTML file that needs nothing else, and asks nobody."""

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from dashboards import headline, sections
from dashboards.drawing import Figure, get_plotlyjs
from dashboards.figures import drawn
from dashboards.grids import dataset
from dashboards.results import CONTRACTS, Results, load
from dashboards.theme import TEMPLATES


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
    scripts = (_asset("first.js"), get_plotlyjs(), _asset("report.js"))
    return Template(_asset("report.html")).substitute(
        policy=script_policy(scripts),
        title=escape(f"{headline.TITLES[results.command]}: {results.summary.get('source') or folder.name}"),
        style=_asset("report.css"),
        first=scripts[0],
        body=sections.body(results, figures),
        data="\n".join(_data(results, figures)),
        plotly=scripts[1],
        script=scripts[2],
    )


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


def _data(results: Results, figures: dict[str, Figure]) -> Iterable[str]:
    yield embedded("templates", json.dumps({name: template.to_plotly_json() for name, template in TEMPLATES.items()}))
    for name, figure in figures.items():
        yield embedded(f"figure-{name}", _figure(figure))
    for name in sections.tables(results):
        yield embedded(f"table-{name}", dataset(name, results.tables[name], CONTRACTS[results.command][name]))


def _figure(figure: Figure) -> str:
    """Return the figure's JSON without its title, which the page shows, and without a template."""
    content = json.loads(str(figure.to_json(validate=False)))
    for key in ("template", "title", "meta"):
        content["layout"].pop(key, None)
    return json.dumps(content, separators=(",", ":"))
