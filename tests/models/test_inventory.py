"""The inventory: defaults, units and names as declared, and what it refuses."""

import pickle
from typing import Any

import numpy as np
import pytest

from models.errors import InputError
from models.inventory import Column, Hosts, Inventory, Vms


def hosts(*names: str) -> Hosts:
    """Return hosts of 8 cores, 2 GHz and 64 GiB."""
    count = len(names)
    return Hosts.of(host=names, cores=[8] * count, cpu_mhz=[2000] * count, memory_mib=[65536] * count)


def vms(**columns: Any) -> Vms:
    """Return VMs of 2 vCPUs and 4 GiB."""
    count = len(columns["vm"])
    return Vms.of(**{"vcpus": [2] * count, "memory_mib": [4096] * count} | columns)


def test_columns_that_are_not_given_take_their_defaults() -> None:
    """On, two sockets, no disk limit known, not in maintenance."""
    table = hosts("a", "b")
    assert table.power_state.tolist() == ["on", "on"]
    assert table.sockets.tolist() == [2, 2]
    assert np.isnan(table.disk_gib).all()
    assert not table.maintenance.any()
    assert len(table) == 2


def test_required_columns_are_required() -> None:
    """A host without its memory cannot be placed upon."""
    with pytest.raises(InputError, match="memory_mib is required"):
        Hosts.of(host=["a"], cores=[8], cpu_mhz=[2000])


def test_columns_are_of_one_length() -> None:
    """Two names and one memory size do not make a table."""
    with pytest.raises(InputError, match="differ in length"):
        Hosts.of(host=["a", "b"], cores=[8, 8], cpu_mhz=[2000, 2000], memory_mib=[65536])


def test_columns_tell_their_meaning() -> None:
    """Each column has a text, its unit and its bounds, from which readers check and documents are written."""
    columns = Hosts.columns()
    assert columns["cores"] == Column("Physical cores, all sockets together (not threads).", "integer", "cores", True,
                                      None, 1, 100_000)  # fmt: skip
    assert all(column.text.endswith((".", "…")) for column in [*columns.values(), *Vms.columns().values()])
    assert all(column.kind in ("text", "integer", "number", "flag") for column in columns.values())


@pytest.mark.parametrize(
    ("hosts_named", "vms_named", "on", "message"),
    [
        (("a", "a"), ["v"], ["a"], "host names must be unique; the first twice is 'a'"),
        (("a",), ["v", "v"], ["a", "a"], "VM names must be unique; the first twice is 'v'"),
        (("a",), ["v", "w"], ["x", "y"], "VMs name 2 unknown hosts, the first 'x'"),
    ],
    ids=["host twice", "VM twice", "unknown host"],
)
def test_names_that_cannot_be_resolved(
    hosts_named: tuple[str, ...], vms_named: list[str], on: list[str], message: str
) -> None:
    """Rows are found by name, so names are unique and VMs name hosts that there are."""
    with pytest.raises(InputError, match=message):
        Inventory(hosts(*hosts_named), vms(vm=vms_named, host=on))


def test_where_vms_are() -> None:
    """A VM's host by row; an empty name is no host."""
    inventory = Inventory(hosts("a", "b"), vms(vm=["v", "w", "x"], host=["b", "", "a"]))
    assert inventory.start.tolist() == [1, -1, 0]
    assert (inventory.host_row["b"], inventory.vm_row["x"]) == (1, 2)


def test_who_runs() -> None:
    """On and no template; suspended VMs and those that are off take no CPU or memory."""
    table = vms(
        vm=["v", "w", "x", "t"],
        host=["a"] * 4,
        power_state=["on", "off", "suspended", "on"],
        template=[False, False, False, True],
    )
    assert Inventory(hosts("a"), table).running.tolist() == [True, False, False, False]


def test_an_empty_inventory() -> None:
    """No hosts and no VMs is an inventory, too."""
    inventory = Inventory(hosts(), vms(vm=[], host=[]))
    assert (len(inventory.hosts), len(inventory.vms), inventory.start.tolist()) == (0, 0, [])


def test_columns_are_read_only_also_after_pickling() -> None:
    """No column can be changed by accident, here or in another process."""
    table = hosts("a")
    sent = pickle.loads(pickle.dumps(table))
    for each in (table, sent):
        assert not any(getattr(each, name).flags.writeable for name in Hosts.columns())
    assert sent.host.tolist() == ["a"]


def test_the_caller_keeps_its_arrays() -> None:
    """What the caller does with its array afterwards does not change the table, and the array stays writeable."""
    cores = np.array([8])
    table = Hosts.of(host=["a"], cores=cores, cpu_mhz=[2000], memory_mib=[65536])
    cores[0] = 16
    assert table.cores.tolist() == [8]
