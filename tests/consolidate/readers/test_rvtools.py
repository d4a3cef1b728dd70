"""RVTools exports and their quirks, in small made-up workbooks and folders."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate import readers
from consolidate.readers import Options, Reading
from models.inventory import Vms
from tests.consolidate.readers.inventories import (
    HOST_ROWS,
    VHOST,
    VINFO,
    Tabs,
    codes,
    export,
    only,
    problems,
    vm_row,
    workbook,
)


def read(path: Path, tabs: Tabs, **options: Any) -> Reading:
    """Write a workbook and read it."""
    return readers.read(workbook(path / "export.xlsx", tabs), Options(**options))


def vms(path: Path, tabs: Tabs, **options: Any) -> Vms:
    """Return the VMs of a workbook."""
    return read(path, tabs, **options).inventory.vms


def folder(
    path: Path, tabs: Tabs, name: str = "RVTools_tab{}.csv", delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    """Write the tabs as CSV files."""
    path.mkdir(exist_ok=True)
    for tab, rows in tabs.items():
        with (path / name.format(tab)).open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


ONE = [vm_row("a"), vm_row("b", "esx2")]


def test_workbook(tmp_path: Path) -> None:
    """Hosts and VMs are joined; cores are '# Cores', never '# CPU', which are sockets."""
    inventory = read(tmp_path, export(ONE)).inventory
    assert inventory.hosts.cores.tolist() == [28, 28]
    assert inventory.hosts.sockets.tolist() == [2, 2]
    assert inventory.hosts.memory_mib.tolist() == [196608] * 2
    assert inventory.start.tolist() == [0, 1]
    assert inventory.vms.platform_id.tolist() == ["id-a", "id-b"]


@pytest.mark.parametrize("name", ["RVTools_tab{}.csv", "{}.csv", "2024-05-01_{}.csv"])
def test_folder_of_csv_files(tmp_path: Path, name: str) -> None:
    """A folder of CSV files is the same export."""
    inventory = readers.read(folder(tmp_path / "export", export(ONE), name)).inventory
    assert inventory.vms.vm.tolist() == ["a", "b"]
    assert inventory.hosts.cpu_mhz.tolist() == [2600, 2600]


def test_european_csv(tmp_path: Path) -> None:
    """Semicolons, thousands separated by points, and Windows-1252: 196.608 MiB are 192 GiB."""
    tabs = {
        "vInfo": [VINFO, vm_row("Käse", Memory="4.096"), vm_row("b")],
        "vHost": [VHOST, ("esx1", "c1", "2.600", 2, 28, "196.608")],
        "vCPU": [("VM", "Overall"), ("b", "1.024,5")],
    }
    inventory = readers.read(folder(tmp_path / "export", tabs, delimiter=";", encoding="cp1252")).inventory
    assert inventory.vms.vm.tolist() == ["Käse", "b"]
    assert inventory.vms.memory_mib.tolist() == [4096, 4096]
    assert inventory.hosts.memory_mib.tolist() == [196608]
    assert inventory.vms.cpu_used_mhz[1] == 1024.5


def test_machine_names(tmp_path: Path) -> None:
    """Headers such as vInfoVMName and vHostNumCpuCores mean the same columns."""
    tabs: Tabs = {
        "vInfo": [
            (
                "vInfoVMName",
                "vInfoPowerstate",
                "vInfoTemplate",
                "vInfoCPUs",
                "vInfoMemory",
                "vInfoHost",
                "vInfoCluster",
            ),
            ("a", "poweredOn", "False", 2, 4096, "esx1", "c1"),
        ],
        "vHost": [
            ("vHostName", "vHostCluster", "vHostCpuMhz", "vHostNumCPU", "vHostNumCpuCores", "vHostMemorySize"),
            *HOST_ROWS,
        ],
        "vMemory": [("vMemoryVMName", "vMemorySizeMiB", "vMemoryConsumed"), ("a", 4096, 1000)],
    }
    inventory = read(tmp_path, tabs).inventory
    assert inventory.hosts.cores.tolist() == [28, 28]
    assert inventory.vms.memory_consumed_mib.tolist() == [1000]


def test_header_noise(tmp_path: Path) -> None:
    """Case, spaces and repeated headers do not matter; the first of a repeated header counts."""
    header = (" vm ", "POWERSTATE", "Template", "cpus", "Memory  ", "Host ", "Cluster", "VM  ID", "Memory")
    inventory = read(tmp_path, export([(*vm_row("a"), 1)], header=header)).inventory
    assert inventory.vms.memory_mib.tolist() == [4096]


def test_first_header_written_over(tmp_path: Path) -> None:
    """Where a company's name stands for the first header, its column is still taken for the VM."""
    reading = read(tmp_path, export(ONE, header=("NEXT Data Center", *VINFO[1:])))
    assert reading.inventory.vms.vm.tolist() == ["a", "b"]
    assert only(reading.findings, "header").column == "NEXT Data Center"


@pytest.mark.parametrize("unit", ["MB", "MiB"])
def test_mb_means_mib(tmp_path: Path, unit: str) -> None:
    """MB in a header of an old version is MiB: 4096 stay 4096."""
    tabs = export(
        [vm_row("a", CPUs="", Memory="")],
        {"vCPU": [("VM", "CPUs"), ("a", 4)], "vMemory": [("VM", f"Size {unit}"), ("a", 4096)]},
    )
    found = vms(tmp_path, tabs)
    assert (found.memory_mib.tolist(), found.vcpus.tolist()) == ([4096], [4])


@pytest.mark.parametrize("true", [True, "True", "TRUE", "1", 1])
def test_templates_and_placeholders(tmp_path: Path, true: object) -> None:
    """Templates and SRM placeholders take no resources, however true is written."""
    header = (*VINFO, "SRM Placeholder")
    rows = [(*vm_row("a"), False), (*vm_row("t", Template=true), "False"), (*vm_row("s"), true)]
    inventory = read(tmp_path, export(rows, header=header)).inventory
    assert inventory.vms.template.tolist() == [False, True, True]
    assert inventory.running.tolist() == [True, False, False]


def test_power_states(tmp_path: Path) -> None:
    """All spellings of the three states are known; any other is an error."""
    rows = [
        vm_row("a"),
        vm_row("b", power="poweredOff"),
        vm_row("c", power="Suspended"),
        vm_row("d", power="suspended"),
    ]
    assert vms(tmp_path, export(rows)).power_state.tolist() == ["on", "off", "suspended", "suspended"]
    found = problems(workbook(tmp_path / "x.xlsx", export([vm_row("a", power="half")])))
    assert (found[0].row, found[0].column, found[0].value) == (2, "Powerstate", "half")


def test_placeholder_text_in_numbers(tmp_path: Path) -> None:
    """The word VM in an optional number counts as empty, and is reported once with its count."""
    tabs = export(ONE, {"vCPU": [("VM", "Overall"), ("a", "VM"), ("b", "VM")]})
    reading = read(tmp_path, tabs)
    assert np.isnan(reading.inventory.vms.cpu_used_mhz).all()
    assert only(reading.findings, "unreadable-cell").count == 2


def test_running_without_figures(tmp_path: Path) -> None:
    """A running VM without memory is an error with its row; one that is off counts as nothing, with a warning."""
    found = problems(workbook(tmp_path / "x.xlsx", export([vm_row("a"), vm_row("b", Memory="")])))
    assert [(item.row, item.column) for item in found] == [(3, "Memory")]
    reading = read(tmp_path, export([vm_row("a"), vm_row("b", power="poweredOff", Memory="", CPUs="")]))
    assert reading.inventory.vms.memory_mib.tolist() == [4096, 0]
    assert codes(reading.findings).count("empty") == 2


def test_duplicate_names(tmp_path: Path) -> None:
    """VMs of one name are told apart by VM ID, else by number; none is lost, and rows of other tabs find theirs."""
    rows = [vm_row("a", **{"VM ID": "vm-1"}), vm_row("a", "esx2", **{"VM ID": "vm-2"}), vm_row("b")]
    tabs = export(rows, {"vCPU": [("VM", "VM ID", "Overall"), ("a", "vm-2", 7), ("a", "vm-1", 5)]})
    reading = read(tmp_path, tabs)
    assert reading.inventory.vms.vm.tolist() == ["a (vm-1)", "a (vm-2)", "b"]
    assert reading.inventory.vms.cpu_used_mhz.tolist()[:2] == [5, 7]
    assert only(reading.findings, "duplicate-name").count == 2
    numbered = [vm_row("a", **{"VM ID": ""}), vm_row("a", **{"VM ID": ""})]
    assert vms(tmp_path, export(numbered)).vm.tolist() == ["a (1)", "a (2)"]


def test_same_vm_twice(tmp_path: Path) -> None:
    """A VM that a merged export holds twice, with the same vCenter and VM ID, counts once, with a warning."""
    header = (*VINFO, "VI SDK UUID")
    reading = read(tmp_path, export([(*vm_row("a"), "vc"), (*vm_row("a"), "vc"), (*vm_row("b"), "vc")], header=header))
    assert reading.inventory.vms.vm.tolist() == ["a", "b"]
    assert only(reading.findings, "same-vm-twice").count == 1


def test_repeated_header(tmp_path: Path) -> None:
    """A header in the middle of the rows, as merged exports have it, is no VM."""
    reading = read(tmp_path, export([vm_row("a"), VINFO, vm_row("b")]))
    assert reading.inventory.vms.vm.tolist() == ["a", "b"]
    assert only(reading.findings, "repeated-header").row == 3


@pytest.mark.parametrize(
    ("host", "code"),
    [("ESX1", "matched-case"), ("esx1.example.com", "matched-domain"), ("xyesx1.example.com", "matched-prefix")],
)
def test_host_names_that_differ(tmp_path: Path, host: str, code: str) -> None:
    """Hosts are recognised in spite of case, domain and one common prefix; it is told."""
    reading = read(tmp_path, export([vm_row("a", host), vm_row("b", "esx2")]))
    assert reading.inventory.vms.host.tolist() == ["esx1", "esx2"]
    assert only(reading.findings, code).count == 1
    assert not reading.unmatched


def test_two_domains(tmp_path: Path) -> None:
    """The same short name in two domains is ambiguous and is not guessed at."""
    hosts = [VHOST, ("esx1.a", "c1", 2600, 2, 28, 1000), ("esx1.b", "c1", 2600, 2, 28, 1000)]
    reading = read(tmp_path, {**export([vm_row("a", "esx1")]), "vHost": hosts}, lenient=True)
    assert reading.inventory.vms.host.tolist() == [""]
    assert reading.unmatched == {"esx1": 1}


def test_addresses(tmp_path: Path) -> None:
    """Addresses are compared whole: 10.0.0.1 is not 10.0.0.2, though both start with 10."""
    hosts = [VHOST, ("10.0.0.1", "c1", 2600, 2, 28, 1000)]
    reading = read(tmp_path, {**export([vm_row("a", "10.0.0.2")]), "vHost": hosts}, lenient=True)
    assert reading.unmatched == {"10.0.0.2": 1}


def test_too_few_matched(tmp_path: Path) -> None:
    """With 1 of 2 running VMs on a known host the import stops and says how to map names; others do not count."""
    rows = [vm_row("a"), vm_row("b", "other"), vm_row("c", "gone", "poweredOff")]
    (found,) = problems(workbook(tmp_path / "x.xlsx", export(rows)))
    assert "Of 2 running VMs 50% are on known hosts" in found.message
    assert "--host-map" in found.message
    lenient = read(tmp_path, export(rows), lenient=True)
    assert lenient.inventory.vms.host.tolist() == ["esx1", "", ""]
    assert lenient.unmatched == {"other": 1, "gone": 1}
    assert only(lenient.findings, "unknown-host").count == 2


def test_enough_matched(tmp_path: Path) -> None:
    """Above the least share the import goes on; the VM is in the inventory, on no host, with a warning."""
    reading = read(tmp_path, export([vm_row("a"), vm_row("b", "other")]), least_matched=0.5)
    assert reading.inventory.vms.host.tolist() == ["esx1", ""]
    found = only(reading.findings, "unknown-host")
    assert found.severity == "warning"
    assert found.message.startswith("1 VM is on 1 host that the inventory does not have: 'other'. Of 2 ")


def test_a_running_vm_without_a_host(tmp_path: Path) -> None:
    """It is said to name none, not to be on a host of that name; VMs that are off may be on none."""
    rows = [vm_row("a"), vm_row("b", ""), vm_row("c", "other"), vm_row("d", "", "poweredOff")]
    message = only(read(tmp_path, export(rows), lenient=True).findings, "unknown-host").message
    assert message.startswith("1 running VM names no host; 1 VM is on 1 host that the inventory does not have: 'other'")


def test_host_map(tmp_path: Path) -> None:
    """A file of names brings VMs to their hosts; a host in it that is not there is an error with its row."""
    names = tmp_path / "names.csv"
    names.write_text("vm_host,host\nother,esx2\n")
    reading = read(tmp_path, export([vm_row("a"), vm_row("b", "other")]), host_map=names)
    assert reading.inventory.vms.host.tolist() == ["esx1", "esx2"]
    names.write_text("vm_host,host\nother,esx3\n")
    found = problems(workbook(tmp_path / "x.xlsx", export(ONE)), Options(host_map=names))
    assert (found[0].file, found[0].row) == ("names.csv", 2)


@pytest.mark.parametrize(
    ("tab", "reason"),
    [
        ({"vNetwork": [("VM", "Network", "Direct Path IO"), ("a", "n", "True")]}, "DirectPath I/O"),
        ({"vNetwork": [("VM", "Adapter"), ("a", "SR-IOV")]}, "SR-IOV adapter"),
        ({"vUSB": [("VM", "Connected"), ("a", True)]}, "USB device connected"),
        ({"vDisk": [("VM", "Raw", "Shared Bus"), ("a", "True", "physicalSharing")]}, "disks on a shared SCSI bus"),
    ],
)
def test_pinned_by_a_device(tmp_path: Path, tab: Tabs, reason: str) -> None:
    """Devices that bind a VM to its host pin it, with the reason."""
    found = vms(tmp_path, export(ONE, tab))
    assert found.pinned.tolist() == [True, False]
    assert found.pin_reason.tolist() == [reason, ""]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("vCLS-1234", "vCLS agent"), ("vCLS (12)", "vCLS agent"), ("NTNX-ab12-A-CVM", "storage controller"), ("web", "")],
)
def test_pinned_by_name(tmp_path: Path, name: str, reason: str) -> None:
    """Cluster agents and storage controllers stay where they are."""
    assert vms(tmp_path, export([vm_row(name)])).pin_reason.tolist() == [reason]


def test_pinned_by_state(tmp_path: Path) -> None:
    """Fault tolerance and a lost connection pin; high latency sensitivity is noted."""
    header = (*VINFO, "FT State", "Connection state", "Latency Sensitivity")
    rows = [
        (*vm_row("a"), "running", "connected", "normal"),
        (*vm_row("b"), "notConfigured", "orphaned", "high"),
        (*vm_row("c"), "notConfigured", "connected", 1),
    ]
    reading = read(tmp_path, export(rows, header=header))
    assert reading.inventory.vms.pin_reason.tolist() == ["fault tolerance", "not connected to vCenter", ""]
    assert only(reading.findings, "latency-sensitive").count == 1


def test_drives_and_snapshots_are_noted(tmp_path: Path) -> None:
    """A connected drive and snapshots, however many a VM has, are noted; neither pins."""
    drives = {name: [("VM", "Connected"), ("a", name == "vCD"), ("b", False)] for name in ("vCD", "vFloppy")}
    snapshots = {"vSnapshot": [("VM", "Name"), ("b", "before"), ("b", "after")]}
    reading = read(tmp_path, export(ONE, {**drives, **snapshots}))
    drive = only(reading.findings, "drive-connected")
    assert (drive.count, drive.message[-4:]) == (1, "'a'.")
    snapshot = only(reading.findings, "snapshots")
    assert (snapshot.count, snapshot.message[-4:]) == (1, "'b'.")
    assert not reading.inventory.vms.pinned.any()


def test_large_vms_are_noted(tmp_path: Path) -> None:
    """A VM of more than 8 vCPUs may be a storage controller: noted, not pinned."""
    reading = read(tmp_path, export([vm_row("big", CPUs=12), vm_row("a")]))
    assert only(reading.findings, "large").message.startswith("1 VM has more than 8 vCPUs; pin it")
    assert not reading.inventory.vms.pinned.any()


def test_usage_and_reservations(tmp_path: Path) -> None:
    """Snapshot figures are taken over; memory that is locked to the maximum is reserved in full."""
    memory = ("VM", "Size MiB", "Consumed", "Active", "Reservation", "Memory Reservation Locked To Max")
    tabs = export(ONE, {
        "vCPU": [("VM", "Overall", "Reservation"), ("b", 300, 100), ("a", 200, 0)],
        "vMemory": [memory, ("a", 4096, 3000, 500, 0, "True"), ("b", 4096, 1000, 100, 64, "False")],
    })  # fmt: skip
    found = vms(tmp_path, tabs)
    assert found.cpu_used_mhz.tolist() == [200, 300]
    assert found.cpu_reservation_mhz.tolist() == [0, 100]
    assert found.memory_consumed_mib.tolist() == [3000, 1000]
    assert found.memory_reservation_mib.tolist() == [4096, 64]


def test_rows_of_other_tabs_without_a_vm(tmp_path: Path) -> None:
    """Rows that no VM of vInfo has are counted."""
    reading = read(tmp_path, export(ONE, {"vCPU": [("VM", "Overall"), ("a", 1), ("ghost", 1)]}))
    assert only(reading.findings, "unmatched-rows").count == 1


def test_tab_without_vms(tmp_path: Path) -> None:
    """A tab whose VM column is missing is not used, with a warning."""
    reading = read(tmp_path, export(ONE, {"vCPU": [("Overall", "CPUs"), (5, 1)], "vUSB": [("Host", "Connected")]}))
    assert np.isnan(reading.inventory.vms.cpu_used_mhz).all()


def hosts_tabs(header: tuple[str, ...], *cells: tuple[Any, ...], extra: Tabs | None = None) -> dict[str, Any]:
    """Return tabs whose vHost has further columns."""
    rows = [(*row, *more) for row, more in zip(HOST_ROWS, cells, strict=True)]
    return {**export(ONE, extra), "vHost": [(*VHOST, *header), *rows]}


def test_host_usage(tmp_path: Path) -> None:
    """10 % of 28 cores of 2600 MHz are 7280 MHz; 50 % of 196608 MiB are 98304 MiB."""
    hosts = read(tmp_path, hosts_tabs(("CPU usage %", "Memory usage %"), (10, 50), ("", ""))).inventory.hosts
    assert hosts.cpu_used_mhz[0] == pytest.approx(7280)
    assert hosts.memory_used_mib[0] == 98304
    assert np.isnan(hosts.cpu_used_mhz[1])


def test_evc(tmp_path: Path) -> None:
    """A host shows its current EVC level, else its highest; a running VM needs what its host shows, or its own."""
    header = (*VINFO, "min Required EVC Mode Key")
    rows = [(*vm_row("a"), ""), (*vm_row("b", "esx2"), "intel-haswell"), (*vm_row("c", power="poweredOff"), "")]
    tabs = hosts_tabs(("Current EVC", "Max EVC"), ("intel-ivybridge", "intel-broadwell"), ("", "intel-broadwell"))
    inventory = read(tmp_path, {**tabs, "vInfo": [header, *rows]}).inventory
    assert inventory.hosts.cpu_generation.tolist() == ["intel-ivybridge", "intel-broadwell"]
    assert inventory.vms.cpu_generation.tolist() == ["intel-ivybridge", "intel-haswell", ""]


def test_maintenance_and_threads(tmp_path: Path) -> None:
    """Maintenance and quarantine keep VMs out; hyper-threading makes two threads a core and no more cores."""
    header = ("in Maintenance Mode", "in Quarantine Mode", "HT Active", "vSAN Fault Domain Name")
    hosts = read(
        tmp_path, hosts_tabs(header, ("True", "False", "True", "rack-1"), (False, False, "False", ""))
    ).inventory.hosts
    assert hosts.maintenance.tolist() == [True, False]
    assert hosts.threads_per_core.tolist() == [2, 1]
    assert hosts.cores.tolist() == [28, 28]
    assert hosts.rack.tolist() == ["rack-1", ""]


def test_memory_of_a_host_from_its_cluster(tmp_path: Path) -> None:
    """One missing figure follows from the cluster's total: 300000 - 196608 = 103392 MiB."""
    hosts = [VHOST, HOST_ROWS[0], ("esx2", "c1", 2600, 2, 28, "")]
    tabs = {**export(ONE), "vHost": hosts, "vCluster": [("Name", "TotalMemory"), ("c1", 300_000)]}
    reading = read(tmp_path, tabs)
    assert reading.inventory.hosts.memory_mib.tolist() == [196608, 103392]
    assert only(reading.findings, "derived-memory").severity == "warning"


def test_memory_of_hosts_unknown(tmp_path: Path) -> None:
    """Without a memory column the import stops and names it; a lenient reading takes what the running VMs have."""
    tabs = {**export(ONE), "vHost": [VHOST[:-1], *(row[:-1] for row in HOST_ROWS)]}
    found = only(problems(workbook(tmp_path / "x.xlsx", tabs)), "missing-figure")
    assert found.column == "# Memory"
    reading = read(tmp_path, tabs, lenient=True)
    assert reading.inventory.hosts.memory_mib.tolist() == [4096, 4096]
    assert only(reading.findings, "unknown-memory").count == 2


def test_cores_and_clock_derived(tmp_path: Path) -> None:
    """Cores follow from sockets, and the clock from the CPU's name: 2 x 16 cores at 2.6 GHz."""
    header = ("Host", "# CPU", "Cores per CPU", "CPU Model", "# Memory")
    tabs = {**export([vm_row("a")]), "vHost": [header, ("esx1", 2, 16, "Xeon E5-2690 v4 @ 2.60GHz", 1000)]}
    hosts = read(tmp_path, tabs).inventory.hosts
    assert (hosts.cores.tolist(), hosts.cpu_mhz.tolist()) == ([32], [2600])


def test_migration_rate(tmp_path: Path) -> None:
    """The fastest NIC of a host carries its migrations; a host without one keeps the default, with a warning."""
    tabs = export(ONE, {"vNIC": [("Host", "Speed"), ("esx1", 1000), ("esx1.example.com", 25000), ("esx2", 0)]})
    reading = read(tmp_path, tabs)
    assert reading.inventory.hosts.migration_mbps.tolist() == [25000, 10000]
    assert only(reading.findings, "no-nic").count == 1


def test_datastores(tmp_path: Path) -> None:
    """VMs need the datastores of their files; hosts reach those that list them, and those that their VMs use."""
    tabs = export(
        [vm_row("a"), vm_row("b", "esx2")],
        {
            "vDisk": [("VM", "Path"), ("a", "[ds1] a/a.vmdk"), ("a", "[ds2] a/b.vmdk"), ("b", "[local] b.vmdk")],
            "vDatastore": [("Name", "Hosts"), ("ds1", "esx1.example.com, esx2"), ("ds2", "esx1")],
        },
    )
    inventory = read(tmp_path, tabs).inventory
    assert inventory.vms.datastores.tolist() == ["ds1;ds2", "local"]
    assert inventory.hosts.datastores.tolist() == ["ds1;ds2", "ds1;local"]


def test_no_list_of_hosts(tmp_path: Path) -> None:
    """Where the datastores' hosts are only counted, every host reaches all."""
    tabs = export(ONE, {"vDatastore": [("Name", "Hosts"), ("ds1", 2)]})
    assert read(tmp_path, tabs).inventory.hosts.datastores.tolist() == ["", ""]


def test_networks(tmp_path: Path) -> None:
    """VMs need the networks they are connected to; hosts carry their port groups and distributed ones."""
    tabs = export(ONE, {
        "vNetwork": [("VM", "Network", "Connected", "Starts Connected"),
                     ("a", "prod", "True", "True"), ("a", "old", "False", "False"), ("b", "prod", "True", "True")],
        "vPort": [("Host", "Port Group"), ("esx1", "prod"), ("esx1", "test")],
        "dvPort": [("Port", "Switch"), ("dv-1", "dvs")],
        "dvSwitch": [("Switch", "Host members"), ("dvs", "esx2")],
    })  # fmt: skip
    inventory = read(tmp_path, tabs).inventory
    assert inventory.vms.networks.tolist() == ["prod", "prod"]
    assert inventory.hosts.networks.tolist() == ["prod;test", "dv-1;prod"]


def test_rules(tmp_path: Path) -> None:
    """Anti-affinity spreads, affinity gathers; a cell may name several rules."""
    header = (*VINFO, "Cluster rule(s)", "Cluster rule name(s)")
    rows = [
        (*vm_row("a"), "Anti Affinity", "dcs, dbs"),
        (*vm_row("b"), "Anti Affinity", "dcs\ndbs"),
        (*vm_row("c"), "Affinity", "pair"),
        (*vm_row("d"), "Affinity,Anti Affinity", "pair,dcs"),
        (*vm_row("e"), "Anti Affinity", "alone"),
    ]
    reading = read(tmp_path, export(rows, header=header))
    assert reading.inventory.rules == (
        {"spread": {"vms": ["a", "b", "d"], "level": "host", "name": "dcs"}},
        {"spread": {"vms": ["a", "b"], "level": "host", "name": "dbs"}},
        {"gather": {"vms": ["c", "d"], "level": "host", "name": "pair"}},
    )
    assert only(reading.findings, "rule-of-one").count == 1


def test_applications(tmp_path: Path) -> None:
    """A vApp or a folder that a person named groups VMs; the root folder does not."""
    header = (*VINFO, "Folder", "vApp")
    rows = [(*vm_row("a"), "/dc/vm/Web", ""), (*vm_row("b"), "/dc/vm", ""), (*vm_row("c"), "group-v4", "erp")]
    assert vms(tmp_path, export(rows, header=header)).application.tolist() == ["Web", "", "erp"]


def test_when_taken(tmp_path: Path) -> None:
    """The moment of the export is in vMetaData."""
    tabs = export(ONE, {"vMetaData": [("RVTools version", "xlsx creation datetime"), ("4.4", "2024/05/01 7:08:09")]})
    assert read(tmp_path, tabs).inventory.taken == "2024-05-01T07:08:09"


def test_required_tabs_and_columns(tmp_path: Path) -> None:
    """A workbook without vHost, or without a needed column, says so."""
    assert (
        only(problems(workbook(tmp_path / "x.xlsx", {"vInfo": [VINFO, *ONE]})), "missing-tab").message
        == "Tab vHost is missing."
    )
    tabs: Tabs = {"vInfo": [("VM", "CPUs"), ("a", 1)], "vHost": [VHOST, *HOST_ROWS]}
    found = problems(workbook(tmp_path / "x.xlsx", tabs))
    assert [item.column for item in found] == ["Memory", "Powerstate", "Host"]


def test_two_exports_in_one_folder(tmp_path: Path) -> None:
    """Two vInfo files in a folder are not mixed."""
    path = folder(tmp_path / "export", export(ONE))
    folder(path, {"vInfo": [VINFO, vm_row("z")]}, "other_{}.csv")
    assert codes(problems(path)) == ["duplicate-tab"]
