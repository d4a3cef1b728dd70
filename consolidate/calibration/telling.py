"""A measured period in lines of text: the rates, what their handlers take, and the most frequent exits."""

from collections.abc import Iterator

from consolidate.calibration.counts import EVENTS
from consolidate.calibration.measured import Measured

MOST_REASONS = 8


def lines(measured: Measured, name: str) -> Iterator[str]:
    """Yield the period as lines."""
    yield f"{name}: {', '.join(_period(measured))}"
    yield f"{'event':<16}{'count':>14}{'per busy core-s':>18}{'mean us':>10}"
    others = {"tx packets": measured.tx_packets, "rx packets": measured.rx_packets, "disk requests": measured.requests}
    for event, count in ({event: measured.counts.get(event) for event in EVENTS} | others).items():
        if count is not None:
            mean = f"{measured.handler_s[event] * 1e6:>10,.2f}" if event in measured.handler_s else ""
            yield f"{event:<16}{count:>14,.0f}{count / measured.busy_core_s:>18,.1f}{mean}"
    yield from _more(measured)


def _period(measured: Measured) -> Iterator[str]:
    yield f"{measured.seconds:.4g} s"
    yield f"{measured.busy_core_s:.4g} busy core-seconds"
    yield f"{measured.clock_mhz:,.0f} MHz"
    for value, unit in ((measured.vcpus, "vCPUs"), (measured.memory_mib, "MiB"), (measured.resident_mib, "MiB held")):
        if value is not None:
            yield f"{value:,.0f} {unit}"


def _more(measured: Measured) -> Iterator[str]:
    for value, what in (
        (measured.packet_bytes, "bytes a packet"),
        (measured.request_bytes, "bytes a disk request"),
        (measured.exits, "exits"),
    ):
        if value is not None:
            yield f"{value:,.0f} {what}"
    for share, what in (
        (measured.walk_share, "cycles in page walks"),
        (measured.ready_share, "time waiting for a core"),
    ):
        if share is not None:
            yield f"{share:.2%} of {what}"
    total = max(measured.exits or 0.0, sum(measured.reasons.values()))
    top = sorted(measured.reasons.items(), key=lambda item: (-item[1], item[0]))[:MOST_REASONS]
    if total:
        yield "Most frequent: " + ", ".join(f"{reason} {count / total:.1%}" for reason, count in top if count)
