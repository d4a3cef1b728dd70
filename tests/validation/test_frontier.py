import numpy as np

from consolidate.readers.traces import TraceOptions, read
from solvers.policies.steady import Steady
from tests.consolidate.readers.traces.samples import SHARED, published
from tests.validation.frontier import MEASURES, measured
from tests.validation.variants import idles, variant

LR_MMT = {"energy_kwh": 163.15164, "migrations": 27_632, "slatah": 0.0584325, "pdm": 0.00079308, "unserved": 0.0014005}
"""What the best of CloudSim's policies reaches, as CloudSim 3.0.3 itself prints it."""


@published
def test_all_at_once() -> None:
    """On the day that studies compare policies on, ours is better than CloudSim's best in everything, by far."""
    traced = read(SHARED / "planetlab" / "20110303", TraceOptions(format="planetlab", order="ntfs"))
    names = [str(name) for name in traced.vms.vm]
    found = dict(zip(MEASURES, measured(Steady(memory=False), 1.0, names, np.asarray(traced.readings)), strict=True))
    assert all(found[name] < value for name, value in LR_MMT.items())
    assert found["energy_kwh"] < 130
    assert found["migrations"] < 1_200
    assert found["sla"] < LR_MMT["slatah"] * LR_MMT["pdm"] / 100
    assert found["energy_kwh"] > found["floor_kwh"]


def test_a_variant_is_made_of_like_vms() -> None:
    """Blocks come from VMs of the same size; whoever falls idle gets a whole day of one that does."""
    size = np.arange(16).repeat(4) // 4 // 4
    rng = np.random.default_rng(1)
    day = (rng.integers(1, 20, (64, 288)) + 25 * size[:, None]).astype(np.float32)
    day[::8, 100:200] = 0
    other = variant(day, 1)
    gone = idles(day)
    assert gone.sum() == 8
    assert {tuple(row) for row in other[gone].tolist()} <= {tuple(row) for row in day[gone].tolist()}
    assert (other[~gone] // 25 == size[~gone, None]).all()
    assert (other == variant(day, 1)).all()
    assert (other != variant(day, 2)).any()
