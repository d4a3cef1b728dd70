"""Published instances with known optima are solved to proven optimality."""

import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from solvers.packing.columns import Columns
from solvers.packing.instance import Packed, Packing, violations

_DEFAULT = Path(__file__).parents[4] / "shared" / "data"
_SETS = Path(os.environ.get("CONSOLIDATE_DATA", _DEFAULT)) / "vbp"

pytestmark = pytest.mark.skipif(not _SETS.is_dir(), reason="The published sets are not here; set CONSOLIDATE_DATA.")


def _read(family: str, name: str) -> Packing:
    """Return an instance: dimensions, capacities, number of rows, and a row of sizes and a count for each."""
    with tarfile.open(_SETS / f"{family}.tar.gz") as archive:
        file = archive.extractfile(f"{family}/{name}.vbp")
        assert file is not None
        numbers = np.array(file.read().split(), np.int64)
    dims = int(numbers[0])
    rows = numbers[dims + 2 :].reshape(-1, dims + 1)
    return Packing.of(np.repeat(rows[:, :dims], rows[:, dims], axis=0), numbers[1 : dims + 1])


@pytest.mark.parametrize(
    ("family", "name", "optimum"),
    [
        ("New", "class1_60_3_0", 25),
        ("New", "class1_60_5_0", 20),
        ("Panigrahy", "class6_120_5_0", 56),
        ("Triplet", "classF_60_5_0", 20),
    ],
)
def test_optimum(family: str, name: str, optimum: int) -> None:
    """The optimum is found from one item a host, and proven."""
    packing = _read(family, name)
    apart = Packed(np.arange(packing.items), np.zeros(packing.items, np.int64))
    found = Columns(seconds=30).improved(packing, apart)
    assert not violations(packing, found)
    assert (found.bins, found.bound) == (optimum, optimum)
