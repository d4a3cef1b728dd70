"""What virtualization costs: by technology, by event, by level, and what VMs would gain by a change."""

from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go
from dashboards.figures.canvas import Floats, finished, grouped, label, name_axis
from dashboards.theme import AFTER, INKS, OKABE_ITO, SEQUENTIAL, WARNING, ink_on
from dashboards.words import MISSING, count, cycles, share, times

LEVELS = {
    "none": "No virtualization",
    "isa": "Instruction set",
    "hardware": "Hardware",
    "os": "Operating system",
    "library": "Library",
    "application": "Application",
}
"""The levels of virtualization in their order, with their names."""
PARTS = (
    ("work_mhz", "own work", AFTER),
    ("guest_mhz", "added in the guest", OKABE_ITO[4]),
    ("host_mhz", "added on the host", WARNING),
)
MOST_RATIO = 3.0
"""Bars that are longer are cut, and say so."""
MOST_EVENTS = 12
OTHERS = "all others"
MOST_GAINS = 20
_ROW = 24
_LABELS = 140
"""Pixels for the names of events, written upwards, and the title below them."""


def _levels(table: pd.DataFrame) -> "pd.Series[Any]":
    """Return the place of each row's level among the levels; unknown ones come last."""
    return table["level"].map({level: place for place, level in enumerate(LEVELS)}).fillna(len(LEVELS))


def ranked(technologies: pd.DataFrame) -> pd.DataFrame:
    """Return the technologies by level, and in it from the least overhead to the most."""
    return technologies.assign(_place=_levels(technologies)).sort_values(
        ["_place", "level", "cpu_ratio"], kind="stable"
    )


def technologies(table: pd.DataFrame) -> Figure:
    """Show the CPU that each technology takes for what natively takes 1; bars far above it are cut at the edge."""
    rows = ranked(table)
    figure = go.Figure()
    place = grouped(figure, rows["technology"], [LEVELS.get(level, level) for level in rows["level"]])
    ratio = rows["cpu_ratio"].to_numpy(np.float64)
    edge = float(min(MOST_RATIO, np.nanmax(ratio, initial=1.0)))
    for (_, name, color), start, stop in zip(PARTS, *_spans(rows, ratio, edge), strict=True):
        figure.add_trace(_part(rows, place, name, color, start, stop))
    _tell(figure, place, ratio, edge)
    figure.update_xaxes(
        title_text="CPU over that of native work [ratio]", range=[0, 1.22 * edge], nticks=5, zeroline=True
    )
    figure.update_layout(barmode="overlay", bargap=0.25)
    longer = int((ratio > edge).sum())
    cut = f" Bars longer than {edge:.0f} are cut, and end in an arrow: their number counts." if longer else ""
    caption = (
        "CPU that each technology takes for the work that natively takes 1, host threads included, grouped by level of "
        f"virtualization, the least overhead first.{cut}"
    )
    height = 120 + _ROW * (int(place.max(initial=0)) + 1)
    return finished(figure, "What each technology costs", caption, height)


def _spans(rows: pd.DataFrame, ratio: Floats, edge: float) -> tuple[Floats, Floats]:
    """Return where the part of each bar starts and stops, cut at the edge. Shapes (parts, rows)."""
    mhz = rows[[part for part, _, _ in PARTS]].to_numpy(np.float64).T
    total = rows["cpu_mhz"].to_numpy(np.float64)
    scale = np.divide(ratio, total, out=np.zeros_like(ratio), where=total > 0)
    stop = np.cumsum(np.nan_to_num(mhz * scale), axis=0)
    start = np.vstack([np.zeros_like(ratio), stop[:-1]])
    return np.minimum(start, edge), np.minimum(stop, edge)


def _part(rows: pd.DataFrame, place: Floats, name: str, color: str, start: Floats, stop: Floats) -> Any:
    return go.Bar(
        x=stop - start, base=start, y=place, orientation="h", name=name, marker={"color": color, "line": {"width": 0}},
        customdata=_facts(rows), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _facts(rows: pd.DataFrame) -> list[str]:
    """Return all that is known of each technology, for hovering."""
    return [
        f"<b>{label(row.technology, 60)}</b>: {label(row.text, 90)}<br>"
        f"{cycles(row.work_mhz)} own work, {cycles(row.guest_mhz)} in the guest, {cycles(row.host_mhz)} on the host<br>"
        f"{times(row.cpu_ratio)} native CPU, {times(row.slowdown)} native time, "
        f"{share(row.throughput_ratio)} of native throughput<br>"
        f"network {label(row.net_path, 40)}, disk {label(row.disk_path, 40)}"
        for row in rows.itertuples()
    ]


def _tell(figure: Figure, place: Floats, ratio: Floats, edge: float) -> None:
    """Write each bar's ratio at its end, and an arrow where it is cut."""
    cut = ratio > edge
    text = [f"\u00a0{'▶ ' if more else ''}{times(value)}" for more, value in zip(cut, ratio, strict=True)]
    ends = go.Scatter(
        x=np.minimum(np.nan_to_num(ratio), edge), y=place, mode="text", text=text, textposition="middle right",
        textfont={"size": 11}, showlegend=False, hoverinfo="skip", cliponaxis=False,
    )  # fmt: skip
    figure.add_trace(ends)


def events(costs: pd.DataFrame, technologies: pd.DataFrame) -> Figure:
    """Show what the overhead of each technology is made of, the technologies in the order of `ranked`."""
    order = dict.fromkeys([*ranked(technologies)["technology"], *costs["technology"]])
    known = set(costs["technology"])
    rows = [name for name in order if name in known]
    columns, mhz, own = _sums(costs, rows)
    figure = _heat(rows, columns, mhz, own)
    name_axis(figure, rows, ticks="")
    ticks = [label(name.replace("_", " "), 15) for name in columns]
    figure.update_xaxes(tickvals=np.arange(len(columns)), ticktext=ticks, tickangle=-90, showgrid=False, ticks="")
    figure.update_xaxes(title_text="Kind of event [MHz each]", title_standoff=40, automargin=False)
    figure.update_layout(margin_b=_LABELS)
    caption = (
        "CPU that virtualization adds for each kind of event, guest and host together, in MHz: the brighter the more, "
        "by powers of ten; what costs nothing is blank."
    )
    return finished(figure, "What overhead is made of", caption, 80 + _LABELS + _ROW * len(rows))


def _sums(costs: pd.DataFrame, rows: list[str]) -> tuple[list[str], Floats, Floats]:
    """Return kinds of events, and for each row and kind all CPU and the guest's part of it, in MHz."""
    kinds = _kinds(costs)
    kind = costs["event"].where(costs["event"].isin(kinds), OTHERS)
    guest = costs["guest_mhz"].fillna(0.0)
    table = pd.DataFrame({"technology": costs["technology"], "kind": kind, "guest": guest})
    sums = table.assign(mhz=guest + costs["host_mhz"].fillna(0.0)).groupby(["technology", "kind"], sort=False).sum()
    columns = [name for name in (*kinds, OTHERS) if name in set(kind)]
    whole = sums.reindex(pd.MultiIndex.from_product([rows, columns]), fill_value=0.0)
    mhz, own = (whole[part].to_numpy().reshape(len(rows), len(columns)) for part in ("mhz", "guest"))
    return columns, mhz, own


def _kinds(costs: pd.DataFrame) -> list[str]:
    """Return the kinds of events that make up most of any technology's overhead, the most first."""
    each = costs.assign(mhz=(costs["guest_mhz"].fillna(0.0) + costs["host_mhz"].fillna(0.0)).abs())
    total = each.groupby("technology")["mhz"].transform("sum")
    weight = (each["mhz"] / total.where(total > 0)).fillna(0.0).groupby(each["event"]).sum()
    weight = weight[weight > 0].sort_values(ascending=False, kind="stable")
    return [str(name) for name in weight.index[:MOST_EVENTS]]


def _powers(power: Floats) -> list[float]:
    """Return the powers of ten to mark, from below the least to above the most; with threes where they are few."""
    known = power[np.isfinite(power)]
    low, high = (int(np.floor(known.min())), int(np.ceil(known.max()))) if len(known) else (0, 1)
    high = max(high, low + 1)
    if high - low < 3:
        return [*(tick + part for tick in range(low, high) for part in (0.0, float(np.log10(3)))), float(high)]
    step = -(-(high - low) // 5)
    return [float(tick) for tick in range(low, high + step, step)]


def _bar(ticks: list[float]) -> dict[str, Any]:
    """Return a colour bar with such powers of ten MHz marked."""
    text = [_mark(10.0**tick) for tick in ticks]
    return {
        "tickvals": ticks, "ticktext": text, "tickangle": 0, "orientation": "h", "len": 1, "x": 0.5,
        "xanchor": "center", "y": 1, "yanchor": "bottom", "thickness": 10, "outlinewidth": 0, "ypad": 6,
        "title": {"text": "MHz", "side": "top", "font": {"size": 11}},
    }  # fmt: skip


def _mark(mhz: float) -> str:
    """Return a number with three digits, short enough for a cell."""
    size, unit = next(((size, unit) for size, unit in ((1e6, "M"), (1e3, "k")) if abs(mhz) >= 0.9995 * size), (1.0, ""))
    return f"{mhz / size:.3g}{unit}"


def _heat(rows: list[str], columns: list[str], mhz: Floats, guest: Floats) -> Figure:
    """Return two traces on one scale: the cells whose numbers are white, and those whose numbers are black."""
    power = np.full(mhz.shape, np.nan)
    np.log10(np.maximum(np.abs(mhz), 0.1), out=power, where=mhz != 0)
    ticks = _powers(power)
    inks = np.reshape(ink_on(np.nan_to_num((power - ticks[0]) / (ticks[-1] - ticks[0])).ravel().tolist()), mhz.shape)
    text = np.array([_mark(float(value)) if value else "" for value in mhz.flat]).reshape(mhz.shape)
    told, figure = _told(rows, columns, mhz, guest), go.Figure()
    for ink in INKS:
        cells = go.Heatmap(
            x=np.arange(len(columns)), y=np.arange(len(rows)), z=np.where(inks == ink, power, np.nan), customdata=told,
            text=np.where(inks == ink, text, ""), texttemplate="%{text}", textfont={"color": ink}, xgap=1, ygap=1,
            coloraxis="coloraxis", hoverongaps=False, hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
        figure.add_trace(cells)
    scale = {"cmin": ticks[0], "cmax": ticks[-1], "colorscale": SEQUENTIAL, "colorbar": _bar(ticks)}
    return figure.update_layout(coloraxis=scale)


def _told(rows: list[str], columns: list[str], mhz: Floats, guest: Floats) -> list[list[str]]:
    return [
        [f"{label(row, 60)}, {label(column.replace('_', ' '), 60)}: {cycles(all_)}, {cycles(own)} of it in the guest"
         for column, all_, own in zip(columns, *parts, strict=True)]
        for row, parts in zip(rows, zip(mhz, guest, strict=True), strict=True)
    ]  # fmt: skip


_GRADES = ((0.0, "#f2f6fb"), (1.0, "#9ecae1"))
MERITS = ("performance", "flexibility", "complexity", "isolation")


def merits(table: pd.DataFrame) -> Figure:
    """Show the merits of the levels as computed, beside the textbook's X's; where they differ, a cell is framed."""
    rows = table.assign(_place=_levels(table)).sort_values("_place", kind="stable").reset_index(drop=True)
    found, book = (rows[[f"{merit}{which}" for merit in MERITS]].to_numpy(np.float64) for which in ("", "_book"))
    differ = (found != book) & ~(np.isnan(found) & np.isnan(book))
    figure = go.Figure(_grades(rows, found, book, differ))
    _frame(figure, differ)
    _merit_axes(figure, rows)
    caption = (
        "Grades of the five levels, from X for the least to XXXXX (5) for the most: computed from the catalog, and "
        "below them by the textbook. More performance, flexibility and isolation are good; more complexity is a "
        f"drawback. {count(int(differ.sum()), 'grade')} of {differ.size} differ and are framed."
    )
    return finished(figure, "Merits of the levels, beside the textbook", caption, 110 + 54 * len(rows))


def _merit_axes(figure: Figure, rows: pd.DataFrame) -> None:
    heads = [merit.capitalize() for merit in MERITS]
    figure.update_xaxes(tickvals=np.arange(len(heads)), ticktext=heads, side="top", showgrid=False, ticks="")
    figure.update_xaxes(title_text="Grade [X least, XXXXX most]")
    pairs = zip(rows["level"], rows["technology"], strict=True)
    names = [f"<b>{label(LEVELS.get(level, level))}</b><br>{label(technology, 22)}" for level, technology in pairs]
    figure.update_yaxes(tickvals=np.arange(len(rows)), ticktext=names, autorange="reversed", showgrid=False, ticks="")
    figure.update_layout(showlegend=False)


def _frame(figure: Figure, cells: Any) -> None:
    for line, column in np.argwhere(cells):
        edges = {"x0": column - 0.47, "x1": column + 0.47, "y0": line - 0.45, "y1": line + 0.45}
        figure.add_shape(type="rect", **edges, line={"color": WARNING, "width": 2.5})


def _grades(rows: pd.DataFrame, found: Floats, book: Floats, differ: Any) -> Any:
    told = [
        [f"<b>{label(row.level, 40)}</b>, {label(row.technology, 60)}, {times(row.slowdown)} native time<br>"
         f"{merit}: {_crosses(mine)} computed, {_crosses(theirs)} in the textbook"
         f"{f'<br>{_wrapped(row.note)}' if apart and row.note else ''}"
         for merit, mine, theirs, apart in zip(MERITS, *values, strict=True)]
        for row, values in zip(rows.itertuples(), zip(found, book, differ, strict=True), strict=True)
    ]  # fmt: skip
    text = [[f"<b>{_crosses(mine)}</b><br>{f'≠ {_crosses(theirs)}' if apart else f'({_crosses(theirs)})'}"
             for mine, theirs, apart in zip(*line, strict=True)]
            for line in zip(found, book, differ, strict=True)]  # fmt: skip
    return go.Heatmap(
        x=np.arange(len(MERITS)), y=np.arange(len(rows)), z=found, zmin=1, zmax=5, text=text, customdata=told,
        texttemplate="%{text}", textfont={"size": 11}, meta={"narrow": 9}, colorscale=_GRADES, showscale=False,
        xgap=3, ygap=3, hoverongaps=True, hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _crosses(grade: float) -> str:
    return "X" * int(grade) if np.isfinite(grade) and grade >= 1 else MISSING


def _wrapped(note: Any) -> str:
    return "<br>".join(label(line, 90) for line in wrap(str(note), 70)[:6])


def gains(table: pd.DataFrame) -> Figure:
    """Show the VMs that would gain most by the change: what virtualization would still add, and what is freed."""
    found = table[table["gain_mhz"] > 0]
    rows = found.sort_values("gain_mhz", ascending=False, kind="stable").head(MOST_GAINS)
    figure, place = go.Figure(), np.arange(len(rows))
    facts = [
        f"<b>{label(row.vm, 60)}</b> on {label(row.host, 60)}: {cycles(row.gain_mhz)} freed<br>"
        f"{label(row.workload, 40)} under {label(row.technology, 40)}, {times(row.slowdown)} native time<br>"
        f"{label(row.changes, 90)}"
        for row in rows.itertuples()
    ]
    for key, name, color in (("gain_mhz", "freed", OKABE_ITO[2]), ("overhead_then_mhz", "still added", WARNING)):
        bar = go.Bar(x=rows[key].to_numpy(), y=place, orientation="h", name=name, marker={"color": color})
        figure.add_trace(bar.update(customdata=facts, hovertemplate="%{customdata}<extra></extra>"))
    name_axis(figure, rows["vm"])
    figure.update_xaxes(title_text="CPU that virtualization adds today [MHz]", tickformat=",~s", rangemode="tozero")
    figure.update_layout(barmode="stack", bargap=0.25)
    caption = (
        f"CPU that virtualization adds to a VM today, and how much of it the change would free; of "
        f"{count(len(found), 'VM')} that would gain, the {len(rows)} that would gain most."
    )
    return finished(figure, "Which VMs gain most by the change", caption, 120 + _ROW * len(rows))
