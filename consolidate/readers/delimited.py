"""CSV files: delimiter found out, every record of the header's length, or findings that say which are not."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from consolidate.readers import files
from consolidate.readers.reading import Options
from consolidate.readers.sheet import Sheet, sheet_of
from models.errors import Finding

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 32_767
"""Characters a cell may have, as in a spreadsheet."""
_HINT = re.compile(r"sep=([,;\t|])\s*")


def read(path: Path, options: Options, findings: list[Finding], hashes: dict[str, str]) -> Sheet | None:
    """Read a CSV file; without a result there is an error among the findings."""
    data = files.content(path, findings)
    if data is None:
        return None
    hashes[path.name] = files.digest(data)
    if data.startswith(b"PK\x03\x04"):
        findings.append(Finding("error", "binary", "Is a zip archive or a workbook; CSV was expected.", path.name))
        return None
    text = files.decoded(path, data, options.encoding, findings)
    return None if text is None else parsed(path.name, text, options.delimiter, findings)


def parsed(file: str, text: str, delimiter: str, findings: list[Finding]) -> Sheet | None:
    """Return the sheet that a CSV text holds."""
    hint = _HINT.match(text)
    first = next(iter(text.lstrip()[:LONGEST_CELL].splitlines()), "")
    delimiter = delimiter or (hint[1] if hint else delimiter_of(first))
    found = wrong_delimiter(delimiter, file)
    if found:
        findings += found
        return None
    records = list(_records(file, text, delimiter, found, skip=1 if hint else 0))
    if not records and not found:
        found.append(Finding("error", "empty-file", "Has no header.", file))
    findings += found
    return None if found else sheet_of(file, records, delimiter)


def delimiter_of(line: str) -> str:
    """
    Return the delimiter that cuts a header line into the most cells; a comma if none does.

    >>> delimiter_of('host;"cores, physical";cpu_mhz')
    ';'
    """
    bare = re.sub('"[^"]*"?', "", line)
    return max(DELIMITERS, key=bare.count)


def wrong_delimiter(delimiter: str, file: str) -> list[Finding]:
    """Return an error if a delimiter is none."""
    if len(delimiter) == 1 and delimiter not in "\"'\r\n ":
        return []
    return [Finding("error", "delimiter", f"A delimiter is one character such as ';', not {delimiter!r}.", file)]


def _records(file: str, text: str, delimiter: str, found: list[Finding], skip: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    width, row = 0, 0
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            hint = "; is a quote left open, or a cell longer than 131,072 characters?"
            found.append(Finding("error", "csv", f"Cannot be cut into cells: {problem}{hint}", file, row))
            return
        if row <= skip or not any(cells):
            continue
        width = width or len(cells)
        fitted = _fitted(cells, width)
        if len(fitted) != width:
            message = f"Has {len(fitted)} cells where the header has {width}."
            found.append(Finding("error", "ragged-row", message, file, row))
        elif long := next((cell for cell in fitted if len(cell) > LONGEST_CELL), ""):
            message = f"A cell is longer than {LONGEST_CELL:,} characters."
            found.append(Finding("error", "long-cell", message, file, row, value=long))
        else:
            yield row, fitted


def _fitted(cells: list[str], width: int) -> list[str]:
    """Return the cells without blank ones past the header's end."""
    return cells[:width] if not any(cells[width:]) else cells
