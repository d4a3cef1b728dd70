"""Small made-up traces, and where the published ones are."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from consolidate.readers import traces
from consolidate.readers.traces import Traced, TraceOptions
from models.errors import Finding, InputError
from models.inventory import Hosts, Inventory, Vms

NAN = float("nan")
_DEFAULT = Path(__file__).parents[4].parent / "shared" / "data"
SHARED = Path(os.environ.get("CONSOLIDATE_DATA", _DEFAULT))
published = pytest.mark.skipif(
    not (SHARED / "traces").is_dir(), reason="The published traces are not here; set CONSOLIDATE_DATA."
)

BITBRAINS = (
    "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];"
    "\tMemory capacity provisioned [KB];\tMemory usage [KB];\tDisk read throughput [KB/s];"
    "\tDisk write throughput [KB/s];\tNetwork received throughput [KB/s];\tNetwork transmitted throughput [KB/s]\n"
)
MATERNA = (
    "Timestamp;CPU cores;CPU capacity provisioned [MHZ];CPU usage [MHZ];CPU usage [%];Memory capacity provisioned [KB];"
    "Memory usage [KB];Memory usage [%];Disk read throughput [KB/s];Disk write throughput [KB/s];Disk size [GB];"
    "Network received throughput [KB/s];Network transmitted throughput [KB/s]\n"
)


def write(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder, and return it."""
    path.mkdir(exist_ok=True, parents=True)
    for name, content in files.items():
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def parquet(path: Path, name: str, **columns: Any) -> None:
    """Write a Parquet file into a folder."""
    path.mkdir(exist_ok=True, parents=True)
    pd.DataFrame(columns).to_parquet(path / name, index=False)


def bitbrains_row(time: float, mhz: float, cores: int = 2, received: float = 0.0) -> str:
    """Return a row of a VM with 2 GiB, half of it in use."""
    cells = (time, cores, 5200.0, mhz, mhz / 52, 2097152.0, 1048576.0, 0.0, 1.5, received, 0.0)
    return ";\t".join(str(cell) for cell in cells) + "\n"


def problems(path: Path, options: TraceOptions | None = None) -> tuple[Finding, ...]:
    """Read what must not be readable, and return what is said to be wrong."""
    try:
        traces.read(path, options)
    except InputError as error:
        return error.findings
    raise AssertionError(f"{path} was read without an error.")


def kinds(traced: Traced) -> list[str]:
    """Return the codes of what was noticed."""
    return [finding.code for finding in traced.findings]


def inventory(*names: str, clock: float = 2000.0, vcpus: int = 2) -> Inventory:
    """Return VMs of one size on one host."""
    hosts = Hosts.of(host=["h1"], cores=[64], cpu_mhz=[clock], memory_mib=[1e6])
    return Inventory(
        hosts, Vms.of(vm=names, host=["h1"] * len(names), vcpus=[vcpus] * len(names), memory_mib=[1024.0] * len(names))
    )
