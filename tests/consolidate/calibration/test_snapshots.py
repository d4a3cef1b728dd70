"""Snapshots of KVM's counters and of virsh domstats."""

import pytest

from consolidate.calibration import debugfs, domstats
from consolidate.calibration.counts import Counts
from models.errors import Finding

from .samples import coded


def kvm(before: str, after: str, vm: str | None = None) -> tuple[Counts, list[Finding]]:
    """Return what two snapshots of debugfs make."""
    findings: list[Finding] = []
    return debugfs.counts(("before.txt", before), ("after.txt", after), vm, findings), findings


def virsh(before: str, after: str, domain: str | None = None) -> tuple[Counts, list[Finding]]:
    """Return what two snapshots of domstats make."""
    findings: list[Finding] = []
    return domstats.counts(("before.txt", before), ("after.txt", after), domain, findings), findings


def test_plain_counters() -> None:
    """
    What counters rose by is counted; of two kinds of interrupt exits, the sum.

    irq_exits 30 - 10 = 20 and irq_window_exits 5 - 0 = 5: 25. exits 150 - 50 = 100.
    """
    before = "exits 50\nirq_exits 10\nirq_window_exits 0\ninsn_emulation 7\n"
    after = "exits     150\nirq_exits 30\nirq_window_exits 5\ninsn_emulation 9\n"
    found, findings = kvm(before, after)
    assert (found.events, found.totals) == ({"interrupt": 25}, {"exits": 100})
    assert [finding.code for finding in findings] == ["all-vms"]


def test_paths() -> None:
    """Of a tree the only VM is read, neither the sums over all VMs again, nor its vCPUs, nor what holds no counter."""
    text = "/sys/kernel/debug/kvm/7-9/vcpu0/exits:{0}\n/sys/kernel/debug/kvm/7-9/exits:{0}\n"
    text += "/sys/kernel/debug/kvm/exits:{1}\n"
    text += "/sys/kernel/debug/kvm/7-9/mmu_rmaps_stat:Level=4K: 0 1 2\ngrep: x: Permission denied\n"
    found, findings = kvm(text.format(10, 100), text.format(14, 900))
    assert found.totals == {"exits": 4}
    assert findings == []


def test_one_of_several_vms() -> None:
    """A VM is chosen by its folder; without a choice, the sums over all are used and that is told."""
    text = "./7-9/exits:{0}\n./8-9/exits:{1}\n./exits:{2}\n"
    before, after = text.format(1, 1, 2), text.format(4, 6, 10)
    assert kvm(before, after, "8-9")[0].totals == {"exits": 5}
    found, findings = kvm(before, after)
    assert found.totals == {"exits": 8}
    assert coded(findings, "all-vms").severity == "warning"
    assert coded(kvm(before.replace("./exits:2", ""), after.replace("./exits:10", ""))[1], "several-vms")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("exits 10\nhypercalls 0", "exits 12\nhypercalls x", "value"),
        ("exits 10\nhypercalls 5", "exits 12\nhypercalls 4", "backwards"),
        ("exits 10\nhypercalls 5", "exits 9\nhypercalls 4", "backwards"),
        ("exits 10", "exits 10", "still"),
        ("exits 10\nexits 11", "exits 12", "duplicate"),
        ("insn_emulation 1", "insn_emulation 2", "no-counts"),
        ("./7-9/exits:1", "./8-9/exits:4", "restarted"),
    ],
)
def test_wrong_counters(before: str, after: str, code: str) -> None:
    """Counters that fell, did not move, are no numbers or are of another run are one error."""
    findings = kvm(before, after)[1]
    assert [finding.code for finding in findings if finding.severity == "error"] == [code]


def test_a_fallen_counter_is_told() -> None:
    """A counter that went backwards is told with its row, its name and its value."""
    found = coded(kvm("exits 10\nhypercalls 5", "exits 12\nhypercalls 4")[1], "backwards")
    assert (found.file, found.row, found.column, found.value) == ("after.txt", 2, "hypercalls", "4")
    assert "the 5 of before.txt" in found.message


DOMAIN = """\
Domain: '{name}'
  cpu.time={cpu}
  balloon.current=2048
  vcpu.current=2
  vcpu.0.time={cpu}
  vcpu.0.delay={wait}
  vcpu.1.delay={wait}
  vcpu.0.wait=0
  vcpu.0.halt_exits.sum={n}
  net.0.rx.pkts={n}
  net.1.rx.pkts={n}
  net.0.tx.pkts={n}
  net.0.rx.bytes={n}00
  block.0.name=vda
  block.0.rd.reqs={n}
  block.0.wr.reqs={n}
  block.1.name=vda
  block.1.rd.reqs={n}
"""


def domain(name: str, cpu: int, wait: int, n: int) -> str:
    """Return a domain of a snapshot."""
    return DOMAIN.format(name=name, cpu=cpu, wait=wait, n=n)


def test_a_domain() -> None:
    """
    Times are seconds, cards and vCPUs add up, and of the layers of one disk only the first counts.

    n rises by 4: received 4 + 4, sent 4, requests 4 + 4, bytes 400. CPU rises by 3e9 ns = 3 s, waiting by 2 x 0.5 s.
    """
    found, findings = virsh(domain("a", 10**9, 0, 1), domain("a", 4 * 10**9, 5 * 10**8, 5))
    assert found.events == {"halt_wake": 4}
    assert found.totals == {
        "busy_core_s": 3, "vcpu_s": 3, "ready_s": 1, "vcpus": 2, "memory_mib": 2, "rx_packets": 8, "tx_packets": 4,
        "packet_bytes": 400, "requests": 8,
    }  # fmt: skip
    assert findings == []


def test_several_domains() -> None:
    """One domain is chosen by name, or all that are in both snapshots are added up, and that is told."""
    before = domain("a", 0, 0, 1) + domain("b", 0, 0, 1) + domain("gone", 0, 0, 1)
    after = domain("a", 10**9, 0, 2) + domain("b", 2 * 10**9, 0, 3)
    assert virsh(before, after, "b")[0].totals["busy_core_s"] == 2
    found, findings = virsh(before, after)
    assert (found.totals["busy_core_s"], found.totals["vcpus"]) == (3, 4)
    assert coded(findings, "one-snapshot").value == "gone"
    assert coded(findings, "all-domains").count == 2


def test_other_headings() -> None:
    """The heading is read in other languages, without quotes, and not at all if there is none."""
    for heading in ("Domäne: 'a'", "Domain: a", ""):
        text = heading + "\ncpu.time={}000000000\n"
        assert virsh(text.format(1), text.format(3))[0].totals == {"busy_core_s": 2}


def test_an_unknown_domain() -> None:
    """A domain that is not there is an error in each file, with a hint."""
    findings = virsh(domain("web-01", 0, 0, 1), domain("web-01", 1, 0, 2), "web-1")[1]
    assert [(item.file, item.code) for item in findings] == [
        ("before.txt", "unknown-domain"),
        ("after.txt", "unknown-domain"),
    ]
    assert "'web-01'" in findings[0].message


def test_swapped_snapshots() -> None:
    """Snapshots in the wrong order are one error that says so."""
    findings = virsh(domain("a", 9, 9, 5), domain("a", 1, 1, 1))[1]
    assert "swapped" in coded(findings, "backwards").message
