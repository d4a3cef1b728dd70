"""Numbers that come from a paper, a document or an assumption: CSV files, each row with its source."""

import csv
from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a catalog file, by its name without the ending, as text."""
    text = files(__package__).joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def number(name: str, key: str) -> float:
    """Return the one value of a parameter in a catalog file that has the columns ``parameter`` and ``value``."""
    return next(float(row["value"]) for row in rows(name) if row["parameter"] == key)
