from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.decisions import View
from solvers.policies.draft import Draft
from solvers.policies.placement import (
    BestFit,
    FirstFit,
    Placement,
    PowerAwareBestFit,
    Request,
    by_rule,
    plain,
)
from tests.solvers.policies.views import mask, rows, seen, views


def asked(view: View, **columns: object) -> Request:
    """Return the question where the VMs go that wait."""
    draft = Draft(view, view.capacity_mhz)
    return replace(draft.request(np.flatnonzero(view.waiting), draft.open), **columns)  # type: ignore[arg-type]


WAITING = seen([0, 1, NOWHERE], [400, 700, 200])
"""Hosts with 600, 300 and 1,000 MHz free, and a VM of 200 MHz that is on none."""


def test_first_fit() -> None:
    """The first host has room."""
    assert FirstFit()(asked(WAITING)).tolist() == [0]


def test_best_fit() -> None:
    """The second host is left the least: 100 MHz."""
    assert BestFit()(asked(WAITING)).tolist() == [1]


def test_the_host_whose_draw_grows_least() -> None:
    """200 MHz more draw 20 W on hosts of 100 to 200 W, and 10 W on the third, of 200 to 250 W."""
    curve = np.stack([np.linspace(100, 200, 11), np.linspace(100, 200, 11), np.linspace(200, 250, 11)])
    assert PowerAwareBestFit()(asked(WAITING, curve_w=curve)).tolist() == [2]


def test_a_host_that_is_off_would_draw_its_idle_power_too() -> None:
    """On the frugal third host it would be 10 W more and 200 W for being on: the others grow by 20 W alike."""
    curve = np.stack([np.linspace(100, 200, 11), np.linspace(100, 200, 11), np.linspace(200, 250, 11)])
    found = PowerAwareBestFit()(asked(WAITING, curve_w=curve, draws=mask(1, 1, 0)))
    assert found.tolist() == [1]


def test_only_some_hosts_are_compared() -> None:
    """With one host compared, the first with room is taken."""
    assert BestFit(scored=1)(asked(WAITING)).tolist() == [0]


def test_large_vms_come_first() -> None:
    """Of 300 and 600 MHz, the larger one gets the 600 that are free on the first host; the other fits on the second."""
    view = seen([0, 1, NOWHERE, NOWHERE], [400, 700, 300, 600], hosts=2)
    assert BestFit()(asked(view)).tolist() == [1, 0]


@pytest.mark.parametrize(
    "columns",
    [
        {"takes": mask(1, 0, 1)},
        {"boundary": rows(0, 1, 0)},
        {"source": rows(1)},
        {"limit_mhz": np.array([1e3, 899, 1e3])},
    ],
)
def test_where_a_vm_may_not_go(columns: dict[str, object]) -> None:
    """Closed, in another boundary, the VM's own, or with a limit a little lower: the second host is not taken."""
    assert BestFit()(asked(WAITING, **columns)).tolist() == [0]


def test_memory_counts() -> None:
    """The host with the least CPU left has 1 GiB free, which the VM fills; with 1 MiB less it does not fit."""
    full = np.array([0.0, 7168, 0])
    assert BestFit()(asked(WAITING, held_mib=full)).tolist() == [1]
    assert BestFit()(asked(WAITING, held_mib=full + 1)).tolist() == [0]


def test_a_vm_that_fits_nowhere_goes_nowhere() -> None:
    """No host has 1,100 MHz."""
    assert BestFit()(asked(WAITING, demand_mhz=np.array([1100.0]))).tolist() == [NOWHERE]


PLACEMENTS = [FirstFit(), FirstFit(decreasing=True), BestFit(), BestFit(scored=2), PowerAwareBestFit()]


@settings(max_examples=80, deadline=None)
@given(views(), st.sampled_from(PLACEMENTS), st.floats(0.5, 1.0))
def test_the_compiled_form_agrees_with_the_plain_one(view: View, placement: Placement, share: float) -> None:
    """Both say the same of all VMs of a view, hosts that are off included."""
    draft = Draft(view, view.capacity_mhz)
    request = draft.request(np.arange(len(view.host)), draft.open | view.asleep, share)
    assert placement(request).tolist() == plain(request, by_rule(placement)).tolist()


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_full_blocks_are_passed_over_rightly(placement: Placement) -> None:
    """Of 300 hosts in three boundaries, mostly full, both forms choose the same for 200 VMs."""
    draw = np.random.default_rng(3)
    free = np.where(draw.random(300) < 0.1, draw.integers(100, 900, 300), 0)
    request = Request(
        demand_mhz=draw.integers(10, 200, 200).astype(np.float64),
        memory_mib=draw.integers(1, 2048, 200).astype(np.float64),
        source=draw.integers(-1, 300, 200),
        home=draw.integers(0, 4, 200),
        cpu_mhz=1000.0 - free,
        limit_mhz=np.full(300, 1000.0),
        held_mib=draw.integers(0, 8192, 300).astype(np.float64),
        memory_limit_mib=np.full(300, 8192.0),
        capacity_mhz=np.full(300, 1000.0),
        curve_w=np.sort(draw.integers(50, 400, (300, 11)).astype(np.float64), axis=1),
        boundary=draw.integers(0, 3, 300),
        takes=draw.random(300) < 0.9,
        draws=draw.random(300) < 0.8,
    )
    assert placement(request).tolist() == plain(request, by_rule(placement)).tolist()
