"""Long tables opened: CSV, packed or not, or Parquet, with what keeps them from being read."""

import codecs
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from consolidate.readers.delimited import delimiter_of, wrong_delimiter
from consolidate.readers.reading import Options
from consolidate.readers.streams import NUMBERS, TEXTS, Source, pa, pq
from models.errors import Finding

_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 20
_ROWS_FOR_DECIMAL = 1 << 16


def opened(path: Path, options: Options, findings: list[Finding], hashes: dict[str, str]) -> Source | None:
    """Open a long table; without a result there is an error among the findings."""
    try:
        if not path.is_file():
            there = "Is a folder" if path.is_dir() else "Is no ordinary file"
            what = f"{there}; a file was expected." if path.exists() else "Does not exist."
            findings.append(Finding("error", "missing-file", what, str(path)))
            return None
        start, hashes[path.name], encoding = _looked_through(path)
    except OSError as problem:
        findings.append(Finding("error", "unreadable", f"Cannot be read: {problem.strerror}.", path.name))
        return None
    if start.startswith(b"PAR1"):
        return _parquet(path, findings)
    return _csv(path, start, options.encoding or encoding, options, findings)


def _schema(path: Path) -> tuple[Any, str]:
    """Return the columns of a Parquet file; nothing and a reason if it cannot be read."""
    try:
        schema = pq.read_schema(path)
        return (schema, "") if schema.names else (None, "it has no columns")
    except (pa.ArrowException, OSError, UnicodeError) as problem:
        return None, " ".join(str(problem).split())[:200]


def parquet(
    path: Path,
    columns: Mapping[str, Sequence[str]],
    findings: list[Finding],
    hashes: dict[str, str],
    moments: Sequence[str] = (),
) -> Source | None:
    """
    Open a Parquet file and find columns by any of the names that they may have.

    `id` may be text or a number, all others are numbers, times or durations. Of `moments` the first that is there is
    called ``timestamp``. Without a result there is an error among the findings.
    """
    if not path.is_file():
        findings.append(Finding("error", "missing-file", "Does not exist.", str(path)))
        return None
    _, hashes[path.name], _ = _looked_through(path)
    schema, reason = _schema(path)
    if schema is None:
        findings.append(Finding("error", "unreadable", f"Is no Parquet file that can be read: {reason}.", path.name))
        return None
    wanted = {**columns, "timestamp": moments}
    found = {name: hit for name, known in wanted.items() if (hit := next(iter(_in(schema, known)), ""))}
    wrong = list(_unfit_for(schema, columns, found, path.name))
    findings += wrong
    return None if wrong else Source(path, tuple(found), texts=(), aliases=found)


def _in(schema: Any, known: Sequence[str]) -> list[str]:
    return [name for name in known if name in schema.names]


def _unfit_for(
    schema: Any, columns: Mapping[str, Sequence[str]], found: Mapping[str, str], file: str
) -> Iterator[Finding]:
    """Yield the columns that are missing or of a type that cannot be used."""
    for name, known in columns.items():
        if name not in found:
            text = f"Column is missing. Columns found: {', '.join(schema.names)[:300]}."
            yield Finding("error", "missing-column", text, file, 0, known[0])
    for name, inside in found.items():
        kind, types = schema.field(inside).type, pa.types
        number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        timed = types.is_timestamp(kind) or types.is_duration(kind)
        text_ = types.is_string(kind) or types.is_large_string(kind)
        if not (number or (text_ if name == "id" else timed)):
            yield Finding("error", "type", f"Is of type {kind}, which cannot be used.", file, 0, inside)


def hashed(path: Path, findings: list[Finding], hashes: dict[str, str], *, packed: bool) -> bool:
    """Say whether a file can be read and is packed or not as its name says, and add its SHA-256."""
    try:
        start, hashes[path.name], _ = _looked_through(path)
    except OSError as problem:
        findings.append(Finding("error", "unreadable", f"Cannot be read: {problem.strerror}.", path.name))
        return False
    if not start.strip():
        findings.append(Finding("error", "empty-file", "Is empty.", path.name))
    elif packed != start.startswith(b"\x1f\x8b"):
        what = "is not packed with gzip, though its name ends in .gz" if packed else "is packed, and lacks the name .gz"
        findings.append(Finding("error", "packed", f"The file {what}.", path.name))
    elif not packed and b"\0" in start:
        findings.append(Finding("error", "binary", "Holds a NUL byte, so it is no text file.", path.name))
    else:
        return True
    return False


def _looked_through(path: Path) -> tuple[bytes, str, str]:
    """Return the start of a file, its SHA-256, and its encoding: UTF-8 if it is that all through."""
    digest, start, encoding = hashlib.sha256(), b"", "utf8"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            start = start or chunk[:_LONGEST_LINE]
            digest.update(chunk)
            if encoding == "utf8" and not start.startswith(b"PAR1"):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    encoding = "cp1252"
    return start, digest.hexdigest(), encoding


def parquet_header(path: Path) -> tuple[str, ...]:
    """Return the names of the columns of a Parquet file; none if it cannot be read."""
    schema, _ = _schema(path)
    return tuple(schema.names) if schema is not None else ()


def _parquet(path: Path, findings: list[Finding]) -> Source | None:
    schema, reason = _schema(path)
    if schema is None:
        findings.append(Finding("error", "unreadable", f"Is no Parquet file that can be read: {reason}.", path.name))
        return None
    source = Source(path, tuple(schema.names))
    wrong = list(source.unfit([name for name in (*TEXTS, *NUMBERS) if name in schema.names]))
    findings += wrong
    return None if wrong else source


def _csv(path: Path, start: bytes, encoding: str, options: Options, findings: list[Finding]) -> Source | None:
    if not start.strip() or b"\0" in start:
        code, text = (
            ("binary", "Holds a NUL byte, so it is no text file.") if start.strip() else ("empty-file", "Is empty.")
        )
        findings.append(Finding("error", code, text, path.name))
        return None
    try:
        line = start.splitlines()[0].decode("utf-8-sig" if encoding == "utf8" else encoding)
    except (LookupError, UnicodeDecodeError):
        findings.append(Finding("error", "encoding", f"Is not text in {encoding!r}.", path.name))
        return None
    if encoding == "cp1252" and not options.encoding:
        findings.append(Finding("info", "encoding", "Is not UTF-8; read as Windows-1252.", path.name))
    delimiter = options.delimiter or delimiter_of(line)
    if wrong := wrong_delimiter(delimiter, path.name):
        findings += wrong
        return None
    decimal = options.decimal or ("," if delimiter == ";" and _decimal_comma(start, delimiter) else ".")
    header = tuple(cell.strip().strip('"') for cell in line.split(delimiter))
    repeated = {name for name in header if header.count(name) > 1}
    if repeated:
        findings.append(
            Finding("error", "duplicate-column", f"Columns are there twice: {sorted(repeated)}.", path.name, 1)
        )
        return None
    return Source(path, header, delimiter, decimal, encoding)


def _decimal_comma(start: bytes, delimiter: str) -> bool:
    """Say whether a cell after the header is a number with a comma."""
    cut = re.escape(delimiter.encode())
    pattern = rb"(?:^|" + cut + rb')[ \t]*"?\d+,\d+"?[ \t\r]*(?:' + cut + rb"|$)"
    _, _, rows = start.partition(b"\n")
    return b"," in rows and re.search(pattern, rows[:_ROWS_FOR_DECIMAL], re.MULTILINE) is not None
