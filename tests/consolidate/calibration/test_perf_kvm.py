"""Reports of perf kvm stat."""

import pytest

from consolidate.calibration import perf_kvm
from models.errors import Finding

from .samples import coded, row, table


def test_times_and_counts() -> None:
    """
    Reasons of one event add up, and so do the times in their handlers, whatever their unit.

    CPUID 300 x 2 us = 600 us and MSR_READ 100 x 4,000 ns = 400 us are both control-sensitive: 400 exits, 1 ms.
    HLT 10 x 1.5 ms = 15 ms.
    """
    text = table(row("CPUID", 300, "2.00us"), row("MSR_READ", 100, "4000ns"), row("HLT", 10, "1.5ms"), total=410)
    findings: list[Finding] = []
    found = perf_kvm.counts(text, "a.txt", findings)
    assert found.events == {"control_sensitive": 400, "halt_wake": 10}
    assert found.handler_s == pytest.approx({"control_sensitive": 1e-3, "halt_wake": 15e-3})
    assert found.totals == {"exits": 410}
    assert [finding.code for finding in findings] == ["all-vms"]


def test_amd_reasons() -> None:
    """AMD's reasons, of which some are two words, are those of the catalog; one that is in no catalog is an exit."""
    rows = [row("npf", 7, "1.00us"), row("NM excp", 2, "1.00us"), row("avic_incomplete_ipi", 3, "1.00us")]
    findings: list[Finding] = []
    found = perf_kvm.counts(table(*rows, row("0x9999", 1, "1.00us"), total=13), "a.txt", findings)
    assert found.events == {"first_touch": 7, "exit": 3, "ipi": 3}
    assert coded(findings, "unknown-reason").value == "0x9999"


def test_older_table() -> None:
    """The older table has no columns of the least and the greatest time."""
    text = (
        "VM-EXIT Samples Samples% Time% Avg time\n\n HLT 4 100.00% 100.00% 2.50us ( +- -nan% )\n\nTotal Samples:4, x\n"
    )
    findings: list[Finding] = []
    assert perf_kvm.counts(text, "a.txt", findings).handler_s == pytest.approx({"halt_wake": 10e-6})
    assert findings == []


def test_all_errors_at_once() -> None:
    """Each cell that is wrong is told with its row, column and value, all in one go."""
    text = table(row("HLT", 4, "2.5"), "  CPUID  x12  1.00%  1.00%  0.1us  0.1us  1.0us ( +- 0.1% )", total=4)
    findings: list[Finding] = []
    perf_kvm.counts(text, "a.txt", findings)
    found = [(item.row, item.column, item.value) for item in findings if item.severity == "error"]
    assert found == [(6, "Avg time", "2.5"), (7, "Samples", "x12")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (table(row("HLT", 4, "1.00us"), total=5), "truncated"),
        (table(row("HLT", 4, "1.00us"), total=4).partition("Total")[0], "truncated"),
        (table(row("HLT", 4, "1.00us"), "   IO_INSTR", total=4), "ragged-row"),
        (table(row("HLT", 4, "1.00us"), row("HLT", 4, "1.00us"), total=8), "duplicate"),
        (table(total=0), "no-counts"),
        (table(row("HLT", 4, "1.00us"), total=4) * 2, "second-table"),
        (table(total=0).replace("VM-EXIT", "IO Port Access"), "table"),
        ("Analyze events for all VMs, all VCPUs:\n", "table"),
    ],
)
def test_wrong_tables(text: str, code: str) -> None:
    """A table that is cut off, empty, twice there or of something else is an error, never a smaller count."""
    findings: list[Finding] = []
    perf_kvm.counts(text, "a.txt", findings)
    assert code in {finding.code for finding in findings if finding.severity == "error"}


def test_doubts() -> None:
    """A mean of few samples and a single vCPU are told."""
    text = table(row("HLT", 4, "1.00us", deviation="35.10"), total=4, subject="pid(s) 4242, VCPU 1")
    findings: list[Finding] = []
    perf_kvm.counts(text, "a.txt", findings)
    assert [finding.code for finding in findings] == ["one-vcpu", "uncertain"]
