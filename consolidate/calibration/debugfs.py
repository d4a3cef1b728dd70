"""KVM's counters in ``/sys/kernel/debug/kvm``, as ``name value`` or as ``grep -r .`` prints them."""

import re
from collections.abc import Mapping

from consolidate.calibration import lines
from consolidate.calibration.counts import Counts, counters, is_counter
from consolidate.calibration.snapshots import Snapshot, Text, check, rises
from models.errors import Finding

KIND = "debugfs"
_FLAT = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]{0,99})\s+(\S+)\s*")
_PATH = re.compile(r"\s*((?:[^/:]*/)*)([A-Za-z][A-Za-z0-9_]{0,99}):\s*(\S*)\s*")
_VM = re.compile(r"[0-9]+-[0-9]+")


def counts(before: Text, after: Text, vm: str | None, findings: list[Finding]) -> Counts:
    """
    Return what the counters rose by between two snapshots.

    Parameters
    ----------
    before, after
        File names and texts.
    vm
        Folder of the VM, such as ``4242-14``; if there is none of that name: the only VM, else all together.
    findings
        Takes what is wrong or worth knowing.
    """
    earlier, later = _scopes(before, findings), _scopes(after, findings)
    scope = _chosen(later, vm, after[0], findings)
    files = before[0], after[0]
    if scope not in earlier:
        text = f"VM {scope} is not in {before[0]}; both snapshots must be of the same run of the VM."
        findings.append(Finding("error", "restarted", text, after[0]))
        return Counts(KIND, after[0])
    changes = rises(earlier[scope], later[scope], is_counter, files, findings)
    check(changes.values(), "exits, halt_exits, io_exits, irq_exits, hypercalls", files, findings)
    events, reasons, totals = counters(changes)
    return Counts(KIND, after[0], before[0], events, {}, reasons, totals)


def _scopes(snapshot: Text, findings: list[Finding]) -> dict[str, dict[str, tuple[str, int]]]:
    """Return the counters by VM; the ones of no VM, which are sums over all, under an empty name."""
    scopes: dict[str, dict[str, tuple[str, int]]] = {"": {}}
    for row, line in lines.numbered(snapshot[1], snapshot[0], findings):
        name, folder, value = _cells(line)
        if not is_counter(name) or folder.startswith("vcpu"):
            continue
        scope = scopes.setdefault(folder if _VM.fullmatch(folder) else "", {})
        if name in scope:
            text = f"Is in row {scope[name][1]} already."
            findings.append(Finding("error", "duplicate", text, snapshot[0], row, name, value))
        scope[name] = value, row
    return scopes


def _cells(line: str) -> tuple[str, str, str]:
    """Return the name, the folder and the value of a line; empty if it is none."""
    if found := _FLAT.fullmatch(line):
        return found[1], "", found[2]
    if found := _PATH.fullmatch(line):
        return found[2], found[1].rstrip("/").rpartition("/")[2], found[3]
    return "", "", ""


def _chosen(scopes: Mapping[str, Snapshot], vm: str | None, file: str, findings: list[Finding]) -> str:
    """Return the VM that is asked for, else the only one, else none, which is all together."""
    vms = [name for name in scopes if name]
    if vm is not None and vm in vms:
        return vm
    if len(vms) == 1:
        return vms[0]
    if vms and not scopes[""]:
        text = f"Holds {len(vms):,} VMs and no sums over them; say which with --domain, by the name of its folder."
        findings.append(Finding("error", "several-vms", text, file, value=vms[0]))
    text = "Counts all VMs of the host together."
    findings.append(Finding("warning" if vms else "info", "all-vms", text, file, count=max(1, len(vms))))
    return ""
