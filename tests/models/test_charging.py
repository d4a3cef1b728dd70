"""What the VMs of an inventory are charged: from readings to work, and from work to what hosts have to give."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.changes import Change
from models.charging import READINGS, Billing, Technique, billing
from models.errors import InputError
from models.estate import Rates
from models.inventory import Inventory
from models.overhead import of
from models.technology import Catalog, standard
from tests.models import plain_overhead as plain
from tests.models.machines import inventory
from tests.models.overheads import rounded

ON_SKYLAKE: dict[str, Any] = {"host_microarchitecture": ["skylake-sp"] * 2, "host_technology": ["KVM"] * 2}


def billed(given: Inventory, catalog: Catalog, change: Change | None = None, **technique: Any) -> Billing:
    """Return the bill of VMs whose workload is ``mine``."""
    return billing(given, Technique(catalog, change or Change(), **{"workload": "mine", **technique}))


def mhz(*values: float) -> Any:
    """Return readings of as many VMs at one moment."""
    return np.array(values, np.float64)[:, None]


def test_a_reading_in_a_vm_holds_what_its_virtual_cpus_pay() -> None:
    """10,000 hypercalls in 1,000 MHz are 10 MHz: of 1,010 read in a VM 1,000 are work; read natively all are."""
    catalog = rounded(hypercall_ps=10_000)
    given = inventory([0], **ON_SKYLAKE)
    assert billed(given, catalog).work(mhz(1010))[0, 0] == pytest.approx(1000)
    assert billed(given, catalog, readings="native").work(mhz(1010))[0, 0] == 1010
    assert READINGS == ("virtual", "native")


def test_the_charge_while_nothing_changes() -> None:
    """It is the reading, and what threads of the host take for it: 1,000 halts are 9.5 and 9 MHz."""
    found = billed(inventory([0], **ON_SKYLAKE), rounded(halt_wake_ps=1000)).charge(mhz(1009.5))
    assert found.work_mhz[0, 0, 0] == pytest.approx(1000)
    assert found.cpu_mhz[0, 0, 0] == pytest.approx(1018.5)


def test_what_a_host_took_holds_its_threads() -> None:
    """Of 1,018.5 MHz that a host took 1,009.5 are read in the VM, as above; on a native machine it is all one."""
    for readings, expected in (("virtual", 1009.5), ("native", 1018.5)):
        found = billed(inventory([0], **ON_SKYLAKE), rounded(halt_wake_ps=1000), readings=readings)
        assert found.inside(np.array([1018.5])).tolist() == pytest.approx([expected])
    idle = billed(inventory([0], **ON_SKYLAKE), rounded(halt_wake_ps=1000, idle_tick_ps=10))
    assert idle.inside(np.array([0.0])).tolist() == [0.0]


def test_the_charge_after_a_change() -> None:
    """As a container the same VM takes its work, and 0.75 MHz for 10,000 system calls."""
    catalog = rounded(hypercall_ps=10_000, syscall_ps=10_000)
    found = billed(inventory([0], **ON_SKYLAKE), catalog, Change(technology="container")).charge(mhz(1010))
    assert found.cpu_mhz[0, 0, 0] == pytest.approx(1000.75)


def test_todays_law_is_that_of_the_host_that_a_vm_is_on() -> None:
    """The same reading on Nehalem holds twice the overhead; a VM on no host is taken to be on the first kind."""
    catalog = rounded(hypercall_ps=10_000)
    given = inventory([0, 1, -1], host_microarchitecture=["skylake-sp", "nehalem"])
    found = billed(given, catalog)
    work = found.work(mhz(1010, 1020, 1020))[:, 0]
    assert work[:2] == pytest.approx([1000, 1000])
    assert work[2] == pytest.approx(1020 / (1 + float(found.today.guest_share[0, 2])))


def test_kinds_of_hosts() -> None:
    """1,000 MHz of work are charged 1,010 on one and 1,020 on the other, wherever the VM is."""
    catalog = rounded(hypercall_ps=10_000)
    given = inventory([0], host_microarchitecture=["skylake-sp", "nehalem"])
    found = billed(given, catalog)
    assert found.charge(mhz(1010)).cpu_mhz[found.kind, 0, 0].tolist() == pytest.approx([1010, 1020])


def test_faster_processors_take_fewer_cycles_if_asked_to() -> None:
    """
    Work of Nehalem, 1 a cycle, takes on one of 2 a cycle half of the cycles.

    Its hypercalls are as many, 10 MHz there; emulation twice as slow, and nothing else, takes 500 MHz for 500.
    """
    catalog = rounded(hypercall_ps=10_000).overlaid({"microarchitectures": {"skylake-sp": {"work_per_cycle": 2}}})
    given = inventory([1], host_microarchitecture=["skylake-sp", "nehalem"])
    found = billed(given, catalog, scale_work=True)
    assert found.charge(mhz(1020)).cpu_mhz[found.kind, 0, 0].tolist() == pytest.approx([510, 1020])
    faster = {"microarchitectures": {"skylake-sp": {"work_per_cycle": 2}}}
    emulated = rounded().overlaid({"technologies": {"hardware-assisted": {"slowdown": 2}}, **faster})
    twice = billed(given, emulated, scale_work=True).charge(mhz(2000))
    assert twice.guest_mhz[found.kind, 0, 0].tolist() == pytest.approx([500, 1000])
    kept = billed(given, catalog)
    assert kept.charge(mhz(1020)).work_mhz[kept.kind, 0, 0].tolist() == pytest.approx([1000, 1000])


def test_a_new_processor_for_all() -> None:
    """Read on Nehalem, charged on Skylake: 1,000 of work, then 10 instead of 20."""
    catalog = rounded(hypercall_ps=10_000)
    given = inventory([0], host_microarchitecture=["nehalem", "nehalem"])
    found = billed(given, catalog, Change(microarchitecture="skylake-sp"))
    assert found.charge(mhz(1020)).cpu_mhz[:, 0, 0].tolist() == pytest.approx([1010])


def test_rates_in_place_of_the_inventorys() -> None:
    """16 Mbit/s that were read are charged, whatever the inventory says: 0.7 and 4 MHz."""
    given = inventory([0], net_mbps=[999.0], **ON_SKYLAKE)
    technique = Technique(rounded(packet_bytes=1000), workload="mine", readings="native")
    found = billing(given, technique, Rates(np.array([16.0]), np.array([0.0]))).charge(mhz(1000))
    assert (found.guest_mhz[0, 0, 0], found.host_mhz[0, 0, 0]) == pytest.approx((0.7, 4.0))


def test_memory() -> None:
    """Of the hypervisor after the change: a container's 10 MiB."""
    found = billed(inventory([0], **ON_SKYLAKE), rounded(), Change(technology="container"))
    assert found.law.memory_mib[:, 0].tolist() == [10]
    assert found.today.memory_mib[:, 0].tolist() == pytest.approx([81.92 + 100 + 32])


def test_findings() -> None:
    """VMs that keep their technology are told, and hosts of unknown processors; a processor for all is known."""
    given = inventory([0], os_family=["windows"], host_microarchitecture=["zen", ""])
    keeps, unknown = billed(given, rounded(), Change(technology="para-virtual")).findings
    assert (keeps.code, keeps.count) == ("keeps-technology", 1)
    assert (unknown.code, unknown.count) == ("unknown-processor", 1)
    assert "1 host does not tell its processor, the first 'large'" in unknown.message
    assert billed(given, rounded(), Change(microarchitecture="zen")).findings == ()


def test_unknown_names() -> None:
    """An inventory that names what the catalog does not know is wrong input."""
    with pytest.raises(InputError, match="unknown workload"):
        billed(inventory([0], workload=["webb"]), rounded())
    with pytest.raises(InputError, match="workload 'webb' is unknown"):
        billed(inventory([0]), rounded(), workload="webb")


NAMES = {
    "workload": sorted(plain.WORKLOADS),
    "technology": sorted(plain.TECHNOLOGIES),
    "net_path": sorted(plain.NET_PATHS),
    "disk_path": sorted(plain.DISK_PATHS),
    "page_size": ["4k", "2m", "1g"],
}
AMOUNT = st.one_of(st.just(0.0), st.floats(0.001, 1e4))


@st.composite
def bills(draw: st.DrawFn) -> tuple[Inventory, Billing]:
    """Return two hosts of any processors, up to four VMs of any sort, and any change."""
    size = draw(st.integers(1, 4))
    homes = draw(st.lists(st.integers(-1, 1), min_size=size, max_size=size))
    columns: dict[str, Any] = {
        name: draw(st.lists(st.sampled_from(["", *known]), min_size=size, max_size=size))
        for name, known in NAMES.items()
    }
    for name in ("net_mbps", "disk_iops"):
        columns[name] = draw(st.lists(AMOUNT, min_size=size, max_size=size))
    for name, known in {"microarchitecture": plain.PROCESSORS, "technology": plain.TECHNOLOGIES}.items():
        columns[f"host_{name}"] = draw(st.lists(st.sampled_from(["", *sorted(known)]), min_size=2, max_size=2))
    wanted: dict[str, Any] = {name: draw(st.sampled_from(["", *NAMES[name]])) for name in NAMES if name != "workload"}
    change = Change(**wanted)
    given = inventory(homes, **columns)
    technique = Technique(change=change, readings=draw(st.sampled_from(READINGS)), scale_work=draw(st.booleans()))
    return given, billing(given, technique)


@settings(max_examples=100, deadline=None)
@given(bills(), st.data())
def test_lines_are_the_bill(given: tuple[Inventory, Billing], data: st.DataObject) -> None:
    """A charge read off a line is that of the whole law, for any VMs on any hosts, before and after any change."""
    _, bill = given
    size = len(bill.home)
    readings = np.array(data.draw(st.lists(st.floats(0, 1e5), min_size=size, max_size=size)))
    host = data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    kind = bill.kind[host]
    asked, work = bill.lines().charged(readings, kind)
    whole = bill.charge(readings[:, None])
    assert asked == pytest.approx(of(whole.cpu_mhz, kind)[:, 0], rel=1e-9, abs=1e-6)
    assert work == pytest.approx(of(whole.work_mhz, kind)[:, 0], rel=1e-9, abs=1e-6)


def test_lines_by_hand() -> None:
    """
    10 ticks of 100 us on four virtual CPUs are 4 MHz of a reading; of the rest 1,000 in 1,010 are work.

    1,014 MHz read are 1,000 of work; on Skylake again charged 1,014, on Nehalem 1,020 + 8.
    """
    catalog = rounded(hypercall_ps=10_000, idle_tick_ps=10)
    given = inventory([0], host_microarchitecture=["skylake-sp", "nehalem"])
    bill = billed(given, catalog)
    lines = bill.lines()
    assert lines.base.tolist() == pytest.approx([4])
    for host, expected in ((0, 1014), (1, 1028)):
        asked, work = lines.charged(np.array([1014.0]), bill.kind[[host]])
        assert (asked[0], work[0]) == pytest.approx((expected, 1000))


def test_a_reading_below_the_base() -> None:
    """Less than the idle ticks is no work; the ticks are charged all the same."""
    bill = billed(inventory([0], **ON_SKYLAKE), rounded(idle_tick_ps=10))
    asked, work = bill.lines().charged(np.array([1.0]), np.array([0]))
    assert (asked[0], work[0]) == pytest.approx((4.0, 0.0))


def test_on_no_host() -> None:
    """A VM on no host is charged as on the first kind."""
    bill = billed(inventory([0], **ON_SKYLAKE), rounded(hypercall_ps=10_000))
    lines = bill.lines()
    there, nowhere = (lines.charged(np.array([1010.0]), np.array([kind]))[0] for kind in (0, NOWHERE))
    assert nowhere.tolist() == there.tolist()


def test_a_technique_of_its_own() -> None:
    """As delivered: the standard catalog, nothing to change, a general workload, readings of VMs, devices that pin."""
    technique = Technique()
    assert technique.catalog is standard()
    assert (technique.change, technique.workload, technique.readings) == (Change(), "general", "virtual")
    assert (technique.scale_work, technique.direct_io_pins) == (False, True)
