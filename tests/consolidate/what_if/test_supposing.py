"""What scenarios suppose of an estate: rows that were there keep their number, and readings go with their VMs."""

from typing import Any

import numpy as np
import pytest

from consolidate.readers.reading import Reading
from consolidate.what_if.hardware import models
from consolidate.what_if.supposing import Parts, Profile, estate
from models.demand import Usage
from models.errors import InputError
from models.inventory import Hosts, Inventory, Vms

OFFER = {"big": {"cores": 64, "cpu_mhz": 2000, "memory_mib": 65536, "price_eur": 9000}}
PARTS = Parts(
    {"shop": Profile(like="web-*"), "batch": Profile(vms=2, vcpus=4, memory_mib=512, cpu_mhz=700.0, cluster="x")},
    models(OFFER),
)


@pytest.fixture
def reading() -> Reading:
    """Return three hosts in two racks, four VMs of which one is off, and two samples."""
    hosts = Hosts.of(
        host=["a", "b", "c"], cores=[8] * 3, cpu_mhz=[2000] * 3, memory_mib=[8192] * 3, rack=["r1", "r1", "r2"],
        cluster=["x"] * 3, model=["old", "old", "new"],
    )  # fmt: skip
    vms = Vms.of(
        vm=["web-1", "db", "web-2", "off"], host=["a", "b", "c", "a"], vcpus=[1] * 4, memory_mib=[1024] * 4,
        power_state=["on", "on", "on", "off"], pinned=[True, False, False, False],
    )  # fmt: skip
    readings = np.arange(8, dtype=np.float32).reshape(4, 2)
    return Reading(Inventory(hosts, vms), usage=Usage(0.0, 300.0, readings))


def supposed(reading: Reading, seed: int = 1, **keys: Any) -> Reading:
    """Return the estate with suppositions, of whose keys the dots are written as double underscores."""
    return estate(reading, {key.replace("__", "."): value for key, value in keys.items()}, PARTS, seed)


def test_nothing_supposed_is_nothing_done(reading: Reading) -> None:
    """The values that suppose nothing leave everything as it is."""
    found = supposed(reading, growth__vms=1.0, loss__hosts=0, loss__racks=0, hardware__replace=None)
    assert found.inventory is not None
    assert found.inventory.vms is reading.inventory.vms
    assert found.inventory.hosts.host.tolist() == ["a", "b", "c"]


def test_growth_copies_running_vms(reading: Reading) -> None:
    """Three run; twice as many are three more on no host, each with the readings of the one that it copies."""
    found = supposed(reading, growth__vms=2.0)
    vms, usage = found.inventory.vms, found.usage
    assert vms.vm.tolist()[4:] == ["web-1 +1", "db +1", "web-2 +1"]
    assert vms.host.tolist()[4:] == ["", "", ""]
    assert vms.cluster.tolist()[4:] == ["x", "x", "x"]
    assert not vms.pinned[4:].any()
    assert usage is not None
    assert usage.cpu_mhz[4:].tolist() == reading.usage.cpu_mhz[:3].tolist()  # type: ignore[union-attr]


def test_growth_is_drawn_by_the_seed(reading: Reading) -> None:
    """A third more is one of the three, and which depends on the seed alone."""
    drawn = {supposed(reading, seed, growth__vms=4 / 3).inventory.vms.vm[4] for seed in range(20)}
    assert drawn == {"web-1 +1", "db +1", "web-2 +1"}
    assert (
        supposed(reading, 7, growth__vms=4 / 3).inventory.vms.vm[4]
        == (supposed(reading, 7, growth__vms=4 / 3).inventory.vms.vm[4])
    )


def test_a_lost_rack(reading: Reading) -> None:
    """Its two hosts are off and closed; their VMs look for a host of their cluster, even the one that was pinned."""
    inventory = supposed(reading, loss__racks="r1").inventory
    assert inventory.hosts.power_state.tolist() == ["off", "off", "on"]
    assert inventory.hosts.maintenance.tolist() == [True, True, False]
    assert inventory.vms.host.tolist() == ["", "", "c", ""]
    assert inventory.vms.cluster.tolist() == ["x", "x", "", "x"]
    assert not inventory.vms.pinned[0]


def test_hosts_lost_by_number(reading: Reading) -> None:
    """Two of three are drawn by the seed; more than there are is an error."""
    pairs = {tuple(supposed(reading, seed, loss__hosts=2).inventory.hosts.maintenance) for seed in range(20)}
    assert all(sum(pair) == 2 for pair in pairs)
    assert len(pairs) == 3
    with pytest.raises(InputError, match="4 are to be lost of 3 hosts"):
        supposed(reading, loss__hosts=4)


def test_new_applications(reading: Reading) -> None:
    """Two copies of a pattern of two VMs, and one of a made-up profile of two with constant readings."""
    found = supposed(reading, applications__shop=2, applications__batch=1)
    vms = found.inventory.vms
    assert vms.vm.tolist()[4:] == [
        "web-1 (shop 1)", "web-2 (shop 1)", "web-1 (shop 2)", "web-2 (shop 2)", "batch 1-1", "batch 1-2",
    ]  # fmt: skip
    assert vms.application.tolist()[4:] == ["shop 1"] * 2 + ["shop 2"] * 2 + ["batch 1"] * 2
    assert found.usage is not None
    assert found.usage.cpu_mhz[8:].tolist() == [[700.0, 700.0]] * 2


def test_hardware_replaced(reading: Reading) -> None:
    """The two old hosts are to go, and two of the new model are on offer at their price."""
    hosts = supposed(reading, hardware__replace="old -> big").inventory.hosts
    assert hosts.lifecycle.tolist() == ["decommission", "decommission", "serves", "candidate", "candidate"]
    assert hosts.price_eur.tolist()[3:] == [9000.0, 9000.0]
    assert len(supposed(reading, hardware__replace="old -> 5 x big").inventory.hosts) == 8


def test_hardware_added(reading: Reading) -> None:
    """Three are on offer."""
    hosts = supposed(reading, hardware__add__big=3).inventory.hosts
    assert hosts.lifecycle.tolist()[3:] == ["candidate"] * 3


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"hardware__replace": "none -> big"}, "No host is of the model 'none'"),
        ({"hardware__replace": "old -> none"}, "The study's hardware has no model 'none'; there are big"),
        ({"loss__racks": "r9"}, "rack:r9"),
        ({"loss__hosts": ["z"]}, "No host is called 'z'"),
    ],
)
def test_unknown_names(reading: Reading, keys: dict[str, Any], text: str) -> None:
    """Each is an input error."""
    with pytest.raises(InputError, match=text):
        supposed(reading, **keys)


def test_models_are_checked() -> None:
    """Every column that is missing, unknown or out of range is told at once."""
    with pytest.raises(InputError) as caught:
        models({"odd": {"cores": 0, "cpu_mhz": "fast", "colour": "red"}})
    assert [str(each.message).partition(":")[0] for each in caught.value.findings] == [
        "hardware.odd.colour", "hardware.odd.memory_mib", "hardware.odd.cores", "hardware.odd.cpu_mhz",
    ]  # fmt: skip
