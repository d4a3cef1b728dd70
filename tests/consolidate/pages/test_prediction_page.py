"""The documentation of predictions says what the code takes and returns."""

from pathlib import Path

from consolidate.pages.prediction_page import tables
from models.quantities import INPUTS, METRICS

TEXT = (Path(__file__).parents[3] / "docs" / "overhead.md").read_text(encoding="utf-8")


def test_page() -> None:
    """The tables are those that are generated; print them with consolidate.pages.prediction_page.tables()."""
    assert tables() in TEXT


def test_everything_is_told() -> None:
    """Every input that is not of an event, and every answer, has a row."""
    named = [name for name in INPUTS if not name.endswith(("_ps", "_per_iter"))]
    assert all(f"| `{name}` |" in TEXT for name in (*named, *METRICS))
