"""What the tests of the interactive dashboard show: results in folders, and jobs that do as they are told."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.tables import SIZES, frame
from tests.dashboards import factory
from tests.dashboards.estates import load, plan

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "demand": {"cpu": "auto", "growth": 1.0},
    "limits": {"cpu_ceiling": 0.8, "spare_hosts": 1},
    "prices": {"energy_eur_kwh": None},
    "search": {"seed": 1},
}


class Job:
    """A job that says what it is told to say, the last thing for good."""

    def __init__(self, *says: tuple[str, str, float | None, Path | None]) -> None:
        self._says = list(says)
        self.cancelled = False

    def told(self) -> tuple[str, str, float | None, Path | None]:
        """Return the next thing to say."""
        if self.cancelled:
            return "cancelled", "", None, None
        return self._says.pop(0) if len(self._says) > 1 else self._says[0]

    def cancel(self) -> None:
        """End it."""
        self.cancelled = True


def settings(folder: Path, **limits: Any) -> Path:
    """Note in a folder's manifest the settings that it was made with."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text("utf-8"))
    made = {**SETTINGS, "limits": {**SETTINGS["limits"], **limits}}
    path.write_text(json.dumps(content | {"settings": made}), encoding="utf-8")
    return folder


def usual(folder: Path, names: tuple[str, ...] = (), **given: Any) -> Path:
    """Write a plan of 24 hosts and 200 VMs, with the sizes of VMs and measured load."""
    tables = plan(names=names)
    tables |= {"vms": sizes(tables["placement"]["vm"]), "load": load(tables["hosts"])}
    return settings(factory.write(folder, factory.summary(**given), tables, "load"))


def sizes(vm: "pd.Series[Any]") -> pd.DataFrame:
    """Return the sizes of VMs."""
    count = len(vm)
    columns = {
        "vm": vm, "platform_id": [f"vm-{row}" for row in range(count)], "vcpus": np.arange(count) % 8 + 1,
        "memory_mib": np.arange(count) % 5 * 4096.0 + 4096, "power_state": ["on"] * count, "host": [""] * count,
        "workload": np.where(np.arange(count) % 3 == 0, "oltp", "web"), "technology": ["hardware-assisted"] * count,
        "work_mhz": np.arange(count) * 10.0, "guest_overhead_mhz": np.arange(count) * 1.0,
        "host_overhead_mhz": np.arange(count) * 0.5,
    }  # fmt: skip
    return frame(SIZES, columns)
