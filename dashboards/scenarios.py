"""Short names of a study's scenarios and of the settings that vary in it."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

AXIS = "axis."
"""What the names of columns of settings that vary begin with."""
_SUPPOSED = ("applications.", "growth.", "hardware.", "loss.", "policy.")
"""What the keys of what is supposed of the estate, rather than set, begin with."""


def axes(scenarios: pd.DataFrame) -> dict[str, str]:
    """
    Return the columns of the settings that vary, each with its name: without its group, where no other is called so.

    What is supposed of the estate keeps it: `hosts` alone would not say that they are lost.

    >>> axes(pd.DataFrame(columns=["axis.overhead.net_path", "axis.search.seed", "axis.loss.hosts", "seed"]))
    {'axis.overhead.net_path': 'net_path', 'axis.search.seed': 'search.seed', 'axis.loss.hosts': 'loss.hosts'}
    """
    columns = [str(name) for name in scenarios]
    full = {name: name.removeprefix(AXIS) for name in columns if name.startswith(AXIS)}
    last = {name: text.rpartition(".")[2] for name, text in full.items()}
    taken = [*last.values(), *(name for name in columns if name not in full)]
    return {
        name: last[name] if taken.count(last[name]) == 1 and not text.startswith(_SUPPOSED) else text
        for name, text in full.items()
    }


def briefly(text: str, names: Mapping[str, str]) -> str:
    """
    Return a text in which settings are called as `axes` does.

    >>> briefly("most with overhead.net_path=virtio.", {"axis.overhead.net_path": "net_path"})
    'most with net_path=virtio.'
    """
    for name, short in names.items():
        text = re.sub(rf"(?<![\w.]){re.escape(name.removeprefix(AXIS))}(?==)", short, text)
    return text


def compact(scenarios: pd.DataFrame) -> tuple[dict[str, str], str]:
    """
    Return a short name of each scenario, its values without their settings, and what they are values of, in that order.

    >>> names = ["today, limits.cpu_ceiling=0.7", "today, limits.cpu_ceiling=0.8"]
    >>> compact(pd.DataFrame({"scenario": names, "axis.limits.cpu_ceiling": [0.7, 0.8], "axis.loss.hosts": [0, 0]}))[0]
    {'today, limits.cpu_ceiling=0.7': 'today · 0.7', 'today, limits.cpu_ceiling=0.8': 'today · 0.8'}
    """
    names, first = axes(scenarios), [str(name) for name in scenarios["scenario"].drop_duplicates()]
    told = [axis for axis in names if all(f"{axis.removeprefix(AXIS)}=" in name for name in first)]
    short = {name: _values(name, told) for name in first}
    if not told or len(set(short.values())) < len(short):
        return {name: briefly(name, names) for name in short}, ""
    named = [] if len(told) == len(names) else ["scenario"]
    return short, " · ".join(named + [names[axis].replace("_", " ") for axis in told])


def _values(name: str, told: Iterable[str]) -> str:
    """Return a scenario's name with its values alone."""
    for axis in told:
        name = re.sub(rf"(^|, ){re.escape(axis.removeprefix(AXIS))}=", " · ", name)
    return name.removeprefix(" · ")
