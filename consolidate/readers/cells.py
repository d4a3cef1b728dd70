"""Cells become an inventory's columns: each checked against what its column declares."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from consolidate.readers import sheet as cell
from consolidate.readers.sheet import Sheet
from models.errors import Finding
from models.inventory import LOAD_POINTS, Column

Convert = Callable[[object], object]


def decimal_of(sheet: Sheet, positions: Iterable[int], given: str, findings: list[Finding]) -> str:
    """Return the decimal sign of a sheet's numbers: as given, as they prove, or as the delimiter suggests."""
    if given:
        return given
    proven, ambiguous = cell.decimals(value for position in positions for value in sheet.columns[position])
    if len(proven) > 1:
        message = "Numbers have decimal points and decimal commas; say which is meant with --decimal."
        findings.append(Finding("error", "decimal", message, sheet.file))
    chosen = min(proven, default="," if sheet.delimiter == ";" else ".")
    if ambiguous and not proven:
        message = (
            f"Numbers such as {ambiguous} are read as {cell.number(ambiguous, chosen):g}; --decimal says otherwise."
        )
        findings.append(Finding("warning", "decimal", message, sheet.file))
    return chosen


def column(
    sheet: Sheet, position: int, declared: Column, decimal: str, findings: list[Finding], factor: float = 1.0
) -> list[Any]:
    """Return the values of one column, with a finding for each cell that breaks the declaration."""
    convert = _converter(declared, decimal, factor)
    known: dict[tuple[type, object], tuple[object, str]] = {}
    values = []
    for row, value in zip(sheet.rows, sheet.columns[position], strict=True):
        key = (type(value), value)
        if key not in known:
            known[key] = _tried(convert, value)
        result, expected = known[key]
        if expected:
            findings.append(_wrong(sheet, row, position, value, expected))
            result = declared.default if declared.kind == "text" else 0
        values.append(result)
    return values


def _tried(convert: Convert, value: object) -> tuple[object, str]:
    try:
        return convert(value), ""
    except ValueError as problem:
        return None, str(problem)


def _wrong(sheet: Sheet, row: int, position: int, value: object, expected: str) -> Finding:
    found = cell.text(value)
    message = f"Expected {expected}." if found else f"Is empty; expected {expected}."
    return Finding("error", "value", message, sheet.file, row, sheet.header[position], found)


def _converter(declared: Column, decimal: str, factor: float) -> Convert:
    if declared.kind == "flag":
        return lambda value: _default(cell.flag(value), declared, "true or false")
    if declared.kind == "text":
        return lambda value: _chosen(cell.text(value), declared)
    return lambda value: _number(value, declared, decimal, factor)


def _default(value: object, declared: Column, expected: str) -> object:
    if value is not None:
        return value
    if declared.required:
        raise ValueError(expected)
    return declared.default


def _chosen(value: str, declared: Column) -> object:
    if not value:
        return declared.default
    if declared.choices and value.casefold() not in declared.choices:
        raise ValueError("one of " + ", ".join(choice or "nothing" for choice in declared.choices))
    return value.casefold() if declared.choices else value


def _number(value: object, declared: Column, decimal: str, factor: float) -> object:
    whole = declared.kind == "integer"
    result = cell.number(value, decimal) * factor
    if math.isnan(result):
        return _default(None, declared, _range(declared))
    low, high = declared.low, declared.high
    if (low is not None and result < low) or (high is not None and result > high):
        raise ValueError(_range(declared))
    if whole and not result.is_integer():
        raise ValueError("a whole number")
    return int(result) if whole else result


def _range(declared: Column) -> str:
    kind = "a whole number" if declared.kind == "integer" else "a number"
    unit = f" {declared.unit}" if declared.unit else ""
    return f"{kind} from {declared.low:,.0f} to {declared.high:,.0f}{unit}"


def power_curves(sheet: Sheet, position: int, values: Iterable[str], findings: list[Finding]) -> None:
    """Check that power curves hold the number of points that they must."""
    for row, value in zip(sheet.rows, values, strict=True):
        try:
            points = [cell.number(part) for part in value.split(";")] if value else []
            wrong = bool(value) and (len(points) != LOAD_POINTS or not all(point >= 0 for point in points))
        except ValueError:
            wrong = True
        if wrong:
            findings.append(_wrong(sheet, row, position, value, f"{LOAD_POINTS} numbers in W, separated by ';'"))


def duplicates(sheet: Sheet, values: Iterable[str], name: str, findings: list[Finding]) -> None:
    """Find names that are empty or stand in more than one row."""
    first: dict[str, int] = {}
    for row, value in zip(sheet.rows, values, strict=True):
        if not value:
            findings.append(
                Finding("error", "empty-name", "Is empty; a unique name was expected.", sheet.file, row, name)
            )
        elif value in first:
            message = f"Is in row {first[value]} already; names must be unique."
            findings.append(Finding("error", "duplicate", message, sheet.file, row, name, value))
        else:
            first[value] = row
