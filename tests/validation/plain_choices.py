"""What CloudSim's policies look at, in plain numbers: overload detection, and which VM leaves."""

import math
from collections.abc import Callable, Sequence

Series = Sequence[float]


def over(detection: str, parameter: float, load: float, past: Series) -> bool:
    """Return whether a host is overloaded, by what is asked of it now and by its VMs' past, the newest first."""
    if detection == "thr":
        return load > parameter
    known = len(past)
    while known > 1 and past[known - 1] == 0:
        known -= 1
    if known < (10 if detection in ("lr", "lrr") else 12):
        return load > 0.7
    if detection in ("lr", "lrr"):
        return parameter * ahead(past[9::-1], 11) >= 1
    spread = {"mad": deviation, "iqr": interquartile}[detection](past[:known])
    return load > 1 - parameter * spread


def ahead(values: Series, place: int) -> float:
    """Return where the least-squares line through values at 1, 2, … is at a place."""
    middle = (len(values) + 1) / 2
    mean = sum(values) / len(values)
    apart = [index + 1 - middle for index in range(len(values))]
    slope = sum(x * (y - mean) for x, y in zip(apart, values, strict=True)) / sum(x * x for x in apart)
    return mean - slope * middle + slope * place


def median(values: Series) -> float:
    """Return the value in the middle, or half-way between the two."""
    ranked = sorted(values)
    low, high = ranked[(len(ranked) - 1) // 2], ranked[len(ranked) // 2]
    return low + (high - low) * 0.5


def deviation(values: Series) -> float:
    """Return the median absolute deviation."""
    middle = median(values)
    return median([abs(middle - value) for value in values])


def interquartile(values: Series) -> float:
    """Return the distance of the quartiles, whose ranks are rounded half up."""
    ranked = sorted(values)
    low, high = (math.floor(part * (len(ranked) + 1) + 0.5) - 1 for part in (0.25, 0.75))
    return ranked[high] - ranked[low]


def leaver(selection: str, memory: Series, share: Series, past: Sequence[Series], chance: Callable[[], float]) -> int:
    """Return the place of the VM that leaves, the first of equals."""
    places = range(len(memory))
    if selection == "rs":
        return min(int(chance() * len(memory)), len(memory) - 1)
    if selection == "mu":
        return min(places, key=lambda place: share[place])
    if selection == "mc":
        try:
            return correlated(past)
        except UndeterminedError:
            pass
    return min(places, key=lambda place: memory[place])


class UndeterminedError(Exception):
    """A regression has no single solution."""


def correlated(past: Sequence[Series]) -> int:
    """Return the place of the series that the others explain best."""
    if len(past) < 2 or len(past) > len(past[0]):
        raise UndeterminedError
    others = ([series for index, series in enumerate(past) if index != place] for place in range(len(past)))
    found = [explained(target, rest) for target, rest in zip(past, others, strict=True)]
    best, chosen = 0.0, 0
    for place, value in enumerate(found):
        if value > best:
            best, chosen = value, place
    return chosen


def explained(target: Series, others: Sequence[Series]) -> float:
    """Return R² of a regression with an intercept; without any variance it is minus infinity or not a number."""
    columns = [[1.0] * len(target), *(list(series) for series in others)]
    weights = solved([list(column) for column in columns], list(target))
    residual = 0.0
    for row, value in enumerate(target):
        fitted = 0.0
        for column, weight in zip(columns, weights, strict=True):
            fitted += column[row] * weight
        residual += (value - fitted) * (value - fitted)
    variance = moment(target)
    if variance == 0:
        return -math.inf if residual > 0 else math.nan
    return 1 - residual / variance


def moment(values: Series) -> float:
    """Return the sum of squares about the mean, both brought up to date value by value."""
    mean = total = 0.0
    for before, value in enumerate(values):
        step = (value - mean) / (before + 1)
        total += before * (value - mean) * step
        mean += step
    return total


def solved(columns: list[list[float]], answer: list[float]) -> list[float]:
    """Return the least-squares weights of columns by Householder reflections, column by column."""
    diagonal = [reflected(columns, pivot) for pivot in range(len(columns))]
    if 0.0 in diagonal:
        raise UndeterminedError
    for pivot, (column, norm) in enumerate(zip(columns, diagonal, strict=True)):
        along = 0.0
        for row in range(pivot, len(answer)):
            along += answer[row] * column[row]
        along /= norm * column[pivot]
        for row in range(pivot, len(answer)):
            answer[row] += along * column[row]
    for row in reversed(range(len(columns))):
        answer[row] /= diagonal[row]
        for above in range(row):
            answer[above] -= answer[row] * columns[row][above]
    return answer[: len(columns)]


def reflected(columns: list[list[float]], pivot: int) -> float:
    """Reflect all later columns so that one becomes zero below its pivot; return what is left of it there."""
    column = columns[pivot]
    square = 0.0
    for value in column[pivot:]:
        square += value * value
    norm = -math.sqrt(square) if column[pivot] > 0 else math.sqrt(square)
    if norm == 0.0:
        return 0.0
    column[pivot] -= norm
    for other in columns[pivot + 1 :]:
        along = 0.0
        for row in range(pivot, len(column)):
            along -= other[row] * column[row]
        along /= norm * column[pivot]
        for row in range(pivot, len(column)):
            other[row] -= along * column[row]
    return norm
