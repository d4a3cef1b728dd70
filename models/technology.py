"""
The catalog as columns: technologies, processors, I/O paths, workloads, and what an event costs under each technology.

Rows are told by their number. An overlay, such as one measured on a host of one's own, replaces or adds rows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from models import catalog
from models.arrays import Floats, Mask, Names, Rows, names
from models.errors import Finding, InputError

EVENTS = (
    "syscall", "page_fault", "pte_write", "context_switch", "fork", "exec", "privileged", "control_sensitive",
    "behaviour_sensitive", "hypercall", "timer_tick", "ipi", "halt_wake", "eoi", "apic_trap", "vcpu_switch",
    "spin_pause", "first_touch", "kick", "interrupt", "exit_user", "exit",
)  # fmt: skip
"""Events that are priced. Instructions of a guest that the hardware may let through, by class [1]_: privileged,
control-sensitive (change the configuration of resources) and behaviour-sensitive (depend on it).

.. [1] G. J. Popek and R. P. Goldberg, "Formal requirements for virtualizable third generation architectures,"
   CACM 17(7), 1974.
"""
FILES: Mapping[str, str] = {
    "parameters": "overhead",
    "technologies": "technologies",
    "microarchitectures": "microarchitectures",
    "net_paths": "net_paths",
    "disk_paths": "disk_paths",
    "workloads": "workloads",
    "event_costs": "event_costs",
}
"""Parts of an overlay, and the catalog's file of each."""
TEXTS = frozenset({
    "parameter", "unit", "technology", "microarchitecture", "net_path", "disk_path", "workload", "event", "text",
    "level", "mapping", "guest", "requires", "parts", "relief", "generation", "cpu_pattern", "features",
    "provenance", "source",
})  # fmt: skip
"""Columns that hold words; all others hold numbers."""
_COSTS = ("exits", "guest_cycles", "host_cycles", "completions", "pollutes")

Row = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of one file by their keys, numbers and texts as columns."""

    kind: str
    keys: tuple[str, ...]
    numbers: Mapping[str, Floats]
    texts: Mapping[str, Names]

    @classmethod
    def of(cls, kind: str, rows: Sequence[Row]) -> "Table":
        """Build the table from rows of text, the first column being the key."""
        columns = list(rows[0])
        return cls(
            kind,
            tuple(row[columns[0]] for row in rows),
            {name: np.array([float(row[name]) for row in rows]) for name in columns if name not in TEXTS},
            {name: names(row[name] for row in rows) for name in columns if name in TEXTS},
        )

    @cached_property
    def index(self) -> Mapping[str, int]:
        """The row of each key."""
        return {key: row for row, key in enumerate(self.keys)}

    def row(self, key: str) -> int:
        """Return the row of a key; an `InputError` lists the known ones."""
        if key not in self.index:
            raise InputError(f"The {self.kind} {key!r} is unknown; known are {', '.join(self.keys)}.")
        return self.index[key]

    def rows(self, keys: Sequence[str] | Names, default: str = "") -> Rows:
        """Return the rows of many keys, those of an empty one being the default's; -1 without one."""
        index = {**self.index, "": self.row(default) if default else -1}
        strange = sorted(set(keys) - set(index))
        if strange:
            listed = ", ".join(repr(key) for key in strange[:5])
            raise InputError(f"The {self.kind} {listed} is unknown; known are {', '.join(self.keys)}.")
        return np.fromiter((index[key] for key in keys), np.int32, len(keys))


@dataclass(frozen=True, eq=False)
class Catalog:
    """
    All that the laws of overhead need to know, in columns.

    Parameters
    ----------
    rows
        The rows of each part of `FILES`, as text, as they stand in the files or an overlay.
    """

    rows: Mapping[str, tuple[Row, ...]]

    @cached_property
    def parameters(self) -> Mapping[str, float]:
        """Single numbers by name."""
        return {row["parameter"]: float(row["value"]) for row in self.rows["parameters"]}

    @cached_property
    def technologies(self) -> Table:
        """Ways to virtualize, of all five levels."""
        return Table.of("technology", self.rows["technologies"])

    @cached_property
    def microarchitectures(self) -> Table:
        """Processors."""
        return Table.of("microarchitecture", self.rows["microarchitectures"])

    @cached_property
    def net_paths(self) -> Table:
        """Ways of a packet between a VM and the wire."""
        return Table.of("network path", self.rows["net_paths"])

    @cached_property
    def disk_paths(self) -> Table:
        """Ways of a request between a VM and its storage."""
        return Table.of("disk path", self.rows["disk_paths"])

    @cached_property
    def workloads(self) -> Table:
        """Profiles of what VMs do."""
        return Table.of("workload", self.rows["workloads"])

    @cached_property
    def costs(self) -> Mapping[str, Floats]:
        """Exits, cycles, completions and pollution of each event. Shape (technologies, events)."""
        found = {name: np.zeros((len(self.technologies.keys), len(EVENTS))) for name in _COSTS}
        for row in self.rows["event_costs"]:
            place = self.technologies.row(row["technology"]), EVENTS.index(row["event"])
            for name in _COSTS:
                found[name][place] = float(row[name])
        return found

    @cached_property
    def relieved(self) -> Mask:
        """Which events the processor takes off the hypervisor. Shape (technologies, microarchitectures, events)."""
        shape = len(self.technologies.keys), len(self.microarchitectures.keys), len(EVENTS)
        found = np.zeros(shape, np.bool_)
        for row in self.rows["event_costs"]:
            if row["relief"]:
                place = self.technologies.row(row["technology"])
                found[place, :, EVENTS.index(row["event"])] = self.has(row["relief"])
        return found

    @cached_property
    def intensity(self) -> Floats:
        """Events in one cycle of native work. Shape (workloads, events)."""
        table = self.workloads.numbers
        return np.stack([table[f"{event}_ps"] for event in EVENTS], axis=1) / (table["clock_mhz"][:, None] * 1e6)

    def has(self, feature: str) -> Mask:
        """Return which processors have a feature. Shape (microarchitectures,)."""
        return np.array([feature in text.split(";") for text in self.microarchitectures.texts["features"]], np.bool_)

    def technology(self, name: str) -> str:
        """Return the technology of a name, which may be that of a provider, such as KVM."""
        if name in self.technologies.index:
            return name
        providers = {row["provider"]: row["technology"] for row in catalog.rows("providers")}
        known = {_plain(key): key for key in self.technologies.keys} | {
            _plain(key): own for key, own in providers.items()
        }
        if _plain(name) not in known:
            listed = f"{', '.join(self.technologies.keys)}; or a provider: {', '.join(providers)}"
            raise InputError(f"The technology {name!r} is unknown; known are {listed}.")
        return known[_plain(name)]

    def overlaid(self, overlay: Mapping[str, Any]) -> "Catalog":
        """
        Return the catalog with rows replaced and added.

        Parameters
        ----------
        overlay
            ``parameters`` maps a name to a number; the other tables map a key to the columns that differ; and
            ``event_costs`` is a list of rows. See `FILES`.

        Raises
        ------
        InputError
            With every part, key and value that is wrong, as a dotted path in `Finding.column`.
        """
        from models.overlays import laid

        if not isinstance(overlay, Mapping):
            raise InputError([Finding("error", "overlay", f"Expected a mapping of tables: {', '.join(FILES)}.")])
        problems: list[Finding] = []
        rows = laid(self.rows, overlay, problems)
        if problems:
            raise InputError(problems)
        return Catalog(rows)


def _plain(name: str) -> str:
    """Return a name without what is written in different ways: case, spaces and hyphens."""
    return re.sub(r"[\s_-]", "", name.lower())


@cache
def standard() -> Catalog:
    """Return the catalog as it is delivered."""
    return Catalog({part: catalog.rows(file) for part, file in FILES.items()})
