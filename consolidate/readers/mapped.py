"""
Any CSV file, by a column map that says which of its columns are which of ours.

::

    vms:
      file: servers.csv
      columns:
        vm: Server name
        memory_mib: {column: Memory (GB), factor: 1024}
        power_state: {column: State, values: {Running: "on", Stopped: "off"}}
        technology: {value: container}
    hosts:
      file: hosts.csv
      columns: {host: Name, cores: Cores, cpu_mhz: Clock, memory_mib: Memory}
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from consolidate.readers import beside, delimited, documents, files, join, noticed, tables
from consolidate.readers import sheet as cell
from consolidate.readers.documents import Located
from consolidate.readers.reading import Options, Reading
from consolidate.readers.sheet import Sheet
from models.errors import Finding, InputError
from models.inventory import Column, Hosts, Inventory, Vms

_KEYS = {"column", "factor", "values", "value"}


def read(path: Path, options: Options) -> Reading:
    """
    Read the CSV files that a column map names; they are looked for in the inventory's folder.

    Without a ``file`` for its VMs the inventory itself is the file; without one for its hosts they are columns of
    the VMs' file, where each host may stand in many rows.
    """
    if options.column_map is None:
        raise InputError([Finding("error", "no-map", "Format 'mapped' needs a column map; give one with --map FILE.")])
    findings: list[Finding] = []
    hashes: dict[str, str] = {}
    tree = documents.read(options.column_map, findings, hashes)
    noticed.stop_on_errors(findings)
    map_ = _Map(options.column_map.name, options, findings, hashes)
    parts = documents.mapping(tree or Located({}), {"vms", "hosts"}, map_.file, findings)
    _require(parts, ("vms", "hosts"), map_.file, findings)
    noticed.stop_on_errors(findings)
    own = path if path.is_file() else None
    sheet = map_.sheet(parts["vms"], path, own)
    vms = map_.table(parts["vms"], sheet, Vms.columns())
    hosts = _hosts(map_, parts["hosts"], path, sheet)
    noticed.stop_on_errors(findings)
    vms["host"], unmatched = _joined(vms, hosts, options, sheet.file if sheet else "", findings)
    noticed.stop_on_errors(findings)
    inventory = Inventory(Hosts.of(**hosts), Vms.of(**vms), (), "", files.title(path))
    reading = Reading(inventory, tuple(findings), hashes=hashes, unmatched=unmatched)
    return beside.complete(reading, path if path.is_dir() else path.parent, options)


def _require(parts: Mapping[str, Located], keys: tuple[str, ...], file: str, findings: list[Finding]) -> None:
    missing = [key for key in keys if key not in parts]
    findings += [Finding("error", "missing-key", f"Key {key!r} is missing.", file) for key in missing]


def _hosts(map_: "_Map", part: Located, path: Path, shared: Sheet | None) -> dict[str, list[Any]]:
    """Return the hosts: of a file of their own, or of the VMs' file, one for each name."""
    own = isinstance(part.value, dict) and "file" in part.value
    sheet = map_.sheet(part, path, None) if own else shared
    if sheet is not None and not own:
        sheet = map_.one_row_a_host(part, sheet)
    hosts = map_.table(part, sheet, Hosts.columns())
    map_.findings += tables.doubts(sheet.file, hosts) if sheet else []
    return hosts


def _joined(
    vms: Mapping[str, list[Any]], hosts: Mapping[str, list[Any]], options: Options, file: str, findings: list[Finding]
) -> tuple[list[str], Counter[str]]:
    given = join.host_map(options.host_map, hosts["host"], options, findings)
    found = join.joined(vms["host"], hosts["host"], given, file, findings)
    states = vms.get("power_state") or ["on"] * len(vms["vm"])
    templates = vms.get("template") or [False] * len(vms["vm"])
    counted = [state == "on" and not template for state, template in zip(states, templates, strict=True)]
    return join.settled(vms["host"], found, counted, options, file, findings)


class _Map:
    """A column map, applied."""

    def __init__(self, file: str, options: Options, findings: list[Finding], hashes: dict[str, str]) -> None:
        self.file, self.options, self.findings, self.hashes = file, options, findings, hashes

    def sheet(self, part: Located, path: Path, own: Path | None) -> Sheet | None:
        """Return the sheet that a part is about."""
        body = documents.mapping(part, {"file", "columns"}, self.file, self.findings)
        if "file" in body:
            folder = path if path.is_dir() else path.parent
            own = folder / str(body["file"].value)
        if own is None:
            self._fail("Says no file, and the inventory is a folder.", part.line)
            return None
        return delimited.read(own, self.options, self.findings, self.hashes)

    def table(self, part: Located, sheet: Sheet | None, columns: Mapping[str, Column]) -> dict[str, list[Any]]:
        """Return the columns of a table."""
        body = documents.mapping(part, {"file", "columns"}, self.file, self.findings)
        if sheet is None or "columns" not in body:
            _require(body, ("columns",), self.file, self.findings)
            return {}
        given = documents.mapping(body["columns"], set(columns), self.file, self.findings)
        origins = {}
        for name, item in given.items():
            sheet, origin = self._origin(name, item, sheet)
            if origin is not None:
                origins[name] = origin
        return tables.values(sheet, columns, origins, self.options.decimal, self.findings)

    def one_row_a_host(self, part: Located, sheet: Sheet) -> Sheet:
        """Return the rows in which a host stands first; later ones must say the same of it."""
        names = self._used(part, sheet)
        if not names:
            return sheet
        first: dict[str, int] = {}
        for place, row in enumerate(sheet.rows):
            host = cell.text(sheet.columns[names[0]][place])
            before = first.setdefault(host, place)
            for name in names[1:]:
                found, expected = (cell.text(sheet.columns[name][spot]) for spot in (place, before))
                if host and found != expected:
                    text = f"Says otherwise of host {host!r} than row {sheet.rows[before]}: expected {expected!r}."
                    error = Finding("error", "conflict", text, sheet.file, row, sheet.header[name], found)
                    self.findings.append(error)
        kept = [place for host, place in first.items() if host]
        columns = tuple(tuple(column[place] for place in kept) for column in sheet.columns)
        return replace(sheet, columns=columns, rows=tuple(sheet.rows[place] for place in kept))

    def _used(self, part: Located, sheet: Sheet) -> list[int]:
        """Return the positions of a part's columns, the host's name first."""
        body = part.value if isinstance(part.value, dict) else {}
        columns = body["columns"].value if "columns" in body and isinstance(body["columns"].value, dict) else {}
        source = {name: _column_of(item) for name, item in columns.items()}
        ordered = sorted(source, key=lambda name: name != "host")
        return [sheet.header.index(source[name]) for name in ordered if source[name] in sheet.header]

    def _origin(self, name: str, item: Located, sheet: Sheet) -> tuple[Sheet, tables.Origin | None]:
        """Return where a column comes from, and the sheet with its words replaced or its constant added."""
        if isinstance(item.value, dict):
            body = documents.mapping(item, _KEYS, self.file, self.findings)
            if "value" in body:
                return self._constant(name, sheet, body["value"])
        else:
            body = {"column": item}
        header = str(body["column"].value) if "column" in body else ""
        if header not in sheet.header:
            hint = noticed.suggestion(header, sheet.header)
            self._fail(f"Column {header!r} is not in {sheet.file}.{hint}", item.line, name)
            return sheet, None
        position = sheet.header.index(header)
        factor = self._factor(body.get("factor"))
        if "values" not in body:
            return sheet, tables.Origin(position, factor)
        return self._translated(name, sheet, position, body["values"])

    def _constant(self, name: str, sheet: Sheet, item: Located) -> tuple[Sheet, tables.Origin | None]:
        if isinstance(item.value, (list, dict)):
            self._fail("Expected one value for all rows.", item.line, name)
            return sheet, None
        return _with_column(sheet, name, (item.value,) * len(sheet))

    def _factor(self, item: Located | None) -> float:
        value = 1.0 if item is None else item.value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e12:
            self._fail(f"Expected a factor above 0, not {value!r}.", item.line if item else 0, "factor")
            return 1.0
        return float(value)

    def _translated(self, name: str, sheet: Sheet, position: int, words: Located) -> tuple[Sheet, tables.Origin | None]:
        if not isinstance(words.value, dict):
            self._fail("Expected a mapping of words to values.", words.line, name)
            return sheet, None
        meaning = {key.casefold(): _word(item.value) for key, item in words.value.items()}
        cells = tuple(meaning.get(cell.text(value).casefold(), value) for value in sheet.columns[position])
        return _with_column(sheet, sheet.header[position], cells)

    def _fail(self, text: str, line: int, column: str = "") -> None:
        self.findings.append(Finding("error", "column-map", text, self.file, line, column))


def _column_of(item: Located) -> str:
    if isinstance(item.value, dict):
        return str(item.value["column"].value) if "column" in item.value else ""
    return str(item.value)


def _word(value: object) -> str:
    """Return a value as text; YAML takes on and off for true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else cell.text(value)


def _with_column(sheet: Sheet, header: str, cells: tuple[Any, ...]) -> tuple[Sheet, tables.Origin]:
    words = tuple(_word(value) if isinstance(value, bool) else value for value in cells)
    position = len(sheet.columns)
    added = replace(sheet, header=(*sheet.header, header), columns=(*sheet.columns, words))
    return added, tables.Origin(position)
