"""How often hosts would be overloaded, from readings."""

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.demand import Usage
from models.formulation import Formulation, formulate
from models.inventory import Hosts, Inventory, Vms
from models.reserve import Choices
from models.rules import Overload

DAY = [[900.0, 900.0, 100.0, 100.0], [900.0, 100.0, 100.0, 900.0], [100.0, 100.0, 100.0, 100.0]]
NATIVE = Choices(cpu="p50", cpu_ceiling=1.0, host_cpu_share=0.0, spare_hosts=0)


def estate(readings: list[list[float]]) -> tuple[Inventory, Usage]:
    """Return two hosts of one core of 1,200 MHz, and a VM on the first one for each row of readings."""
    count = len(readings)
    hosts = Hosts.of(host=["a", "b"], cores=[1, 1], cpu_mhz=[1200.0, 1200.0], memory_mib=[65536.0, 65536.0])
    vms = Vms.of(
        vm=[f"v{row}" for row in range(count)], host=["a"] * count, vcpus=[1] * count, memory_mib=[64.0] * count
    )
    return Inventory(hosts, vms), Usage(0.0, 3600.0, np.array(readings, np.float32))


def formulated(choices: Choices = NATIVE, readings: list[list[float]] | None = None) -> Formulation:
    """Return the formulation of the estate."""
    inventory, usage = estate(readings or DAY)
    return formulate(inventory, choices, usage)


def test_share_of_samples() -> None:
    """On one host 900 + 900 + 100 are beyond 1,200 in one sample of four; apart, nothing ever is."""
    found = formulated()
    assert found.overload_share(np.array([0, 0, 0])).tolist() == [0.25, 0.0]
    assert found.overload_share(np.array([0, 1, NOWHERE])).tolist() == [0.0, 0.0]


def test_overhead_counts() -> None:
    """What virtualization adds makes an overload of 1,199 MHz read on a host that offers 1,200."""
    form = formulated(readings=[[1199.0, 10.0]])
    assert form.overload_share(np.array([0])).tolist() == [0.5, 0.0]


def test_growth_counts() -> None:
    """Grown by a third, 900 + 100 + 100 and what is added are beyond 1,200 in all but one of the samples."""
    grown = Choices(cpu="p50", cpu_ceiling=1.0, host_cpu_share=0.0, spare_hosts=0, growth=4 / 3)
    assert formulated(grown).overload_share(np.array([0, 0, 0])).tolist() == [0.75, 0.0]


def test_readings_that_are_missing() -> None:
    """A VM without readings enough takes what is allocated: 300 MHz of a core shared by four virtual CPUs."""
    nothing = [[np.nan] * 4] * 4
    form = formulated(readings=[[850.0] * 4, *nothing[:1]])
    assert form.readings is not None
    assert form.cpu.fallen_back.tolist() == [False, True]
    _, demand = next(form.readings.parts())
    assert demand[1].tolist() == [300.0] * 4


def test_rule() -> None:
    """The rule holds a series for each VM and kind of host, whose sums give the same shares as the table."""
    form = formulated(Choices(cpu="p50", cpu_ceiling=1.0, host_cpu_share=0.0, spare_hosts=0, overload_share=0.25))
    [rule] = [each for each in form.problem.rules if isinstance(each, Overload)]
    assert (rule.series.shape, rule.most, rule.limit.tolist()) == ((1, 3, 4), 1, [1200, 1200])
    assert (rule.series[0].sum(axis=0) > 1200).tolist() == [True, False, False, False]


@pytest.mark.parametrize("usage", [True, False])
def test_without_a_limit_or_readings_there_is_no_rule(usage: bool) -> None:
    """Neither readings alone nor a limit alone give a rule; without readings shares are not known."""
    inventory, readings = estate(DAY)
    choices = NATIVE if usage else Choices(overload_share=0.1)
    form = formulate(inventory, choices, readings if usage else None)
    assert not [each for each in form.problem.rules if isinstance(each, Overload)]
    assert np.isnan(form.overload_share(np.array([0, 0, 0]))).all() != usage
