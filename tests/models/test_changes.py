"""What-ifs: what a change makes of an inventory, and which VMs it leaves as they are."""

from typing import Any

import pytest

from models.changes import NOTHING, Change, changed
from models.errors import InputError
from models.inventory import Vms
from models.technology import standard
from tests.models.machines import inventory


def after(change: Change, homes: list[int] | None = None, **columns: Any) -> tuple[Vms, list[str]]:
    """Return the VMs after a change, and what was noticed."""
    found, findings = changed(inventory(homes or [0], **columns), change, standard())
    return found.vms, [each.message for each in findings]


def test_no_change() -> None:
    """Nothing asked for, or another processor alone, leaves the inventory as it is."""
    given = inventory([0])
    assert changed(given, NOTHING, standard()) == (given, ())
    assert changed(given, Change(microarchitecture="zen"), standard())[0] is given


def test_new_technology() -> None:
    """It comes with its usual paths, by the catalog's name; page sizes stay."""
    vms, noticed = after(
        Change(technology="KVM"), technology=["container"], net_path=["native"], disk_path=["ide"], page_size=["2m"]
    )
    assert (vms.technology[0], vms.net_path[0], vms.disk_path[0], vms.page_size[0]) == (
        "hardware-assisted",
        "",
        "",
        "2m",
    )
    assert noticed == []


def test_new_technology_with_a_path() -> None:
    """A path that the change names is taken, the other is the technology's usual one."""
    change = Change(technology="KVM", net_path="virtio-user")
    vms, _ = after(change, technology=["container"], net_path=["native"], disk_path=["ide"])
    assert (vms.net_path[0], vms.disk_path[0]) == ("virtio-user", "")


def test_a_technology_that_a_vm_has_already() -> None:
    """It changes nothing, whether the VM or its host names it, and by which name."""
    for own, host in (("KVM", "nested"), ("", "KVM"), ("", "")):
        vms, _ = after(
            Change(technology="hardware-assisted"), technology=[own], host_technology=[host] * 2, net_path=["emulated"]
        )
        assert vms.net_path[0] == "emulated"


def test_a_device_that_a_vm_holds() -> None:
    """A new technology leaves it its directly assigned network and disk, and resets the others."""
    vms, _ = after(Change(technology="nested"), [0, 0], net_path=["sr-iov", "virtio"], disk_path=["ide", "nvme-direct"])
    assert vms.net_path.tolist() == ["sr-iov", ""]
    assert vms.disk_path.tolist() == ["", "nvme-direct"]


def test_paths_and_pages_alone() -> None:
    """They change by themselves; what is not named stays."""
    vms, _ = after(Change(disk_path="pvscsi", page_size="1g"), technology=["nested"], net_path=["virtio"])
    assert [str(column[0]) for column in (vms.technology, vms.net_path, vms.disk_path, vms.page_size)] == [
        "nested", "virtio", "pvscsi", "1g",
    ]  # fmt: skip


@pytest.mark.parametrize("own", ["", "KVM"])
def test_a_path_alone_leaves_the_other(own: str) -> None:
    """It is no new technology, by whichever name the VM or its host has its own: the other path stays."""
    vms, _ = after(Change(net_path="virtio-user"), technology=[own], net_path=["emulated"], disk_path=["ide"])
    assert (vms.net_path[0], vms.disk_path[0]) == ("virtio-user", "ide")
    vms, _ = after(Change(page_size="2m"), technology=[own], net_path=["emulated"], disk_path=["ide"])
    assert (vms.net_path[0], vms.disk_path[0]) == ("emulated", "ide")


def test_only_the_vms_chosen() -> None:
    """The others keep what they have."""
    vms, _ = after(Change(technology="container", page_size="2m", vms=(1,)), [0, 0, 0], net_path=["virtio"] * 3)
    assert vms.technology.tolist() == ["", "container", ""]
    assert vms.net_path.tolist() == ["virtio", "", "virtio"]
    assert vms.page_size.tolist() == ["", "2m", ""]
    nobody, _ = after(Change(technology="container", vms=()), [0])
    assert nobody.technology.tolist() == [""]


def test_vms_that_cannot_change() -> None:
    """Windows keeps its technology and paths under para-virtualization, and that is told once for all such VMs."""
    vms, noticed = after(
        Change(technology="Xen PV", net_path="dom0-optimised"), [0, 0, 0],
        guest_os=["Microsoft Windows Server 2019", "Ubuntu 22.04", ""], os_family=["", "", "windows"],
        net_path=["virtio"] * 3,
    )  # fmt: skip
    assert vms.technology.tolist() == ["", "para-virtual", ""]
    assert vms.net_path.tolist() == ["virtio", "dom0-optimised", "virtio"]
    (message,) = noticed
    assert message.startswith("2 VMs keep their technology, the first 'vm-0': para-virtual needs a modified kernel")


def test_containers_need_a_host_of_their_kernel() -> None:
    """Windows becomes a container only where some host runs Windows; a host that says nothing is Linux."""
    columns: dict[str, Any] = {"os_family": ["windows"]}
    assert after(Change(technology="container"), **columns)[0].technology[0] == ""
    columns["host_os_family"] = ["", "windows"]
    assert after(Change(technology="container"), **columns)[0].technology[0] == "container"


@pytest.mark.parametrize(
    ("change", "functions"),
    [
        (Change(net_path="sr-iov"), [1, 2, 0]),
        (Change(net_path="virtio"), [0, 0, 0]),
        (Change(technology="container"), [0, 2, 0]),
        (Change(technology="nested", net_path="sr-iov"), [1, 2, 0]),
        (Change(page_size="2m"), [0, 2, 0]),
    ],
)
def test_functions(change: Change, functions: list[int]) -> None:
    """Who gets a directly assigned network takes one function at least, who loses it gives all back."""
    chosen = Change(**{**vars(change), "vms": (0, 1)})
    vms, _ = after(chosen, [0, 0, 0], sriov_functions=[0, 2, 0], host_sriov_functions=[8, 0])
    assert vms.sriov_functions.tolist() == functions


def test_where_there_are_no_functions_paths_stay() -> None:
    """A VM in a cluster without functions keeps its path, and a finding says so; supposing some, it gets one."""
    given = inventory([0, 1], host_cluster=["bare", "equipped"], host_sriov_functions=[0, 4])
    found, (finding,) = changed(given, Change(net_path="sr-iov"), standard())
    assert found.vms.net_path.tolist() == ["", "sr-iov"]
    assert found.vms.sriov_functions.tolist() == [0, 1]
    assert (finding.code, finding.count) == ("keeps-path", 1)
    supposed, findings = changed(given, Change(net_path="sr-iov"), standard(), supposed=True)
    assert supposed.vms.net_path.tolist() == ["sr-iov", "sr-iov"]
    assert findings == ()


def test_an_unknown_change() -> None:
    """A technology or path that is not known lists those that are."""
    with pytest.raises(InputError, match="technology 'magic' is unknown; known are"):
        after(Change(technology="magic"))
    with pytest.raises(InputError, match="network path 'wire' is unknown; known are"):
        after(Change(net_path="wire"))
    with pytest.raises(InputError, match="disk path 'tape' is unknown; known are"):
        after(Change(disk_path="tape"))
    with pytest.raises(InputError, match="page size '3m' is unknown; known are 4k, 2m, 1g"):
        after(Change(page_size="3m"))


def test_a_change_in_words() -> None:
    """It says what is different, and nothing else."""
    assert str(Change(technology="KVM", page_size="2m")) == "technology KVM, page size 2m"
    assert str(NOTHING) == ""
    assert not Change(microarchitecture="zen").anything
