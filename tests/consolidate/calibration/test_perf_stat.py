"""Outputs of perf stat."""

import pytest

from consolidate.calibration import perf_stat
from models.errors import Finding

from .samples import coded, stat


def test_counts() -> None:
    """
    The kernel's events are events, page walks are a share of the cycles.

    (30 + 20) of 1,000 cycles are in page walks: 5 %. 2,500 ms of task-clock are 2.5 busy core-seconds.
    """
    text = stat(
        "1000,,cycles:u", "30,,dtlb_load_misses.walk_active", "20,,dtlb_store_misses.walk_active",
        "99,,LLC-load-misses", "7,,raw_syscalls:sys_enter", "5,,page-faults", "3,,context-switches",
        "2500.00,msec,task-clock",
    )  # fmt: skip
    findings: list[Finding] = []
    found = perf_stat.counts(text, "a.csv", findings)
    assert found.events == {"syscall": 7, "page_fault": 5, "context_switch": 3}
    assert found.totals == pytest.approx({"cycles": 1000, "walk_share": 0.05, "busy_core_s": 2.5})
    assert findings == []


def test_intervals() -> None:
    """With -I the intervals add up, 4 + 6 = 10 switches, and the last time stamp is the length of the period."""
    text = "     1.000123,4,,cs,1000,100.00,,\n     2.500000,6,,cs,1000,100.00,,\n"
    text += "     2.500000,summary,10,,cs,2000,100.00,,\n"
    findings: list[Finding] = []
    found = perf_stat.counts(text, "a.csv", findings)
    assert (found.events, found.totals) == ({"context_switch": 10}, {"seconds": 2.5})
    assert findings == []


@pytest.mark.parametrize(("first", "second"), [("CPU0", "CPU1"), ("S0-C0,2", "S0-C1,2"), ("1.5,CPU0", "1.5,CPU1")])
def test_single_cpus(first: str, second: str) -> None:
    """Counts of single CPUs or cores add up, and their task-clock is no busy time, for it runs when they idle too."""
    text = stat(f"{first},4,,cs", f"{second},6,,cs", f"{first},900,msec,task-clock")
    findings: list[Finding] = []
    found = perf_stat.counts(text, "a.csv", findings)
    assert found.events == {"context_switch": 10}
    assert "busy_core_s" not in found.totals
    assert coded(findings, "whole-cpus")


def test_other_forms() -> None:
    """Units around an event, commas inside it, another delimiter and a deviation behind it do not matter: 4 + 6."""
    text = "4;;cpu_core/cycles/;1000;100.00;;\n6;;cpu_atom/cycles/u;0.50%;1000;100.00;;\n"
    text += "8;;cpu/event=0x3c;umask=0x1/;1000;100.00;;\n,,,,,,0.5;insn per cycle\n# started on today\n\n"
    assert perf_stat.counts(text, "a.csv", []).totals == {"cycles": 10}


def test_decimal_commas() -> None:
    """A decimal comma is read where the delimiter is another sign, and an error where it is the delimiter."""
    assert perf_stat.counts("2500,50;msec;task-clock;1000;100,00;;\n", "a", []).totals == {"busy_core_s": 2.5005}
    findings: list[Finding] = []
    perf_stat.counts("2500,50,msec,task-clock,1000,100,00,,\n", "a.csv", findings)
    assert coded(findings, "ragged-row").row == 1


def test_gaps() -> None:
    """What was not counted is left out and told; what was counted for part of the time is told."""
    text = "<not counted>,,cycles,0,0.00,,\n<not supported>,,cs,0,100.00,,\n8,,page-faults,250,25.00,,\n"
    findings: list[Finding] = []
    found = perf_stat.counts(text, "a.csv", findings)
    assert (found.events, found.totals) == ({"page_fault": 8}, {})
    assert [(item.code, item.row) for item in findings] == [("not-counted", 1), ("not-counted", 2), ("estimated", 3)]


def test_a_host_is_no_guest() -> None:
    """Where exits are counted perf ran on the host, so its system calls are QEMU's and are not the VM's."""
    findings: list[Finding] = []
    found = perf_stat.counts(stat("50,,kvm:kvm_exit", "7,,raw_syscalls:sys_enter"), "a.csv", findings)
    assert (found.events, found.totals) == ({}, {"exits": 50})
    assert "inside the VM" in coded(findings, "host-counts").message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (stat("12x,,cycles"), "ragged-row"),
        ("12,,cycles", "value"),
        ("12,,cycles,1000,abc,,", "value"),
        (stat("99,,LLC-load-misses"), "no-counts"),
        (stat("10,,cycles", "11,,itlb_misses.walk_duration"), "value"),
    ],
)
def test_wrong_rows(text: str, code: str) -> None:
    """A row that is cut off or holds no number is an error, and so are more page walks than cycles."""
    findings: list[Finding] = []
    perf_stat.counts(text, "a.csv", findings)
    assert [finding.code for finding in findings if finding.severity == "error"] == [code]


def test_a_repeated_event() -> None:
    """An event that is there twice counts once."""
    findings: list[Finding] = []
    assert perf_stat.counts(stat("4,,cs", "5,,cs"), "a.csv", findings).events == {"context_switch": 4}
    assert coded(findings, "duplicate").row == 2
