"""The examples in the readers' docstrings."""

import doctest
import importlib
import pkgutil

import pytest

import consolidate.readers

_NAMES = [item.name for item in pkgutil.walk_packages(consolidate.readers.__path__, "consolidate.readers.")]


@pytest.mark.parametrize("name", _NAMES)
def test_examples(name: str) -> None:
    """Each example gives what it says."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0
