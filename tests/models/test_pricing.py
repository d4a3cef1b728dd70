"""What sorts of VMs pay on kinds of hosts: shapes that broadcast, and what no number may change."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.laws.memory import LEAF_LEVELS
from models.pricing import Pricing, Sorts
from models.technology import EVENTS, Catalog, standard
from tests.models.overheads import rounded

TWO_STAGE = [
    key
    for key, mapping in zip(standard().technologies.keys, standard().technologies.texts["mapping"], strict=True)
    if mapping == "two-stage"
]
PROCESSORS = st.sampled_from(standard().microarchitectures.keys)


def pricing(technology: str, processor: str = "skylake-sp", catalog: Catalog | None = None, **given: str) -> Pricing:
    """Return the prices of one sort on one kind: the technology's own paths and small pages, unless given."""
    found = catalog or standard()
    row = found.technologies.row(technology)
    texts = found.technologies.texts
    leaf = np.array([LEAF_LEVELS[given.get("page_size", "4k")]])
    return Pricing(
        found,
        Sorts(
            workload=np.array([found.workloads.row(given.get("workload", "mine" if catalog else "general"))]),
            technology=np.array([row]),
            net_path=np.array([found.net_paths.row(given.get("net_path", texts["net_path"][row]))]),
            disk_path=np.array([found.disk_paths.row(given.get("disk_path", texts["disk_path"][row]))]),
            microarchitecture=np.array([found.microarchitectures.row(processor)]),
            guest_leaf=leaf,
            host_leaf=leaf,
        ),
    )


def cycles(found: Pricing, event: str) -> float:
    """Return what an event costs on the virtual CPU."""
    return float(found.event_cycles[0, EVENTS.index(event)])


def test_base() -> None:
    """An exit on Skylake: 500 + 400 + 100 by the round numbers; 1,529 by the catalog."""
    assert pricing("hardware-assisted", catalog=rounded()).base.tolist() == [1000]
    assert pricing("hardware-assisted").base.tolist() == [1529]


@pytest.mark.parametrize(
    ("technology", "processor", "event", "expected"),
    [
        ("hardware-assisted", "sandy-bridge", "hypercall", 1300),
        ("hardware-assisted", "sandy-bridge", "apic_trap", 2384),
        ("hardware-assisted", "sandy-bridge", "eoi", 1556),
        ("hardware-assisted", "sandy-bridge", "vcpu_switch", 4812),
        ("hardware-assisted", "skylake-sp", "timer_tick", 5285),
        ("hardware-assisted", "skylake-sp", "ipi", 4238),
        ("hardware-assisted", "skylake-sp", "eoi", 0),
        ("hardware-assisted-xen", "sandy-bridge", "hypercall", 1228),
        ("hardware-assisted-xen", "sandy-bridge", "ipi", 5562),
        ("shadow-paging", "nehalem", "page_fault", 4241),
        ("shadow-paging", "prescott", "pte_write", 12_732),
        ("binary-translation", "prescott", "syscall", 2066),
        ("para-virtual", "p4-xeon", "page_fault", 3144),
    ],
)
def test_published_costs(technology: str, processor: str, event: str, expected: float) -> None:
    """The parts put together are what was measured as a whole."""
    assert cycles(pricing(technology, processor), event) == pytest.approx(expected)


@settings(max_examples=60)
@given(st.sampled_from(TWO_STAGE), PROCESSORS)
def test_two_stage_mapping_writes_tables_for_free(technology: str, processor: str) -> None:
    """The guest's tables are its own: no write, fault, switch or fork concerns the hypervisor."""
    found = pricing(technology, processor)
    assert [cycles(found, name) for name in ("pte_write", "page_fault", "context_switch", "fork")] == [0.0] * 4


@settings(max_examples=60)
@given(st.sampled_from(["shadow-paging", "binary-translation"]), PROCESSORS)
def test_shadow_paging_pays_for_writes(technology: str, processor: str) -> None:
    """Shadow tables follow each write to the guest's; in return the walk is that of native."""
    found = pricing(technology, processor)
    assert min(cycles(found, name) for name in ("pte_write", "page_fault", "context_switch", "fork")) > 0
    assert found.walk_ratio.tolist() == [1.0]


@settings(max_examples=100)
@given(
    st.sampled_from(standard().technologies.keys),
    PROCESSORS,
    st.sampled_from(standard().workloads.keys),
    st.sampled_from(sorted(LEAF_LEVELS)),
)
def test_nothing_is_negative(technology: str, processor: str, workload: str, size: str) -> None:
    """No sort of VM gains by being virtualized."""
    found = pricing(technology, processor, workload=workload, page_size=size)
    assert found.factor[0] >= 1.0
    sides = (found.guest_share, found.host_share, found.vcpu_mhz, *found.own_io(), *found.request())
    assert all(np.all(side >= 0) for side in (*sides, found.event_cycles, found.event_host_cycles))


@settings(max_examples=30)
@given(PROCESSORS, st.sampled_from(standard().workloads.keys))
def test_large_pages_shorten_walks(processor: str, workload: str) -> None:
    """In two stages, larger pages never make walks longer."""
    ratios = [
        pricing("hardware-assisted", processor, workload=workload, page_size=size).walk_ratio[0]
        for size in ("4k", "2m", "1g")
    ]
    assert ratios == sorted(ratios, reverse=True)


def test_a_native_path_given() -> None:
    """
    By Domain 0 half of the path is gone once more in the guest, twice in Domain 0; of 1,000 cycles 500 and 2,000.

    To send takes a kick of 500 in 16 packets besides. Without one given, the path is the processor's, 2,000 cycles.
    """
    found = pricing("para-virtual", catalog=rounded())
    assert [side.tolist() for side in found.packet("rx", 1000)] == [[500], [2000]]
    assert [side.tolist() for side in found.packet("tx", 1000)] == [[531.25], [2000]]
    assert found.packet("tx")[1].tolist() == [4000]


def test_posted_interrupts() -> None:
    """An assigned network: two exits that pollute on Nehalem, none on Skylake."""
    assert pricing("hardware-assisted", "nehalem", rounded(), net_path="sr-iov").interrupt().tolist() == [5000]
    assert pricing("hardware-assisted", "skylake-sp", rounded(), net_path="sr-iov").interrupt().tolist() == [0]


def test_shapes() -> None:
    """Two sorts on three kinds are a table of six, with events as a last axis."""
    found = standard()
    wide: dict[str, Any] = {
        name: np.zeros((2, 1), np.int32) for name in ("workload", "net_path", "disk_path", "guest_leaf", "host_leaf")
    }
    kinds = np.arange(3)[None, :]
    table = Pricing(
        found,
        Sorts(
            **{
                name: np.broadcast_to(rows, (2, 3))
                for name, rows in {**wide, "technology": np.array([[0], [10]]), "microarchitecture": kinds}.items()
            }
        ),
    )
    assert table.guest_share.shape == table.host_share.shape == table.vcpu_mhz.shape == (2, 3)
    assert table.event_cycles.shape == (2, 3, len(EVENTS))
    assert table.event_cycles[0].sum() == 0
    assert (table.event_cycles[1].sum(axis=-1) > 0).all()
