import numpy as np

from models.demand import Usage
from models.inventory import Hosts, Inventory, Vms
from models.traces import filled

NAN = np.nan


def test_gaps() -> None:
    """A gap holds the last reading, a first gap the mean; without readings the snapshot, or a quarter of the CPUs."""
    hosts = Hosts.of(host=["a"], cores=[8], cpu_mhz=[2000.0], memory_mib=[1024.0])
    vms = Vms.of(
        vm=["held", "mean", "snapshot", "guessed"],
        host=["a", "a", "a", ""],
        vcpus=[2] * 4,
        memory_mib=[64.0] * 4,
        cpu_used_mhz=[NAN, NAN, 70.0, NAN],
    )
    readings = np.array([[10, NAN, NAN], [NAN, 20, 40], [NAN] * 3, [NAN] * 3], np.float32)
    demand = filled(Inventory(hosts, vms), Usage(0, 300, readings), growth=2.0)
    assert demand.T.tolist() == [[20, 20, 20], [60, 40, 80], [140] * 3, [2 * 2 * 2000 / 4] * 3]
    assert np.isnan(readings[0, 1])
