"""How busy VMs are over the week: shapes of CPU use that people who run datacenters will know again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask, Singles

DAY_S = 86_400
STEP_S = 300
STEADINESS = 0.92
"""Correlation of two successive samples of the jitter: it wanders over about an hour."""


@dataclass(frozen=True, eq=False)
class Clock:
    """
    The time of day and of the week at each sample.

    Parameters
    ----------
    hour
        Hour of the day, in [0, 24). Shape (samples,).
    weekend
        Whether it is Saturday or Sunday. Shape (samples,).
    """

    hour: Floats
    weekend: Mask

    @classmethod
    def at(cls, seconds: Floats) -> "Clock":
        """Return the clock at so many seconds from a Monday, 0 h."""
        return cls(seconds % DAY_S / 3600, seconds // DAY_S % 7 >= 5)


def bell(hour: Floats, centre: Floats | float, width: float) -> Floats:
    """Return a bump of height 1 around an hour of the day, across midnight too."""
    away = (hour - centre + 12) % 24 - 12
    return np.asarray(np.exp(-((away / width) ** 2)), np.float64)


def window(hour: Floats, start: Floats, length: Floats) -> Floats:
    """Return 1 from an hour of the day on for a number of hours, else 0."""
    return np.asarray((hour - start) % 24 < length, np.float64)


def wandering(samples: int, count: int, rng: np.random.Generator) -> Singles:
    """Return autocorrelated noise of variance 1. Shape (samples, count)."""
    noise = rng.standard_normal((samples, count), np.float32)
    for step in range(1, samples):
        noise[step] = STEADINESS * noise[step - 1] + np.sqrt(1 - STEADINESS**2) * noise[step]
    return noise


def web(clock: Clock, count: int, rng: np.random.Generator) -> Floats:
    """Return a morning, an afternoon and an evening peak, lower at the weekend."""
    hour = clock.hour[:, None] - rng.normal(0, 0.4, count)
    day = bell(hour, 10.8, 2.4) + 0.95 * bell(hour, 15.3, 2.6) + 0.55 * bell(hour, 20.3, 1.8)
    return 0.12 + 0.85 * day * np.where(clock.weekend, 0.5, 1.0)[:, None]


def database(clock: Clock, count: int, rng: np.random.Generator) -> Floats:
    """Return a flat load with a little more by day, and a backup at night."""
    backup = window(clock.hour[:, None], rng.uniform(0, 4, count), rng.uniform(0.4, 0.8, count))
    return 0.5 + 0.15 * bell(clock.hour, 14, 5)[:, None] + 0.5 * backup


def batch(clock: Clock, count: int, rng: np.random.Generator) -> Floats:
    """Return nothing much but for a nightly window, staggered so that not all start at once."""
    return 0.05 + 0.95 * window(clock.hour[:, None], rng.uniform(20, 28, count) % 24, rng.uniform(1, 3.5, count))


def office(clock: Clock, count: int, rng: np.random.Generator) -> Floats:
    """Return nine to five on weekdays: a rush of logons, then work, less at lunch."""
    hour = clock.hour[:, None] - rng.normal(0, 0.35, count)
    present = 1 / (1 + np.exp(-(hour - 8.6) * 4)) / (1 + np.exp((hour - 17.2) * 3))
    work = present * (0.75 - 0.35 * bell(hour, 12.5, 0.5)) + 0.35 * bell(hour, 8.9, 0.3)
    return np.asarray(0.03 + work * ~clock.weekend[:, None], np.float64)


def bursts(clock: Clock, count: int, rng: np.random.Generator) -> Floats:
    """Return builds that start and stop, more of them in working hours."""
    working = 0.9 - 1.0 * bell(clock.hour, 14, 4) + 0.8 * clock.weekend
    building = wandering(len(clock.hour), count, rng) > working[:, None]
    return np.asarray(0.04 + 0.9 * building, np.float64)


def idle(clock: Clock, count: int, rng: np.random.Generator) -> Floats:
    """Return next to nothing, but for a short virus scan at night."""
    return 0.08 + 0.7 * window(clock.hour[:, None], rng.uniform(1, 5, count), np.full(count, 0.25))


def infrastructure(clock: Clock, count: int, rng: np.random.Generator) -> Floats:
    """Return a steady load that follows the people a little."""
    steady = rng.uniform(0.3, 0.5, count)
    return steady + 0.4 * bell(clock.hour, 10, 3)[:, None] * np.where(clock.weekend, 0.3, 1.0)[:, None]


SHAPES: dict[str, Callable[[Clock, int, np.random.Generator], Floats]] = {
    "web": web,
    "database": database,
    "batch": batch,
    "office": office,
    "bursts": bursts,
    "idle": idle,
    "infrastructure": infrastructure,
}
"""By name: share of a VM's own peak at each sample, before jitter. Shape (samples, vms)."""
JITTER = {"web": 0.12, "database": 0.06, "batch": 0.06, "office": 0.25, "bursts": 0.05, "idle": 0.2}
"""Standard deviation of the jitter, relative to the load; half of its variance is the application's."""


def level(shapes: Sequence[str], times_s: Floats, rng: np.random.Generator) -> Singles:
    """Return the share of its own peak that each VM uses, before jitter. Shape (samples, vms)."""
    clock = Clock.at(times_s)
    kinds = np.asarray(shapes, dtype=object)
    found = np.zeros((len(times_s), len(kinds)), np.float32)
    for name, shape in SHAPES.items():
        rows = np.flatnonzero(kinds == name)
        found[:, rows] = shape(clock, len(rows), rng)
    return found


def jitter(shapes: Sequence[str], groups: Sequence[str], samples: int, rng: np.random.Generator) -> Singles:
    """Return factors around 1; VMs of one group waver together in part. Shape (samples, vms)."""
    _, group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    together = wandering(samples, int(group.max(initial=-1)) + 1, rng)[:, group]
    alone = wandering(samples, len(group), rng)
    width = np.array([JITTER.get(shape, 0.1) for shape in shapes], np.float32)
    return np.asarray(1 + width * np.sqrt(0.5) * (together + alone), np.float32)
