"""Our own table of readings, in long or wide form, as a trace: the VMs are those that it names."""

from pathlib import Path

from consolidate.readers import long, sources, streams, usage, wide
from consolidate.readers.reading import Options
from consolidate.readers.traces.traced import Traced, TraceOptions, always, unsized
from models.errors import Finding
from models.inventory import Vms


def read(path: Path, options: TraceOptions, findings: list[Finding], hashes: dict[str, str]) -> Traced | None:
    """Read a table of readings; without a result there is an error."""
    given = Options(delimiter=options.delimiter, decimal=options.decimal, encoding=options.encoding)
    source = sources.opened(path, given, findings, hashes)
    if source is None:
        return None
    if wide.is_wide(source.header):
        called = list(source.header[1:])
        rows = {name: row for row, name in enumerate(called)}
        found = wide.series(source, rows, len(rows), options.unit, findings, limit_mib=options.in_memory_mib)
    else:
        called, found = _long(source, options, findings)
    return None if found is None else of_series(unsized(called), found)


def _long(
    source: streams.Source, options: TraceOptions, findings: list[Finding]
) -> tuple[list[str], long.Series | None]:
    named = long.columns(source.header, source.file, findings)
    if named is None:
        return [], None
    called = long.vms(source, findings)
    if any(finding.severity == "error" for finding in findings):
        return [], None
    rows = {name: row for row, name in enumerate(called)}
    return called, long.series(source, named, rows, len(rows), findings, limit_mib=options.in_memory_mib)


def of_series(vms: Vms, found: long.Series) -> Traced:
    """Return a trace of VMs that are always there."""
    kept = {name: usage.kept(matrix) for name, matrix in found.matrices.items()}
    unit = "percent" if "cpu_percent" in kept else "mhz"
    readings = kept.pop("cpu_percent" if unit == "percent" else "cpu_mhz")
    return Traced(vms, readings, unit, found.grid.start_s, found.grid.step_s, **always(len(vms)), **kept)
