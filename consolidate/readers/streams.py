"""Long tables streamed in batches, from CSV or Parquet, with the rows of what cannot be read."""

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from consolidate.readers import noticed
from models.arrays import Ints
from models.errors import Finding

pa: Any = importlib.import_module("pyarrow")  # it does not declare its types
pc: Any = importlib.import_module("pyarrow.compute")
pacsv: Any = importlib.import_module("pyarrow.csv")
pq: Any = importlib.import_module("pyarrow.parquet")

TEXTS = ("vm", "timestamp")
NUMBERS = ("time_s", "cpu_mhz", "cpu_percent", "memory_mib", "disk_iops", "net_mbps")
_BLOCK = 1 << 22
_CELLS = 1 << 20
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
            yield Batch(row, {name: batch.column(name) for name in columns}, self.file, self.aliases)
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
            yield Finding(
                "error", "value", "Expected a number.", self.file, row, batch.shown(name), str(value), len(rows)
            )


def _fits(name: str, kind: Any) -> bool:
    text: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
    if name == "vm":
        return text
    types = pa.types
    number: bool = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind)
    return text or types.is_timestamp(kind) or types.is_integer(kind) if name == "timestamp" else number
