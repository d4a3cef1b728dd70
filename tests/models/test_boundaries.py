"""Boundaries: which hosts each VM can run on, by what the data say."""

from typing import Any

import numpy as np
import pytest

from models.boundaries import EVERYTHING, Choice, boundaries, compatible, reach
from models.changes import Change, changed
from models.rules import Ban, Fence, Root
from models.technology import standard
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


OLD_AND_NEW: dict[str, Any] = {"host_microarchitecture": ["penryn", "skylake-sp"]}
"""Host 0 has VT-x but no EPT and no memory unit for I/O; host 1 has all."""


@pytest.mark.parametrize(
    ("technology", "expected"),
    [
        ("hardware-assisted", [False, True]),
        ("KVM", [False, True]),
        ("shadow-paging", [True, True]),
        ("binary-translation", [True, True]),
        ("container", [True, True]),
    ],
)
def test_what_a_technology_requires(technology: str, expected: list[bool]) -> None:
    """Two-stage mapping needs EPT, the others no more than VT-x; a provider is its technology."""
    assert reached(technology=[technology], **OLD_AND_NEW) == expected


def test_a_vm_without_a_technology_needs_what_its_host_would() -> None:
    """It runs under binary translation on the old host, and in hardware on the new one; not in hardware on the old."""
    assert reached(host_technology=["binary-translation", "KVM"], **OLD_AND_NEW) == [True, True]
    assert reached(host_technology=["KVM", "binary-translation"], **OLD_AND_NEW) == [False, True]


def test_hosts_of_unknown_processors() -> None:
    """A host that does not tell its processor is not ruled out by it."""
    assert reached(technology=["KVM"], host_microarchitecture=["penryn", ""]) == [False, True]
    assert reached(net_path=["sr-iov"], host_microarchitecture=["", ""]) == [True, True]


def test_a_processor_for_all() -> None:
    """A what-if's processor is every host's."""
    assert reached(Choice(microarchitecture="zen"), technology=["KVM"], **OLD_AND_NEW) == [True, True]
    assert reached(Choice(microarchitecture="penryn"), technology=["KVM"]) == [False, False]


@pytest.mark.parametrize("path", [{"net_path": ["sr-iov"]}, {"disk_path": ["nvme-direct"]}])
def test_assigned_devices_need_a_memory_unit(path: dict[str, Any]) -> None:
    """A device goes to a VM only where there is one for I/O; other paths go anywhere."""
    assert reached(technology=["shadow-paging"], **path, **OLD_AND_NEW) == [False, True]
    assert reached(technology=["shadow-paging"], net_path=["virtio"], disk_path=["ide"], **OLD_AND_NEW) == [True, True]


def test_a_kernel_that_cannot_be_modified() -> None:
    """Windows does not come to a host of para-virtualization unless it has a technology of its own."""
    hosts = ["Xen PV", "KVM"]
    assert reached(guest_os=["Microsoft Windows Server 2019"], host_technology=hosts) == [False, True]
    assert reached(guest_os=["Ubuntu 22.04"], host_technology=hosts) == [True, True]
    assert reached(os_family=["windows"], technology=["KVM"], host_technology=hosts) == [True, True]


def test_containers_by_their_guest() -> None:
    """A container of Windows goes to hosts that run Windows, or that do not say what they run."""
    hosts: dict[str, Any] = {"host_os_family": ["linux", "windows"], "technology": ["container"]}
    assert reached(guest_os=["Windows Server 2022"], **hosts) == [False, True]
    assert reached(guest_os=["Windows Server 2022"], technology=["container"], host_os_family=["linux", ""]) == [
        False,
        True,
    ]


def test_bounds_in_words() -> None:
    """A set says which technology, guest and devices bound it; where nothing does, it says nothing."""
    _, _, words = reach(inventory([0, 0], technology=["KVM", "container"], **OLD_AND_NEW))
    assert words == ("technology KVM", "")
    _, _, words = reach(inventory([0], guest_os=["Windows 10"], net_path=["sr-iov"], **OLD_AND_NEW))
    assert words == ("technology of the host, windows, directly assigned",)


def roots(given: Any, choice: Choice = EVERYTHING, today: Any = None) -> dict[str, list[int]]:
    """Return the VMs that stay where they are, by reason."""
    rules = boundaries(given, choice, today)
    return {rule.name: rule.vms.tolist() for rule in rules if isinstance(rule, Root)}


def test_direct_disks_stay() -> None:
    """A VM that runs on a disk assigned to it stays; one that is off, or on another path, does not."""
    given = inventory(
        [0, 0, 0], disk_path=["nvme-direct", "nvme-direct", "virtio-blk"], power_state=["on", "off", "on"]
    )
    assert roots(given) == {"holds a disk directly": [0]}


def test_a_direct_disk_of_an_overlay() -> None:
    """A path of an overlay that assigns devices pins as well."""
    catalog = standard().overlaid({"disk_paths": {"mine": {"direct": 1}}})
    assert roots(inventory([0], disk_path=["mine"]), Choice(catalog=catalog)) == {"holds a disk directly": [0]}


def test_devices_that_can_be_handed_over() -> None:
    """Who can migrate assigned devices pins none, but for GPUs."""
    given = inventory([0, 0, 0], disk_path=["nvme-direct", "", ""], sriov_functions=[0, 1, 0], gpus=[0, 0, 1])
    assert roots(given, Choice(direct_io_pins=False)) == {"holds a GPU": [2]}


HELD = {"holds an SR-IOV function": [0], "holds a disk directly": [0]}


@pytest.mark.parametrize(
    ("change", "held"),
    [
        (Change(), HELD),
        (Change(net_path="sr-iov", disk_path="nvme-direct"), HELD),
        (Change(net_path="virtio", disk_path="virtio-blk"), {}),
    ],
)
def test_devices_that_come_with_a_change(change: Change, held: dict[str, list[int]]) -> None:
    """VM 0 has devices today; what it gives up does not hold it, and what VM 1 is to get does not hold it yet."""
    today = inventory([0, 0], sriov_functions=[1, 0], disk_path=["nvme-direct", ""])
    after, _ = changed(today, change, standard())
    assert roots(after, today=today) == held


def test_a_function_that_is_held_needs_a_memory_unit() -> None:
    """Who holds a function can only be where a memory unit for I/O is, whatever its path is called."""
    given = inventory([0], sriov_functions=[1], host_microarchitecture=["skylake-sp", "xgene2"])
    masks, which, words = reach(given)
    assert masks[which[0]].tolist() == [True, False]
    assert "directly assigned" in words[which[0]]
