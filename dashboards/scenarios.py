"""Short names of a study's scenarios and of the settings that vary in it."""

import re
from collections.abc import Mapping

import pandas as pd

_AXIS = "axis."


def axes(scenarios: pd.DataFrame) -> dict[str, str]:
    """
    Return the columns of the settings that vary, each with its name: without its group, where no other is called so.

    >>> axes(pd.DataFrame(columns=["axis.overhead.net_path", "axis.search.seed", "seed"]))
    {'axis.overhead.net_path': 'net_path', 'axis.search.seed': 'search.seed'}
    """
    columns = [str(name) for name in scenarios]
    full = {name: name.removeprefix(_AXIS) for name in columns if name.startswith(_AXIS)}
    last = {name: text.rpartition(".")[2] for name, text in full.items()}
    taken = [*last.values(), *(name for name in columns if name not in full)]
    return {name: last[name] if taken.count(last[name]) == 1 else full[name] for name in full}


def briefly(text: str, names: Mapping[str, str]) -> str:
    """
    Return a text in which settings are called as `axes` does.

    >>> briefly("most with overhead.net_path=virtio.", {"axis.overhead.net_path": "net_path"})
    'most with net_path=virtio.'
    """
    for name, short in names.items():
        text = re.sub(rf"(?<![\w.]){re.escape(name.removeprefix(_AXIS))}(?==)", short, text)
    return text


def compact(scenarios: pd.DataFrame) -> tuple[dict[str, str], str]:
    """Return a short name of each scenario, its values alone, and the axes that they are values of, in that order."""
    names = axes(scenarios)
    first = scenarios.drop_duplicates("scenario")
    told = all(f"{axis.removeprefix(_AXIS)}=" in str(name) for name in first["scenario"] for axis in names)
    short = {
        str(row["scenario"]): " · ".join("not set" if pd.isna(row[axis]) else str(row[axis]) for axis in names)
        for _, row in first.iterrows()
    }
    if not names or not told or len(set(short.values())) < len(short):
        return {name: briefly(name, names) for name in short}, ""
    return short, " · ".join(name.replace("_", " ") for name in names.values())
