"""A regular grid of moments, onto which readings are put, and what of them does not fit it."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from models.counting import counted
from models.errors import Finding

MOST_SAMPLES = 1_000_000
SPARSEST = 20
"""Grid points for each moment found, above which moments are taken to be wrong."""
DEFAULT_STEP_S = 300.0
"""Distance of samples where there is but one."""
_OFF_GRID = 0.05


@dataclass(frozen=True)
class Grid:
    """Moments at equal distances: the first, the distance, and how many."""

    start_s: float
    step_s: float
    samples: int

    def places(self, moments: Floats) -> Ints:
        """Return the sample nearest to each moment."""
        return np.rint((moments - self.start_s) / self.step_s).astype(np.int64)


def step(distances: Floats, moments: Floats) -> float:
    """
    Return the usual distance of two samples: the median of those given, else of the moments.

    >>> step(np.array([300.0, 300, 900]), np.array([0.0, 7, 300])), step(np.array([]), np.array([5.0]))
    (300.0, 300.0)
    """
    known = distances if len(distances) else np.diff(moments)
    return float(np.median(known)) if len(known) else DEFAULT_STEP_S


def fitted(moments: Floats, step_s: float, file: str, findings: list[Finding]) -> Grid | None:
    """Return the regular grid of some moments in order; without a result there is an error."""
    grid = Grid(float(moments[0]), step_s, round(float(moments[-1] - moments[0]) / step_s) + 1)
    if grid.samples > min(MOST_SAMPLES, SPARSEST * len(moments) + 100):
        text = f"Moments {step_s:g} s apart span {grid.samples:,} samples"
        text += f" but only {counted(len(moments), 'is', 'are')} there; is one wrong?"
        findings.append(Finding("error", "time", text, file, value=f"{moments[0]:.0f} to {moments[-1]:.0f}"))
        return None
    places = grid.places(moments)
    off = np.abs(moments - (grid.start_s + places * step_s)) > _OFF_GRID * step_s
    if off.any():
        some = counted(off.sum(), "moment is", "moments are")
        text = f"{some} off the grid of {step_s:g} s and put on its nearest point."
        findings.append(Finding("warning", "irregular", text, file, count=int(off.sum())))
    gaps = grid.samples - len(np.unique(places))
    if gaps:
        every = f"of {counted(grid.samples, 'moment')}"
        text = f"{counted(gaps, f'{every} has', f'{every} have')} no reading at all."
        findings.append(Finding("warning", "gap", text, file, count=gaps))
    return grid
