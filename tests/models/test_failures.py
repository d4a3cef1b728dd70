"""How often hosts fail."""

from models.agenda import Event
from models.failures import Failures
from tests.models.simulated import datacenter, inventory, run


def test_nothing_fails_unless_told() -> None:
    """A thousand steps without a failure, and nothing on the agenda."""
    model = run(datacenter(inventory([0]), [[1.0]]), 1000)
    assert (model.state.meters.failures, model.agenda.next_s) == (0, float("inf"))


def test_the_same_seed_fails_at_the_same_times() -> None:
    """Time on and failed are equal to the last digit, and other with another seed."""
    found = []
    for seed in (1, 1, 2):
        model = datacenter(
            inventory([0, 1]), [[100.0, 100.0]], failures=Failures(between_h=2.0, repair_h=1.0), rng=seed
        )
        found.append(run(model, 300).state.meters.failed_s.tolist())
    assert found[0] == found[1] != found[2]


def test_a_host_that_is_off_does_not_fail() -> None:
    """What would have struck it at 50 s passes."""
    model = datacenter(inventory([0], host_power_state=["on", "off"]), [[1.0]])
    model.agenda.enter(50.0, Event.FAILS, 1)
    assert run(model, 1).state.meters.failures == 0
