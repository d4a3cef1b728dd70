"""What-ifs and the comparison of overheads on bad, odd and extreme input: an answer that is right, or a refusal."""

import numpy as np
import pytest

from consolidate import planning, readers
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.laws import contention
from tests.consolidate.attack.commands import EXAMPLE


@pytest.fixture(name="example", scope="module")
def _example() -> Reading:
    return readers.read(EXAMPLE)


def test_what_does_not_settle_is_told_by_its_worst() -> None:
    """A host on which waiting and load drive each other up and down has the longest wait of both, and no failure."""

    def step(ready: np.ndarray) -> np.ndarray:
        return np.where(ready < 0.5, np.array([0.9, 0.2]), np.array([0.1, 0.2]))

    found = contention.settled(np.zeros(2), step)
    assert found[0] == pytest.approx(0.9)
    assert found[1] == pytest.approx(0.2)


@pytest.mark.parametrize(
    "changes",
    [
        {"overhead.technology": "hosted", "overhead.readings": "native"},
        {"overhead.microarchitecture": "penryn", "overhead.scale_work": True},
    ],
)
def test_crowded_hosts_are_no_bug(example: Reading, changes: dict[str, object]) -> None:
    """Where a placement would saturate hosts there is another plan, or an answer why there is none."""
    settings = Settings().changed({**changes, "search.solver": "best-fit", "search.seconds": 1.0})
    assert planning.plan(example, settings).summary["status"] in {"optimal", "feasible", "unchanged", "infeasible"}
