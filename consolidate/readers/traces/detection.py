"""Which format a trace is in, told from its names and first lines."""

import re
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from consolidate.readers import delimited, long, wide

_START = 1 << 16
_LOOKED_AT = 8
_GZIP = 31
_READINGS = re.compile(r"vm_cpu_readings-file-(\d+)-of-(\d+)\.csv(\.gz)?", re.IGNORECASE)
_TABLE = re.compile(r"vmtable\.csv(\.gz)?", re.IGNORECASE)
_OPENDC = ("tasks.parquet", "fragments.parquet", "meta.parquet", "trace.parquet")
_INVENTORY = frozenset({"hosts.csv", "vms.csv"})
_NUMBER = re.compile(rb"[+-]?\d{1,9}(\.\d*)?")
_EXTENDED_CELLS = (21, 22)


def detected(path: Path) -> str | None:
    """Return the format of a trace, or None if the path is none that is known."""
    try:
        if path.is_dir():
            return _folder(path)
        return _file(path) if path.is_file() else None
    except OSError:
        return None


def _folder(path: Path) -> str | None:
    entries = sorted(path.iterdir())
    called = {entry.name.casefold() for entry in entries}
    if called & _INVENTORY:
        return None
    if opendc_folder(path) is not None:
        return "opendc"
    if any(azure_files(path)):
        return "azure"
    visible = (entry for entry in entries if entry.is_file() and not entry.name.startswith("."))
    found = [_file(entry) for entry in islice(visible, _LOOKED_AT)]
    return next((name for name in ("bitbrains", "materna", "bitbrains-extended", "planetlab") if name in found), None)


def opendc_folder(path: Path) -> Path | None:
    """Return the folder that holds the Parquet files of an OpenDC trace: the path, or ``trace`` in it."""
    for folder in (path, path / "trace"):
        if any((folder / name).is_file() for name in _OPENDC):
            return folder
    return None


def azure_files(path: Path) -> tuple[list[Path], list[Path]]:
    """Return the VM tables and the files of readings, in order, in a folder or the folders in it."""
    every = [entry for entry in _two_levels(path) if entry.is_file()]
    numbered = [(found, entry) for entry in every if (found := _READINGS.fullmatch(entry.name))]
    numbered.sort(key=lambda pair: (int(pair[0][1]), pair[1].name))
    return [entry for entry in every if _TABLE.fullmatch(entry.name)], [entry for _, entry in numbered]


def missing_parts(readings: list[Path]) -> list[int]:
    """Return the numbers of those files that are not there, of as many as the names say."""
    found = [match for entry in readings if (match := _READINGS.fullmatch(entry.name))]
    total = max((int(match[2]) for match in found), default=0)
    return sorted(set(range(1, min(total, 100_000) + 1)) - {int(match[1]) for match in found})


def _two_levels(path: Path) -> Iterator[Path]:
    for entry in sorted(path.iterdir()):
        if entry.is_dir() and not entry.name.startswith("."):
            yield from sorted(entry.iterdir())
        else:
            yield entry


def start(path: Path) -> bytes:
    """Return the first bytes of a file, unpacked if it is packed with gzip."""
    with path.open("rb") as file:
        data = file.read(_START)
    if data.startswith(b"\x1f\x8b"):
        try:
            return zlib.decompressobj(_GZIP).decompress(data, _START)
        except zlib.error:
            return b""
    return data


def numeric(line: bytes) -> bool:
    """Say whether a line is one number."""
    return _NUMBER.fullmatch(line.strip().removeprefix(b"\xef\xbb\xbf")) is not None


def _file(path: Path) -> str | None:
    data = start(path)
    if data.startswith(b"PAR1"):
        return _by_header(_parquet_header(path))
    lines = data.splitlines()
    if not lines or b"\0" in data:
        return None
    if numeric(next((line for line in lines if line.strip()), b"")):
        return "planetlab"
    if len(lines[0].split()) in _EXTENDED_CELLS and lines[0].split()[0].isdigit():
        return "bitbrains-extended"
    line = lines[0].decode("utf-8-sig", "replace")
    return _by_line(line)


def _by_line(line: str) -> str | None:
    delimiter = delimited.delimiter_of(line)
    header = tuple(cell.strip().strip('"') for cell in line.split(delimiter))
    if header[0].casefold().startswith("timestamp") and any("[mhz]" in cell.casefold() for cell in header):
        return "bitbrains" if "[ms]" in header[0] else "materna"
    return _by_header(header)


def _by_header(header: tuple[str, ...]) -> str | None:
    if "vm" in header and set(header) & set(long.TIMES) and {"cpu_mhz", "cpu_percent"} & set(header):
        return "long"
    return "wide" if wide.is_wide(header) else None


def _parquet_header(path: Path) -> tuple[str, ...]:
    from consolidate.readers import sources

    return sources.parquet_header(path)
