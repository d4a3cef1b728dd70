"""How often a limit may be exceeded in samples, for its probability to stay within what is accepted."""

from statistics import NormalDist

import numpy as np


def allowed(samples: int, share: float, *, confidence: float | None = None, together: int = 12) -> int:
    """
    Return in how many samples a limit may be exceeded, so that the share is kept.

    With a confidence, the upper end of Wilson's interval [1]_ of the share stays within it; 0 where even that would
    be too much.

    Parameters
    ----------
    samples
        How many there are.
    share
        Accepted probability.
    confidence
        Of the interval; None: the samples are taken as they are.
    together
        Successive samples that count as one, because they resemble each other.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference," JASA 22, 1927.

    >>> allowed(2016, 0.05), allowed(2016, 0.05, confidence=0.95)
    (100, 45)
    """
    plain = int(np.floor(samples * share + 1e-9))
    if confidence is None:
        return plain
    fits = [count for count in range(plain + 1) if upper(count / samples, samples / together, confidence) <= share]
    return max(fits, default=0)


def upper(share: float, size: float, confidence: float) -> float:
    """Return the upper end of Wilson's one-sided interval of a share that was seen in `size` independent samples."""
    z = NormalDist().inv_cdf(confidence)
    centre = share + z * z / (2 * size)
    spread = z * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return float((centre + spread) / (1 + z * z / size))
