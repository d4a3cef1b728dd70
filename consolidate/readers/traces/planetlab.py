"""PlanetLab traces: a folder with a file for each VM, one CPU percentage a line, every 300 s."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from consolidate.readers import grids, noticed, store
from consolidate.readers.traces.detection import numeric
from consolidate.readers.traces.traced import Traced, TraceOptions, always, unsized
from models.arrays import Floats, Ints, Singles
from models.counting import counted
from models.errors import Finding

STEP_S = 300.0
_BOM = b"\xef\xbb\xbf"
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_WHOLE = re.compile(rb"\d{1,9}")
_OTHERS = frozenset({".csv", ".md", ".rst", ".pdf", ".zip", ".gz", ".tgz", ".json", ".yaml", ".yml", ".xml", ".html"})
_TITLES = ("readme", "license", "licence", "copying", "changelog")
_EXPECTED = "Expected a percentage from 0 to 100."


@dataclass
class _Met:
    """What of some kind was met in how many files, and in which first."""

    files: int = 0
    first: str = ""

    def add(self, file: str) -> None:
        self.files += 1
        self.first = self.first or file


def read(path: Path, options: TraceOptions, findings: list[Finding], hashes: dict[str, str]) -> Traced | None:
    """Read a folder of files, or one file; without a result there is an error."""
    listed = _listed(path, options.order, findings)
    texts = _contents(listed, path, findings, hashes)
    if not texts or any(finding.severity == "error" for finding in findings):
        return None
    values = _parsed(list(texts.values()))
    series = _slowly(texts, findings) if values is None else values
    if series is None:
        return None
    readings = _padded(*series, list(texts), path.name, options, findings)
    if readings is None:
        return None
    return Traced(unsized(texts), readings, "percent", 0.0, STEP_S, **always(len(texts)))


def _listed(path: Path, order: str, findings: list[Finding]) -> list[tuple[str, Path]]:
    """Return the VMs' names and files in the order asked for."""
    if not path.is_dir():
        return [(_name(path.name), path)]
    with os.scandir(path) as entries:
        every = [(entry.name, entry.is_file()) for entry in entries]
    kept = [name for name, file in every if file and not name.startswith(".") and not _other(path, name)]
    skipped = sorted({name for name, _ in every} - set(kept))
    if skipped:
        text = f"{len(skipped):,} entries are no files of readings and were left out: {noticed.examples(skipped)}."
        findings.append(Finding("info", "left-out", text, path.name, count=len(skipped)))
    kept.sort(key=os.fsencode)
    if order == "ntfs":
        kept.sort(key=str.upper)
    return [(_name(name), path / name) for name in kept]


def _name(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _other(path: Path, name: str) -> bool:
    """Say whether a file is named like something else and does not start with a number."""
    stem, suffix = os.path.splitext(name.casefold())  # noqa: PTH122
    if suffix not in _OTHERS and not stem.startswith(_TITLES):
        return False
    with (path / name).open("rb") as file:
        return not numeric(file.readline(1000))


def _contents(
    listed: list[tuple[str, Path]], path: Path, findings: list[Finding], hashes: dict[str, str]
) -> dict[str, bytes]:
    """Return the text of each file with plain line ends, by VM; one hash stands for all of them."""
    texts: dict[str, bytes] = {}
    digest, met = hashlib.sha256(), {"windows": _Met(), "bom": _Met(), "blank": _Met()}
    for name, file in listed:
        data = _bytes(file, findings)
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
        if name in texts:
            findings.append(Finding("error", "twice", f"Two files are named {name!r}.", path.name))
        if b"\0" in data:
            findings.append(Finding("error", "binary", "Holds a NUL byte, so it is no text file.", name))
        texts[name] = _plain(name, data, met)
        if not texts[name]:
            text = "Is empty; expected one percentage a line."
            findings.append(Finding("error", "empty-file", text, name))
    hashes[path.name] = digest.hexdigest()
    findings += _told(met, path.name)
    if not listed:
        findings.append(Finding("error", "empty-folder", "Holds no file of readings.", str(path)))
    return texts


def _bytes(file: Path, findings: list[Finding]) -> bytes:
    try:
        with file.open("rb", buffering=0) as opened:
            return opened.read()
    except OSError as problem:
        findings.append(Finding("error", "unreadable", f"Cannot be read: {problem.strerror}.", file.name))
        return b""


def _plain(name: str, data: bytes, met: dict[str, _Met]) -> bytes:
    """Return a text without a byte order mark, Windows line ends and blank lines after its last value."""
    if data.startswith(_BOM):
        met["bom"].add(name)
        data = data[len(_BOM) :]
    if b"\r" in data:
        met["windows"].add(name)
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    bare = data.rstrip()
    if data.count(b"\n", len(bare)) > 1:
        met["blank"].add(name)
    return bare


def _told(met: dict[str, _Met], file: str) -> list[Finding]:
    """Return what to say of things that are read without harm."""
    worded = {
        "windows": ("file has Windows line ends", "files have Windows line ends"),
        "bom": ("file starts with a byte order mark", "files start with a byte order mark"),
        "blank": ("file has blank lines at its end", "files have blank lines at their end"),
    }
    return [
        Finding("info", code, f"{counted(met[code].files, *text)}, the first {met[code].first!r}.", file)
        for code, text in worded.items()
        if met[code].files
    ]


def _parsed(texts: list[bytes]) -> tuple[Singles, Ints] | None:
    """Return all values, and how many each text has; nothing if any line is not 1 to 3 digits that make up to 100."""
    counts = np.asarray([text.count(b"\n") + 1 for text in texts], np.int64)
    joined = b"\n".join([b"", *texts, b""])
    if joined.translate(None, b"0123456789\n"):
        return None
    digits = np.frombuffer(joined, np.uint8)
    ends = np.flatnonzero(digits == ord("\n"))
    lengths, ends = np.diff(ends) - 1, ends[1:]
    if lengths.min() < 1 or lengths.max() > 3:
        return None
    values = np.zeros(len(ends), np.int64)
    for place in range(3):
        digit = digits[np.maximum(ends - 1 - place, 0)].astype(np.int64) - ord("0")
        values += np.where(lengths > place, digit, 0) * 10**place
    return (values.astype(np.float32), counts) if values.max() <= 100 else None


def _slowly(texts: dict[str, bytes], findings: list[Finding]) -> tuple[Singles, Ints] | None:
    """Return the same line by line, or nothing and every line that is wrong."""
    values, counts, before = [], [], len(findings)
    for name, text in texts.items():
        lines = text.split(b"\n")
        values.append(np.asarray([_value(line.strip()) for line in lines]))
        counts.append(len(lines))
        findings += _doubts(name, lines, values[-1])
    if any(finding.severity == "error" for finding in findings[before:]):
        return None
    return np.concatenate(values).astype(np.float32), np.asarray(counts, np.int64)


def _value(line: bytes) -> float:
    """Return a line's number; NaN for a blank line, −1 if it is no percentage."""
    if not line:
        return float("nan")
    if not _NUMBER.fullmatch(line):
        return -1.0
    number = float(line)
    return number if 0 <= number <= 100 else -1.0


def _doubts(name: str, lines: list[bytes], values: Floats) -> list[Finding]:
    found = [
        Finding("error", "value", _EXPECTED, name, int(row) + 1, value=lines[row].decode("utf-8", "replace"))
        for row in np.flatnonzero(values == -1)
    ]
    blank = np.flatnonzero(np.isnan(values))
    if len(blank):
        text = "Blank lines between values are taken for readings that are missing."
        found.append(Finding("warning", "blank-line", text, name, int(blank[0]) + 1, count=len(blank)))
    broken = [row for row, line in enumerate(lines) if values[row] >= 0 and not _WHOLE.fullmatch(line.strip())]
    if broken:
        text = f"{len(broken):,} percentages are not whole numbers as PlanetLab has them; they are kept as they are."
        value = lines[broken[0]].decode("ascii", "replace")
        found.append(Finding("info", "fraction", text, name, broken[0] + 1, value=value, count=len(broken)))
    return found


def _padded(
    values: Singles, counts: Ints, called: list[str], file: str, options: TraceOptions, findings: list[Finding]
) -> Singles | None:
    """Return the values as one row a VM, NaN after the end of the shorter ones."""
    samples = int(counts.max())
    if samples > grids.MOST_SAMPLES:
        text = f"Holds {samples:,} lines; {grids.MOST_SAMPLES:,} are read at most."
        findings.append(Finding("error", "too-many-samples", text, called[int(counts.argmax())]))
        return None
    if (counts == samples).all():
        return _locked(values.reshape(len(counts), samples))
    short = np.flatnonzero(counts < samples)
    shown = noticed.examples([f"{called[row]} ({counts[row]:,})" for row in short[:6]])
    some = counted(len(short), f"of {len(counts):,} files has", f"of {len(counts):,} files have")
    text = f"{some} fewer than {counted(samples, 'reading')}; the rest is missing: {shown}."
    findings.append(Finding("warning", "short", text, file, count=len(short)))
    readings: Singles = store.matrix((len(counts), samples), np.nan, options.in_memory_mib)
    readings[np.arange(samples) < counts[:, None]] = values
    return _locked(readings)


def _locked(readings: Singles) -> Singles:
    readings.setflags(write=False)
    return readings
