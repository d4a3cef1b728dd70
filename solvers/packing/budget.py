"""How long a search may take: seconds by the clock, or by the work done, which is the same on every machine."""

import time
from dataclasses import dataclass, field

NODES_PER_SECOND = 1_300_000
"""Nodes of a pattern search that are counted as a second of work."""
PIVOTS_PER_SECOND = 150_000
"""Pivots of a linear program times its rows over a hundred that are counted as a second of work."""
ROUND = 0.001
"""What every linear program is counted at least. [s]"""


@dataclass
class Budget:
    """
    Time that is left.

    Parameters
    ----------
    seconds
        Time at most. [s]
    reproducible
        Count work instead of seconds.
    """

    seconds: float
    reproducible: bool = False
    start: float = field(default_factory=lambda: time.perf_counter())
    work: float = 0.0

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.seconds - (self.work if self.reproducible else time.perf_counter() - self.start)

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0

    def spend(self, work: float) -> None:
        """Count seconds of work."""
        self.work += work
