"""Generated estates with rules at random, as a user might have them."""

from dataclasses import replace

from hypothesis import assume
from hypothesis import strategies as st

from consolidate.readers.reading import Reading
from examples.generate import estate, network
from models.errors import NoRoomError
from models.rules import Rule
from tests.models import strategies

DIMS = ("vcpus", "cpu_mhz", "memory_mib")


@st.composite
def readings(draw: st.DrawFn, *, most_vms: int = 60) -> Reading:
    """Return an estate of 5 to 60 VMs, some with usage over a day."""
    vms, clusters = draw(st.integers(5, most_vms)), draw(st.integers(1, 2))
    hosts = draw(st.integers(2 * clusters, 4 * clusters)) + vms // 8
    try:
        inventory, usage = estate(vms, hosts, clusters, draw(st.integers(0, 10_000)), draw(st.sampled_from([0, 0, 1])))
    except NoRoomError:
        assume(False)
    links = network(inventory.hosts) if draw(st.booleans()) else None
    return Reading(replace(inventory, source="generated"), usage=usage, network=links)


@st.composite
def rules(draw: st.DrawFn, reading: Reading, most: int = 3) -> tuple[Rule, ...]:
    """Return some rules over a few of the VMs and hosts of an estate."""
    hosts, vms = len(reading.inventory.hosts), len(reading.inventory.vms)
    count = draw(st.integers(0, most))
    return tuple(draw(strategies.rules(min(vms, 8), hosts, DIMS)) for _ in range(count))
