"""How two results differ, drawn: a dot and its interval for each metric, over what the metric is in the first."""

from html import escape

import pandas as pd

from dashboards.drawing import Figure, get_plotlyjs, go
from dashboards.report import script_policy
from dashboards.theme import AFTER, BEFORE, FONT, TEMPLATES

MOST = 40
"""Metrics that are drawn; the table has them all."""
_ROW_PX = 26


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
    names = [f"{row.metric}, {row.scenario}" if several else str(row.metric) for row in drawn.itertuples()]
    upper, lower = drawn["high"] / size - drawn["share"], drawn["share"] - drawn["low"] / size
    trace = go.Scatter(
        x=drawn["share"].tolist(),
        y=names,
        mode="markers",
        marker={"size": 9, "color": [AFTER if sure else BEFORE for sure in drawn["sure"] | drawn["low"].isna()]},
        error_x={"type": "data", "symmetric": False, "array": upper.fillna(0.0).tolist(),
                 "arrayminus": lower.fillna(0.0).tolist(), "color": BEFORE, "thickness": 1.5},
        customdata=drawn[["first", "second", "delta", "low", "high"]].to_numpy().tolist(),
        hovertemplate="%{y}<br>%{customdata[0]:,.6g} → %{customdata[1]:,.6g}<br>difference %{customdata[2]:+,.5g}"
        "<extra></extra>",
    )  # fmt: skip
    plot = go.Figure(trace)
    plot.add_vline(x=0, line={"color": BEFORE, "width": 1})
    height = 90 + _ROW_PX * max(len(names), 1)
    plot.update_layout(template=TEMPLATES["light"], height=height, xaxis={"tickformat": "+.0%"})
    return plot


def page(deltas: pd.DataFrame, title: str, text: str) -> str:
    """Return the figure as a page that needs nothing else, with the answer in words below it."""
    drawn = figure(deltas).to_json(validate=False)
    for character in "<>&\u2028\u2029":
        drawn = drawn.replace(character, f"\\u{ord(character):04x}")
    start = "const f = JSON.parse(document.getElementById('figure').textContent);" \
        "Plotly.newPlot('plot', f.data, f.layout, {displayModeBar: false, responsive: true});"  # fmt: skip
    scripts = (get_plotlyjs(), start)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{script_policy(scripts)}">
<title>{escape(title)}</title>
<style>body {{ font-family: {FONT}; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; overflow-wrap: anywhere; }} pre {{ overflow-x: auto; }}</style></head>
<body><h1>{escape(title)}</h1>
<p>The second result less the first, as a share of the first; grey dots may be chance.</p>
<div id="plot"></div><pre>{escape(text)}</pre>
<script type="application/json" id="figure">{drawn}</script>
<script>{scripts[0]}</script><script>{scripts[1]}</script></body></html>
"""
