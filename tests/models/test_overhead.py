"""What a hypervisor adds: by hand for each technology of the catalog."""

import numpy as np
import pytest

from models import catalog
from models.errors import InputError
from models.overhead import overhead, technologies


def test_by_hand() -> None:
    """
    Hardware-assisted: 5 % of 1,000 MHz and 5 MHz for each of 2 vCPUs; 0.2 % of 10,000 MiB, 218 and 8 for each vCPU.

    A container: 1 % of 1,000 MHz, and 10 MiB.
    """
    names = np.array(["hardware-assisted", "container"], object)
    found = overhead(names, np.full((2, 1), 1000.0), np.array([2, 2]), np.full(2, 10_000.0))
    assert found.cpu_mhz.ravel().tolist() == pytest.approx([60.0, 10.0])
    assert found.memory_mib.tolist() == pytest.approx([254.0, 10.0])


def test_parts_of_the_day() -> None:
    """What is fixed is added in each part of the day."""
    found = overhead(np.array(["para-virtual"], object), np.array([[0.0, 100.0]]), np.array([1]), np.zeros(1))
    assert found.cpu_mhz.tolist() == [[5.0, 9.0]]


def test_unknown() -> None:
    """An unknown technology is an error that lists the known ones."""
    with pytest.raises(InputError, match=r"'magic'.*hardware-assisted"):
        overhead(np.array(["magic"], object), np.zeros((1, 1)), np.array([1]), np.zeros(1))


def test_nobody() -> None:
    """Without VMs there is no overhead."""
    assert overhead(np.zeros(0, object), np.zeros((0, 1)), np.zeros(0, np.int64), np.zeros(0)).memory_mib.shape == (0,)


def test_all_technologies_are_known_by_name() -> None:
    """The names are those of the catalog."""
    assert technologies() == tuple(row["technology"] for row in catalog.rows("technologies"))
