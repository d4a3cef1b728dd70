"""Boundaries: which hosts each VM can run on, by what the data say."""

from typing import Any

import numpy as np
import pytest

from models.boundaries import EVERYTHING, Choice, boundaries, compatible, reach
from models.rules import Ban, Fence, Root
from tests.models.machines import inventory


def reached(choice: Choice = EVERYTHING, home: int = 0, **columns: Any) -> list[bool]:
    """Return which of the two hosts the one VM can run on."""
    masks, which, _ = reach(inventory([home], **columns), choice)
    found: list[bool] = masks[which[0]].tolist()
    return found


def test_nothing_said() -> None:
    """Where the data say nothing, a VM can run everywhere, and no rule is needed."""
    assert reached() == [True, True]
    assert boundaries(inventory([0])) == ()


def test_cluster() -> None:
    """A VM stays in the cluster of its host, unless it is told that it may leave."""
    assert reached(host_cluster=["x", "y"]) == [True, False]
    assert reached(Choice(clusters=False), host_cluster=["x", "y"]) == [True, True]


def test_cluster_of_a_vm_on_no_host() -> None:
    """A VM on no host goes to the cluster that it names."""
    assert reached(home=-1, host_cluster=["x", "y"], cluster=["y"]) == [False, True]


def test_datastores() -> None:
    """All of the VM's datastores must be reached; a host that names none reaches all."""
    assert reached(datastores=["a;b"], host_datastores=["a; b;c", "a"]) == [True, False]
    assert reached(datastores=["a"], host_datastores=["a", ""]) == [True, True]


def test_networks() -> None:
    """All of the VM's networks must be there."""
    assert reached(networks=["dmz"], host_networks=["dmz;lan", "lan"]) == [True, False]


def test_cpu_generation() -> None:
    """A VM runs on its generation or a newer one of the same vendor, unless that is to be ignored."""
    columns: dict[str, Any] = {
        "cpu_generation": ["intel-skylake"],
        "host_cpu_generation": ["intel-icelake", "intel-haswell"],
    }
    assert reached(**columns) == [True, False]
    assert reached(Choice(cpu_generation=False), **columns) == [True, True]


@pytest.mark.parametrize(
    ("wanted", "offered", "fits"),
    [
        ("intel-haswell", "intel-haswell", True),
        ("intel-haswell", "intel-skylake", True),
        ("intel-skylake", "intel-haswell", False),
        ("amd-zen", "intel-icelake", False),
        ("amd-zen", "amd-zen3", True),
        ("", "intel-haswell", True),
        ("intel-haswell", "", True),
        ("power9", "power10", False),
        ("power9", "power9", True),
    ],
)
def test_compatible(wanted: str, offered: str, fits: bool) -> None:
    """Generations are ordered within a vendor; unknown ones must be equal; an empty one fits all."""
    assert compatible(wanted, offered) is fits


def test_os_family_of_containers() -> None:
    """A container shares its host's kernel; a VM does not care."""
    hosts: dict[str, Any] = {"host_os_family": ["linux", "windows"], "os_family": ["linux"]}
    assert reached(technology=["container"], **hosts) == [True, False]
    assert reached(technology=[""], **hosts) == [True, True]


def test_trust_zone() -> None:
    """VMs of a zone run only on its hosts; others run anywhere."""
    assert reached(trust_zone=["dmz"], host_trust_zone=["dmz", ""]) == [True, False]
    assert reached(trust_zone=[""], host_trust_zone=["dmz", ""]) == [True, True]


def test_fences() -> None:
    """VMs of one set of hosts share a fence, which says what it is about."""
    (fence,) = boundaries(inventory([0, 0], host_cluster=["x", "y"]))
    assert isinstance(fence, Fence)
    assert fence.vms.tolist() == [0, 1]
    assert fence.hosts.tolist() == [0]
    assert fence.name == "cluster x"


def test_outside_its_own_boundary() -> None:
    """A VM that runs where it should not may stay there."""
    (fence,) = boundaries(inventory([0], trust_zone=["dmz"], host_trust_zone=["", "dmz"]))
    assert isinstance(fence, Fence)
    assert fence.hosts.tolist() == [0, 1]


def test_closed_hosts() -> None:
    """Nobody enters a host that is off or in maintenance; who is there may stay."""
    reasons: tuple[dict[str, Any], ...] = {"host_power_state": ["off", "on"]}, {"host_maintenance": [True, False]}
    for columns in reasons:
        (ban,) = boundaries(inventory([0, 1], **columns))
        assert isinstance(ban, Ban)
        assert ban.entering
        assert ban.hosts.tolist() == [0]
        assert ban.vms.tolist() == [0, 1]


def test_rooted() -> None:
    """VMs that are pinned, or that run with a device, stay where they are; those on no host cannot."""
    rules = boundaries(
        inventory([0, 0, 0, -1], pinned=[True, False, False, True], gpus=[0, 1, 0, 0], sriov_functions=[0, 0, 2, 0])
    )
    assert {rule.name: rule.vms.tolist() for rule in rules if isinstance(rule, Root)} == {
        "pinned": [0],
        "holds a GPU": [1],
        "holds an SR-IOV function": [2],
    }


def test_devices_of_vms_that_are_off() -> None:
    """A VM that is off holds no device."""
    assert boundaries(inventory([0], gpus=[1], power_state=["off"])) == ()


def test_equal_vms_share_a_set() -> None:
    """The sets are as many as there are different VMs, not as many as VMs."""
    masks, which, words = reach(inventory([0, 0, 1], host_cluster=["x", "y"]))
    assert len(masks) == len(words) == 2
    assert np.array_equal(which, [0, 0, 1])
