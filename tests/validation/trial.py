"""Runs a workload natively and virtually in turn, and tells the slowdown and its spread."""

import os
import shutil
import statistics
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from tests.validation.technologies import NATIVE, ROUNDS, SOURCES, Technology, Way

TIMEOUT_S = 60
LONG_S = 3.0
PART = 16
"""A virtual run that would take longer than ``LONG_S`` is one of a sixteenth of the rounds, its seconds times 16."""


class UnavailableError(Exception):
    """A workload cannot run in this way; the message is the reason."""


@dataclass(frozen=True)
class Measured:
    """One row: the seconds of each pair of runs for all rounds, or the reason why there are none."""

    workload: str
    level: str
    technology: str
    native: tuple[float, ...] = ()
    virtual: tuple[float, ...] = ()
    catalog: float | None = None
    against: str = "native"
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Virtual over native seconds, pair by pair [1]."""
        return [virtual / native for native, virtual in zip(self.native, self.virtual, strict=True)]


def spread(values: list[float]) -> tuple[float, float, float]:
    """Return the lowest, the median and the highest value."""
    return min(values), statistics.median(values), max(values)


def last_line(text: str) -> str:
    """Return the last line that says something, which is where programs tell why they failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def run(command: tuple[str, ...], folder: Path, **values: object) -> str:
    """Run a command, its placeholders filled in, and return what it prints; raise if it cannot run or fails."""
    filled = [part.format(folder=folder, sources=SOURCES, **values) for part in command]
    environment = os.environ | {"WINEPREFIX": str(folder / "wine"), "WINEDEBUG": "-all"}
    try:
        done = subprocess.run(filled, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{filled[0]}: longer than {TIMEOUT_S} s") from None
    except OSError as error:
        raise UnavailableError(f"{filled[0]}: {error.strerror}") from None
    if done.returncode:
        raise UnavailableError(f"{filled[0]}: {last_line(done.stderr)}")
    return done.stdout


def build(way: Way, folder: Path, workload: str) -> None:
    """Build a workload, unless a program is missing."""
    missing = [name for name in way.needs if shutil.which(name) is None]
    if missing:
        raise UnavailableError(f"not installed: {', '.join(missing)}")
    run(way.build, folder, workload=workload)


def timed(way: Way, folder: Path, workload: str, rounds: int) -> tuple[float, str]:
    """Return the seconds that the rounds took, told by the workload itself, and its answer."""
    text = run(way.start, folder, workload=workload, rounds=rounds)
    try:
        seconds, answer = last_line(text).split()
        return float(seconds), answer
    except ValueError:
        raise UnavailableError(f"{way.start[0]}: not an answer: {last_line(text)}") from None


def part(ways: tuple[Way, Way], folder: Path, workload: str) -> int:
    """Return by what to divide the rounds of the virtual runs, after a first run that is not counted."""
    (_, expected), (seconds, answer) = (timed(way, folder, workload, ROUNDS[workload] // PART) for way in ways)
    if answer != expected:
        raise UnavailableError(f"wrong answer: {answer}, natively {expected}")
    return PART if seconds * PART > LONG_S else 1


def pairs(ways: tuple[Way, Way], folder: Path, workload: str, repeat: int, divisor: int) -> list[tuple[float, float]]:
    """Return native and virtual seconds for all rounds, measured in turn, so that noise hits both alike."""
    base, virtual = ways
    rounds = ROUNDS[workload]
    return [
        (timed(base, folder, workload, rounds)[0], timed(virtual, folder, workload, rounds // divisor)[0] * divisor)
        for _ in range(repeat)
    ]


def measured(technology: Technology, workload: str, folder: Path, repeat: int, catalog: float | None) -> Measured:
    """Return the row of a workload under a technology: its runs, or why there are none."""
    ways = (technology.base or NATIVE, technology.way)
    row = Measured(workload, technology.level, technology.name, catalog=catalog, against=technology.against)
    try:
        for way in ways:
            build(way, folder, workload)
        divisor = part(ways, folder, workload)
        native, virtual = zip(*pairs(ways, folder, workload, repeat, divisor), strict=True)
    except UnavailableError as error:
        return replace(row, note=str(error))
    note = f"virtual: 1/{divisor} of the rounds, times {divisor}" if divisor > 1 else ""
    return replace(row, native=native, virtual=virtual, note=note)


def stopped(technology: Technology, folder: Path) -> None:
    """End what the technology's runs left running, if anything."""
    if technology.way.stop and shutil.which(technology.way.stop[0]):
        try:
            run(technology.way.stop, folder)
        except UnavailableError:
            return
