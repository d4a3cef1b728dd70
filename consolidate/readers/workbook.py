"""Workbooks (xlsx): checked before they are opened, then read tab by tab."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from consolidate.readers import files
from consolidate.readers.delimited import LONGEST_CELL
from consolidate.readers.sheet import Sheet, sheet_of
from models.counting import counted
from models.errors import Finding

MOST_UNPACKED = 2 << 30
MOST_PACKED_RATIO = 200
HARMLESS_UNPACKED = 64 << 20
"""Bytes below which the ratio does not matter."""
MOST_SPARSE = 10
"""Rows that a sheet may span for each row that it holds."""
_OLD = b"\xd0\xcf\x11\xe0"
_CELL = rb"<(?:\w+:)?c\s[^>]*?\br=[\"']"
_FILLED = rb"[\"'][^>/]*>\s*<(?:\w+:)?(?:v|is|f)\b"
_ROWS = re.compile(_CELL + rb"[A-Z]*(\d*)" + _FILLED)
_WIDE = re.compile(_CELL + rb"[A-Z]{3,}\d*" + _FILLED)


def read(
    path: Path, wanted: Callable[[str], object], findings: list[Finding], hashes: dict[str, str]
) -> dict[str, Sheet]:
    """Read the tabs of a workbook that are wanted; without a result there is an error among the findings."""
    data = files.content(path, findings)
    if data is None:
        return {}
    hashes[path.name] = files.digest(data)
    problem = _problem(data)
    if problem:
        findings.append(Finding("error", "workbook", problem, path.name))
        return {}
    return _tabs(path.name, data, wanted, findings)


def _problem(data: bytes) -> str:
    """Say why the bytes must not be opened as a workbook; empty if they may."""
    if data.startswith(_OLD):
        return "Is an encrypted or an old workbook (xls); save it as xlsx without a password."
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked > MOST_UNPACKED:
                return f"Unpacks to {unpacked >> 20:,} MiB; at most {MOST_UNPACKED >> 20:,} MiB are opened."
            if unpacked > max(HARMLESS_UNPACKED, MOST_PACKED_RATIO * len(data)):
                return f"Unpacks to {unpacked / len(data):,.0f} times its size; it looks like a zip bomb."
            return next(filter(None, (_sparse(archive, member) for member in members)), "")
    except Exception as problem:  # zipfile, zlib and lzma raise whatever they like for damaged bytes
        return f"Is no xlsx workbook that can be read: {problem}."


def _sparse(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """Unpack a member, which checks its size and sum, and say if its cells lie too far apart to be opened."""
    content = archive.read(member)
    if "worksheets/" not in member.filename:
        return ""
    rows = set(_ROWS.findall(content))
    longest = max(map(len, rows), default=0)
    last = max(map(int, rows - {b""}), default=0) if longest < 10 else 10**longest
    if last > MOST_SPARSE * len(rows) + 10_000:
        return f"Sheet {member.filename} holds {counted(len(rows), 'row')} but spans {min(last, 10**9):,}."
    if _WIDE.search(content):
        return f"Sheet {member.filename} has cells beyond column ZZ."
    return ""


def _tabs(file: str, data: bytes, wanted: Callable[[str], object], findings: list[Finding]) -> dict[str, Sheet]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [name for name in book.sheet_names if wanted(name)]
        grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except BaseException as problem:  # a panic of the library is no Exception, and has no name to import
        if not isinstance(problem, Exception) and type(problem).__name__ != "PanicException":
            raise
        findings.append(Finding("error", "workbook", f"Is no xlsx workbook that can be read: {problem}.", file))
        return {}
    sheets = {}
    for name, grid in grids.items():
        place = f"{file} [{name}]"
        found = list(_long_cells(place, grid))
        findings += found
        if grid and not found:
            sheets[name] = sheet_of(place, enumerate(grid, start=1))
    return sheets


def _long_cells(place: str, grid: Sequence[Sequence[object]]) -> list[Finding]:
    return [
        Finding("error", "long-cell", f"A cell is longer than {LONGEST_CELL:,} characters.", place, row, value=cell)
        for row, cells in enumerate(grid, start=1)
        for cell in cells
        if isinstance(cell, str) and len(cell) > LONGEST_CELL
    ]
