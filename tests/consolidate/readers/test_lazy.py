"""What is imported when."""

import subprocess
import sys


def test_nothing_heavy() -> None:
    """Importing the readers loads none of the libraries that take long."""
    code = (
        "import sys, consolidate.readers; print(*{'pandas', 'pyarrow', 'yaml', 'python_calamine'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split()
