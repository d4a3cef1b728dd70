"""A sheet of cells as it was read, and what a cell's text means."""

import datetime
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_TRUE = frozenset({"true", "yes", "y", "1", "on"})
_FALSE = frozenset({"false", "no", "n", "0", "off"})
_GROUPS = " \u00a0\u2009\u202f'’"


@dataclass(frozen=True)
class Sheet:
    """
    Cells by column, with the rows they stand in.

    Parameters
    ----------
    file
        The file, and the tab where it has tabs.
    header
        Names of the columns, stripped.
    columns
        Cells of each column: text, or what a workbook holds.
    rows
        Row of each record as a spreadsheet counts it.
    delimiter
        What separated the cells; empty in a workbook.
    """

    file: str
    header: tuple[str, ...]
    columns: tuple[tuple[Any, ...], ...]
    rows: tuple[int, ...]
    delimiter: str = ""

    def __len__(self) -> int:
        return len(self.rows)


def sheet_of(file: str, records: Iterable[tuple[int, list[Any]]], delimiter: str = "") -> Sheet:
    """Return a sheet from numbered records of equal length, the header first; blank records are left out."""
    numbered = iter(records)
    _, first = next(numbered)
    filled = [(row, cells) for row, cells in numbered if any(cell not in ("", None) for cell in cells)]
    columns = tuple(zip(*(cells for _, cells in filled), strict=True)) if filled else ((),) * len(first)
    header = tuple(text(cell) for cell in first)
    return Sheet(file, header, columns, tuple(row for row, _ in filled), delimiter)


def text(cell: object) -> str:
    """
    Return a cell as text: whole numbers without a point, times in ISO 8601.

    >>> text(4.0), text(" a "), text(None)
    ('4', 'a', '')
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (datetime.datetime, datetime.date, datetime.time)):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def number(cell: object, decimal: str = ".") -> float:
    """
    Return a cell's number, NaN if it is empty.

    >>> number("1.024,5", ","), number("1,024"), number(" 2 600 ")
    (1024.5, 1024.0, 2600.0)

    Raises
    ------
    ValueError
        If it holds anything else, or no finite number.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        value = float(cell)
    elif not (written := text(cell)):
        return math.nan
    elif isinstance(cell, str) and _NUMBERS[decimal].fullmatch(written):
        group = "," if decimal == "." else "."
        value = float(re.sub(f"[{_GROUPS}{group}]", "", written).replace(decimal, "."))
    else:
        raise ValueError("a number")
    if not math.isfinite(value):
        raise ValueError("a finite number")
    return value


def _number_pattern(decimal: str) -> re.Pattern[str]:
    group = f"[{_GROUPS}{',' if decimal == '.' else '.'}]"
    digits = rf"(\d{{1,3}}({group}\d{{3}})+|\d+)"
    return re.compile(rf"[+-]?({digits}([{decimal}]\d*)?|[{decimal}]\d+)([eE][+-]?\d{{1,3}})?", re.ASCII)


_NUMBERS = {decimal: _number_pattern(decimal) for decimal in (".", ",")}


def _certain_pattern(decimal: str) -> re.Pattern[str]:
    """Match what is a number with this decimal sign only, such as 1,5 or 1.024.000 for the comma."""
    sign, group = f"[{decimal}]", "[.]" if decimal == "," else ","
    fraction = rf"\d*{sign}(\d{{1,2}}|\d{{4,}})|0{sign}\d+|\d{{4,}}{sign}\d+"
    grouped = rf"\d{{1,3}}({group}\d{{3}})+{sign}\d+|\d{{1,3}}({group}\d{{3}}){{2,}}"
    return re.compile(rf"[+-]?({fraction}|{grouped})([eE][+-]?\d+)?", re.ASCII)


_CERTAIN = {decimal: _certain_pattern(decimal) for decimal in (".", ",")}
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


def decimals(cells: Iterable[object]) -> tuple[frozenset[str], str]:
    """Return the decimal signs that the cells prove, and the first cell that could be read in two ways."""
    texts = {cell.strip() for cell in cells if isinstance(cell, str)}
    proven = frozenset(sign for sign, pattern in _CERTAIN.items() if any(map(pattern.fullmatch, texts)))
    return proven, min(filter(_AMBIGUOUS.fullmatch, texts), default="")


def flag(cell: object) -> bool | None:
    """
    Return a cell's truth, nothing if it is empty.

    >>> flag("TRUE"), flag(0.0), flag("")
    (True, False, None)

    Raises
    ------
    ValueError
        If it is neither yes nor no.
    """
    if isinstance(cell, bool):
        return cell
    folded = text(cell).casefold()
    if not folded:
        return None
    if folded in _TRUE or folded in _FALSE:
        return folded in _TRUE
    raise ValueError("true or false")
