"""
The application: readers, planning, runbooks, studies, results and the command line.

What a program needs of it, loaded when it is first used:

* ``read(path, options)`` returns a `Reading` of an inventory.
* ``plan(reading, settings, rules=...)`` returns a checked plan.
* ``simulate(reading, policy=...)`` plays an estate over its readings.
* ``study(path, executor)`` plans every scenario of a study.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "read": "consolidate.readers",
    "plan": "consolidate.planning",
    "simulate": "consolidate.simulation",
    "study": "consolidate.studies",
}
__all__ = ["plan", "read", "simulate", "study"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
