"""Numbers that come from elsewhere: each with its unit, its source, and whether it was measured."""

from importlib.resources import files

import pytest

from models import catalog

FILES = sorted(path.name.removesuffix(".csv") for path in files(catalog).iterdir() if path.name.endswith(".csv"))


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_a_source(name: str) -> None:
    """No number without a source, and without saying whether it was measured, derived or assumed."""
    for row in catalog.rows(name):
        assert row["source"]
        assert row["provenance"] in ("measured", "recalled", "derived", "assumed")
        assert None not in row


@pytest.mark.parametrize("name", FILES)
def test_keys_are_unique(name: str) -> None:
    """The first column names a row; an event's cost is named by the technology and the event."""
    width = 2 if name == "event_costs" else 1
    keys = [tuple(row.values())[:width] for row in catalog.rows(name)]
    assert len(set(keys)) == len(keys)


def test_number() -> None:
    """A parameter is asked for by name."""
    assert catalog.number("energy", "pue") == 1.5


def test_generations_are_ordered_within_a_vendor() -> None:
    """The order of CPU generations has no gaps and no ties."""
    orders: dict[str, list[int]] = {}
    for row in catalog.rows("cpu_generations"):
        orders.setdefault(row["generation"].partition("-")[0], []).append(int(row["order"]))
    assert all(found == list(range(1, len(found) + 1)) for found in orders.values())
