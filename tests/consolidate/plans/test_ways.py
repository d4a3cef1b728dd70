"""What the scheduler is told of an inventory: where disks are."""

from consolidate.planning import choices
from consolidate.plans.ways import transition
from consolidate.readers.reading import Reading
from models.formulation import formulate
from models.plan import Placement, Transition
from tests.consolidate.test_planning import QUICK, reading


def told(given: Reading) -> Transition:
    """Return what the scheduler is told where nothing moves."""
    formulation = formulate(given.inventory, choices(QUICK, given.inventory), None, ())
    return transition(given, formulation, Placement(formulation.problem.start, formulation.problem.on), QUICK)


def test_every_datastore_counts() -> None:
    """A VM with disks on two datastores has both, by number in the order of names; one that names none has none."""
    assert told(reading([0, 0, 0], datastores=["san-2;san-1", " san-2 ", ""])).datastores == ((0, 1), (1,), ())
    assert told(reading([0])).datastores is None
