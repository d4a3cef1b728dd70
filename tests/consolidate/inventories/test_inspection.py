"""Totals, ratios and grades, worked out by hand."""

import datetime
import json
from dataclasses import replace

import numpy as np
import pytest

from consolidate.inventories.inspection import grade, inspect
from consolidate.inventories.inspection_text import lines
from consolidate.readers import Reading
from consolidate.results import dumps
from models.demand import Usage
from models.errors import Finding
from models.inventory import Hosts, Inventory, Vms

TODAY = datetime.date(2026, 5, 20)
HOSTS = Hosts.of(
    host=["h1", "h2", "h3", "h4"],
    cores=[16, 32, 8, 8],
    cpu_mhz=[2000.0] * 4,
    memory_mib=[65536.0, 131072.0, 32768.0, 32768.0],
    cluster=["a", "a", "a", "b"],
    power_state=["on", "on", "off", "on"],
)
VMS = Vms.of(
    vm=["v1", "v2", "v3", "t", "new"],
    host=["h1", "h2", "h2", "h1", ""],
    vcpus=[24, 8, 4, 2, 6],
    memory_mib=[49152.0, 16384.0, 8192.0, 4096.0, 1024.0],
    power_state=["on", "on", "off", "on", "on"],
    template=[False, False, False, True, False],
    cluster=["", "", "", "", "b"],
    cpu_used_mhz=[1.0, 1.0, np.nan, np.nan, 1.0],
)
READING = Reading(Inventory(HOSTS, VMS, taken="2026-05-01T10:00:00"))


def usage(readings: int) -> Usage:
    """Return 10 samples, of which the running VMs (rows 0, 1 and 4) have the first ones."""
    cpu = np.full((5, 10), np.nan, np.float32)
    cpu[[0, 1, 4], :readings] = 1
    return Usage(0.0, 300.0, cpu)


def test_totals() -> None:
    """Cluster a: hosts on have 16 + 32 cores and 64 + 128 GiB; v1 and v2 run, with 24 + 8 vCPUs and 48 + 16 GiB."""
    a, b = inspect(READING, today=TODAY).clusters
    assert (a.name, a.hosts, a.hosts_on, a.cores, a.memory_gib) == ("a", 3, 2, 48, 192)
    assert (a.vms, a.vms_on, a.vcpus, a.vcpus_on) == (4, 2, 38, 32)
    assert (a.vm_memory_gib, a.vm_memory_on_gib) == (76, 64)
    assert (b.hosts, b.vms, b.vcpus_on) == (1, 1, 6)


def test_ratios() -> None:
    """32 vCPUs on 48 cores; with the largest host gone on 16. 64 GiB on 192; with the largest gone on 64."""
    ratios = inspect(READING, today=TODAY).clusters[0].ratios()
    assert ratios["vcpus_per_core_on"] == pytest.approx(32 / 48)
    assert ratios["vcpus_per_core_on_spare"] == pytest.approx(32 / 16)
    assert ratios["vcpus_per_core"] == pytest.approx(38 / 48)
    assert ratios["memory_share_on_spare"] == pytest.approx(1.0)


def test_spare_hosts() -> None:
    """Without spare hosts nothing is taken off; with two, cluster a has no core left and no ratio."""
    assert inspect(READING, spare_hosts=0, today=TODAY).clusters[0].cores_left == 48
    two = inspect(READING, spare_hosts=2, today=TODAY).clusters[0]
    assert two.cores_left == 0
    assert np.isnan(two.ratios()["vcpus_per_core_spare"])


def test_overall() -> None:
    """All clusters together, each of which keeps its spare host: a keeps 16 cores, b none."""
    overall = inspect(READING, today=TODAY).overall
    assert (overall.hosts, overall.cores, overall.cores_left, overall.spare_hosts) == (4, 56, 16, 2)
    assert (overall.vms, overall.vms_on) == (5, 3)


def test_json() -> None:
    """What is printed as JSON is plain, and a ratio without a denominator is null."""
    tree = json.loads(dumps(inspect(replace(READING, unmatched={"x": 2}), 2, TODAY).as_json()))
    assert tree["schema_version"] == 1
    assert tree["overall"]["vcpus_per_core_spare"] is None
    assert tree["unmatched"] == {"vms": 2, "hosts": {"x": 2}}
    assert tree["grade"]["letter"] in "ABCDE"


def letter(reading: Reading, today: datetime.date = TODAY) -> str:
    """Return the grade's letter."""
    return grade(reading, today).letter


def test_grade_of_usage() -> None:
    """A with full readings, B with 70 % of them, C with 50 % or a snapshot only, D without any."""
    assert letter(replace(READING, usage=usage(10))) == "A"
    assert letter(replace(READING, usage=usage(7))) == "B"
    assert letter(replace(READING, usage=usage(5))) == "C"
    assert letter(READING) == "C"
    unused = Vms.of(vm=["v"], host=["h1"], vcpus=[1], memory_mib=[1.0])
    assert letter(Reading(Inventory(HOSTS, unused, taken="2026-05-01"))) == "D"


def test_grade_of_age() -> None:
    """Up to 30 days old is fresh; 31 days and an unknown age are a B, over 180 days a C."""
    full = replace(READING, usage=usage(10))
    start = datetime.date(2026, 5, 1)
    assert letter(full, start + datetime.timedelta(days=30)) == "A"
    assert letter(full, start + datetime.timedelta(days=31)) == "B"
    assert letter(full, start + datetime.timedelta(days=181)) == "C"
    assert letter(replace(full, inventory=replace(full.inventory, taken=""))) == "B"


def test_grade_of_matches() -> None:
    """1 of 5 VMs on an unknown host is a D, 3 of 5 an E; memory that is not known is a D."""
    full = replace(READING, usage=usage(10))
    assert letter(replace(full, unmatched={"x": 1})) == "D"
    assert letter(replace(full, unmatched={"x": 3})) == "E"
    guessed = Finding("warning", "unknown-memory", "Memory of 2 hosts is unknown.")
    assert letter(replace(full, findings=(guessed,))) == "D"


def test_grade_of_warnings() -> None:
    """Full readings and two warnings are a B, which says how many; what is worth knowing lowers nothing."""
    full = replace(READING, usage=usage(10))
    known = Finding("info", "encoding", "Is not UTF-8; read as Windows-1252.", "vms.csv")
    doubtful = [Finding("warning", "unknown-column", f"Column '{name}' is unknown.", "vms.csv") for name in "xy"]
    assert letter(replace(full, findings=(known,))) == "A"
    found = grade(replace(full, findings=(known, *doubtful)), TODAY)
    assert found.letter == "B"
    assert found.reasons == ("2 warnings in the data, the first: vms.csv: Column 'x' is unknown.",)


def test_reasons() -> None:
    """Every doubt is told, the worst first."""
    reasons = grade(replace(READING, unmatched={"x": 3}), datetime.date(2026, 7, 1)).reasons
    assert len(reasons) == 3
    assert "3 of 5 VMs" in reasons[0]


def test_terminal() -> None:
    """The lines for a terminal name the grade and the ratios, and fit 80 columns."""
    shown = list(lines(inspect(READING, today=TODAY)))
    text = "\n".join(shown)
    assert "Grade C" in text
    assert "0.67 / 0.79" in text
    assert "2.00 / 2.38" in text
    assert max(len(line) for line in shown if not line.startswith("  ")) <= 80


def test_large_figures() -> None:
    """Cells keep apart however large their figures are: a row has as many words as its columns."""
    hosts = Hosts.of(host=["h"], cores=[9999], cpu_mhz=[2000.0], memory_mib=[9e8], cluster=["a"])
    count = 20_000
    vms = Vms.of(
        vm=[f"v{row}" for row in range(count)], host=["h"] * count, vcpus=[900] * count, memory_mib=[9e8] * count
    )
    shown = list(lines(inspect(Reading(Inventory(hosts, vms)), today=TODAY)))
    sizes = shown[shown.index("Sizes (running VMs / all)") + 2]
    assert sizes.split() == [
        "all", "1", "9,999", "878,906", "20,000/20,000", "18,000,000/18,000,000", "17,578,125,000/17,578,125,000",
    ]  # fmt: skip


def test_empty() -> None:
    """An inventory without anything has no ratios and the worst grade."""
    nothing = Inventory(
        Hosts.of(host=[], cores=[], cpu_mhz=[], memory_mib=[]), Vms.of(vm=[], host=[], vcpus=[], memory_mib=[])
    )
    inspection = inspect(Reading(nothing), today=TODAY)
    assert inspection.grade.letter == "E"
    assert inspection.overall.vms == 0


def test_findings_say_where() -> None:
    """A person has to find the cell: file, row, column and value are told."""
    odd = Finding("warning", "odd", "Is odd.", "hosts.csv", 4, "cores", "x")
    told = list(lines(inspect(replace(READING, findings=(odd,)), today=TODAY)))
    assert "  warning: hosts.csv, row 4, column cores: Is odd. (found 'x')" in told
