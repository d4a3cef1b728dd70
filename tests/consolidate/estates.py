"""Generated estates with rules at random, as a user might have them."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from consolidate.readers.reading import Reading
from examples.generate import estate, network
from models.errors import NoRoomError
from models.rules import Rule
from tests.models import strategies

DIMS = ("vcpus", "cpu_mhz", "memory_mib")


@dataclass(frozen=True)
class Size:
    """What an estate is made from."""

    vms: int
    hosts: int
    clusters: int
    seed: int
    days: int
    wired: bool


@st.composite
def sizes(draw: st.DrawFn, *, most_vms: int = 60) -> Size:
    """Return what makes an estate of 5 VMs or more, with readings of a day now and then."""
    vms, clusters = draw(st.integers(5, most_vms)), draw(st.integers(1, 2))
    hosts = draw(st.integers(2 * clusters, 4 * clusters)) + vms // 8
    days = draw(st.sampled_from([0, 0, 0, 1]))
    return Size(vms, hosts, clusters, draw(st.integers(0, 10_000)), days, draw(st.booleans()))


def reading(size: Size) -> Reading:
    """Return the estate; where the VMs find no room, one of more hosts."""
    try:
        inventory, usage = estate(size.vms, size.hosts, size.clusters, size.seed, size.days)
    except NoRoomError:
        return reading(replace(size, hosts=size.hosts + size.clusters))
    links = network(inventory.hosts) if size.wired else None
    return Reading(replace(inventory, source="generated"), usage=usage, network=links)


CHANGES: dict[str, tuple[Any, ...]] = {
    "demand.cpu": ("peak", "p95", "profile"),
    "demand.growth": (0.3,),
    "estate.decommission": (["*h02"],),
    "estate.drain": (["*h01"],),
    "limits.cross_clusters": (True,),
    "limits.memory_overcommit": (1.5,),
    "limits.overload_share": (0.1,),
    "limits.ready_share": (0.02,),
    "limits.spare_hosts": (0, 2),
    "limits.vcpus_per_core": (1.5, 2.0),
    "migration.disks": ("local",),
    "migration.early_shutdown": (True,),
    "migration.max_moves": (3, 10),
    "migration.may_balloon": (["*"],),
    "migration.may_stop": (["*"],),
    "migration.technique": ("post-copy",),
    "migration.then": (["sum_of_ends"], ["peak_link_load"]),
    "migration.wave": (3,),
    "migration.waves_by": ("application", "rack"),
    "objective.moves": ("bytes", "downtime", "energy"),
    "objective.stages": (["hosts", "fragmentation", "moves"], ["money"], ["hosts 5%", "moves", "evenness"]),
    "objective.together": (True,),
    "overhead.technology": ("KVM", "para-virtual"),
    "prices.horizon_months": (3,),
    "search.frontier": (True,),
    "search.solver": ("first-fit", "best-fit", "dot-product", "evacuate", "cp-sat"),
}
"""Settings that change what is planned, or how."""


@st.composite
def changes(draw: st.DrawFn, most: int = 5) -> dict[str, Any]:
    """Return some settings that differ from what is usual."""
    names = draw(st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=most, unique=True))
    return {name: draw(st.sampled_from(CHANGES[name])) for name in names}


@st.composite
def rules(draw: st.DrawFn, given: Reading, most: int = 3) -> tuple[Rule, ...]:
    """Return some rules over a few of the VMs and hosts of an estate."""
    hosts, vms = len(given.inventory.hosts), len(given.inventory.vms)
    count = draw(st.integers(0, most))
    return tuple(draw(strategies.rules(min(vms, 8), hosts, DIMS)) for _ in range(count))
