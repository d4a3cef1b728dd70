"""What to do: placement solvers and the migration scheduler."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.plan import Placement, Plan, Transition
    from models.problem import Problem

Solver = Callable[["Problem"], "Placement"]
Scheduler = Callable[["Transition"], "Plan"]


def solver(name: str, *, seconds: float, seed: int, workers: int, progress: Any = None) -> Solver:
    """
    Return the solver of a name, working part by part.

    Parameters
    ----------
    name
        ``auto``, ``evacuate``, ``cp-sat``, ``first-fit``, ``best-fit`` or ``dot-product``.
    seconds, seed, workers
        Time for all parts together, seed and processes of the exact model.
    progress
        Told how many parts are done, of how many.
    """
    from solvers.portfolio import Portfolio

    return Portfolio(name, seconds, seed, workers, progress)
