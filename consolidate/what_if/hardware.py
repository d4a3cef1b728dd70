"""Models of hosts that a study may add to an estate, from the columns that its file gives them."""

from collections.abc import Iterable, Mapping
from typing import Any

from models.errors import Finding, InputError
from models.inventory import Hosts
from models.lifecycle import Offer


def models(listed: Mapping[str, Mapping[str, Any]]) -> dict[str, Offer]:
    """
    Return models of hosts from their columns, as ``hosts.csv`` names them, by name.

    Raises
    ------
    InputError
        With every column that is missing, unknown or out of range.
    """
    found, problems = {}, []
    for name, columns in listed.items():
        problems += [f"hardware.{name}.{text}" for text in _wrong(columns)]
        if not problems:
            host: Any = {key: [value] for key, value in columns.items()}
            found[name] = Offer(Hosts.of(**({"host": [name], "model": [name]} | host)), 1)
    if problems:
        raise InputError([Finding("error", "hardware", text) for text in problems])
    return found


def _wrong(columns: Mapping[str, Any]) -> Iterable[str]:
    known = Hosts.columns()
    yield from (f"{key}: Is no column of hosts.csv." for key in columns if key not in known)
    yield from (f"{key}: Is missing." for key in ("cores", "cpu_mhz", "memory_mib") if key not in columns)
    for key, value in columns.items():
        column = known.get(key)
        if column is None or column.kind == "text":
            continue
        if isinstance(value, bool) != (column.kind == "flag") or not isinstance(value, int | float):
            yield f"{key}: Expected a {column.kind}, not {value!r}."
        elif column.low is not None and column.high is not None and not column.low <= value <= column.high:
            yield f"{key}: Expected {column.low:g} to {column.high:g}, not {value:g}."
