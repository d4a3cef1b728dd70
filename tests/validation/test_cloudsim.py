"""The engine with CloudSim's physics and policies, against a plain reckoning and against CloudSim's own figures."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from consolidate.simulations import presets
from models.arrays import Singles
from models.datacenter import Datacenter
from models.decisions import Policy, View
from solvers.policies.cloudsim import DETECTIONS, SELECTIONS, CloudSim
from solvers.policies.nothing import DoNothing
from tests.validation.plain_cloudsim import Chances, Simulation
from tests.validation.plain_figures import Figures, figures


def engine(percents: list[list[float]], hosts: int, policy: Policy, **options: Any) -> Datacenter:
    """Return the engine at the end of a run."""
    names = [f"vm-{row}" for row in range(len(percents))]
    traces: Singles = np.array(percents, np.float32)
    model = presets.datacenter(presets.experiment(names, traces, count=hosts, **options), policy)
    for _ in range(len(percents[0]) - 1):
        model.step()
    model.finish()
    return model


def told(model: Datacenter) -> Figures:
    """Return the engine's figures."""
    meters = model.state.meters
    return Figures(
        energy_kwh=meters.energy_kwh,
        migrations=len(model.journal.moves) + len(model.flights),
        shutdowns=int(meters.shutdowns.sum()),
        pdm=meters.migration_loss_share(pooled=True),
        slatah=meters.overload_share(pooled=True),
        overall=meters.unserved_share,
        average=meters.average_violation,
        left=int(model.state.running.sum()),
    )


def same(found: Figures, expected: Figures) -> None:
    """Check that counts are equal, energy to 12 digits, and shares to 12 places."""
    counts = ("migrations", "shutdowns", "left")
    assert [getattr(found, name) for name in counts] == [getattr(expected, name) for name in counts]
    assert found.energy_kwh == pytest.approx(expected.energy_kwh, rel=1e-12, abs=1e-15)
    for name in ("pdm", "slatah", "sla", "overall", "average"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12), name


def random(policy: CloudSim) -> Chances:
    """Return the numbers that a policy selects VMs by, for the plain reckoning."""

    def chances(time_s: float, vms: int) -> list[float]:
        found: list[float] = policy.chances(cast("View", SimpleNamespace(time_s=time_s, order=range(vms)))).tolist()
        return found

    return chances


HOLD = st.integers(1, 8)
PERCENT = st.one_of(st.integers(0, 100), st.sampled_from([0, 0, 5, 50, 100]))


@st.composite
def traces(draw: st.DrawFn) -> list[list[float]]:
    """Draw traces of up to 30 VMs that rest at levels, among them nothing and everything, or change at every sample."""
    samples = draw(st.integers(15, 40))
    found = []
    for _ in range(draw(st.integers(6, 30))):
        levels = draw(st.lists(st.tuples(PERCENT, HOLD), min_size=4, max_size=samples))
        trace = [float(level) for level, count in levels for _ in range(count)]
        found.append((trace * samples)[:samples])
    return found


def roomy(percents: list[list[float]], spare: int) -> int:
    """Return a few hosts more than all VMs find a first place on."""
    for hosts in range(4, 40):
        run = Simulation.of(percents, hosts, "thr")
        for vm in run.vms:
            run.first_place(vm)
        if all(vm.host for vm in run.vms):
            return hosts + spare
    raise AssertionError("30 VMs fit on 40 hosts.")


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("detection", DETECTIONS)
@settings(max_examples=5, deadline=None)
@given(traces(), st.integers(0, 2), st.integers(0, 99))
def test_equals_a_plain_reckoning(
    detection: str, selection: str, percents: list[list[float]], spare: int, seed: int
) -> None:
    """Under each policy, energy, migrations, shutdowns and service are those found host by host and VM by VM."""
    hosts, policy = roomy(percents, spare), CloudSim(detection, selection, seed=seed)
    usual = DETECTIONS[detection][1]
    plain = Simulation.of(percents, hosts, detection, selection, usual, chances=random(policy)).run()
    same(told(engine(percents, hosts, policy)), figures(plain))


@settings(max_examples=20, deadline=None)
@given(traces())
def test_equals_a_plain_reckoning_without_a_policy(percents: list[list[float]]) -> None:
    """First fit, and nothing is moved: energy, shutdowns and service are those found host by host."""
    plain = Simulation.of(percents, 30).run()
    assume(all(vm.records for vm in plain.vms))
    same(told(engine(percents, 30, DoNothing(), first_fit=True)), figures(plain))


@pytest.mark.parametrize(("detection", "parameter"), [("thr", 1.0), ("thr", 0.5), ("mad", 0.5), ("lr", 1.0)])
@settings(max_examples=10, deadline=None)
@given(traces())
def test_equals_a_plain_reckoning_at_other_parameters(
    detection: str, parameter: float, percents: list[list[float]]
) -> None:
    """Hosts that are filled up to all they have, or only to half, are those of the plain reckoning too."""
    hosts, policy = roomy(percents, 0), CloudSim(detection, parameter=parameter)
    plain = Simulation.of(percents, hosts, detection, "mmt", parameter).run()
    same(told(engine(percents, hosts, policy)), figures(plain))
