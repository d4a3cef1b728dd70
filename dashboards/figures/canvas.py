"""What all figures share: how they are finished, how names and times are written, and how long series are thinned."""

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboards.drawing import Figure, go
from dashboards.theme import SEQUENTIAL, WARNING

Floats = NDArray[np.floating[Any]]
MOST_POINTS = 2_000
MOST_HOSTS = 60
"""Above it, a figure shows the distribution of hosts in place of each host."""
_NAME = 24


def finished(figure: Figure, title: str, caption: str, height: int = 380) -> Figure:
    """Give a figure its title, and its caption as ``layout.meta["caption"]``."""
    if figure.layout.showlegend is False:
        figure.update_layout(margin_t=12)
    return figure.update_layout(
        title_text=title, meta={**(figure.layout.meta or {}), "caption": caption}, height=height
    )


def rows_are(figure: Figure, what: str, names: Iterable[Any]) -> Figure:
    """Note in ``layout.meta[what]`` which hosts or VMs the rows 0, 1, … of a vertical axis are, for clicks on them."""
    figure.layout.meta = {**(figure.layout.meta or {}), what: [str(name) for name in names]}
    return figure


def cells_are(figure: Figure, what: str, names: Any) -> Figure:
    """Note in ``layout.meta`` which hosts or VMs the cells of a grid are, for clicks on them. Shape (rows, columns)."""
    rows_are(figure, what, names.ravel()).layout.meta["columns"] = names.shape[1]
    return figure


def label(name: Any, width: int = 28) -> str:
    """Return a name as text that plotly shows as it is: it takes ``<`` for a tag. Long names are cut."""
    text = str(name)
    return escape(text if len(text) <= width else f"{text[: width - 1]}…", quote=False)


def labels(names: Iterable[Any], width: int = 28) -> list[str]:
    """Return each name as `label` does."""
    return [label(name, width) for name in names]


def wrapped(name: Any, width: int = _NAME) -> str:
    """
    Return a name as `label` does, on two lines if it is longer than one: parted at a space, or after a dot.

    >>> wrapped("two new servers on offer · 0.7", 20)
    'two new servers on<br>offer · 0.7'
    """
    text = str(name)
    place = max(text.rfind(" ", 0, width + 1), text.rfind(".", 0, width) + 1) if len(text) > width else 0
    return label(text, width) if place < 1 else f"{label(text[:place], width)}<br>{label(text[place:].strip(), width)}"


def scenario_axis(figure: Figure, names: Iterable[Any], width: int = _NAME, **where: Any) -> None:
    """Name the rows 0, 1, … of a vertical axis from the top down by scenarios, whose names are long."""
    shown = [wrapped(name, width) for name in names]
    figure.update_yaxes(tickvals=np.arange(len(shown)), ticktext=shown, **where)
    figure.update_yaxes(range=[len(shown) - 0.4, -0.6], showgrid=False)


def name_axis(figure: Figure, names: Iterable[Any], **where: Any) -> None:
    """Name the rows 0, 1, … of a vertical axis from the top down."""
    shown = labels(stems(list(names)), _NAME)
    figure.update_yaxes(
        tickvals=np.arange(len(shown)), ticktext=shown, range=[len(shown) - 0.4, -0.6], showgrid=False, **where
    )


def grouped(figure: Figure, names: Iterable[Any], groups: Iterable[Any], **where: Any) -> Floats:
    """Name the rows of a vertical axis, with a heading above each run of one group, and return their places."""
    place: list[int] = []
    texts: list[str] = []
    last = None
    for name, group in zip(names, groups, strict=True):
        if group != last:
            texts.append(f"<b>{label(group, _NAME)}</b>")
            last = group
        place.append(len(texts))
        texts.append(label(name, _NAME))
    figure.update_yaxes(
        tickvals=np.arange(len(texts)), ticktext=texts, range=[len(texts) - 0.4, -0.6], showgrid=False, **where
    )
    return np.array(place, np.float64)


def stems(names: list[Any]) -> list[str]:
    """Return the names without the domain, where they all share one."""
    parts = [str(name).partition(".") for name in names]
    if len({domain for _, _, domain in parts}) > 1 or any(stem.isdigit() or not domain for stem, _, domain in parts):
        return [str(name) for name in names]
    return [stem for stem, _, _ in parts]


def time_unit(longest_s: float) -> tuple[float, str]:
    """Return the seconds and the name of the unit that suits a span of time."""
    if longest_s < 3 * 3600:
        return 60.0, "minutes"
    return (3600.0, "hours") if longest_s < 4 * 86_400 else (86_400.0, "days")


def in_time(figure: Figure, unit_s: float) -> Figure:
    """Note in ``layout.meta`` that the horizontal axis is time, and in which unit, for whoever cuts it."""
    figure.layout.meta = {**(figure.layout.meta or {}), "unit_s": unit_s}
    return figure


def limit_line(figure: Figure, **where: Any) -> None:
    """Mark 100 % of what may be used on the horizontal axis."""
    figure.add_vline(x=1, line={"color": WARNING, "width": 1.5, "dash": "dash"}, **where)


def shares_scale(figure: Figure) -> None:
    """Color the heat maps by shares of one, with the scale at the upper right, where no axis makes room for it."""
    bar = {"tickformat": ".0%", "thickness": 10, "outlinewidth": 0, "orientation": "h", "lenmode": "pixels", "len": 180}
    bar |= {
        "tickvals": [0, 0.5, 1],
        "tickangle": 0,
        "x": 1,
        "xanchor": "right",
        "y": 1,
        "yanchor": "top",
        "yref": "container",
        "ypad": 4,
    }
    scale = {"cmin": 0, "cmax": 1, "colorscale": SEQUENTIAL, "colorbar": bar}
    figure.update_layout(coloraxis=scale, margin_t=48)


def thinned(time: Floats, series: Floats) -> NDArray[np.intp]:
    """Return at most `MOST_POINTS` rows that keep the extremes of the series."""
    if len(time) <= MOST_POINTS:
        return np.arange(len(time))
    import tsdownsample

    x = np.ascontiguousarray(time, np.float64)
    downsampler: Any = tsdownsample.MinMaxLTTBDownsampler
    return np.asarray(downsampler().downsample(x, np.ascontiguousarray(series, np.float64), n_out=MOST_POINTS), np.intp)


def empty(title: str, caption: str) -> Figure:
    """Return a figure that says that there is nothing to show."""
    figure = go.Figure()
    figure.add_annotation(text="Nothing to show", x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return finished(figure, title, caption, 160)
