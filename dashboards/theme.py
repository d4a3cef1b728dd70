"""Colours and templates of all figures, light and dark."""

from typing import Any

from dashboards.drawing import go

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
"""Told apart by colour-blind people; those with enough contrast on white and on dark grey come first."""

BEFORE, AFTER = "#8A929C", "#0072B2"
WARNING, GOOD, OTHER = "#D55E00", "#009E73", "#CC79A7"
SEQUENTIAL = "Cividis"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_LIGHT = {"ink": "#1c2430", "quiet": "#566170", "grid": "#e3e7ec", "paper": "#ffffff"}
_DARK = {"ink": "#e8ebef", "quiet": "#a5afbc", "grid": "#303843", "paper": "#1a2028"}


def _axis(colors: dict[str, str]) -> dict[str, Any]:
    return {
        "gridcolor": colors["grid"],
        "linecolor": colors["grid"],
        "zerolinecolor": colors["grid"],
        "tickfont": {"color": colors["quiet"], "size": 11},
        "title": {"font": {"color": colors["quiet"], "size": 12}, "standoff": 10},
        "automargin": True,
        "ticklabelstandoff": 4,
        "zeroline": False,
    }


def _template(colors: dict[str, str]) -> Any:
    hover = {"bgcolor": colors["paper"], "bordercolor": colors["quiet"], "font": {"color": colors["ink"]}}
    layout = {
        "font": {"family": FONT, "size": 12, "color": colors["ink"]},
        "colorway": OKABE_ITO,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": hover | {"align": "left", "namelength": -1},
        "xaxis": _axis(colors),
        "yaxis": _axis(colors),
        "margin": {"l": 8, "r": 16, "t": 36, "b": 8},
        "legend": {"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "traceorder": "normal"},
        "annotationdefaults": {"font": {"color": colors["quiet"], "size": 12}, "arrowcolor": colors["quiet"]},
        "coloraxis": {"colorbar": {"outlinewidth": 0, "thickness": 12, "tickfont": {"color": colors["quiet"]}}},
        "bargap": 0.3,
    }
    sankey = [{"textfont": {"color": colors["ink"], "shadow": "none"}}]
    return go.layout.Template(layout=layout, data={"sankey": sankey})


TEMPLATES = {"light": _template(_LIGHT), "dark": _template(_DARK)}
