"""One host over time, and one VM: where it is, and how busy its host is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go
from dashboards.figures.canvas import empty, finished, label, labels, time_unit
from dashboards.figures.series import Panel, Series, panels
from dashboards.theme import AFTER, BEFORE, WARNING
from dashboards.words import duration

_NOWHERE = "on no host"


def host(uses: Sequence[tuple[str, pd.DataFrame, str]], name: str) -> Figure:
    """
    Show the CPU use of one host over time.

    Parameters
    ----------
    uses
        What is drawn: a name, such as before, a table with host and time_s, and its column of shares.
    name
        Of the host.
    """
    colors = {"before": BEFORE, "after": AFTER}
    found = []
    for what, table, column in uses:
        rows = table[table["host"] == name].sort_values("time_s")
        if len(rows):
            time, values = rows["time_s"].to_numpy(np.float64), rows[column].to_numpy(np.float64)
            found.append(Series(what, time, values, colors.get(what, AFTER), "spans"))
    caption = f"CPU used on {label(name, 60)} over time, as a share of its physical CPU; a gap is time not on."
    return panels("CPU use of the host over time", caption, [Panel("CPU [%]", tuple(found), share=True)])


def stays(moves: pd.DataFrame, first: str, last_s: float) -> pd.DataFrame:
    """
    Return where a VM is from when until when, its moves as stays of their own kind.

    >>> moves = pd.DataFrame({"start_s": [60.0], "end_s": [80.0], "source": ["a"], "destination": ["b"]})
    >>> stays(moves, "a", 100.0).to_numpy().tolist()
    [['a', 0.0, 80.0, 'stays'], ['b', 60.0, 80.0, 'copied'], ['b', 80.0, 100.0, 'stays']]
    """
    found: list[tuple[str, float, float, str]] = []
    where, since = first, 0.0
    for move in moves.sort_values("start_s", kind="stable").itertuples():
        start, end, destination = float(str(move.start_s)), float(str(move.end_s)), str(move.destination)
        found += [(where, since, end, "stays"), (destination, start, end, "copied")]
        where, since = destination, end
    found.append((where, since, max(last_s, since), "stays"))
    return pd.DataFrame(found, columns=pd.Index(["host", "start_s", "end_s", "kind"]))


def vm(moves: pd.DataFrame, name: str, first: str, last_s: float) -> Figure:
    """Show on which host a VM is over time, and while it is copied from one to another."""
    title = "Where the VM is over time"
    if not first and moves.empty:
        return empty(title, f"{label(name, 60)} is on no host.")
    table = stays(moves, first, last_s)
    table["host"] = table["host"].replace("", _NOWHERE)
    rows, hosts = pd.factorize(table["host"])
    unit, called = time_unit(float(table["end_s"].max()))
    figure = go.Figure()
    for kind, told, color, width in (("stays", "on the host", AFTER, 0.5), ("copied", "copied to it", WARNING, 0.8)):
        figure.add_trace(_bars(table, rows, kind, unit).update(name=told, marker={"color": color}, width=width))
    figure.update_yaxes(
        tickvals=np.arange(len(hosts)), ticktext=labels(hosts), range=[len(hosts) - 0.4, -0.6], showgrid=False
    )
    figure.update_xaxes(
        title_text=f"Time from the start [{called}]", range=[0, float(table["end_s"].max()) / unit or 1]
    )
    figure.update_layout(barmode="overlay")
    caption = f"The hosts that {label(name, 60)} is on, and the time in which it is copied to the next one."
    return finished(figure, title, caption, 130 + 34 * len(hosts))


def _bars(table: pd.DataFrame, rows: Any, kind: str, unit: float) -> Any:
    part = table["kind"] == kind
    start, end = (table.loc[part, column].to_numpy(np.float64) for column in ("start_s", "end_s"))
    told = [
        f"{host}: {duration(since)} to {duration(until)}"
        for host, since, until in zip(labels(table.loc[part, "host"], 60), start, end, strict=True)
    ]
    bars = go.Bar(base=start / unit, x=(end - start) / unit, y=rows[part.to_numpy()], orientation="h", customdata=told)
    return bars.update(hovertemplate="%{customdata}<extra>" + kind + "</extra>")
