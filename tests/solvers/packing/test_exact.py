"""Whether a packing of a weight exists is answered rightly, or left open."""

import numpy as np
import pytest

from solvers.packing.budget import Budget
from solvers.packing.exact import IMPOSSIBLE, cover
from solvers.packing.generation import Generation
from solvers.packing.instance import Packed, Packing, violations
from solvers.packing.patterns import Types
from tests.solvers.packing.brute import IMPOSSIBLE as NEVER
from tests.solvers.packing.brute import least, some


@pytest.mark.parametrize("rounds", [1, 100])
@pytest.mark.parametrize("seed", range(30))
def test_answers(seed: int, rounds: int) -> None:
    """
    The least weight is possible and less is not, whether the linear program was solved to its end or not.

    Before its end its values alone do not bound what patterns a packing uses.
    """
    packing = some(seed)
    best = least(packing)
    types = Types.of(packing)
    if best == NEVER or not types.fits.any(axis=0).all():
        return
    generation = Generation(types, Budget(30))
    solved = generation.converge(0, rounds=rounds)
    assert solved is not None
    for target in range(max(best - 2, 0), best + 2):
        found = cover(generation, solved, target, Budget(30))
        if target < best:
            assert found == IMPOSSIBLE
            continue
        assert isinstance(found, list)
        packed = Packed(*types.packed(found))
        assert not violations(packing, packed)
        assert packed.weight(packing) <= target


@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize("seed", range(15))
def test_full_hosts(seed: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only few patterns may be listed, nearly full hosts are; no packing that exists is called impossible."""
    random = np.random.default_rng(seed)
    first = random.integers(3, 7, (3, 2))
    packing = Packing.of(np.concatenate([first, 10 - first]), [10, 10])
    generation = Generation(Types.of(packing), Budget(30))
    solved = generation.converge(0)
    assert solved is not None
    monkeypatch.setattr("solvers.packing.exact.MOST", most)
    assert cover(generation, solved, 3, Budget(30)) != IMPOSSIBLE
    assert cover(generation, solved, 2, Budget(30)) == IMPOSSIBLE


def test_open() -> None:
    """Without time the question stays open."""
    packing = Packing.of(np.arange(10, 40)[:, None], [100])
    generation = Generation(Types.of(packing), Budget(30))
    solved = generation.converge(0)
    assert solved is not None
    assert cover(generation, solved, 8, Budget(0)) is None
