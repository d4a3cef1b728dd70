import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.laws import sharing

PLACES = st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 1000)), min_size=1, max_size=12)


@given(PLACES)
def test_shares(placed: list[tuple[int, int]]) -> None:
    """No host serves more than it has, nor less than it could; its VMs get equal shares of what they ask for."""
    host = np.array([row for row, _ in placed], np.int32)
    demand = np.array([asked for _, asked in placed], np.float64)
    capacity = np.array([500.0, 1000.0, 1500.0])
    served = sharing.proportional(demand, host, capacity)
    assert (served[host == NOWHERE] == 0).all()
    for row in range(3):
        mine = host == row
        total = demand[mine].sum()
        np.testing.assert_allclose(served[mine].sum(), min(total, capacity[row]))
        np.testing.assert_allclose(served[mine] * total, demand[mine] * served[mine].sum(), rtol=1e-9)
