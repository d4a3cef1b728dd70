"""One period of one VM as it was measured, put together from what several tools counted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from consolidate.calibration import debugfs, domstats, perf_kvm, perf_stat
from consolidate.calibration.counts import Counts, reason_events
from models.errors import Finding

MOST_APART = 0.2
"""Share of the larger one that two tools may differ by without a word."""
CLOCKS_MHZ = (400.0, 8000.0)
"""Clocks that are believed. [MHz]"""
SLACK = 1.05
"""Factor by which the time of vCPUs may exceed what the period has room for, as it is timed by hand."""
_ORDER = (perf_kvm.KIND, domstats.KIND, debugfs.KIND, perf_stat.KIND)
"""Whose number is used where several tools counted the same."""
_OPTIONS = {
    "seconds": "the length of the period in seconds; --seconds supplies it",
    "busy_core_s": "the busy core-seconds of the VM in the period; --busy-core-s, or two files of virsh domstats, or "
    "task-clock in a perf stat of the VM's process, supply them",
    "clock_mhz": "the clock of the busy cores in MHz; --clock-mhz, or cycles in a perf stat, supply it",
}


@dataclass(frozen=True)
class Measured:
    """
    One period of one VM.

    Parameters
    ----------
    seconds
        Length of the period. [s]
    busy_core_s
        Time that the VM kept cores busy. [core-seconds]
    clock_mhz
        Mean clock of the busy cores. [MHz]
    counts
        Occurrences by event.
    handler_s
        Mean time in the handler by event, where it was timed. [s]
    reasons
        Exits by reason, as the tool names it.
    exits
        All exits.
    tx_packets, rx_packets, requests
        Packets sent and received by the VM, requests of its disks.
    packet_bytes, request_bytes
        Mean size. [B]
    walk_share
        Share of the cycles in page walks.
    ready_share
        Share of the vCPUs' time in which they waited for a core.
    vcpus, memory_mib, resident_mib
        Size of the VM, and memory of the host that it holds. [MiB]
    taken
        Day of the newest file, ISO 8601.
    sources
        Tools and files.
    """

    seconds: float
    busy_core_s: float
    clock_mhz: float
    counts: Mapping[str, float] = field(default_factory=dict)
    handler_s: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, float] = field(default_factory=dict)
    exits: float | None = None
    tx_packets: float | None = None
    rx_packets: float | None = None
    packet_bytes: float | None = None
    requests: float | None = None
    request_bytes: float | None = None
    walk_share: float | None = None
    ready_share: float | None = None
    vcpus: float | None = None
    memory_mib: float | None = None
    resident_mib: float | None = None
    taken: str = ""
    sources: tuple[str, ...] = ()

    @property
    def packets(self) -> float | None:
        """All packets, in both directions."""
        known = [count for count in (self.tx_packets, self.rx_packets) if count is not None]
        return sum(known) if known else None


def merged(parts: Sequence[Counts], given: Mapping[str, float], taken: str, findings: list[Finding]) -> Measured | None:
    """
    Return the period that several tools counted; without one there is an error among the findings.

    Parameters
    ----------
    parts
        What each tool counted.
    given
        Numbers that go before all tools': `seconds`, `busy_core_s`, `clock_mhz`.
    taken
        Day of the newest file.
    findings
        Takes what is missing, and where tools disagree.
    """
    ordered = sorted(parts, key=lambda part: _ORDER.index(part.kind))
    counts = _agreed([(part, part.events) for part in ordered], findings)
    totals = _agreed([(Counts("the", "options"), given), *((part, part.totals) for part in ordered)], findings)
    _add_clock(totals, "clock_mhz" in given, findings)
    missing = [name for name in _OPTIONS if not totals.get(name)]
    findings += [Finding("error", f"no-{name}", f"Not known: {_OPTIONS[name]}.") for name in missing]
    if missing:
        return None
    findings += _crowded(totals)
    _add_other_exits(counts, totals, findings)
    timed = next((part for part in ordered if part.handler_s), Counts("", ""))
    means = {event: time / timed.events[event] for event, time in timed.handler_s.items() if timed.events[event]}
    reasons = next((part.reasons for part in ordered if part.reasons), {})
    sources = tuple(part.source for part in ordered)
    return Measured(
        totals["seconds"], totals["busy_core_s"], totals["clock_mhz"], counts, means, reasons,
        taken=taken, sources=sources, **_optional(totals),
    )  # fmt: skip


def _agreed(numbers: Sequence[tuple[Counts, Mapping[str, float]]], findings: list[Finding]) -> dict[str, float]:
    """Return the first number of each name, with a warning where a later one is far from it."""
    chosen: dict[str, tuple[Counts, float]] = {}
    for part, found in numbers:
        for name, value in found.items():
            first, used = chosen.setdefault(name, (part, value))
            apart = abs(value - used) / max(value, used) if max(value, used) > 0 else 0.0
            if apart > MOST_APART:
                text = f"{name} is {value:,.6g} here and {used:,.6g} in {first.source}, {apart:.0%} apart; "
                text += "the latter is used."
                findings.append(Finding("warning", "disagreement", text, part.file, 0, name))
    return {name: value for name, (_, value) in chosen.items()}


def _add_clock(totals: dict[str, float], given: bool, findings: list[Finding]) -> None:
    """Add the clock that cycles and busy time make, or compare it with the one given."""
    if not totals.get("cycles") or not totals.get("busy_core_s"):
        return
    clock = totals["cycles"] / totals["busy_core_s"] / 1e6
    if not given and CLOCKS_MHZ[0] <= clock <= CLOCKS_MHZ[1]:
        totals["clock_mhz"] = clock
    elif not given or abs(clock - totals["clock_mhz"]) > MOST_APART * max(clock, totals["clock_mhz"]):
        text = f"Cycles and busy core-seconds make {clock:,.0f} MHz, which is not believed and not used."
        findings.append(Finding("warning", "clock", text))


def _crowded(totals: Mapping[str, float]) -> Iterator[Finding]:
    """Yield an error where the vCPUs ran or waited for longer than the period has room for."""
    room = totals["seconds"] * totals.get("vcpus", 0.0)
    for name, what in (("vcpu_s", "ran"), ("ready_s", "waited for a core")):
        if room and totals.get(name, 0.0) > SLACK * room:
            text = f"The vCPUs {what} for {totals[name]:,.6g} s, and {totals['vcpus']:g} of them have {room:,.6g} s in "
            yield Finding("error", "seconds", f"{text}{totals['seconds']:g} s; --seconds is too small.")


def _add_other_exits(counts: dict[str, float], totals: Mapping[str, float], findings: list[Finding]) -> None:
    """Add the exits that are in the total and under no reason, where a tool does not tell all reasons."""
    known = sum(counts.get(event, 0.0) for event in set(reason_events().values()))
    rest = totals.get("exits", 0.0) - known
    if rest > 0:
        counts["exit"] = counts.get("exit", 0.0) + rest
        text = f"{rest:,.0f} of {totals['exits']:,.0f} exits are counted under no reason and are told as exit."
        findings.append(Finding("info", "other-exits", f"{text} perf kvm stat tells all reasons."))


def _optional(totals: Mapping[str, float]) -> dict[str, float]:
    """Return what may be missing, by the names of the fields."""
    same = "exits", "tx_packets", "rx_packets", "requests", "walk_share", "vcpus", "memory_mib", "resident_mib"
    found = {name: totals[name] for name in same if name in totals}
    packets = totals.get("tx_packets", 0.0) + totals.get("rx_packets", 0.0)
    for name, count in (("packet_bytes", packets), ("request_bytes", totals.get("requests", 0.0))):
        if name in totals and count:
            found[name] = totals[name] / count
    if "ready_s" in totals and totals.get("vcpus"):
        found["ready_share"] = totals["ready_s"] / (totals["vcpus"] * totals["seconds"])
    return found
