"""
Forecasts of series whose newest value comes first, as laws of arrays: lines by least squares, smoothing, Holt's trend.

Lines and smoothing are linear in the samples. Their coefficients are found once, and forecast any number of series by
one product.
"""

import numpy as np

from models.arrays import Floats

ROBUST_ROUNDS = 2
"""Rounds of reweighting; more change next to nothing [Cleveland 1979, section 3]."""


def tricube(samples: int) -> Floats:
    """
    Weights of the samples by their distance from the newest, which has 1: ``(1 - (distance / samples)^3)^3``.

    The first sample that is not used any more would have 0.

    Examples
    --------
    Distances of 0 and 1 out of 2: 1, and (1 - 1/8)^3 = 0.67.

    >>> tricube(2).round(2).tolist()
    [1.0, 0.67]

    References
    ----------
    .. [1] W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots," JASA 74(368), 1979.
    """
    weights: Floats = (1 - (np.arange(samples) / samples) ** 3) ** 3
    return weights


def line(series: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """
    Return the value at the newest sample, and the growth per sample, of lines by weighted least squares.

    Parameters
    ----------
    series
        The newest first. Shape (samples, series).
    weights
        Shape (samples, series), or (samples, 1) for all alike.

    Examples
    --------
    A series that grows by 2 a sample and is at 10 now.

    >>> [part.round(6).tolist() for part in line(np.array([[10.0], [8.0], [6.0]]), np.ones((3, 1)))]
    [[10.0], [2.0]]
    """
    time = -np.arange(len(series), dtype=np.float64)[:, None]
    total = np.maximum(weights.sum(axis=0), 1e-300)
    middle = (weights * time).sum(axis=0) / total
    mean = (weights * series).sum(axis=0) / total
    spread = (weights * (time - middle) ** 2).sum(axis=0)
    joint = (weights * (time - middle) * (series - mean)).sum(axis=0)
    slope = np.divide(joint, spread, out=np.zeros(len(joint)), where=spread > 1e-12)
    return mean - slope * middle, slope


def robust_line(series: Floats) -> tuple[Floats, Floats]:
    """
    Return value and growth as `line` does, with samples far off the line counted for less.

    Bisquare weights ``(1 - (r / 6 s)^2)^2`` of each residual r, with s the median of their sizes [1]_.

    References
    ----------
    .. [1] W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots," JASA 74(368), 1979.
    """
    local = tricube(len(series))[:, None]
    time = -np.arange(len(series), dtype=np.float64)[:, None]
    value, slope = line(series, local)
    for _ in range(ROBUST_ROUNDS):
        residual = np.abs(series - (value + slope * time))
        scale = 6 * np.median(residual, axis=0)
        apart = np.divide(residual, scale, out=np.zeros_like(residual), where=scale > 1e-12)
        value, slope = line(series, local * (1 - np.minimum(apart, 1) ** 2) ** 2)
    return value, slope


def smoothed(series: Floats, alpha: float) -> Floats:
    """
    Exponentially weighted mean: each sample counts alpha, what came before 1 - alpha; it starts at the oldest.

    Examples
    --------
    >>> smoothed(np.array([8.0, 4.0]), 0.5).tolist()
    6.0
    """
    found: Floats = np.asarray(series[-1], np.float64)
    for row in series[-2::-1]:
        found = alpha * row + (1 - alpha) * found
    return found


def holt(series: Floats, level: float, trend: float) -> tuple[Floats, Floats]:
    """
    Return level and trend by Holt's double exponential smoothing; it starts at the oldest sample, without a trend.

    Parameters
    ----------
    series
        The newest first. Shape (samples, ...).
    level, trend
        How much a sample counts for either, in (0, 1].

    Examples
    --------
    From 4 to 8, both weights 0.5: a level of 0.5 × 8 + 0.5 × 4 = 6, a trend of 0.5 × (6 - 4) = 1.

    >>> [float(part) for part in holt(np.array([8.0, 4.0]), 0.5, 0.5)]
    [6.0, 1.0]

    References
    ----------
    .. [1] C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages," ONR Memorandum 52,
       1957; reprinted in International Journal of Forecasting 20(1), 2004.
    """
    value: Floats = np.asarray(series[-1], np.float64)
    slope = np.zeros_like(value)
    for row in series[-2::-1]:
        before = value
        value = level * row + (1 - level) * (before + slope)
        slope = trend * (value - before) + (1 - trend) * slope
    return value, slope
