"""Ways through a tree of switches."""

import numpy as np
import pytest

from models.arrays import names
from models.errors import InputError
from models.network import Network
from models.routes import Routes

HOSTS = names(["a", "b", "c", "lone"])
TREE = Network(
    names(["a", "b", "c", "leaf-1", "leaf-2"]),
    names(["leaf-1", "leaf-1", "leaf-2", "spine", "spine"]),
    np.array([10.0, 20.0, 30.0, 5.0, 7.0]),
)
"""Hosts a and b below one leaf, c below another, and both leaves below a spine."""


def test_below_one_switch() -> None:
    """From a to b: up the link of a, down that of b; as fast as the slower one."""
    routes = Routes(TREE, HOSTS)
    assert routes.path(0, 1) == ((0, True), (1, False))
    assert routes.narrowest(0, 1) == 10.0


def test_through_the_spine() -> None:
    """From a to c: up twice, down twice; the uplink of leaf 1 is the narrowest."""
    routes = Routes(TREE, HOSTS)
    assert {row for row, _ in routes.path(0, 2)} == {0, 3, 4, 2}
    assert [row for row, up in routes.path(0, 2) if up] == [0, 3]
    assert routes.narrowest(0, 2) == 5.0


def test_directions() -> None:
    """The way back uses the same links the other way round: they are full-duplex."""
    routes = Routes(TREE, HOSTS)
    assert {(row, not up) for row, up in routes.path(0, 2)} == set(routes.path(2, 0))


def test_a_host_that_no_link_names() -> None:
    """It reaches all others without a limit."""
    routes = Routes(TREE, HOSTS)
    assert routes.path(0, 3) == ()
    assert routes.narrowest(0, 3) == float("inf")


def test_no_tree() -> None:
    """Two links upwards, and links in a circle, are errors."""
    with pytest.raises(InputError, match="two links upwards"):
        Routes(Network(names(["a", "a"]), names(["x", "y"]), np.ones(2)), HOSTS)
    with pytest.raises(InputError, match="lead back"):
        Routes(Network(names(["a", "x"]), names(["x", "a"]), np.ones(2)), HOSTS)
