"""What may vary in a study: settings, what is supposed of the estate, the policy of a simulation; and between which."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from consolidate import quantities
from consolidate.settings import Settings

Value = Any
"""A number, a text, a truth, a list or a mapping, as YAML has them."""

SUPPOSED: Mapping[str, Any] = {"growth.vms": 1.0, "loss.hosts": 0, "loss.racks": 0, "hardware.replace": None}
"""What may be supposed of an estate, and the value that supposes nothing."""
COUNTED = ("applications.", "hardware.add.")
"""Beginnings of keys that count new applications, or hosts on offer; a profile or a model is named after them."""
POLICY = "policy"
OPTION = "policy."
FILES = ("overhead.catalog", "estate.buy", "prices.carbon")
"""Settings that name a file, seen from the study's."""
_TIDY = 6
"""Significant digits of a value between two ends."""


@dataclass(frozen=True)
class Range:
    """Values between two ends: so many, evenly, on a grid; anywhere, where scenarios are sampled."""

    first: int | float
    last: int | float
    count: int = 5

    @property
    def whole(self) -> bool:
        """Whether the values are whole numbers."""
        return isinstance(self.first, int) and isinstance(self.last, int)

    def values(self) -> tuple[float, ...]:
        """Return the values on a grid, each once."""
        return tuple(dict.fromkeys(self.at(place) for place in np.linspace(0.0, 1.0, self.count).tolist()))

    def at(self, place: float) -> float:
        """
        Return the value at a place from 0 to 1; of whole numbers each has the same share.

        >>> Range(0, 3).at(0.99), Range(0.6, 0.9).at(0.5)
        (3, 0.75)
        """
        if self.whole:
            return int(min(self.first + int(place * (self.last - self.first + 1)), self.last))
        return float(f"{self.first + place * (self.last - self.first):.{_TIDY}g}")


def grid(axes: Mapping[str, Sequence[Value] | Range]) -> Iterator[dict[str, Value]]:
    """Yield every combination, the last axis first to change."""
    listed = [each.values() if isinstance(each, Range) else each for each in axes.values()]
    for values in product(*listed):
        yield dict(zip(axes, values, strict=True))


def sampled(axes: Mapping[str, Sequence[Value] | Range], method: str, points: int, seed: int) -> list[dict[str, Value]]:
    """
    Return scenarios spread evenly over the space of the axes: by a scrambled Sobol sequence or a Latin hypercube.

    References
    ----------
    .. [1] A. B. Owen, "Scrambled Sobol and Niederreiter-Xing points," Journal of Complexity, 1998.
    .. [2] M. D. McKay et al., "A comparison of three methods for selecting values of input variables," Technometrics,
       1979.
    """
    from scipy.stats import qmc

    engine = (qmc.Sobol if method == "sobol" else qmc.LatinHypercube)(len(axes), seed=seed)
    return [
        {key: _at(each, place) for (key, each), place in zip(axes.items(), point, strict=True)}
        for point in engine.random(points).tolist()
    ]


def _at(axis: Sequence[Value] | Range, place: float) -> Value:
    return axis.at(place) if isinstance(axis, Range) else axis[min(int(place * len(axis)), len(axis) - 1)]


@cache
def settings_schema() -> Mapping[str, Mapping[str, Any]]:
    """Return what JSON Schema says of each setting, by dotted key."""
    schema = Settings.model_json_schema()
    groups = {name: schema["$defs"][field["$ref"].rpartition("/")[2]] for name, field in schema["properties"].items()}
    return {f"{name}.{key}": field for name, group in groups.items() for key, field in group["properties"].items()}


def kinds(key: str) -> set[str]:
    """Return the JSON types that the values of a key may have."""
    if key in ("growth.vms",):
        return {"number"}
    if key.startswith(COUNTED):
        return {"integer"}
    if key not in settings_schema():
        return set()
    field = settings_schema()[key]
    return {str(each.get("type", "string")) for each in field.get("anyOf", [field])}


def converted(key: str, value: Value) -> Value:
    """
    Return a value whose unit is the key's; a text without a number stays one, for its key to judge.

    Raises
    ------
    ValueError
        If it has a unit that the key does not take.

    >>> converted("limits.host_memory_mib", "4 GiB"), converted("limits.cpu_ceiling", "75 %")
    (4096.0, 0.75)
    >>> converted("demand.cpu", "p95"), converted("limits.spare_hosts", "2")
    ('p95', '2')
    """
    types = kinds(key)
    if not isinstance(value, str) or "string" in types or not types & {"number", "integer"} or not _united(value):
        return value
    found = quantities.number(value, key)
    return int(found) if "number" not in types and found.is_integer() else found


def _united(text: str) -> bool:
    """Tell whether a text starts like a number and goes on with something else."""
    stripped = text.strip()
    if not stripped[:1].isdigit() and stripped[:1] not in "+-.":
        return False
    try:
        float(stripped)
    except ValueError:
        return True
    return False


def told(value: Value) -> str:
    """
    Return a value in words.

    >>> told(["a", "b"]), told(None), told({"power": 1})
    ('a; b', 'None', 'power: 1')
    """
    if isinstance(value, list | tuple):
        return "; ".join(map(told, value))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {told(each)}" for key, each in value.items())
    return str(value)
