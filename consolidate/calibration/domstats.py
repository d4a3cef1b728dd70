"""What ``virsh domstats --raw`` prints: time, waiting, packets and disk requests of virtual machines."""

import re
from collections.abc import Callable, Mapping

from consolidate.calibration import lines
from consolidate.calibration.counts import Counts, add, counters, is_counter
from consolidate.calibration.snapshots import Snapshot, Text, check, last, rises
from consolidate.readers import noticed
from models.errors import Finding

KIND = "virsh domstats"
_DOMAIN = re.compile(r"[^=':]{1,40}:\s*(?:'(.{1,250})'|(\S{1,250}))\s*")
_CELL = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.-]{0,199})=(.*)")
_USED = re.compile(
    r"cpu\.time|vcpu\.[0-9]+\.(?:time|wait|delay)|net\.[0-9]+\.[rt]x\.(?:pkts|bytes)"
    r"|block\.[0-9]+\.(?:rd|wr)\.(?:reqs|bytes)"
)
_SUM = re.compile(r"vcpu\.[0-9]+\.([a-z0-9_]+)\.sum")
_TOTALS = {
    "vcpu.time": "vcpu_s", "vcpu.delay": "delay_s", "vcpu.wait": "wait_s", "cpu.time": "busy_core_s",
    "net.tx.pkts": "tx_packets", "net.rx.pkts": "rx_packets", "net.tx.bytes": "packet_bytes",
    "net.rx.bytes": "packet_bytes", "block.rd.reqs": "requests", "block.wr.reqs": "requests",
    "block.rd.bytes": "request_bytes", "block.wr.bytes": "request_bytes",
}  # fmt: skip
"""Names of sums by names of counters, the number of the device or vCPU left out."""
_SIZES = {
    "vcpu.current": ("vcpus", 1), "balloon.current": ("memory_mib", 1024), "balloon.rss": ("resident_mib", 1024),
}  # fmt: skip
"""Names and divisors of what is taken as it was last, by its key."""
Domains = dict[str, dict[str, tuple[str, int]]]


def counts(before: Text, after: Text, domain: str | None, findings: list[Finding]) -> Counts:
    """
    Return what the counters of one domain, or of all together, rose by between two snapshots.

    Parameters
    ----------
    before, after
        File names and texts.
    domain
        The domain; None is all.
    findings
        Takes what is wrong or worth knowing.
    """
    earlier, later = _domains(before, findings), _domains(after, findings)
    events: dict[str, float] = {}
    totals: dict[str, float] = {}
    reasons: dict[str, float] = {}
    sizes: dict[str, float] = {}
    files = before[0], after[0]
    for name in _chosen(earlier, later, domain, files, findings):
        changes = rises(earlier[name], later[name], _wanted(later[name]), files, findings)
        for sums, found in zip((events, reasons, totals), _sorted(changes), strict=True):
            for key, value in found.items():
                add(sums, key, value)
        for key, value in _sizes(later[name], after[0], findings).items():
            add(sizes, key, value)
    rose = (*totals.values(), *reasons.values())
    check(rose, "cpu.time, vcpu.N.time, net.N.rx.pkts, block.N.rd.reqs", files, findings)
    return Counts(KIND, after[0], before[0], events, {}, reasons, _finished(totals) | sizes)


def _domains(snapshot: Text, findings: list[Finding]) -> Domains:
    """Return the keys of each domain; keys without a domain are one without a name."""
    domains: Domains = {}
    name = ""
    for row, line in lines.numbered(snapshot[1], snapshot[0], findings):
        if heading := _DOMAIN.fullmatch(line.strip()):
            name = heading[1] or heading[2]
            if name in domains:
                text = "Is in the snapshot twice; one snapshot a file was expected."
                findings.append(Finding("error", "duplicate", text, snapshot[0], row, "Domain", name))
            domains[name] = {}
        elif cell := _CELL.fullmatch(line):
            domains.setdefault(name, {})[cell[1]] = cell[2].strip(), row
        else:
            text = "Is no key=value, and was not used; is the file cut off?"
            findings.append(Finding("warning", "unknown-line", text, snapshot[0], row, value=line.strip()))
    return domains


def _chosen(
    earlier: Domains, later: Domains, domain: str | None, files: tuple[str, str], findings: list[Finding]
) -> list[str]:
    """Return the domains to be added up: the one asked for, else all that are in both snapshots."""
    both = [name for name in later if name in earlier]
    if domain is not None:
        for file, found in zip(files, (earlier, later), strict=True):
            if domain not in found:
                text = f"Holds no domain of this name.{noticed.suggestion(domain, found)}"
                findings.append(Finding("error", "unknown-domain", text, file, 0, "Domain", domain))
        return [name for name in both if name == domain]
    for name in sorted(earlier.keys() ^ later.keys()):
        file = files[name in later]
        findings.append(Finding("warning", "one-snapshot", "Is in this snapshot only.", file, 0, "Domain", name))
    if not both:
        findings.append(Finding("error", "no-domain", "No domain is in both snapshots.", files[1]))
    if len(both) > 1:
        text = f"Adds up {len(both):,} domains: {noticed.examples(both)}; --domain chooses one."
        findings.append(Finding("info", "all-domains", text, files[1], count=len(both)))
    return both


def _wanted(snapshot: Snapshot) -> Callable[[str], bool]:
    """Return what tells the counters that are used; of the layers of one disk, only the first."""
    seen: set[str] = set()
    layers: set[str] = set()
    for key, (value, _) in snapshot.items():
        if key.startswith("block.") and key.endswith(".name"):
            if value in seen:
                layers.add(key.removesuffix(".name"))
            seen.add(value)

    def wanted(name: str) -> bool:
        counter = _SUM.fullmatch(name)
        if counter:
            return is_counter(counter[1])
        return bool(_USED.fullmatch(name)) and ".".join(name.split(".")[:2]) not in layers

    return wanted


def _sorted(changes: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return events, KVM's own counters and totals, each summed over vCPUs and devices."""
    own: dict[str, float] = {}
    totals: dict[str, float] = {}
    for name, change in changes.items():
        counter = _SUM.fullmatch(name)
        if counter:
            add(own, counter[1], change)
            continue
        total = _TOTALS[re.sub(r"\.[0-9]+\.", ".", name)]
        add(totals, total, change / 1e9 if total.endswith("_s") else change)
    events, reasons, exits = counters(own)
    return events, reasons, totals | exits


def _sizes(snapshot: Snapshot, file: str, findings: list[Finding]) -> dict[str, float]:
    """Return the vCPUs and the memory as they were last."""
    found = {}
    for key, (name, unit) in _SIZES.items():
        value = last(snapshot, key, file, findings)
        if value is not None:
            found[name] = value / unit
    return found


def _finished(totals: dict[str, float]) -> dict[str, float]:
    """Return the totals with the time of waiting for a core: the scheduler's delay where known, else its wait."""
    waits = [totals.pop(name) for name in ("delay_s", "wait_s") if name in totals]
    if waits:
        totals["ready_s"] = waits[0]
    if "vcpu_s" in totals:
        totals.setdefault("busy_core_s", totals["vcpu_s"])
    return totals
