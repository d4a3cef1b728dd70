"""What may go otherwise than planned, and what of it does in one run: all of it drawn from one seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models import catalog
from models.arrays import Floats, Mask
from models.errors import InputError
from models.execution.course import Course
from models.execution.links import Drop

_QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
"""Shares of the quantiles that ``execution_spread.csv`` holds, by the columns ``q00`` to ``q100``."""
_MB_PER_MIB = 1.048576


def _number(name: str) -> float:
    return catalog.number("execution", name)


@dataclass(frozen=True)
class Loss:
    """A host that dies at a moment."""

    host: int
    time_s: float


@dataclass(frozen=True)
class Chances:
    """
    What may go otherwise than planned.

    Parameters
    ----------
    noise
        Factor on the measured spread of durations, in the logarithm: 0 is none, 1 as measured.
    failure_share
        Share of attempts to migrate that fail, somewhere on their way.
    retries
        How often a failed move is tried again, `retry_s` later.
    drop_share, drop_s, drop_left
        Chance that in a run a link drops, how long, and what share of its rate is left.
    loss_share
        Chance that in a run a host dies.
    drops, losses
        What happens in every run.
    """

    noise: float = 1.0
    failure_share: float = _number("failure_share")
    retries: int = 1
    drop_share: float = _number("drop_share")
    drop_s: float = _number("drop_s")
    drop_left: float = 0.0
    loss_share: float = _number("loss_share")
    drops: tuple[Drop, ...] = ()
    losses: tuple[Loss, ...] = ()

    def __post_init__(self) -> None:
        for name in ("failure_share", "drop_share", "drop_left", "loss_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"A share is from 0 to 1; {name} is {getattr(self, name):g}.")
        if not (0 <= self.noise <= 10) or not (0 <= self.drop_s < np.inf) or not 0 <= self.retries <= 100:
            raise InputError("Noise is from 0 to 10, a drop lasts 0 s or more, and there are 0 to 100 retries.")


NONE = Chances(noise=0.0, failure_share=0.0, drop_share=0.0, loss_share=0.0)
"""Nothing goes otherwise than planned."""


@dataclass(frozen=True, eq=False)
class Draw:
    """
    What happens in one run.

    Parameters
    ----------
    factor
        Actual over planned duration of each attempt. Shape (attempts, moves).
    fails, fails_at
        Which attempts fail, and after what share of their time. Shape (attempts, moves).
    back
        The same factor of taking each move back. Shape (moves,).
    drops, losses
        Links that drop, and hosts that die.
    """

    factor: Floats
    fails: Mask
    fails_at: Floats
    back: Floats
    drops: tuple[Drop, ...] = ()
    losses: tuple[Loss, ...] = ()


def draw(course: Course, chances: Chances, seed: int, run: int) -> Draw:
    """Return what happens in a run; it depends on the seed, the number of the run, the plan and the chances alone."""
    rng = np.random.default_rng([seed, run])
    attempts, size = chances.retries + 1, len(course.moves)
    spread = _spreads(course)
    quantile = rng.random((attempts + 1, size))
    factor = np.exp(chances.noise * _log_factor(spread, quantile))
    fails = rng.random((attempts, size)) < chances.failure_share
    fails_at = rng.uniform(0.05, 0.95, (attempts, size))
    return Draw(factor[:-1], fails, fails_at, factor[-1], _drops(course, chances, rng), _losses(course, chances, rng))


def _drops(course: Course, chances: Chances, rng: np.random.Generator) -> tuple[Drop, ...]:
    chance, which, when = rng.random(3)
    used = course.links.used()
    if not used or chance >= chances.drop_share:
        return chances.drops
    start_s = float(when) * float(course.moves.end_s.max(initial=0.0))
    link = used[int(which * len(used))]
    return (*chances.drops, Drop(link, start_s, start_s + chances.drop_s, chances.drop_left))


def _losses(course: Course, chances: Chances, rng: np.random.Generator) -> tuple[Loss, ...]:
    chance, which, when = rng.random(3)
    hosts = np.unique(np.concatenate([course.moves.source, course.moves.destination]))
    hosts = hosts[hosts >= 0]
    if not len(hosts) or chance >= chances.loss_share:
        return chances.losses
    time_s = float(when) * float(course.moves.end_s.max(initial=0.0))
    return (*chances.losses, Loss(int(hosts[int(which * len(hosts))]), time_s))


def _spreads(course: Course) -> Floats:
    """Return the logarithms of the quantiles of the measured case nearest to each move. Shape (moves, quantiles)."""
    rows = catalog.rows("execution_spread")
    columns = [name for name in rows[0] if name.startswith("q")]
    table = np.log([[float(row[name]) for name in columns] for row in rows])
    cases = np.log([[float(row["memory_mb"]), float(row["bandwidth_mbps"])] for row in rows])
    sent = np.maximum(course.moves.transferred_mib * _MB_PER_MIB, 1.0)
    here = np.log(np.stack([sent, np.maximum(course.moves.bandwidth_mbps, 1.0)], axis=1))
    nearest = np.abs(here[:, None, :] - cases[None]).sum(axis=2).argmin(axis=1) if len(here) else np.zeros(0, np.int64)
    found: Floats = table[nearest]
    return found


def _log_factor(spread: Floats, quantile: Floats) -> Floats:
    """Return the logarithm of actual over mean duration at quantiles in [0, 1], straight between those measured."""
    found = np.empty(quantile.shape)
    for move, points in enumerate(spread):
        found[:, move] = np.interp(quantile[:, move], _QUANTILES, points)
    return found


def exactly(moves: int, **given: Sequence[object]) -> Draw:
    """Return a draw in which all is as planned but for the fields given."""
    columns = {"factor": np.ones((1, moves)), "fails": np.zeros((1, moves), np.bool_), "back": np.ones(moves)}
    columns |= {name: np.asarray(value) for name, value in given.items() if name not in ("drops", "losses")}
    columns.setdefault("fails_at", np.full(columns["factor"].shape, 0.5))
    return Draw(**columns, drops=tuple(given.get("drops", ())), losses=tuple(given.get("losses", ())))  # type: ignore[arg-type]
