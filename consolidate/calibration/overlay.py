"""The overlay: a measured workload and its events' costs, in the form in which they are laid over the catalog."""

from collections.abc import Iterator
from typing import Any

import yaml

from consolidate.calibration import perf_kvm
from consolidate.calibration.counts import EVENTS
from consolidate.calibration.measured import Measured

TECHNOLOGY = "hardware-assisted"
NET_PATH = "virtio"
SLEEP = "halt_wake"
"""The event in whose handler the vCPU sleeps, so that its time is no cost."""
SIGNALS = ("kick", "interrupt")
"""Events that packets and requests cause and are charged with; where those were counted, these are not as well."""
_HEADER = """\
# A workload as it was measured on a host, and what its exits cost there.
# Rates are events per busy core-second of the VM at clock_mhz; what was not observed is not here.
# guest_cycles is the mean time in the handler at clock_mhz, and the round trip of the hardware.
# Notifications and interrupts of I/O are not among the rates: packets are charged with them, in batches as measured.
"""


def overlay(measured: Measured, name: str, round_trip_cycles: float = 0.0) -> dict[str, Any]:
    """
    Return the overlay as plain data.

    Parameters
    ----------
    measured
        The period.
    name
        Name of the workload.
    round_trip_cycles
        Cycles of the hardware from guest to hypervisor and back, which the tools' times leave out.
    """
    source = told(measured)
    batch = _batch(measured)
    paths = {"net_paths": {NET_PATH: {"packets_per_batch": batch, "provenance": "measured", "source": source}}}
    workload = {"clock_mhz": _short(measured.clock_mhz), **dict(_rates(measured)), **dict(_sizes(measured))}
    return {
        "workloads": {name: {**workload, "provenance": "measured", "source": source}},
        **(paths if batch is not None else {}),
        "event_costs": [
            {
                "technology": TECHNOLOGY, "event": event, "exits": 0, "guest_cycles": cycles, "host_cycles": 0,
                "completions": 0,
                "provenance": "measured", "source": _cost_source(measured, event, round_trip_cycles),
            }
            for event, cycles in _costs(measured, round_trip_cycles)
        ],
    }  # fmt: skip


def text(made: dict[str, Any]) -> str:
    """Return the overlay as YAML, with lines above that tell what it was made from."""
    sources = {workload["source"] for workload in made["workloads"].values()}
    about = "".join(f"# From {source}.\n" for source in sorted(sources))
    body: str = yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=120)
    return _HEADER + about + body


def told(measured: Measured) -> str:
    """Return what the numbers come from, in one line."""
    parts = [*measured.sources, measured.taken, f"{measured.seconds:.4g} s"]
    return ", ".join([*(part for part in parts if part), f"{measured.busy_core_s:.4g} busy core-seconds"])


def _cost_source(measured: Measured, event: str, round_trip_cycles: float) -> str:
    timed = next((source for source in measured.sources if source.startswith(perf_kvm.KIND)), "")
    mean = f"mean of {measured.counts[event]:,.0f} at {measured.clock_mhz:.4g} MHz"
    return ", ".join(part for part in (timed, measured.taken, mean, f"round trip {round_trip_cycles:g} cycles") if part)


def _rates(measured: Measured) -> Iterator[tuple[str, float]]:
    found = {event: measured.counts[event] for event in EVENTS if event in measured.counts}
    if _batch(measured) is not None:
        found = {event: count for event, count in found.items() if event not in SIGNALS}
    made = found.pop("fork_exec", None)
    found |= {} if made is None else {"fork": made, "exec": made}
    others = {"tx": measured.tx_packets, "rx": measured.rx_packets, "io": measured.requests}
    for name, count in (found | others).items():
        if count is not None:
            yield f"{name}_ps", _short(count / measured.busy_core_s)


def _batch(measured: Measured) -> float | None:
    """Return the packets of a notification or interrupt, each request having one of both; None if it is not known."""
    packets = (measured.tx_packets or 0.0) + (measured.rx_packets or 0.0)
    if not packets or not all(event in measured.counts for event in SIGNALS):
        return None
    left = sum(measured.counts[event] for event in SIGNALS) - 2 * (measured.requests or 0.0)
    return _short(min(max(packets / max(left, 1.0), 1.0), 1024.0))


def _sizes(measured: Measured) -> Iterator[tuple[str, float]]:
    for name in ("packet_bytes", "request_bytes", "walk_share"):
        value = getattr(measured, name)
        if value is not None:
            yield name, _short(value)


def _costs(measured: Measured, round_trip_cycles: float) -> Iterator[tuple[str, int]]:
    for event in EVENTS:
        if event in measured.handler_s and event != SLEEP:
            yield event, round(measured.handler_s[event] * measured.clock_mhz * 1e6 + round_trip_cycles)


def _short(value: float) -> float:
    """Return a number to six digits, which is more than was measured."""
    return float(f"{value:.6g}")
