"""CloudSim's selections of the VM that leaves an overloaded host, compiled."""

import numpy as np
from numba import njit

from models.arrays import Floats, Rows

MMT, MU, RS, MC = range(4)


@njit(cache=True, error_model="numpy")
def explained(target: Floats, others: Floats) -> tuple[float, bool]:
    """
    Return the share of the variance of some values that a linear regression on others explains.

    Solved by Householder reflections, column by column; with it whether the columns do not suffice for an answer.

    Parameters
    ----------
    target
        Shape (samples,).
    others
        The first column is of ones. Shape (columns, samples); overwritten.
    """
    kept = others.copy()
    diagonal = _reflected(others)
    for pivot in range(len(diagonal)):
        if diagonal[pivot] == 0.0:
            return np.nan, True
    weights = _solved(others, diagonal, target.copy())
    return 1 - _residual(target, kept, weights) / _second_moment(target), False


@njit(cache=True, error_model="numpy")
def _reflected(others: Floats) -> Floats:
    """Reflect the columns one after the other; return the diagonal of the triangle that is left."""
    columns, samples = others.shape
    diagonal = np.zeros(columns)
    for pivot in range(columns):
        square = 0.0
        for row in range(pivot, samples):
            square += others[pivot, row] * others[pivot, row]
        norm = -np.sqrt(square) if others[pivot, pivot] > 0 else np.sqrt(square)
        diagonal[pivot] = norm
        if norm == 0.0:
            continue
        others[pivot, pivot] -= norm
        for column in range(pivot + 1, columns):
            alpha = 0.0
            for row in range(pivot, samples):
                alpha -= others[column, row] * others[pivot, row]
            alpha /= norm * others[pivot, pivot]
            for row in range(pivot, samples):
                others[column, row] -= alpha * others[pivot, row]
    return diagonal


@njit(cache=True, error_model="numpy")
def _solved(others: Floats, diagonal: Floats, answer: Floats) -> Floats:
    """Return the weights of the columns; the answer is overwritten."""
    columns, samples = others.shape
    for pivot in range(columns):
        along = 0.0
        for row in range(pivot, samples):
            along += answer[row] * others[pivot, row]
        along /= diagonal[pivot] * others[pivot, pivot]
        for row in range(pivot, samples):
            answer[row] += along * others[pivot, row]
    weights = np.zeros(columns)
    for row in range(columns - 1, -1, -1):
        answer[row] /= diagonal[row]
        weights[row] = answer[row]
        for above in range(row):
            answer[above] -= answer[row] * others[row, above]
    return weights


@njit(cache=True, error_model="numpy")
def _residual(target: Floats, columns: Floats, weights: Floats) -> float:
    total = 0.0
    for row in range(len(target)):
        fitted = 0.0
        for column in range(len(weights)):
            fitted += columns[column, row] * weights[column]
        total += (target[row] - fitted) * (target[row] - fitted)
    return total


@njit(cache=True, error_model="numpy")
def _second_moment(values: Floats) -> float:
    mean = total = 0.0
    for place in range(len(values)):
        apart = values[place] - mean
        step = apart / (place + 1)
        mean += step
        total += place * apart * step
    return total


@njit(cache=True, error_model="numpy")
def correlated(vms: Rows, shares: Floats) -> int:
    """Return the place of the VM that the others' histories explain best; -1 where that cannot be told."""
    size, samples = len(vms), shares.shape[0]
    if size < 2 or size > samples:
        return -1
    best, chosen = 0.0, 0
    for place in range(size):
        others = np.ones((size, samples))
        column = 1
        for other in range(size):
            if other != place:
                others[column] = shares[:, vms[other]]
                column += 1
        found, singular = explained(shares[:, vms[place]].copy(), others)
        if singular:
            return -1
        if found > best:
            best, chosen = found, place
    return chosen


@njit(cache=True, error_model="numpy")
def selected(kind: int, vms: Rows, memory: Floats, request: Floats, size: Floats, shares: Floats, chance: float) -> int:
    """Return the place of the VM that leaves."""
    if kind == RS:
        return min(int(chance * len(vms)), len(vms) - 1)
    if kind == MC:
        place = correlated(vms, shares)
        if place >= 0:
            return place
    best = 0
    for place in range(1, len(vms)):
        if kind == MU:
            less = request[vms[place]] / size[vms[place]] < request[vms[best]] / size[vms[best]]
        else:
            less = memory[vms[place]] < memory[vms[best]]
        if less:
            best = place
    return best
