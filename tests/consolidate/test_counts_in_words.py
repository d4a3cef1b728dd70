"""What is counted and the words about it go together, for one as for several."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate.plans import remarks
from consolidate.readers import tables, usage
from consolidate.what_if import trial
from models.check.violation import Violation
from models.demand import Usage
from models.inventory import Vms
from models.problem import Problem
from solvers.explain import infeasibility
from solvers.relations import compiled
from tests.consolidate.attack.commands import estate, said
from tests.consolidate.test_planning import reading


@pytest.mark.parametrize(
    ("violation", "text"),
    [
        (Violation("Overload", ("h1",), 1, 0), "h1 is overloaded in 1 sample, at most 0 may be"),
        (Violation("Overload", ("h1",), 3, 1), "h1 is overloaded in 3 samples, at most 1 may be"),
        (Violation("LeastPlaces", ("a", "b"), 1, 2), "a, b are in 1 place, at least 2 are needed"),
        (Violation("RunningCapacity", ("h1",), 1, 0), "1 VM runs on h1, at most 0 may"),
        (Violation("ResourceCapacity", ("h1",), 9, 5), "h1 holds 9, at most 5"),
        (Violation("ResourceCapacity", ("h1", "h2"), 9, 5), "h1, h2 hold 9, at most 5"),
        (Violation("Lonely", ("a",), 1, 0), "a is not alone"),
        (Violation("Spare", ("h1",), 1, 0), "after the loss of h1, 1 VM finds no restart"),
    ],
)
def test_violations(violation: Violation, text: str) -> None:
    """Verbs and nouns of a violation follow how many there are."""
    assert str(violation) == f"{violation.rule}: {text}"


def test_why_there_is_no_placement() -> None:
    """Four VMs of 4 on two hosts of 7 lack room; one VM of two that start nowhere fits on one host alone."""
    two, _ = infeasibility(compiled(Problem.of([[4]] * 4, [[7]] * 2, start=[-1] * 4)))
    assert two.endswith("4 VMs need 16 of dim0; the 2 hosts that may take them offer 14.")
    one, _ = infeasibility(compiled(Problem.of([[4]] * 2, [[7]], start=[-1] * 2)))
    assert one.endswith("2 VMs need 8 of dim0; the host that may take them offers 7.")


@pytest.mark.parametrize(("count", "text"), [(1, "1 VM that names no"), (2, "2 VMs that name no")])
def test_disks(count: int, text: str) -> None:
    """One VM names no datastore; two name none."""
    vms = Vms.of(vm=[f"v{n}" for n in range(count)], host=[""] * count, vcpus=[1] * count, memory_mib=[1.0] * count)
    assert next(remarks.unknown_disks(vms)).startswith(f"The disks of {text} datastore")


@pytest.mark.parametrize(
    ("silent", "text"), [(1, "1 running VM has no readings"), (2, "2 running VMs have no readings")]
)
def test_readings(silent: int, text: str) -> None:
    """One VM has no readings; two have none."""
    [found] = usage.silent(np.arange(3) >= silent, reading([0, 0, 1], 2).inventory, "usage.csv")
    assert found.message.startswith(text)


def test_units() -> None:
    """One host of 4 GiB has less than there should be; two have."""
    for memory, text in (([4.0, 1e6], "1 host has less"), ([4.0, 4.0], "2 hosts have less")):
        [found] = tables.doubts("hosts.csv", {"memory_mib": memory, "cpu_mhz": [2000.0, 2000.0]})
        assert found.message.startswith(text)


def test_days_held_back() -> None:
    """A day of readings cannot be held back of a day."""
    given = reading([0], 1)
    given = type(given)(given.inventory, usage=Usage(0.0, 3600.0, np.ones((1, 24), np.float32)))
    with pytest.raises(Exception, match="1 day of readings are to be held back, which span 1 day"):
        trial.parted(given, 1.0)


def test_plan_of_an_estate_with_one_of_each(tmp_path: Path) -> None:
    """Nothing that a plan of one host and one VM says has one of what is several."""
    path = estate(
        tmp_path, "host,cores,cpu_mhz,memory_mib\nh1,16,2600,131072\n", "vm,host,vcpus,memory_mib\nv1,h1,2,4096\n"
    )
    out: Any = tmp_path / "out"
    assert said("plan", path, "--set", "search.seconds=0.2", "--out", out).status in (0, 1)
    told = "".join(file.read_text() for file in (*out.glob("*.csv"), *out.glob("*.json"), *out.glob("*.md")))
    for word in ("hosts", "VMs", "moves", "waves", "rules"):
        assert f" 1 {word}" not in told
