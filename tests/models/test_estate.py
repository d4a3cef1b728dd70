"""An inventory as the cost model sees it: processors, kinds of hosts, and columns."""

import numpy as np
import pytest

from models.errors import InputError
from models.estate import Rates, checked, estate, home_kind, kinds, processors
from models.inventory import Hosts, Inventory
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
