"""Colours and templates of all figures, light and dark."""

from typing import Any

from dashboards.drawing import color_tools, go

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
"""Told apart by colour-blind people; those with enough contrast on white and on dark grey come first."""

BEFORE, AFTER = "#8A929C", "#0072B2"
WARNING, GOOD, OTHER = "#D55E00", "#009E73", "#CC79A7"
SEQUENTIAL = "Cividis"
INKS = ("#ffffff", "#000000")
"""Of text on the colours of `SEQUENTIAL`."""
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_LIGHT = {"ink": "#1c2430", "quiet": "#566170", "grid": "#e3e7ec", "paper": "#ffffff"}
_DARK = {"ink": "#e8ebef", "quiet": "#a5afbc", "grid": "#303843", "paper": "#1a2028"}


def ink_on(shares: list[float]) -> list[str]:
    """Return which of `INKS` has more contrast with colours of `SEQUENTIAL`: it is 4.5 at least."""
    found = []
    for color in color_tools.sample_colorscale(SEQUENTIAL, shares):
        channels = [int(part) / 255 for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        found.append(INKS[int((light + 0.05) / 0.05 > 1.05 / (light + 0.05))])
    return found


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
