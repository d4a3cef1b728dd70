"""An inventory as the cost model sees it: processors, kinds, columns, and what a change makes of them."""

from typing import Any

import numpy as np
import pytest

from models.changes import NOTHING, Change, changed
from models.errors import InputError
from models.estate import Rates, checked, estate, home_kind, kinds, processors
from models.inventory import Hosts, Inventory, Vms
from models.technology import Catalog, standard
from tests.models.machines import inventory


def told(catalog: Catalog | None = None, chosen: str = "", **columns: list[str]) -> tuple[list[str], list[bool]]:
    """Return the processors of two hosts, and which did not tell theirs."""
    found = catalog or standard()
    given = inventory([], **{f"host_{name}": values for name, values in columns.items()})
    rows, unknown = processors(given.hosts, found, chosen)
    return [found.microarchitectures.keys[row] for row in rows], unknown.tolist()


def test_processors_by_column() -> None:
    """What a host says goes first, whatever its model; one that says nothing is taken for a Skylake."""
    found = told(microarchitecture=["zen3", ""], cpu_model=["Intel(R) Xeon(R) Gold 6130", ""])
    assert found == (["zen3", "skylake-sp"], [False, True])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("Intel(R) Xeon(R) CPU X5570 @ 2.93GHz", "nehalem"),
        ("Intel(R) Xeon(R) CPU E5620 @ 2.40GHz", "westmere"),
        ("Intel(R) Xeon(R) CPU E5-2670 v3 @ 2.30GHz", "haswell"),
        ("Intel(R) Xeon(R) CPU E5-2699 v4 @ 2.20GHz", "broadwell"),
        ("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", "skylake-sp"),
        ("Intel(R) Xeon(R) Gold 6230R CPU @ 2.10GHz", "cascade-lake"),
        ("Intel(R) Xeon(R) Platinum 8380 CPU @ 2.30GHz", "ice-lake"),
        ("AMD EPYC 7742 64-Core Processor", "zen2"),
        ("AMD EPYC 9654 96-Core Processor", "zen4"),
    ],
)
def test_processors_by_model(model: str, expected: str) -> None:
    """The name of a processor tells it."""
    assert told(cpu_model=[model, model]) == ([expected] * 2, [False] * 2)


def test_processors_by_generation() -> None:
    """Else what guests see, where the model is not known."""
    found = told(cpu_model=["a mystery", ""], cpu_generation=["intel-haswell", "power9"])
    assert found == (["haswell", "skylake-sp"], [False, True])


def test_a_processor_for_all() -> None:
    """A what-if's processor is every host's, and known."""
    assert told(chosen="zen4", microarchitecture=["zen3", ""]) == (["zen4", "zen4"], [False, False])


def test_a_processor_of_an_overlay() -> None:
    """An overlay's pattern is known too."""
    catalog = standard().overlaid({"microarchitectures": {"mine": {"cpu_pattern": "Graviton"}}})
    assert told(catalog, cpu_model=["AWS Graviton3", ""])[0] == ["mine", "skylake-sp"]


def test_kinds() -> None:
    """Hosts of one processor and technology are one kind; a provider is its technology; none is the usual."""
    given = inventory([0, 1, -1], host_microarchitecture=["zen", "zen"], host_technology=["KVM", "hardware-assisted"])
    found, kind = kinds(given, standard())
    assert (found.technology.tolist(), kind.tolist()) == ([standard().technologies.row("hardware-assisted")], [0, 0])
    given = inventory([0, 1, -1], host_microarchitecture=["zen2", "zen"], host_technology=["", ""])
    found, kind = kinds(given, standard())
    assert [standard().microarchitectures.keys[row] for row in found.microarchitecture[kind]] == ["zen2", "zen"]
    assert home_kind(given, kind).tolist() == [kind[0], kind[1], 0]


def test_a_change_of_processor_leaves_one_kind() -> None:
    """Where all hosts get one processor, and have one technology, there is one kind."""
    given = inventory([], host_microarchitecture=["zen2", "zen"])
    assert len(kinds(given, standard(), "zen4")[0].technology) == 1


def test_no_hosts() -> None:
    """Without hosts there is the usual kind, and nobody is of it."""
    bare = Inventory(Hosts.of(host=[], cores=[], cpu_mhz=[], memory_mib=[]), inventory([-1]).vms)
    found, kind = kinds(bare, standard())
    assert (len(found.technology), kind.tolist(), home_kind(bare, kind).tolist()) == (1, [], [0])


def test_columns() -> None:
    """Names become rows; a workload that is not told is the one given, a path that is not told is -1."""
    given = inventory(
        [0, 0], workload=["web", ""], technology=["Docker", ""], net_path=["virtio", ""], disk_path=["", "ide"],
        page_size=["1g", ""], net_mbps=[8.0, float("nan")], disk_iops=[0.0, 5.0],
    )  # fmt: skip
    catalog = standard()
    found = estate(given, catalog, "oltp")
    assert [catalog.workloads.keys[row] for row in found.workload] == ["web", "oltp"]
    assert found.technology.tolist() == [catalog.technologies.row("container"), -1]
    assert found.net_path.tolist() == [catalog.net_paths.row("virtio"), -1]
    assert found.disk_path.tolist() == [-1, catalog.disk_paths.row("ide")]
    assert found.leaf.tolist() == [2, 0]
    assert (found.net_mbps.tolist(), found.disk_iops.tolist()) == ([8.0, 0.0], [0.0, 5.0])
    assert (found.vcpus.tolist(), found.memory_mib.tolist()) == ([4.0, 4.0], [8192.0, 8192.0])


def test_rates_of_readings() -> None:
    """Rates that were read over time stand in place of the inventory's; a NaN is none."""
    given = inventory([0], net_mbps=[8.0], disk_iops=[9.0])
    found = estate(given, standard(), rates=Rates(np.array([1.0]), np.array([np.nan])))
    assert (found.net_mbps.tolist(), found.disk_iops.tolist()) == ([1.0], [0.0])


def test_functions_are_a_direct_path() -> None:
    """A VM that holds an SR-IOV function sends through it, unless its path says otherwise."""
    given = inventory([0, 0], sriov_functions=[1, 1], net_path=["", "virtio"])
    rows = estate(given, standard()).net_path
    assert [standard().net_paths.keys[row] for row in rows] == ["sr-iov", "virtio"]


def test_every_unknown_name_is_told() -> None:
    """A finding for each name, with the first who has it, how many do, and what is known; a provider is known."""
    given = inventory(
        [0, 0, 0], workload=["webb", "webb", "oltp"], technology=["KVM", "Kvn", ""], net_path=["wire", "", ""],
        disk_path=["", "tape", ""], host_technology=["Parallels", "Docker"], host_microarchitecture=["i386", ""],
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        checked(given, standard())
    found = {(each.column, each.value): (each.count, each.message) for each in caught.value.findings}
    assert {key: count for key, (count, _) in found.items()} == {
        ("technology", "Parallels"): 1, ("microarchitecture", "i386"): 1, ("technology", "Kvn"): 1,
        ("workload", "webb"): 2, ("net_path", "wire"): 1, ("disk_path", "tape"): 1,
    }  # fmt: skip
    message = found["workload", "webb"][1]
    assert message.startswith("VM 'vm-0' has an unknown workload; known are none, general, ")
    assert found["technology", "Parallels"][1].startswith("host 'small' has an unknown technology; known are native, ")


def test_known_names_pass() -> None:
    """An inventory whose names are known, or empty, is right."""
    checked(inventory([0], workload=["oltp"], technology=["Xen PV"], net_path=["sr-iov"]), standard())


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
