"""Parts of time on a grid of steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidate.readers.grids import Grid
from consolidate.readers.traces import resampling

PARTS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 100)), min_size=1, max_size=30)


@given(PARTS, st.sampled_from([1, 7, 10]))
def test_nothing_is_lost(parts: list[tuple[int, int]], step: int) -> None:
    """Value times seconds is the same before and after, however parts and steps lie; the mean is never over the max."""
    lasts, values = np.asarray(parts, float).T
    end = np.cumsum(lasts)
    grid = Grid(0.0, step, int(np.ceil(end[-1] / step)))
    found = {}
    for name, kind in resampling.KINDS.items():
        steps = kind((1, grid.samples), grid, 1.0)
        steps.add(np.zeros(len(end), np.int64), end - lasts, end, values)
        found[name] = steps.result()[0].astype(float)
    covered = np.minimum(step, end[-1] - step * np.arange(grid.samples))
    assert (found["mean"] * covered).sum() == pytest.approx((lasts * values).sum(), rel=1e-5)
    assert (found["mean"] <= found["max"] + 1e-3).all()
    assert found["max"].max() == values.max()
