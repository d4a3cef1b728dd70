"""What virtualization adds to a VM, as it is printed."""

import numpy as np
import pytest

from consolidate import taxes
from models.arrays import names
from models.errors import InputError
from models.overhead import overhead, technologies


def test_a_row_for_each_technology() -> None:
    """Rows are the law's own numbers, with their shares of what the VM has."""
    rows = taxes.rows(None, 4, 16_384, 2_000)
    assert [row["technology"] for row in rows] == list(technologies())
    for row in rows:
        added = overhead(names([row["technology"]]), np.array([[2000.0]]), np.array([4]), np.array([16_384.0]))
        assert row["cpu_added_mhz"] == added.cpu_mhz[0, 0]
        assert row["cpu_share"] == pytest.approx(added.cpu_mhz[0, 0] / 2000)
        assert row["memory_share"] == pytest.approx(added.memory_mib[0] / 16_384)


def test_no_cpu_has_no_share() -> None:
    """A VM that uses no CPU has no share of it; its cell is blank."""
    (row,) = taxes.rows("container", 1, 1024, 0)
    assert row["cpu_share"] is None
    assert "%" in list(taxes.lines([row]))[1]


def test_unknown_technology() -> None:
    """A technology that is none is told."""
    with pytest.raises(InputError, match="magic"):
        taxes.rows("magic", 1, 1024, 0)


def test_lines_align() -> None:
    """All lines end in the same column."""
    assert len({len(line) for line in taxes.lines(taxes.rows(None, 4, 16_384, 2_000))}) == 1
