"""What one tool counted, in the product's events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from models import catalog

EVENTS = (
    "syscall", "page_fault", "pte_write", "context_switch", "fork_exec", "control_sensitive", "hypercall", "timer_tick",
    "ipi", "halt_wake", "eoi", "apic_trap", "spin_pause", "first_touch", "exit_user", "exit", "kick", "interrupt",
)  # fmt: skip
"""All events, in the order in which they are written."""


@dataclass(frozen=True)
class Counts:
    """
    What one report, or the difference of two snapshots, counted.

    Parameters
    ----------
    kind
        The tool, such as ``perf kvm stat``.
    file
        The file, the later one of two snapshots.
    since
        The earlier one.
    events
        Occurrences by event.
    handler_s
        Time in handlers by event, as a sum over the occurrences. [s]
    reasons
        Occurrences by exit reason, as the tool names it.
    totals
        Other quantities by name: `seconds`, `busy_core_s`, `cycles`, `exits`, `tx_packets`, `rx_packets`,
        `packet_bytes`, `requests`, `request_bytes`, `walk_share`, `ready_s`, `vcpu_s`, `vcpus`, `memory_mib`,
        `resident_mib`; bytes are sums, memory is as it was last.
    """

    kind: str
    file: str
    since: str = ""
    events: Mapping[str, float] = field(default_factory=dict)
    handler_s: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, float] = field(default_factory=dict)
    totals: Mapping[str, float] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The tool and the file, or both files."""
        return " ".join((self.kind, *((self.since, "to") if self.since else ()), self.file))


@cache
def reason_events() -> Mapping[str, str]:
    """Return the event of each exit reason; the reasons are in small letters."""
    return {row["reason"].casefold(): row["event"] for row in catalog.rows("exit_reasons")}


def add(sums: dict[str, float], name: str, value: float) -> None:
    """Add to the sum of a name, which begins at 0."""
    sums[name] = sums.get(name, 0.0) + value


def counters(changes: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return how often KVM's own counters rose, by event and as they are named, and the total of all exits."""
    events: dict[str, float] = {}
    for name, change in changes.items():
        if name in reason_events():
            add(events, reason_events()[name], change)
    reasons = {name: change for name, change in changes.items() if name != "exits"}
    return events, reasons, {"exits": changes["exits"]} if "exits" in changes else {}


def is_counter(name: str) -> bool:
    """Say whether a name is one of KVM's own counters that are used."""
    return name == "exits" or name in reason_events()
