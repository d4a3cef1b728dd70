"""From files to the overlay."""

import os
from pathlib import Path

import pytest
import yaml

from consolidate.calibration import FORMATS, calibrate, recognised
from consolidate.calibration.counts import EVENTS, Counts, reason_events
from consolidate.calibration.measured import merged
from models import catalog
from models.errors import Finding

from .samples import EXAMPLES, FOLDER, coded, errors, row, stat, table


def written(folder: Path, **texts: str) -> list[Path]:
    """Return the paths of new files with the texts, all of one day."""
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.txt"
        path.write_text(text, "utf-8")
        os.utime(path, (1_764_064_800, 1_764_064_800))  # 2025-11-25 10:00 UTC
        paths.append(path)
    return paths


def test_formats() -> None:
    """Every example is recognised from what it holds, and prose is not."""
    found = [recognised(path.read_text("utf-8")) for path in EXAMPLES]
    assert found == [FORMATS[number] for number in (0, 1, 1, 2, 2, 3, 3)]
    assert recognised("Sehr geehrte Damen und Herren,\n\nmit freundlichen Grüßen\n") == ""


def test_an_overlay(tmp_path: Path) -> None:
    """
    Rates are per busy core-second, costs are the mean time in the handler at the clock, and the round trip.

    5 busy core-seconds: 5,000 MSR_WRITE are 1,000 a busy core-second; 2 us x 3,000 MHz = 6,000 cycles, + 800 = 6,800.
    HLT is sleep and has a rate, 50 / 5 = 10, but no cost.
    """
    paths = written(tmp_path, web=table(row("MSR_WRITE", 5000, "2.00us"), row("HLT", 50, "9.00ms"), total=5050))
    made = calibrate(paths, name="web", seconds=30, clock_mhz=3000, busy_core_s=5, round_trip_cycles=800)
    source = "perf kvm stat web.txt, 2025-11-25, 30 s, 5 busy core-seconds"
    assert made.overlay["workloads"] == {
        "web": {
            "clock_mhz": 3000,
            "timer_tick_ps": 1000,
            "halt_wake_ps": 10,
            "provenance": "measured",
            "source": source,
        }
    }
    (cost,) = made.overlay["event_costs"]
    assert cost.pop("source") == "perf kvm stat web.txt, 2025-11-25, mean of 5,000 at 3000 MHz, round trip 800 cycles"
    assert cost == {
        "technology": "hardware-assisted",
        "event": "timer_tick",
        "exits": 0,
        "guest_cycles": 6800,
        "host_cycles": 0,
        "completions": 0,
        "provenance": "measured",
    }


def test_text(tmp_path: Path) -> None:
    """The text is the overlay as YAML, says in comments what it was made from, and is the same each time."""
    paths = written(tmp_path, a=table(row("CPUID", 50, "1.00us"), total=50))
    first, second = (calibrate(paths, name="a: b", seconds=1, clock_mhz=2600, busy_core_s=1) for _ in range(2))
    assert yaml.safe_load(first.text) == first.overlay
    assert "# From perf kvm stat a.txt, 2025-11-25, 1 s, 1 busy core-seconds.\n" in first.text
    assert first.text == second.text


def test_examples() -> None:
    """
    The examples are of one period, and agree.

    32.24e9 cycles in 12.4 busy core-seconds are 2,600 MHz. 62,000 + 6,200 timer exits / 12.4 = 5,500. 64,604 system
    calls / 12.4 = 5,210. Handlers of timers: (62,000 x 1.62 + 6,200 x 0.95) us / 68,200 x 2,600 MHz = 4,054 cycles.
    Walks: (1.2896e9 + 0.3224e9) / 32.24e9 = 5 %. Waiting: 0.6 s of 4 x 30 s = 0.5 %.
    """
    made = calibrate(EXAMPLES, name="web-01")
    workload = made.overlay["workloads"]["web-01"]
    assert made.measured.busy_core_s == 12.4
    assert {key: workload[key] for key in ("clock_mhz", "timer_tick_ps", "syscall_ps", "walk_share")} == {
        "clock_mhz": 2600, "timer_tick_ps": 5500, "syscall_ps": 5210, "walk_share": 0.05,
    }  # fmt: skip
    assert {key: workload[key] for key in ("tx_ps", "rx_ps", "io_ps", "packet_bytes", "request_bytes")} == {
        "tx_ps": 3000, "rx_ps": 4000, "io_ps": 500, "packet_bytes": 700, "request_bytes": 16384,
    }  # fmt: skip
    costs = {cost["event"]: cost["guest_cycles"] for cost in made.overlay["event_costs"]}
    assert costs["timer_tick"] == 4054
    assert "halt_wake" not in costs
    assert made.measured.ready_share == pytest.approx(0.005, rel=1e-3)
    assert {finding.severity for finding in made.findings} == {"info"}
    assert any(line.startswith("Most frequent: MSR_WRITE 39.5%, HLT 22.9%") for line in made.lines)


def test_what_is_missing_is_told_with_its_option() -> None:
    """What files do not tell is an error that names the option, all of them at once."""
    found = errors(lambda: calibrate([FOLDER / "kvm-stat.txt"], name="a"))
    assert [finding.code for finding in found] == ["no-seconds", "no-busy_core_s", "no-clock_mhz"]
    for finding, option in zip(found, ("--seconds", "--busy-core-s", "--clock-mhz"), strict=True):
        assert option in finding.message


def test_disagreement() -> None:
    """Two tools that are more than 20 % apart are told, 79 is 21 % below 100, and 80 is not told."""
    kvm = Counts("perf kvm stat", "kvm", events={"halt_wake": 100, "hypercall": 100}, totals={"exits": 200})
    other = Counts("debugfs", "debug", events={"halt_wake": 79, "hypercall": 80}, totals={"exits": 200})
    findings: list[Finding] = []
    found = merged([other, kvm], {"seconds": 1, "clock_mhz": 1000, "busy_core_s": 1}, "", findings)
    assert found is not None
    assert found.counts == {"halt_wake": 100, "hypercall": 100}
    assert [(item.code, item.file, item.column) for item in findings] == [("disagreement", "debug", "halt_wake")]
    assert "21% apart" in findings[0].message


def test_exits_of_no_reason() -> None:
    """Exits that are in the total and under no reason are told as exit: 100 - 30 = 70."""
    part = Counts("debugfs", "debug", events={"halt_wake": 30}, totals={"exits": 100})
    findings: list[Finding] = []
    found = merged([part], {"seconds": 1, "clock_mhz": 1000, "busy_core_s": 1}, "", findings)
    assert found is not None
    assert found.counts == {"halt_wake": 30, "exit": 70}
    assert coded(findings, "other-exits").severity == "info"


def test_a_period_too_short() -> None:
    """No vCPU can run for longer than the period has room for: 4 vCPUs, 11.8 s, but 4 x 2 s of room."""
    found = errors(lambda: calibrate(EXAMPLES[5:], name="a", seconds=2, clock_mhz=2600))
    assert "11.8 s" in coded(found, "seconds").message


def test_an_odd_clock(tmp_path: Path) -> None:
    """Cycles and busy time that make no clock of a processor are told, and do not become one."""
    paths = written(tmp_path, a=stat("1000,,cycles", "2,,cs"))
    found = calibrate(paths, name="a", seconds=1, busy_core_s=1, clock_mhz=2600)
    assert coded(found.findings, "clock")
    assert found.measured.clock_mhz == 2600
    assert coded(errors(lambda: calibrate(paths, name="a", seconds=1, busy_core_s=1)), "no-clock_mhz")


@pytest.mark.parametrize("number", [0.0, -1.0, float("nan"), float("inf")])
def test_wrong_options(number: float) -> None:
    """Options that are no sensible numbers are told together, before any file is read."""
    found = errors(
        lambda: calibrate(
            [], name=" ", seconds=number, clock_mhz=number, busy_core_s=number, round_trip_cycles=number - 1
        )
    )
    assert [finding.code for finding in found] == ["name", "seconds", "clock_mhz", "busy_core_s", "round_trip_cycles"]


def test_snapshots_come_in_pairs() -> None:
    """One snapshot alone, and three, are an error that asks for two."""
    for paths in (EXAMPLES[3:4], [*EXAMPLES[3:5], EXAMPLES[3]]):
        found = errors(lambda paths=paths: calibrate(paths, name="a", seconds=30))  # type: ignore[misc]
        assert "two files of debugfs, before and after" in coded(found, "snapshots").message


def test_every_reason_has_one_event() -> None:
    """An exit reason is one event, in capital letters or small ones, and every event is known."""
    rows = catalog.rows("exit_reasons")
    assert len({row["reason"].casefold() for row in rows}) == len(rows)
    assert set(reason_events().values()) <= set(EVENTS)
