"""A comparison in words: its verdict, its summary, and its differences as lines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.what_if.comparing import Side, break_even_months
from consolidate.wording import counted

if TYPE_CHECKING:
    import pandas as pd

_MOST_LINES = 60


def summary(
    sides: tuple[Side, Side], deltas: "pd.DataFrame", confidence: float, warnings: Sequence[str]
) -> dict[str, Any]:
    """Return a comparison's summary, every key of `models.tables.COMPARISON`."""
    from models.tables import SCHEMA_VERSION

    first, second = sides
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "compare",
        "verdict": verdict(deltas),
        "source": ", ".join(dict.fromkeys(filter(None, (first.source, second.source)))),
        "first": first.name,
        "second": second.name,
        "confidence": confidence,
        "metrics": len(deltas),
        "differing": int((deltas["delta"] != 0).sum()),
        "sure": int(deltas["sure"].sum()),
        "paid_back": [*paid_back(deltas)],
        "warnings": [*warnings],
    }


def verdict(deltas: "pd.DataFrame") -> str:
    """Return how many metrics differ, and of how many that is certain."""
    scenarios, differing = deltas["scenario"].nunique(), int((deltas["delta"] != 0).sum())
    of = f" of {counted(scenarios, 'scenario')}" if scenarios > 1 else ""
    whole = f"{counted(len(deltas), 'metric')}{of}"
    if not differing:
        return f"{'The' if len(deltas) == 1 else 'All'} {whole} {'is' if len(deltas) == 1 else 'are'} alike."
    told = f"Of {whole} {differing:,} differ{'s' if differing == 1 else ''}"
    if deltas["low"].isna().all():
        return f"{told}; with one seed of each there is no telling what is chance."
    sure = int(deltas["sure"].sum())
    return f"{told}, {'all of them' if sure == differing else f'{sure:,} of them'} by more than chance explains."


def paid_back(deltas: "pd.DataFrame") -> Iterator[str]:
    """Yield for each scenario, where the second takes more once and less a year, when it has paid that back."""
    for scenario in map(str, deltas["scenario"].unique()):
        if (after := break_even_months(deltas, scenario)) is not None:
            of = f" ({scenario})" if scenario else ""
            yield f"The second pays back what it takes more once after {after:.1f} months{of}."


def lines(deltas: "pd.DataFrame", confidence: float) -> Iterator[str]:
    """Yield the differences as a table, those of each scenario under its name; what is alike is left out."""
    shown = 0
    for name, rows in deltas.groupby("scenario", sort=False):
        differing = rows[(rows["delta"] != 0) | rows["low"].lt(0)]
        alike = len(rows) - len(differing)
        yield f"{str(name) or 'the two results'}: {counted(alike, 'metric')} {'is' if alike == 1 else 'are'} alike"
        if len(differing):
            seeds = int(rows["seeds"].max())
            interval = f"{confidence:.0%} interval over {seeds} seeds" if seeds > 1 else "one seed: no interval"
            yield f"  {'metric':<26}{'first':>14}{'second':>14}{'delta':>14}  {interval}"
        for row in differing.to_dict("records"):
            if shown == _MOST_LINES:
                yield f"and {len(deltas) - shown} more; --out writes all of them."
                return
            shown += 1
            yield f"  {row['metric']:<26}{row['first']:>14,.6g}{row['second']:>14,.6g}{_told(row)}"
        yield from (f"  {text}" for text in paid_back(rows))


def _told(row: Mapping[Any, Any]) -> str:
    if np.isnan(row["low"]):
        return f"{row['delta']:>+14,.6g}"
    sure = "" if row["sure"] else ", may be chance"
    return f"{row['delta']:>+14,.6g}  {row['low']:+,.5g} to {row['high']:+,.5g}{sure}"
