"""Two snapshots of counters, before and after, and what each rose by."""

from collections.abc import Callable, Collection, Mapping

from consolidate.calibration import lines
from models.errors import Finding

Snapshot = Mapping[str, tuple[str, int]]
"""Texts of counters and the rows that they stand in, by name."""
Text = tuple[str, str]
"""The name of a file and its text."""


def rises(
    before: Snapshot, after: Snapshot, wanted: Callable[[str], bool], files: tuple[str, str], findings: list[Finding]
) -> dict[str, float]:
    """Return what each counter that is wanted rose by; one that fell, or is no number, is an error."""
    found: dict[str, float] = {}
    fallen = []
    for name in (name for name in after if wanted(name)):
        later = _value(name, after[name], files[1], findings)
        if name not in before:
            message = "Is not in the snapshot before, so it is not used."
            findings.append(Finding("warning", "new-counter", message, files[1], after[name][1], name))
            continue
        earlier = _value(name, before[name], files[0], findings)
        if earlier is None or later is None:
            continue
        if later < earlier:
            fallen.append(_fallen(name, earlier, after[name], files))
        else:
            found[name] = float(later - earlier)
    findings += fallen if any(found.values()) or len(fallen) < 2 else [_swapped(len(fallen), files)]
    gone = [name for name in before if wanted(name) and name not in after]
    message = f"Is not in the snapshot after, {files[1]}, so it is not used."
    findings += [Finding("warning", "gone-counter", message, files[0], before[name][1], name) for name in gone]
    return found


def last(after: Snapshot, name: str, file: str, findings: list[Finding]) -> float | None:
    """Return a value as it stands in the later snapshot, if it does."""
    return _value(name, after[name], file, findings) if name in after else None


def _value(name: str, cell: tuple[str, int], file: str, findings: list[Finding]) -> int | None:
    value = lines.whole(cell[0])
    if value is None:
        message = "Expected a whole number, at most 20 digits without separators."
        findings.append(Finding("error", "value", message, file, cell[1], name, cell[0] or "nothing"))
    return value


def _fallen(name: str, earlier: int, cell: tuple[str, int], files: tuple[str, str]) -> Finding:
    message = f"Is less than the {earlier:,} of {files[0]}; was the VM restarted meanwhile?"
    return Finding("error", "backwards", message, files[1], cell[1], name, cell[0])


def _swapped(count: int, files: tuple[str, str]) -> Finding:
    message = f"All {count:,} counters are less than in {files[0]}: are the two files swapped, or was the VM restarted?"
    return Finding("error", "backwards", message, files[1], count=count)


def check(rises: Collection[float], examples: str, files: tuple[str, str], findings: list[Finding]) -> None:
    """Find that there are no counters in both snapshots, or that none of them rose; not after other errors in them."""
    if any(finding.severity == "error" and finding.file in files for finding in findings):
        return
    if not rises:
        text = f"Has none of the counters {examples}, … in both snapshots."
        findings.append(Finding("error", "no-counts", text, files[1]))
    elif not any(rises):
        findings.append(Finding("error", "still", "No counter rose; are both files of the same moment?", files[1]))
