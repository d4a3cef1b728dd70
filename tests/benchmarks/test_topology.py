"""The published requests are read as they are meant, and one sequence is placed and checked."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from models.problem import Problem
from solvers.node_bound import bound
from tests.benchmarks import huawei, topology

here = pytest.mark.skipif(
    not topology.FOLDER.is_dir(), reason="The published requests are not here; set CONSOLIDATE_DATA."
)


def asked(**columns: Sequence[object]) -> huawei.Requests:
    """Return two requests, the second on two nodes, with other columns where they are given."""
    table = {"flavor_vcpus": ["8", 32], "flavor_ram": [16, " 64 "], "numa": [1.0, 2], "strategy": [None, "affinity"],
             "group": [None, 3.0], "domain": [None, None]}  # fmt: skip
    return huawei.of_table("VM_data_X1.xlsx", pd.DataFrame({**table, **columns}, dtype=object))


def test_numbers_may_be_text() -> None:
    """A request on one node needs it whole, one on two nodes half of each; numbers may be written as text."""
    found = asked()
    assert found.name == "X1"
    assert found.need.tolist() == [[8, 16, 0, 0], [16, 32, 16, 32]]
    assert (found.strategy, found.group) == (["", "affinity"], ["", "3"])


@pytest.mark.parametrize("wrong", [{"flavor_vcpus": ["many", 1]}, {"flavor_ram": [1.5, 2]}, {"numa": [3, 1]}], ids=str)
def test_what_is_no_number_is_named(wrong: dict[str, Sequence[object]]) -> None:
    """The message names the file."""
    with pytest.raises(ValueError, match="VM_data_X1"):
        asked(**wrong)


def test_groups_are_rules() -> None:
    """Groups of one number are different ones by strategy; domains of a group are parts that share no rack."""
    strategy = ["fault_domain", "fault_domain", "anti-affinity", "affinity"]
    found = asked(flavor_vcpus=[1] * 4, flavor_ram=[1] * 4, numa=[1] * 4, strategy=strategy, group=[0, "0", 0, 0.0],
                  domain=[2, 0, None, None])  # fmt: skip
    problem = huawei.problem(found, np.array([[4, 4, 4, 4]]), np.array([0], np.int32))
    assert [(rule.kind, rule.name) for rule in problem.rules] == [
        ("Split", "fault_domain 0"),
        ("Spread", "anti-affinity 0"),
        ("Gather", "affinity 0"),
    ]


def test_the_check_counts_what_is_broken() -> None:
    """Two VMs of 6 on one node of 10 are one violation; on two nodes none."""
    problem = Problem.of([[6, 0], [6, 0]], [[10, 10]], turns=[[0, 1], [1, 0]])
    zero, apart = np.zeros(2, np.int64), np.array([0, 1])
    assert topology.violations(problem, topology.Found(zero, zero, 0.0, 0.0)) == 1
    assert topology.violations(problem, topology.Found(zero, apart, 0.0, 0.0)) == 0


@here
def test_a_published_sequence_is_placed() -> None:
    """All 4,998 requests of a sequence find a host online, no rule is broken, and no fewer hosts are used than must."""
    _, problem = next(pair for pair in huawei.problems(topology.FOLDER) if pair[0].name == "C2")
    found = topology.online(problem)
    assert np.count_nonzero(found.host >= 0) == 4998
    assert topology.violations(problem, found) == 0
    assert bound(problem).hosts <= len(np.unique(found.host))
