"""A trace for an inventory's VMs, and a trace's VMs as an inventory."""

from pathlib import Path

import numpy as np
import pytest

from consolidate import readers
from consolidate.readers import Options, traces
from consolidate.readers.traces import Traced, TraceOptions, as_inventory, as_usage
from models.errors import InputError
from tests.consolidate.readers.inventories import codes, folder, only, problems
from tests.consolidate.readers.traces.samples import NAN, inventory, write


def planetlab(path: Path) -> Traced:
    """Return a trace of two VMs in percent."""
    return traces.read(write(path, {"a": "50\n100\n", "b": "0\n25\n"}))


def test_percent_of_the_host_clock(tmp_path: Path) -> None:
    """50 % of 2 vCPUs at 2,000 MHz are 2,000 MHz; rows follow the inventory."""
    usage, findings = as_usage(planetlab(tmp_path), inventory("b", "a"))
    assert usage.cpu_mhz.tolist() == [[0, 1000], [2000, 4000]]
    assert (usage.step_s, findings) == (300, ())


def test_names_that_do_not_match(tmp_path: Path) -> None:
    """VMs of one side only are told; the inventory's have no readings."""
    usage, findings = as_usage(planetlab(tmp_path), inventory("a", "x"))
    np.testing.assert_array_equal(usage.cpu_mhz, [[2000, 4000], [NAN, NAN]])
    assert sorted(codes(findings)) == ["no-readings", "unknown-vm"]


def test_no_name_matches(tmp_path: Path) -> None:
    """A trace of other VMs altogether is an error that shows names of both."""
    with pytest.raises(InputError, match=r"'a', 'b'.* is in the inventory, which has 'x'"):
        as_usage(planetlab(tmp_path), inventory("x"))


def test_mhz_are_not_copied(tmp_path: Path) -> None:
    """Readings in MHz of the same VMs in the same order are taken as they are."""
    text = "vm,time_s,cpu_mhz,net_mbps\na,0,1,3\nb,0,2,4\n"
    traced = traces.read(write(tmp_path, {"u.csv": text}) / "u.csv")
    usage, _ = as_usage(traced, inventory("a", "b"))
    assert usage.cpu_mhz is traced.readings
    assert usage.net_mbps is traced.net_mbps


def test_on_disk_stays_on_disk(tmp_path: Path) -> None:
    """What was too large for memory is aligned on disk too."""
    text = "vm,time_s,cpu_percent\na,0,50\nb,0,100\n"
    traced = traces.read(write(tmp_path, {"u.csv": text}) / "u.csv", TraceOptions(in_memory_mib=0))
    usage, _ = as_usage(traced, inventory("b", "a"))
    assert usage.cpu_mhz.tolist() == [[4000], [2000]]
    assert isinstance(usage.cpu_mhz.base, np.memmap)


def test_as_inventory(tmp_path: Path) -> None:
    """The trace's VMs are on no host; percentages are then of the median clock, which is told."""
    traced = planetlab(tmp_path)
    found = as_inventory(traced, inventory("z").hosts)
    assert (list(found.vms.vm), found.start.tolist(), found.vms.vcpus.tolist()) == (["a", "b"], [-1, -1], [1, 1])
    usage, findings = as_usage(traced, found)
    assert usage.cpu_mhz[0].tolist() == [1000, 2000]
    assert codes(findings) == ["median-clock"]


def test_a_trace_as_usage_of_an_inventory(tmp_path: Path) -> None:
    """A PlanetLab folder may stand for the file of readings: 50 % of 2 vCPUs at 2,600 MHz are 2,600 MHz."""
    trace = write(tmp_path / "trace", {"web-1": "50\n100\n", "other": "1\n2\n"})
    reading = readers.read(folder(tmp_path / "estate"), Options(usage=trace))
    assert reading.usage is not None
    assert reading.usage.cpu_mhz[0].tolist() == [2600, 5200]
    assert only(reading.findings, "unknown-vm").count == 1
    assert "trace" in reading.hashes


def test_faults_of_a_trace_as_usage(tmp_path: Path) -> None:
    """Its faults are those of the inventory."""
    trace = write(tmp_path / "trace", {"web-1": "50\nx\n"})
    assert [item.value for item in problems(folder(tmp_path / "estate"), Options(usage=trace))] == ["x"]


@pytest.mark.parametrize(("unit", "expected"), [("auto", 2600.0), ("mhz", 50.0), ("percent", 2600.0)])
def test_wide_usage_of_an_inventory(tmp_path: Path, unit: str, expected: float) -> None:
    """A file of readings without a column vm but with columns named as VMs is wide; others are told."""
    path = folder(tmp_path, usage_csv="time_s,web-1,ghost\n0,50,1\n300,100,1\n")
    reading = readers.read(path, Options(usage_unit=unit))
    assert reading.usage is not None
    assert reading.usage.cpu_mhz[0, 0] == expected
    assert only(reading.findings, "unknown-vm").message.endswith("'ghost'.")
    assert only(reading.findings, "no-readings").count == 2


def test_wide_usage_of_other_vms(tmp_path: Path) -> None:
    """A wide file none of whose columns is a VM is an error."""
    assert "unknown-vm" in codes(problems(folder(tmp_path, usage_csv="time_s,ghost\n0,50\n")))


def test_detected(tmp_path: Path) -> None:
    """An inventory is no trace, nor is a path that leads nowhere."""
    assert traces.detected(folder(tmp_path / "estate", usage_csv="vm,time_s,cpu_mhz\n")) is None
    assert traces.detected(tmp_path / "nowhere") is None
    assert traces.detected(write(tmp_path / "day", {"a": "1\n"})) == "planetlab"
