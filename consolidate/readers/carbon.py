"""Carbon intensity of power over time: Parquet or CSV with ``timestamp`` and ``carbon_intensity`` [gCO2/kWh]."""

from pathlib import Path

import numpy as np

from consolidate.readers import long, moments, noticed, sources, streams
from consolidate.readers.reading import Options
from models.arrays import Floats, Mask
from models.counting import counted
from models.errors import Finding
from models.series import Series

TIME, VALUE = "timestamp", "carbon_intensity"
MOST = 5_000.0
"""Largest intensity that is taken for one; lignite alone gives about 1,200. [gCO2/kWh]"""


def read(path: Path, options: Options | None = None) -> tuple[Series, tuple[Finding, ...], dict[str, str]]:
    """
    Read a series of carbon intensities, in rising order; with it what was noticed, and the SHA-256 of the file.

    Times are milliseconds or seconds since 1970, times, or text in ISO 8601; without an offset they are UTC. Of two
    values of one moment the last counts. Where one is missing the one before holds on.

    Raises
    ------
    InputError
        With every error found: rows, columns, values, and what was expected.
    """
    findings: list[Finding] = []
    hashes: dict[str, str] = {}
    source = sources.opened(path, options or Options(), findings, hashes)
    columns = _columns(source, findings) if source else None
    noticed.stop_on_errors(findings)
    assert columns is not None
    series = _ordered(*columns, path.name, findings)
    noticed.stop_on_errors(findings)
    assert series is not None
    return series, noticed.capped(findings), hashes


def _columns(source: streams.Source, findings: list[Finding]) -> tuple[Floats, Floats, Mask] | None:
    """Return moments, values, and which rows have one."""
    missing = [name for name in (TIME, VALUE) if name not in source.header]
    for name in missing:
        text = f"Column is missing. Columns found: {', '.join(source.header)[:300]}."
        findings.append(Finding("error", "missing-column", text, source.file, 1, name))
    wrong = [] if missing else list(source.unfit([VALUE]))
    findings += wrong
    if missing or wrong:
        return None
    times, values = [np.empty(0)], [np.empty(0)]
    for batch in source.batches([TIME, VALUE], findings):
        codes, distinct = moments.epochs(batch, TIME, findings)
        times.append(distinct[codes])
        values.append(long.numbers(batch, VALUE, MOST, findings))
    joined = np.concatenate(values)
    return np.concatenate(times), joined, ~np.isnan(joined)


def _ordered(times: Floats, values: Floats, there: Mask, file: str, findings: list[Finding]) -> Series | None:
    """Return the series in order, and tell of what is missing, doubled or out of order."""
    if not there.any():
        findings.append(Finding("error", "empty-file", "Holds no values.", file))
        return None
    if not there.all():
        row = int(np.flatnonzero(~there)[0]) + 2
        text = f"{counted((~there).sum(), 'value is', 'values are')} missing; the one before holds on."
        findings.append(Finding("warning", "missing-value", text, file, row, VALUE, count=int((~there).sum())))
    times, values = times[there], values[there]
    backwards = np.flatnonzero(np.diff(times) < 0)
    if len(backwards):
        text = f"Times go backwards in {counted(len(backwards), 'place')}, and were put in order."
        findings.append(Finding("warning", "unsorted", text, file, int(backwards[0]) + 3, TIME, count=len(backwards)))
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.append(np.diff(times) > 0, True)
    if not last.all():
        text = f"{(~last).sum():,} moments are there again, as when clocks are put back; the last value of each counts."
        findings.append(Finding("warning", "duplicate-moment", text, file, 0, TIME, count=int((~last).sum())))
    findings += _gaps(times[last], file)
    return Series(times[last], values[last])


def _gaps(times: Floats, file: str) -> list[Finding]:
    distances = np.diff(times)
    if not len(distances):
        return []
    usual = float(np.median(distances))
    gaps = np.flatnonzero(distances > 1.5 * usual)
    if not len(gaps):
        return []
    at = np.datetime_as_string(np.datetime64(int(times[gaps[0]]), "s"))
    text = (
        f"{len(gaps):,} gaps are longer than the usual {usual:g} s, the first after {at}Z; the value before holds on."
    )
    return [Finding("warning", "gap", text, file, 0, TIME, count=len(gaps))]
