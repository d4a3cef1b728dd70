"""What VMs are expected to ask for: a mean and a variance of each, from a short history and from those like it."""

import numpy as np

from models import catalog
from models.arrays import Floats, Mask

SPREAD = catalog.number("policies", "spread_share")
"""Variance of a VM's demand over its mean and its size, where little is known of it."""


def expected(
    history_mhz: Floats,
    size_mhz: Floats,
    running: Mask,
    *,
    half_life: float,
    doubt: float,
    doubt_spread: float,
    held: int,
) -> tuple[Floats, Floats]:
    """
    Return what is expected of each VM, and its variance. [MHz], [MHz²] Shape (vms,).

    What a VM asked for is averaged, the newest samples counting most, and drawn towards what VMs of its size ask for
    by as much as a few samples would: of many means the lowest are partly luck, and a host would be filled with VMs
    that were lucky [1]_. The variance is drawn towards one in proportion to mean and size, as of a VM that either
    works or rests; what is unknown of the mean adds to it.

    Parameters
    ----------
    history_mhz
        What each asked for, the newest first. [MHz] Shape (samples, vms).
    size_mhz
        What each is configured with. [MHz] Shape (vms,).
    running
        VMs that count. Shape (vms,).
    half_life
        Samples after which one counts half.
    doubt, doubt_spread
        Samples' worth of belief that a VM's mean and variance are as those of others.
    held
        Samples through which a VM must have asked for something for that to be expected at least; 0: never. So a step
        up is believed long before it shows in the mean.

    References
    ----------
    .. [1] B. Efron, C. Morris, "Stein's estimation rule and its competitors: an empirical Bayes approach," J. Amer.
       Statist. Assoc. 68(341), 1973.

    Examples
    --------
    Two VMs of 1,000 MHz. One asked for 100 and then 300, the other twice for 600; together they ask for 40 % of their
    sizes, 400 MHz each. With one sample of doubt beside two the means are (400 + 400) / 3 and (1,200 + 400) / 3; but
    the second VM has held 600.

    >>> options = dict(half_life=np.inf, doubt=1.0, doubt_spread=1.0, held=2)
    >>> history = np.array([[300.0, 600.0], [100.0, 600.0]])
    >>> expected(history, np.array([1000.0, 1000.0]), np.array([True, True]), **options)[0].round(1)
    array([266.7, 600. ])
    """
    weight = 0.5 ** (np.arange(len(history_mhz)) / half_life)
    weight /= weight.sum()
    worth = float(1 / (weight * weight).sum())
    seen = weight @ history_mhz
    scatter = np.maximum(np.einsum("s,sv,sv->v", weight, history_mhz, history_mhz) - seen * seen, 0.0)
    size = float(size_mhz[running].sum())
    usual = float(seen[running].sum()) / size if size > 0 else 0.0
    mean = (worth * seen + doubt * usual * size_mhz) / (worth + doubt)
    variance = (worth * scatter + doubt_spread * SPREAD * mean * size_mhz) / (worth - 1 + doubt_spread)
    if 0 < held <= len(history_mhz):
        mean = np.maximum(mean, history_mhz[:held].min(axis=0))
    return mean, variance * (1 + 1 / (worth + doubt))
