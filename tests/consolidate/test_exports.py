"""What `import consolidate` offers a program."""

import subprocess
import sys

import pytest

import consolidate


@pytest.mark.parametrize("name", consolidate.__all__)
def test_exports_are_functions(name: str) -> None:
    """Each name that the package offers is there, and is a function."""
    assert callable(getattr(consolidate, name))


def test_others_are_not_there() -> None:
    """A name that it does not offer is an error like any module's."""
    with pytest.raises(AttributeError, match="has no attribute 'plot'"):
        _ = consolidate.plot


def test_importing_it_is_cheap() -> None:
    """The package itself loads nothing heavy."""
    code = "import consolidate, sys; print(sorted({'numpy', 'pandas', 'ortools', 'mesa'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
