"""The four rooms of the house: which package may import what, and what a start must not load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ("models", "solvers", "consolidate", "dashboards")
    for path in (ROOT / room).rglob("*.py")
)
MAY_IMPORT = {
    "models": {"models", "numpy", "scipy"},
    "models/tables.py": {"pandas"},
    "models/datacenter.py": {"mesa"},
    "models/agents": {"mesa"},
    "solvers": {"solvers", "models", "numpy", "scipy", "ortools"},
    "solvers/kernels": {"numba"},
    "consolidate": {
        "consolidate", "solvers", "models", "numpy", "scipy", "pandas", "pyarrow", "pydantic", "typer", "yaml",
        "python_calamine", "distributed", "dask", "rich",
    },
    "consolidate/cli.py": {"dashboards"},
    "dashboards": {
        "dashboards", "models.tables", "numpy", "pandas", "plotly", "dash", "dash_ag_grid", "tsdownsample",
    },
}  # fmt: skip
"""By folder or file; what is deeper adds to what is above. The standard library is open to all."""
HEAVY = {"pandas", "ortools", "mesa", "numba", "plotly", "pyarrow"}


def imported(source: str) -> Iterator[str]:
    """Yield the dotted names that a source imports, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def forbidden(file: str, source: str) -> list[str]:
    """Return what the source imports and may not, if it is that file."""
    allowed = {name for place, names in MAY_IMPORT.items() if f"{file}/".startswith(f"{place}/") for name in names}
    allowed |= sys.stdlib_module_names
    return [name for name in imported(source) if not any(f"{name}.".startswith(f"{package}.") for package in allowed)]


@pytest.mark.parametrize("file", FILES)
def test_imports(file: str) -> None:
    """A file imports only what its room may import."""
    assert forbidden(file, (ROOT / file).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("file", "source", "found"),
    [
        ("models/laws/cpu.py", "import pandas as pd", ["pandas"]),
        ("models/plan.py", "def f():\n    from solvers import bounds", ["solvers.bounds"]),
        ("solvers/greedy.py", "import numba", ["numba"]),
        ("consolidate/planning.py", "from dashboards import report", ["dashboards.report"]),
        ("dashboards/app.py", "from models import plan, tables", ["models.plan"]),
        ("consolidate/cli.py", "import os, json\nfrom dashboards import report", []),
        ("solvers/kernels/fit.py", "from numba import njit\nimport numpy as np", []),
    ],
)
def test_a_wrong_import_is_found(file: str, source: str, found: list[str]) -> None:
    """The test above can fail: it names what does not belong, and nothing else."""
    assert forbidden(file, source) == found


def test_a_start_loads_nothing_heavy() -> None:
    """``consolidate --help`` is quick: the command line imports none of the large libraries."""
    source = "import sys, consolidate.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stdout.split()) == set()
