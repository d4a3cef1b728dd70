"""What overhead is made of."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.breakdown import PARTS, Breakdown, breakdown
from models.overhead import law, of
from models.technology import Catalog, standard
from tests.models.overheads import HOSTS, VMS, estate, kinds, rounded, vm
from tests.models.plain_overhead import Host, Vm

SKYLAKE = Host("skylake-sp", "hardware-assisted")


def broken(vms: list[Vm], catalog: Catalog, hosts: list[Host] | None = None, on: list[int] | None = None) -> Breakdown:
    """Return the breakdown of VMs on hosts of the kinds given, else on a Skylake."""
    kind = np.array(on or [0] * len(vms), np.int32)
    work = np.array([each.work_mhz for each in vms], np.float64)
    return breakdown(estate(vms, catalog), kinds(hosts or [SKYLAKE], catalog), kind, work, catalog)


def part(found: Breakdown, name: str) -> tuple[float, float, float, float]:
    """Return rate, cycles, and what one part takes on virtual CPUs and on the host."""
    place = PARTS.index(name)
    columns = (found.rate_ps, found.cycles, found.guest_mhz, found.host_mhz)
    rate, cycles, guest, host = (float(column[place]) for column in columns)
    return rate, cycles, guest, host


@settings(max_examples=80, deadline=None)
@given(st.lists(VMS, min_size=1, max_size=5), st.lists(HOSTS, min_size=1, max_size=3), st.data())
def test_parts_sum_to_the_law(vms: list[Vm], hosts: list[Host], data: st.DataObject) -> None:
    """On both sides the parts of any VMs on any hosts add up to what the law charges."""
    catalog = standard()
    on = data.draw(st.lists(st.integers(0, len(hosts) - 1), min_size=len(vms), max_size=len(vms)))
    found = broken(vms, catalog, hosts, on)
    work = np.array([[each.work_mhz] for each in vms])
    charge = law(estate(vms, catalog), kinds(hosts, catalog), catalog).charge(work)
    kind = np.array(on, np.int32)
    assert found.guest_mhz.sum() == pytest.approx(of(charge.guest_mhz, kind).sum(), rel=1e-9, abs=1e-6)
    assert found.host_mhz.sum() == pytest.approx(of(charge.host_mhz, kind).sum(), rel=1e-9, abs=1e-6)
    assert len(found.guest_mhz) == len(found.host_mhz) == len(found.rate_ps) == len(PARTS)


PROFILE: dict[str, Any] = {
    "hypercall_ps": 10_000, "halt_wake_ps": 1000, "idle_tick_ps": 10, "tx_ps": 1000, "rx_ps": 1000, "io_ps": 1000,
    "walk_share": 0.1, "kappa": 0.5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("page walks", (np.nan, np.nan, 250.0, 0.0)),
        ("emulation", (np.nan, np.nan, 0.0, 0.0)),
        ("hypercall", (10_000, 1000, 10.0, 0.0)),
        ("halt_wake", (1000, 18_500, 9.5, 9.0)),
        ("syscall", (0, np.nan, 0.0, 0.0)),
        ("network", (2000, 2350, 0.7, 4.0)),
        ("disk", (1000, 14_300, 4.3, 10.0)),
        ("idle ticks", (10, 100_000, 1.0, 0.0)),
    ],
)
def test_parts_by_hand(name: str, expected: tuple[float, ...]) -> None:
    """Rates, cycles and what each takes are those that the law's tests work out; what is not counted is NaN."""
    assert part(broken([vm()], rounded(**PROFILE)), name) == pytest.approx(expected, nan_ok=True)


def test_emulation_and_walks_are_told_apart() -> None:
    """Ten times the cycles are 9,000 MHz of emulation; nothing is left for walks in one stage."""
    found = broken([vm(technology="dbt-system")], rounded(**PROFILE))
    assert part(found, "emulation")[2] == pytest.approx(9000)
    assert part(found, "page walks")[2] == pytest.approx(0.0, abs=1e-9)


def test_counted_rates() -> None:
    """A VM whose traffic and requests were counted has those, beside one that has its profile's."""
    catalog = rounded(tx_ps=500, rx_ps=500, io_ps=100, packet_bytes=1000)
    found = broken([vm(), vm(net_mbps=16.0, disk_iops=900.0)], catalog)
    assert part(found, "network")[0] == pytest.approx(3000)
    assert part(found, "disk")[0] == pytest.approx(1000)


def test_no_vms() -> None:
    """No VMs have no overhead."""
    found = broken([], standard())
    assert found.guest_mhz.sum() == found.host_mhz.sum() == 0.0
