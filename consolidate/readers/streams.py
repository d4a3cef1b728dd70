"""Long tables streamed in batches, from CSV or Parquet, with the rows of what cannot be read."""

import codecs
import hashlib
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from consolidate.readers import noticed
from consolidate.readers.delimited import delimiter_of, wrong_delimiter
from consolidate.readers.reading import Options
from models.arrays import Ints
from models.errors import Finding

pa: Any = importlib.import_module("pyarrow")  # it does not declare its types
pc: Any = importlib.import_module("pyarrow.compute")
pacsv: Any = importlib.import_module("pyarrow.csv")
pq: Any = importlib.import_module("pyarrow.parquet")

TEXTS = ("vm", "timestamp")
NUMBERS = ("time_s", "cpu_mhz", "cpu_percent", "memory_mib", "disk_iops", "net_mbps")
_CHUNK = 1 << 24
_BLOCK = 1 << 22
_LONGEST_LINE = 1 << 20
_CELLS = 1 << 22
_NULLS = ["", "NaN", "nan", "null", "NULL", "NA", "N/A"]
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"


@dataclass(frozen=True)
class Batch:
    """Some rows of a table, the first of which stands in row `first_row` of the file."""

    first_row: int
    columns: dict[str, Any]
    file: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)

    def coded(self, name: str) -> tuple[Ints, list[object]]:
        """Return each row's place among the distinct values, and these."""
        column = self.columns[name]
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode(null_encoding="encode")
        distinct = column.dictionary.to_pylist()
        codes = column.indices
        if codes.null_count:
            codes = pc.fill_null(codes, len(distinct))
            distinct = [*distinct, None]
        places: Ints = codes.to_numpy(zero_copy_only=False).astype(np.int64)
        return places, distinct

    def shown(self, name: str) -> str:
        """Return what the file calls a column."""
        return self.aliases.get(name, name)

    def milliseconds(self, name: str) -> Any:
        """Return a column's numbers, NaN where there is none; times and durations as milliseconds."""
        cells = self.columns[name]
        if pa.types.is_timestamp(cells.type):
            cells = cells.cast(pa.timestamp("ms", cells.type.tz), safe=False).cast(pa.int64())
        elif pa.types.is_duration(cells.type):
            cells = cells.cast(pa.duration("ms"), safe=False).cast(pa.int64())
        return cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)

    def plain(self, name: str) -> Any:
        """Return a column's numbers if it is one of numbers, else None."""
        kind = self.columns[name].type
        return self.numbers(name) if pa.types.is_floating(kind) or pa.types.is_integer(kind) else None

    def numbers(self, name: str) -> Any:
        """Return a column's numbers, NaN where there is none."""
        column = self.columns[name]
        if pa.types.is_null(column.type):
            return np.full(len(column), np.nan)
        return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def column(values: Any) -> Any:
    """Return an array as a column of a batch."""
    return pa.array(values)


def constant(text: str, rows: int) -> Any:
    """Return a column of one text."""
    return pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), [text])


def decimal_of(path: Path, delimiter: str = ";") -> str:
    """Return the decimal sign of a file: a comma if a cell at its start is a number with one."""
    with path.open("rb") as file:
        return "," if _decimal_comma(file.read(_LONGEST_LINE), delimiter) else "."


class Streamed(Protocol):
    """Rows that can be streamed again and again."""

    @property
    def file(self) -> str:
        """What they are called in findings."""

    def batches(self, columns: Sequence[str], findings: list[Finding]) -> Iterator[Batch]:
        """Stream some columns; what cannot be read ends the stream with errors among the findings."""


@dataclass(frozen=True)
class Source:
    """
    A long table: its file, its header, and how to stream it.

    Parameters
    ----------
    path, header
        The file, and the names of its columns.
    delimiter, decimal, encoding
        Of text; without a delimiter it is Parquet.
    texts
        Columns that are text. All others hold numbers.
    skipped
        Rows before the first one of values, if the header is not the file's first row; −1 if it is.
    aliases
        What the file calls a column that is called otherwise here.
    """

    path: Path
    header: tuple[str, ...]
    delimiter: str = ""
    decimal: str = "."
    encoding: str = "utf8"
    texts: tuple[str, ...] = TEXTS
    skipped: int = -1
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.path.name

    def batches(self, columns: Sequence[str], findings: list[Finding]) -> Iterator[Batch]:
        """Stream some columns; what cannot be read ends the stream with errors among the findings."""
        try:
            yield from self._rows(list(columns)) if self.delimiter else self._groups(list(columns))
        except pa.ArrowInvalid as problem:
            found = list(self._wrong_cells(columns)) if self.delimiter else []
            shown = " ".join(str(problem).split())[:200]
            fresh = found or [Finding("error", "unreadable", f"Cannot be read: {shown}.", self.file)]
            findings += [finding for finding in noticed.capped(fresh) if finding not in findings]
        except (pa.ArrowException, OSError, UnicodeError) as problem:
            findings.append(Finding("error", "unreadable", f"Cannot be read: {problem}.", self.file))

    def _groups(self, columns: list[str]) -> Iterator[Batch]:
        row = 2
        size = max(1, _CELLS // len(columns))
        inside = {name: self.aliases.get(name, name) for name in columns}
        with pq.ParquetFile(self.path, read_dictionary=[name for name in self.texts if name in columns]) as file:
            for batch in file.iter_batches(batch_size=size, columns=[*inside.values()]):
                yield Batch(row, {name: batch.column(inside[name]) for name in columns}, self.file, self.aliases)
                row += batch.num_rows

    def _rows(self, columns: list[str], *, as_text: bool = False) -> Iterator[Batch]:
        texts = columns if as_text else [name for name in columns if name in self.texts]
        types = {name: pa.float64() for name in columns} | {
            name: pa.dictionary(pa.int32(), pa.string()) for name in texts
        }
        options = pacsv.ConvertOptions(
            include_columns=columns,
            column_types=types,
            decimal_point=self.decimal,
            null_values=_NULLS,
            strings_can_be_null=not as_text,
        )
        reader = pacsv.open_csv(
            self.path,
            read_options=self._read_options(use_threads=not as_text),
            parse_options=pacsv.ParseOptions(delimiter=self.delimiter, newlines_in_values=False),
            convert_options=options,
        )
        row = 2 if self.skipped < 0 else self.skipped + 1
        for batch in reader:
            yield Batch(row, {name: batch.column(name) for name in columns}, self.file)
            row += batch.num_rows

    def _read_options(self, *, use_threads: bool) -> Any:
        given = {} if self.skipped < 0 else {"column_names": list(self.header), "skip_rows": self.skipped}
        return pacsv.ReadOptions(block_size=_BLOCK, encoding=self.encoding, use_threads=use_threads, **given)

    def unfit(self, columns: Sequence[str]) -> Iterator[Finding]:
        """Yield the columns that should hold numbers and are of another type."""
        if self.delimiter:
            return
        schema = pq.read_schema(self.path)
        for name in columns:
            if not _fits(name, schema.field(name).type):
                text = f"Is of type {schema.field(name).type}, which cannot be used."
                yield Finding("error", "type", text, self.file, 0, name)

    def _wrong_cells(self, columns: Sequence[str]) -> Iterator[Finding]:
        """Yield the cells that are no numbers, from a slow second look at the file as text."""
        point = replace(self, decimal=".")
        pattern = _NUMBER if self.decimal == "." else _NUMBER.replace(r"\.", ",")
        try:
            for batch in point._rows(list(columns), as_text=True):
                for name in columns:
                    if name not in self.texts:
                        yield from self._wrong(batch, name, re.compile(pattern))
        except pa.ArrowException as problem:
            if "straddl" in str(problem):
                text = f"A line is longer than {_BLOCK:,} characters."
                yield Finding("error", "long-line", text, self.file)
                return
            place = re.search(r"CSV parse error: (?:Row #(\d+): )?(.*)", str(problem), re.DOTALL)
            text = " ".join((place[2] if place else str(problem)).split())[:200]
            yield Finding("error", "ragged-row", f"{text}.", self.file, int(place[1] or 0) if place else 0)

    def _wrong(self, batch: Batch, name: str, pattern: re.Pattern[str]) -> Iterator[Finding]:
        codes, distinct = batch.coded(name)
        for place, value in enumerate(distinct):
            if value is None or value in _NULLS or pattern.match(str(value)):
                continue
            rows = np.flatnonzero(codes == place)
            row = batch.first_row + int(rows[0])
            yield Finding("error", "value", "Expected a number.", self.file, row, name, str(value), len(rows))


def opened(path: Path, options: Options, findings: list[Finding], hashes: dict[str, str]) -> Source | None:
    """Open a long table; without a result there is an error among the findings."""
    try:
        if not path.is_file():
            what = "Is a folder; a file was expected." if path.is_dir() else "Does not exist."
            findings.append(Finding("error", "missing-file", what, str(path)))
            return None
        start, hashes[path.name], encoding = _looked_through(path)
    except OSError as problem:
        findings.append(Finding("error", "unreadable", f"Cannot be read: {problem.strerror}.", path.name))
        return None
    if start.startswith(b"PAR1"):
        return _parquet(path, findings)
    return _csv(path, start, options.encoding or encoding, options, findings)


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
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as problem:
        text = f"Is no Parquet file that can be read: {' '.join(str(problem).split())[:200]}."
        findings.append(Finding("error", "unreadable", text, path.name))
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
    try:
        return tuple(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return ()


def _parquet(path: Path, findings: list[Finding]) -> Source | None:
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as problem:
        findings.append(Finding("error", "unreadable", f"Is no Parquet file that can be read: {problem}.", path.name))
        return None
    source = Source(path, tuple(schema.names))
    wrong = list(source.unfit([name for name in (*TEXTS, *NUMBERS) if name in schema.names]))
    findings += wrong
    return None if wrong else source


def _fits(name: str, kind: Any) -> bool:
    text: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
    if name == "vm":
        return text
    types = pa.types
    number: bool = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind)
    return text or types.is_timestamp(kind) or types.is_integer(kind) if name == "timestamp" else number


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
    lines = start.splitlines()[1:1000]
    return any(re.fullmatch(rb'\s*"?\d+,\d+"?\s*', cell) for line in lines for cell in line.split(delimiter.encode()))
