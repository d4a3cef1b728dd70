"""CloudSim 3.0.3's own figures of a day of PlanetLab, 800 hosts and 1052 VMs, to every digit that it prints."""

import csv
import os
from functools import cache
from pathlib import Path

import pytest

from models.decisions import Policy
from solvers.policies.cloudsim import CloudSim
from solvers.policies.nothing import DoNothing
from tests.validation.test_cloudsim import engine, told

_DEFAULT = Path(__file__).parents[2].parent / "shared" / "data"
DATA = Path(os.environ.get("CONSOLIDATE_DATA", _DEFAULT)) / "planetlab"
DAY, FIGURES = DATA / "20110303", DATA / "cloudsim_results.csv"

pytestmark = pytest.mark.skipif(
    not (DAY.is_dir() and FIGURES.is_file()), reason="The day's traces are not here; set CONSOLIDATE_DATA."
)
DIGITS = {"energy_kwh": 5, "sla": 10, "pdm": 10, "slatah": 10, "overall_slav": 10, "avg_slav": 10}


@cache
def day(order: str) -> list[list[float]]:
    """Return the traces in the order of Windows, which ignores case, or of plain bytes."""
    files = sorted(DAY.iterdir(), key=lambda path: path.name.upper() if order == "ntfs" else path.name)
    return [[float(line) for line in path.read_text().split()] for path in files]


def printed(order: str, detection: str, selection: str) -> dict[str, str]:
    """Return the row of a measured run; versions 3.0.3 and 5.0 behave alike."""
    wanted = {"trace_order": order, "allocation": detection, "selection": selection, "hosts": "800"}
    with FIGURES.open() as file:
        rows = [row for row in csv.DictReader(file) if wanted.items() <= row.items()]
    return next(row for row in rows if row["cloudsim"] in ("3.0.3", "5.0"))


RUNS = [
    ("ntfs", "dvfs", "-"), ("ntfs", "thr", "mmt"), ("name", "thr", "mmt"), ("ntfs", "lr", "mmt"), ("name", "lr", "mmt"),
    ("ntfs", "thr", "mc"),
]  # fmt: skip


@pytest.mark.parametrize(("order", "detection", "selection"), RUNS)
def test_is_what_cloudsim_prints(order: str, detection: str, selection: str) -> None:
    """Energy, service and counts, in two orders of the files, which decide what VM gets which trace."""
    still = detection == "dvfs"
    policy: Policy = DoNothing() if still else CloudSim(detection, selection)
    found, row = told(engine(day(order), 800, policy, first_fit=still)), printed(order, detection, selection)
    values = (found.energy_kwh, found.sla, found.pdm, found.slatah, found.overall, found.average)
    for (name, digits), value in zip(DIGITS.items(), values, strict=True):
        assert f"{value:.{digits}f}" == row[name], name
    counts = (found.migrations, found.shutdowns, found.left)
    assert counts == tuple(int(row[name]) for name in ("migrations", "shutdowns", "vms_left_at_end"))
