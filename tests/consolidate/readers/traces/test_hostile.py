"""Traces damaged at random: read, or refused with errors; nothing else ever happens."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from consolidate.readers import traces
from consolidate.readers.traces import TraceOptions
from models.errors import InputError
from tests.consolidate.readers.traces import test_azure, test_bitbrains, test_opendc
from tests.consolidate.readers.traces.samples import parquet, write

ROUNDS = 40
JUNK = (
    b"\n",
    b",",
    b";",
    b'"',
    b"\r",
    b"nan",
    b"-1",
    b"1e400",
    b"\xff",
    b"\0",
    b"9" * 20,
    b"inf",
    b" ",
    b"\t",
    b"x",
    b".",
)
LONG = "vm,timestamp,cpu_mhz,memory_mib\nb,2024-01-01T00:00:00Z,2,7\na,2024-01-01T00:05:00Z,1,\n"


def _wide(path: Path) -> Path:
    parquet(path, "u.parquet", time_s=[0, 300], a=[1.0, 2.0])
    return path / "u.parquet"


def _packed(path: Path) -> Path:
    return write(
        path,
        {
            "vmtable.csv.gz": gzip.compress(test_azure.TABLE.encode(), mtime=0),
            f"{test_azure.ONE}.gz": gzip.compress(test_azure.FIRST.encode(), mtime=0),
        },
    )


SOUND: dict[str, Callable[[Path], Path]] = {
    "planetlab": lambda path: write(path, {"a": "1\n2\n3\n", "b": "4\n5\n6\n"}),
    "bitbrains": lambda path: write(path, {"1.csv": test_bitbrains.rows(1, 2, 3), "2.csv": test_bitbrains.rows(4, 5)}),
    "azure": test_azure.folder,
    "azure packed": _packed,
    "opendc": test_opendc.folder,
    "long": lambda path: write(path, {"u.csv": LONG}) / "u.csv",
    "wide": _wide,
}


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return data with a byte changed, an end cut off, or junk put in."""
    place = rng.randrange(len(data))
    kind = rng.randrange(3)
    if kind == 0:
        return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
    return data[:place] if kind == 1 else data[:place] + rng.choice(JUNK) + data[place:]


@pytest.mark.parametrize("name", SOUND)
def test_damaged(tmp_path: Path, name: str) -> None:
    """Whatever is damaged, the reader gives a trace or an `InputError` of errors."""
    rng, told = random.Random(name), set[str]()
    for turn in range(ROUNDS):
        path = SOUND[name](tmp_path / str(turn))
        file = rng.choice(sorted(path.iterdir())) if path.is_dir() else path
        file.write_bytes(damaged(file.read_bytes(), rng))
        try:
            traces.read(path, TraceOptions(format=name.split()[0]))
        except InputError as error:
            told |= {finding.severity for finding in error.findings}
    assert told == {"error"}
