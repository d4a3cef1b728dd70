"""Quantities as people write them, such as ``2.1 GHz`` or ``80 %``, in the unit that a key is in."""

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"([+-]?(?:\d[\d_,]*)?\.?\d+(?:[eE][+-]?\d+)?)\s*([^\d\s].*)")

_MEMORY = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0, "TiB": 1024.0**2}
_TIME = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
UNITS: Mapping[str, Mapping[str, float]] = {
    "_mhz": {"Hz": 1e-6, "kHz": 1e-3, "MHz": 1.0, "GHz": 1e3},
    "_mib": _MEMORY,
    "_gib": {name: factor / 1024 for name, factor in _MEMORY.items()},
    "_mib_s": {f"{name}/s": factor for name, factor in _MEMORY.items()},
    "_mbps": {"kbit/s": 1e-3, "Mbit/s": 1.0, "Gbit/s": 1e3, "Mbps": 1.0, "Gbps": 1e3},
    "_s": _TIME,
    "seconds": _TIME,
    "_h": {name: factor / 3600 for name, factor in _TIME.items()},
    "days": {name: factor / 86_400 for name, factor in _TIME.items()},
    "_months": {"months": 1.0, "month": 1.0, "a": 12.0, "years": 12.0, "year": 12.0},
    "_w": {"W": 1.0, "kW": 1e3},
    "_eur_kwh": {"EUR/kWh": 1.0, "ct/kWh": 0.01, "EUR/MWh": 1e-3},
    "_g_kwh": {"g/kWh": 1.0, "kg/kWh": 1e3, "kg/MWh": 1.0},
    "eur": {"EUR": 1.0, "kEUR": 1e3},
}
"""Units by the end of a key; the longest end that fits counts. Others are shares, counts or factors."""

_PLAIN = {"%": 0.01}


def units(key: str) -> Mapping[str, float]:
    """
    Return the units that a key takes, each with its size in the key's own.

    >>> sorted(units("limits.host_memory_mib"))
    ['GiB', 'KiB', 'MiB', 'TiB']
    >>> sorted(units("migration.eur_per_downtime_s")), sorted(units("limits.cpu_ceiling"))
    (['EUR', 'kEUR'], ['%'])
    """
    if "eur_" in key and not key.endswith("_eur_kwh"):
        return UNITS["eur"]
    ends = [end for end in UNITS if key.endswith(end)]
    return UNITS[max(ends, key=len)] if ends else _PLAIN


def number(text: str, key: str) -> float:
    """
    Return a quantity in the unit of a key.

    Raises
    ------
    ValueError
        If it is no number with one of the units that the key takes.

    >>> number("2.1 GHz", "cpu_mhz"), number("64 GiB", "memory_mib"), number("80 %", "limits.cpu_ceiling")
    (2100.0, 65536.0, 0.8)
    """
    known = units(key)
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[2].strip() not in known:
        raise ValueError(f"Expected a number, or one with a unit: {', '.join(known)}.")
    value = float(found[1].replace("_", "").replace(",", "")) * known[found[2].strip()]
    return float(f"{value:.12g}")
