"""Reads packing problems from the files of the literature: vectors (.vbp), and one dimension in its three forms."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.errors import Finding, InputError
from solvers.packing.instance import Packing

Line = tuple[int, list[int]]


def read(path: Path) -> Packing:
    """
    Return the problem in a file; an item with demand k becomes k consecutive items.

    Notes
    -----
    ``.vbp``: how many dimensions, the capacities, how many rows, then rows of sizes and demand. All others: how many
    rows, the capacity, then rows of one size, with or without demand.
    """
    lines = list(_lines(path))
    vectors = path.suffix == ".vbp"
    dims = _single(path, lines, 0) if vectors else 1
    capacity = _row(path, lines, 1, dims)
    number = _single(path, lines, 2 if vectors else 0)
    rows = lines[3 if vectors else 2 :]
    if len(rows) != number:
        raise _wrong(path, lines[-1][0], f"{number} rows were promised, {len(rows)} are there.")
    items = np.array([_item(path, line, capacity, vectors) for line in rows], np.int64).reshape(number, dims + 1)
    return Packing.of(np.repeat(items[:, :dims], items[:, dims], axis=0), capacity)


def _lines(path: Path) -> Iterator[Line]:
    """Yield the numbers of each line that is not empty, and where it is."""
    for number, text in enumerate(path.read_text().splitlines(), 1):
        try:
            numbers = [int(word) for word in text.split()]
        except ValueError:
            raise _wrong(path, number, f"Whole numbers are expected, not {text.strip()!r}.") from None
        if numbers:
            yield number, numbers


def _row(path: Path, lines: list[Line], place: int, length: int) -> list[int]:
    """Return a line of a given length; all are at least zero."""
    if place >= len(lines):
        raise _wrong(path, lines[-1][0] if lines else 1, "The file ends too early.")
    number, values = lines[place]
    if len(values) != length or min(values) < 0:
        raise _wrong(path, number, f"{length} numbers of at least 0 are expected, not {values}.")
    return values


def _single(path: Path, lines: list[Line], place: int) -> int:
    """Return the one number of a line."""
    return _row(path, lines, place, 1)[0]


def _item(path: Path, line: Line, capacity: list[int], vectors: bool) -> list[int]:
    """Return the sizes and the demand of a row, which fits a bin."""
    number, values = line
    row = values if len(values) > len(capacity) or vectors else [*values, 1]
    if len(row) != len(capacity) + 1:
        raise _wrong(path, number, f"{len(capacity)} sizes and a demand are expected, not {values}.")
    if min(row) < 0 or any(size > most for size, most in zip(row, capacity, strict=False)):
        raise _wrong(path, number, f"Sizes from 0 to {capacity} and a demand of at least 0 are expected, not {values}.")
    return row


def _wrong(path: Path, line: int, message: str) -> InputError:
    """Return an error that names the file and the line."""
    return InputError([Finding("error", "packing-file", message, file=path.name, row=line)])
