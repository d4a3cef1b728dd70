"""Inventories without names, and back."""

import csv
from pathlib import Path

import numpy as np
import pytest

from consolidate import readers
from consolidate.inventories.anonymise import anonymise, export, translation, write
from consolidate.readers import rules
from models.errors import OutputError
from models.inventory import Hosts, Inventory, Vms
from tests.consolidate.readers.inventories import folder

HOSTS = (
    "host,cores,cpu_mhz,memory_mib,cluster,datastores\n"
    "secret-1,16,2600.5,131072,Prod,gold;silver\nsecret-2,16,2600,131072,Prod,gold\nsecret-3,8,2000,65536,Test,\n"
)
VMS = (
    "vm,host,vcpus,memory_mib,application,datastores,pinned,pin_reason,cluster\n"
    "payroll,secret-1,2,4096,Personnel,silver,true,USB key of Bob,\n"
    "=cmd,secret-2,2,4096,Personnel,gold,,,\nnew,,1,512,,,,,Test\n"
)
RULES = "- spread: {vms: 'application:Personnel', level: host, name: keep apart}\n- offline: {hosts: 'cluster:Test'}\n"
USAGE = "vm,time_s,cpu_mhz,memory_mib\npayroll,0,10,\npayroll,300,20,5\nnew,600,1,1\n"


def assert_equal(one: Inventory, other: Inventory) -> None:
    """Check that two inventories hold the same, where they were read from aside."""
    for table, second in ((one.hosts, other.hosts), (one.vms, other.vms)):
        for name in table.columns():
            np.testing.assert_array_equal(getattr(table, name), getattr(second, name), err_msg=name)
    assert (one.rules, one.taken) == (other.rules, other.taken)


@pytest.fixture
def reading(tmp_path: Path) -> readers.Reading:
    """Return an inventory full of names."""
    path = folder(tmp_path / "in", HOSTS, VMS, rules_yaml=RULES, usage_csv=USAGE, about_yaml="taken: 2026-05-01\n")
    return readers.read(path)


def test_names_are_replaced(reading: readers.Reading) -> None:
    """Each name becomes the same new one wherever it stands; selectors in rules are written out."""
    inventory = anonymise(reading)
    assert inventory.hosts.host.tolist() == ["host-01", "host-02", "host-03"]
    assert inventory.hosts.cluster.tolist() == ["cluster-a", "cluster-a", "cluster-b"]
    assert inventory.hosts.datastores.tolist() == ["datastore-01;datastore-02", "datastore-01", ""]
    assert inventory.vms.vm.tolist() == ["vm-0001", "vm-0002", "vm-0003"]
    assert inventory.vms.host.tolist() == ["host-01", "host-02", ""]
    assert inventory.vms.datastores.tolist() == ["datastore-02", "datastore-01", ""]
    assert inventory.vms.cluster.tolist() == ["", "", "cluster-b"]
    assert inventory.rules == (
        {"spread": {"name": "rule-01", "vms": ["vm-0001", "vm-0002"]}},
        {"offline": {"hosts": ["host-03"]}},
    )


def test_numbers_are_kept(reading: readers.Reading) -> None:
    """Everything that a plan is made from stays as it is, the rules' rows included."""
    inventory = anonymise(reading)
    np.testing.assert_array_equal(inventory.hosts.cpu_mhz, reading.inventory.hosts.cpu_mhz)
    np.testing.assert_array_equal(inventory.start, reading.inventory.start)
    old, new = (rules.parse(item.rules, item, "") for item in (reading.inventory, inventory))
    assert [getattr(rule, "vms", np.empty(0)).tolist() for rule in old] == [
        getattr(rule, "vms", np.empty(0)).tolist() for rule in new
    ]


def test_nothing_leaks(reading: readers.Reading, tmp_path: Path) -> None:
    """No name of the owner's is in any file of the folder."""
    export(reading, tmp_path / "out")
    text = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    for name in (b"secret", b"payroll", b"cmd", b"Prod", b"Test", b"Personnel", b"gold", b"silver", b"Bob", b"apart"):
        assert name not in text


def test_reads_back(reading: readers.Reading, tmp_path: Path) -> None:
    """The folder reads back as the same inventory, with the same readings."""
    export(reading, tmp_path / "out")
    back = readers.read(tmp_path / "out")
    assert_equal(back.inventory, anonymise(reading))
    assert back.usage is not None
    assert reading.usage is not None
    np.testing.assert_array_equal(back.usage.cpu_mhz, reading.usage.cpu_mhz)
    assert back.usage.memory_mib is not None
    np.testing.assert_array_equal(back.usage.memory_mib, reading.usage.memory_mib)


def test_names_of_formulas_read_back(reading: readers.Reading, tmp_path: Path) -> None:
    """Also with its own names, formulas included, an inventory reads back; no cell starts with a formula's sign."""
    named = Inventory(reading.inventory.hosts, reading.inventory.vms)
    write(named, tmp_path / "out")
    assert_equal(readers.read(tmp_path / "out").inventory, named)
    with (tmp_path / "out" / "vms.csv").open(newline="") as file:
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in csv.reader(file) for cell in row)


def test_owner_translates_back(reading: readers.Reading, tmp_path: Path) -> None:
    """The translation stands beside the folder, not in it, and has every name."""
    path = export(reading, tmp_path / "out")
    assert path == tmp_path / "out-mapping.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"kind": "vm", "name": "payroll", "anonymised": "vm-0001"} in rows
    assert len(rows) == sum(map(len, translation(reading.inventory).values()))


def test_many(tmp_path: Path) -> None:
    """More clusters than letters are numbered, and names stay unique."""
    hosts = Hosts.of(
        host=[f"h{row}" for row in range(150)],
        cores=[1] * 150,
        cpu_mhz=[1000.0] * 150,
        memory_mib=[2048.0] * 150,
        cluster=[f"c{row}" for row in range(150)],
    )
    named = Inventory(hosts, Vms.of(vm=[], host=[], vcpus=[], memory_mib=[]))
    new = anonymise(readers.Reading(named))
    assert len(set(new.hosts.cluster)) == 150
    assert new.hosts.host[149] == "host-150"
    write(new, tmp_path / "out")
    assert_equal(readers.read(tmp_path / "out").inventory, new)


def test_not_over_something(reading: readers.Reading, tmp_path: Path) -> None:
    """A folder that holds something is not written to."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        export(reading, tmp_path / "out")


def test_rules_about_time_keep_their_times(tmp_path: Path) -> None:
    """Only names are replaced; hours and dates stay as they are written."""
    text = "- blackout: {vms: 'payroll', daily: '22:00-06:00', name: night}\n- serialize: {each: application}\n"
    path = folder(tmp_path / "in", HOSTS, VMS, rules_yaml=text)
    assert anonymise(readers.read(path)).rules == (
        {"blackout": {"vms": ["vm-0001"], "daily": "22:00-06:00", "name": "rule-01"}},
        {"serialize": {"each": "application"}},
    )
