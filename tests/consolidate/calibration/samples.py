"""Small texts as the tools print them, and the examples."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import Finding, InputError

FOLDER = Path(__file__).parents[3] / "examples" / "calibration"
EXAMPLES = [
    FOLDER / name
    for name in (
        "kvm-stat.txt", "perf-stat.csv", "perf-stat-host.csv", "debugfs-before.txt", "debugfs-after.txt",
        "domstats-before.txt", "domstats-after.txt",
    )
]  # fmt: skip
HEADER = "VM-EXIT    Samples  Samples%     Time%    Min Time    Max Time         Avg time"


def table(*rows: str, total: int, subject: str = "all VMs, all VCPUs") -> str:
    """Return a report of ``perf kvm stat`` with the rows."""
    body = "\n".join(rows)
    footer = f"Total Samples:{total}, Total events handled time:1.00us."
    return f"\nAnalyze events for {subject}:\n\n  {HEADER}\n\n{body}\n\n{footer}\n"


def row(reason: str, samples: int, mean: str, deviation: str = "0.50") -> str:
    """Return a row of ``perf kvm stat``."""
    return f"  {reason}  {samples}  10.00%  10.00%  0.10us  9.00us  {mean} ( +-  {deviation}% )"


def stat(*rows: str) -> str:
    """Return an output of ``perf stat -x,`` with value, unit and event in each row."""
    return "".join(f"{item},1000,100.00,,\n" for item in rows)


def errors(call: Callable[[], object]) -> tuple[Finding, ...]:
    """Return the errors that a call raises."""
    with pytest.raises(InputError) as caught:
        call()
    return caught.value.findings


def coded(findings: list[Finding] | tuple[Finding, ...], code: str) -> Finding:
    """Return the only finding of a code."""
    (found,) = (finding for finding in findings if finding.code == code)
    return found
