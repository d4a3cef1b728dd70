"""How long a search may go on: by the clock, or by a count of its steps where it must be reproducible."""

import time
from dataclasses import dataclass, field

SPEED = 100_000_000
"""Steps that count as a second where the clock is not asked."""


@dataclass
class Effort:
    """
    What is spent of an allowance.

    Parameters
    ----------
    seconds
        The allowance. [s]
    reproducible
        Whether steps are counted instead of seconds.
    """

    seconds: float
    reproducible: bool = False
    steps: int = 0
    began: float = field(default_factory=time.perf_counter)

    def charge(self, steps: int) -> None:
        """Count steps."""
        self.steps += steps

    @property
    def elapsed(self) -> float:
        """What is spent. [s]"""
        return self.steps / SPEED if self.reproducible else time.perf_counter() - self.began

    @property
    def left(self) -> float:
        """What is left. [s]"""
        return self.seconds - self.elapsed
