"""How two results differ, drawn: a dot and its interval for each metric, over what the metric is in the first."""

import json
from html import escape
from typing import Any

import pandas as pd

from dashboards.drawing import Figure, get_plotlyjs, go
from dashboards.figures.canvas import label
from dashboards.grids import heading
from dashboards.report import embedded, script_policy
from dashboards.results import contract
from dashboards.theme import AFTER, BEFORE, FONT, TEMPLATES
from models.tables import SUMMARY

MOST = 40
"""Metrics that are drawn; the table has them all."""
_ROW_PX = 26
_START = """
const read = (name) => JSON.parse(document.getElementById(`data-${name}`).textContent);
const { data, layout } = read("figure"), looks = read("looks"), dark = matchMedia("(prefers-color-scheme: dark)");
const draw = () => Plotly.react("plot", data, { ...layout, template: looks[dark.matches ? "dark" : "light"] },
  { displayModeBar: false, responsive: true });
dark.addEventListener("change", draw);
draw();
"""


def figure(deltas: pd.DataFrame) -> Figure:
    """
    Return the differences as shares of the first result's means, with their intervals; the largest first.

    Parameters
    ----------
    deltas
        The columns of `models.tables.DELTAS`, of one scenario or several.
    """
    drawn = deltas[(deltas["first"] != 0) & (deltas["delta"] != 0)].copy()
    size = drawn["first"].abs()
    drawn["share"] = drawn["delta"] / size
    drawn = drawn.reindex(drawn["share"].abs().sort_values(ascending=False, kind="stable").index)[:MOST][::-1]
    size = drawn["first"].abs()
    several = len(deltas["scenario"].unique()) > 1
    names = [
        label(f"{_called(row.metric)}, {row.scenario}" if several else _called(row.metric), 60)
        for row in drawn.itertuples()
    ]
    upper, lower = drawn["high"] / size - drawn["share"], drawn["share"] - drawn["low"] / size
    told = (drawn["sure"] | drawn["low"].isna()).tolist()
    trace = go.Scatter(
        x=drawn["share"].tolist(),
        y=names,
        mode="markers",
        marker={
            "size": 10,
            "color": [AFTER if sure else BEFORE for sure in told],
            "symbol": ["circle" if sure else "circle-open" for sure in told],
        },
        error_x={"type": "data", "symmetric": False, "array": upper.fillna(0.0).tolist(),
                 "arrayminus": lower.fillna(0.0).tolist(), "color": BEFORE, "thickness": 1.5},
        customdata=drawn[["first", "second", "delta", "low", "high"]].to_numpy().tolist(),
        hovertemplate="%{y}<br>%{customdata[0]:,.6g} → %{customdata[1]:,.6g}<br>difference %{customdata[2]:+,.5g}"
        "<extra></extra>",
    )  # fmt: skip
    plot = go.Figure(trace)
    plot.add_vline(x=0, line={"color": BEFORE, "width": 1})
    plot.update_layout(height=110 + _ROW_PX * max(len(names), 1), showlegend=False)
    plot.update_xaxes(title_text="Difference, of the first result [%]", tickformat="+,.0%")
    return plot


def _called(metric: Any) -> str:
    """Return what a metric is called, with its unit."""
    return heading(str(metric), SUMMARY.get(str(metric)) or contract("study", "scenarios").get(str(metric)))


def page(deltas: pd.DataFrame, title: str, text: str) -> str:
    """Return the figure as a page that needs nothing else, with the answer in words below it."""
    drawn = embedded("figure", figure(deltas).to_json(validate=False))
    looks = embedded("looks", json.dumps({name: each.to_plotly_json() for name, each in TEMPLATES.items()}))
    scripts = (get_plotlyjs(), _START)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{script_policy(scripts)}">
<title>{escape(title)}</title>
<style>:root {{ color-scheme: light dark; }}
body {{ font-family: {FONT}; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }}
body {{ background: light-dark(#fff, #1a2028); color: light-dark(#1c2430, #e8ebef); }}
h1 {{ font-size: 1.3rem; overflow-wrap: anywhere; }} pre {{ overflow-x: auto; }}</style></head>
<body><main><h1>{escape(title)}</h1>
<p>The second result less the first, as a share of the first, with its interval; a hollow mark may be chance. Below are
all numbers, in the metrics' own units.</p>
<div id="plot" role="img" aria-label="Differences of the metrics, which the table below has as well"></div>
<pre tabindex="0" aria-label="All differences">{escape(text)}</pre></main>
{drawn}{looks}
<script>{scripts[0]}</script><script>{scripts[1]}</script></body></html>
"""
