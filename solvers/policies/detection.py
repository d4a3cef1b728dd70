"""When a host is overloaded: a limit in MHz for each host, which also bounds what others may send to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.decisions import View
from solvers.policies import forecast
from solvers.policies.past import ahead, combined, history

Detection = Callable[[View], Floats]
"""Returns the CPU above which each host is overloaded. [MHz] Shape (hosts,)."""


def guarded(view: View, share: Floats | float, floor: float) -> Floats:
    """Return a limit as CPU, held between a share of the capacity and all of it."""
    limit: Floats = np.clip(share, floor, 1.0) * view.capacity_mhz
    return limit


@dataclass(frozen=True)
class StaticThreshold:
    """
    The same share of every host.

    Parameters
    ----------
    share
        Share of the capacity above which a host is overloaded.
    """

    share: float = 0.8

    def __call__(self, view: View) -> Floats:
        """Return the limit of each host in MHz."""
        return guarded(view, self.share, 0.0)


@dataclass(frozen=True)
class MedianAbsoluteDeviation:
    """
    The more a host's demand varies, the more stays free: ``1 - safety × MAD``.

    Parameters
    ----------
    safety
        How often the median absolute deviation is kept free.
    samples, least
        Samples looked at, and how many there must be.
    fallback
        Share that is the limit until then.
    floor
        Share of the capacity below which no limit falls.

    References
    ----------
    .. [1] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics for energy and
       performance efficient dynamic consolidation of virtual machines in cloud data centers," CCPE 24(13), 2012.
    """

    safety: float = 2.5
    samples: int = 30
    least: int = 12
    fallback: float = 0.7
    floor: float = 0.4

    def __call__(self, view: View) -> Floats:
        """Return the limit of each host in MHz."""
        if len(view.history_mhz) < self.least:
            return guarded(view, self.fallback, self.floor)
        shares = np.sort(history(view, self.samples), axis=0)
        deviation = np.sort(np.abs(shares - _middle(shares)), axis=0)
        return guarded(view, 1 - self.safety * _middle(deviation), self.floor)


@dataclass(frozen=True)
class InterquartileRange:
    """
    As `MedianAbsoluteDeviation`, with the distance between the quartiles: ``1 - safety × IQR``; after [1] there.

    Parameters
    ----------
    safety
        How often the interquartile range is kept free.
    samples, least, fallback, floor
        As in `MedianAbsoluteDeviation`.
    """

    safety: float = 1.5
    samples: int = 30
    least: int = 12
    fallback: float = 0.7
    floor: float = 0.4

    def __call__(self, view: View) -> Floats:
        """Return the limit of each host in MHz."""
        if len(view.history_mhz) < self.least:
            return guarded(view, self.fallback, self.floor)
        shares = np.sort(history(view, self.samples), axis=0)
        low, high = _at(shares, 0.25), _at(shares, 0.75)
        return guarded(view, 1 - self.safety * (high - low), self.floor)


def _middle(ordered: Floats) -> Floats:
    """Return the median of ordered samples."""
    return _at(ordered, 0.5)


def _at(ordered: Floats, share: float) -> Floats:
    """Return a quantile of ordered samples, linear between them."""
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    found: Floats = ordered[low] + (position - low) * (ordered[high] - ordered[low])
    return found


def _expected(view: View, value: Floats, now: Floats, safety: float, floor: float) -> Floats:
    """Return the limit that is passed now just when ``safety × forecast`` passes the capacity."""
    return guarded(view, 1 / safety - (value - now), floor)


@dataclass(frozen=True)
class LocalRegression:
    """
    Overloaded is what will be: ``safety × forecast >= 1``, the forecast a line through the newest samples.

    The line is fitted with tricube weights around the newest sample and followed until the largest VM could have left.
    As a limit for today's demand: ``1 / safety - (forecast - demand)``.

    Parameters
    ----------
    safety
        By how much forecasts are taken to be larger.
    samples
        Samples that the line is fitted to, and that there must be.
    horizon
        Ticks to look ahead; 0: as long as a migration takes.
    fallback, floor
        As in `MedianAbsoluteDeviation`.

    References
    ----------
    .. [1] W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots," JASA 74(368), 1979.
    .. [2] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics …," CCPE 24(13),
       2012.
    """

    safety: float = 1.2
    samples: int = 10
    horizon: float = 0.0
    fallback: float = 0.7
    floor: float = 0.4

    def __call__(self, view: View) -> Floats:
        """Return the limit of each host in MHz."""
        if len(view.history_mhz) < self.samples:
            return guarded(view, self.fallback, self.floor)
        value, slope = forecast.line(np.eye(self.samples), forecast.tricube(self.samples)[:, None])
        now = combined(view, np.ones(1))
        later = combined(view, value) + combined(view, slope) * (self.horizon or ahead(view))
        return _expected(view, later, now, self.safety, self.floor)


@dataclass(frozen=True)
class RobustLocalRegression:
    """
    `LocalRegression` in which samples far off the line count for less (bisquare weights).

    Parameters
    ----------
    safety, samples, horizon, fallback, floor
        As there.
    """

    safety: float = 1.2
    samples: int = 10
    horizon: float = 0.0
    fallback: float = 0.7
    floor: float = 0.4

    def __call__(self, view: View) -> Floats:
        """Return the limit of each host in MHz."""
        if len(view.history_mhz) < self.samples:
            return guarded(view, self.fallback, self.floor)
        shares = history(view, self.samples)
        value, slope = forecast.robust_line(shares)
        later = value + slope * (self.horizon or ahead(view))
        return _expected(view, later, shares[0], self.safety, self.floor)


@dataclass(frozen=True)
class Ewma:
    """
    Overloaded is a host whose exponentially weighted mean, or present demand, is too high.

    Parameters
    ----------
    alpha
        How much each new sample counts.
    safety, samples, fallback, floor
        As in `LocalRegression`; 3 samples are enough.
    """

    alpha: float = 0.4
    safety: float = 1.25
    samples: int = 12
    fallback: float = 0.7
    floor: float = 0.4

    def __call__(self, view: View) -> Floats:
        """Return the limit of each host in MHz."""
        used = min(self.samples, len(view.history_mhz))
        if used < 3:
            return guarded(view, self.fallback, self.floor)
        now = combined(view, np.ones(1))
        later = combined(view, forecast.smoothed(np.eye(used), self.alpha))
        return _expected(view, np.maximum(later, now), now, self.safety, self.floor)


@dataclass(frozen=True)
class Holt:
    """
    Overloaded is what Holt's trend says will be, or is now.

    Parameters
    ----------
    level, trend
        How much each new sample counts for level and trend.
    safety, samples, horizon, fallback, floor
        As in `LocalRegression`; 3 samples are enough.

    References
    ----------
    .. [1] C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages," ONR Memorandum 52,
       1957.
    """

    level: float = 0.5
    trend: float = 0.3
    safety: float = 1.25
    samples: int = 12
    horizon: float = 0.0
    fallback: float = 0.7
    floor: float = 0.4

    def __call__(self, view: View) -> Floats:
        """Return the limit of each host in MHz."""
        used = min(self.samples, len(view.history_mhz))
        if used < 3:
            return guarded(view, self.fallback, self.floor)
        value, slope = forecast.holt(np.eye(used), self.level, self.trend)
        now = combined(view, np.ones(1))
        later = combined(view, value) + combined(view, slope) * (self.horizon or ahead(view))
        return _expected(view, np.maximum(later, now), now, self.safety, self.floor)


DETECTIONS: Mapping[str, Callable[..., Detection]] = {
    "thr": StaticThreshold,
    "mad": MedianAbsoluteDeviation,
    "iqr": InterquartileRange,
    "lr": LocalRegression,
    "lrr": RobustLocalRegression,
    "ewma": Ewma,
    "holt": Holt,
}
"""The ways to detect overload, by name."""
