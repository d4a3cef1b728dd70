"""The merits of the five levels of virtualization, computed from the catalog beside the textbook's."""

from typing import Any

from models import catalog as files
from models import requirements
from models.technology import Catalog

ORDER = (
    ("hardware abstraction", "run-time library"),
    ("operating system", "run-time library"),
    ("run-time library", "user application"),
    ("user application", "instruction set"),
)
"""By the textbook the first of each pair is the faster."""


def technologies() -> dict[str, str]:
    """Return the technology that stands for each level, by the level's name."""
    return {row["text"]: row["technology"] for row in files.rows("merits")}


def merits(catalog: Catalog, slowdowns: dict[str, float]) -> list[dict[str, Any]]:
    """
    Return a row for each level.

    Parameters
    ----------
    catalog
        What technologies are, and need.
    slowdowns
        Slowdown of the technology that stands for each level, by the technology.
    """
    rows = []
    for book in files.rows("merits"):
        key = book["technology"]
        slowdown = slowdowns[key]
        computed = {
            "performance": requirements.performance(catalog, slowdown),
            "flexibility": requirements.flexibility(catalog, key),
            "complexity": requirements.complexity(catalog, key),
            "isolation": requirements.isolation(catalog, key),
        }
        rows.append({
            "level": book["text"],
            "technology": key,
            "slowdown": slowdown,
            **computed,
            **{f"{name}_book": int(book[name]) for name in computed},
        })  # fmt: skip
    out_of_order = disorder(rows)
    return [{**row, "note": _note(row, out_of_order)} for row in rows]


def _note(row: dict[str, Any], out_of_order: dict[str, str]) -> str:
    """Return where the computed merits are not the book's, and where the order of speeds is not."""
    names = [name.removesuffix("_book") for name in row if name.endswith("_book")]
    differ = [
        f"{name} {row[name]}, in the book {row[f'{name}_book']}" for name in names if row[name] != row[f"{name}_book"]
    ]
    return "; ".join([*differ, *filter(None, [out_of_order.get(str(row["level"]), "")])])


def disorder(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return for which levels the textbook's order of speeds does not hold, and against which."""
    slow = {str(row["level"]): float(row["slowdown"]) for row in rows}
    return {
        fast: f"slower than the {late} ({slow[fast]:.3f} against {slow[late]:.3f}), in the book faster"
        for fast, late in ORDER
        if slow[fast] >= slow[late]
    }
