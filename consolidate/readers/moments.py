"""Moments of readings as UTC seconds since 1970, from numbers, times, or text in ISO 8601."""

import datetime
from dataclasses import replace

import numpy as np

from consolidate.readers import streams
from models.arrays import Floats, Ints
from models.errors import Finding

_YEARS = (0.0, 2**33)
_MILLISECONDS = 1e11
"""Numbers above are no seconds: as such they would be in the year 5138."""
NAIVE = "Times without an offset from UTC are taken to be UTC."


def seconds(batch: streams.Batch, time: str, findings: list[Finding]) -> tuple[Ints, Floats]:
    """Return for each row the place of its moment, and the moments; NaN, with a finding, where it is none."""
    numbers = batch.plain(time)
    if numbers is None:
        codes, distinct = batch.coded(time)
        moments = _read(distinct, batch.file, time, findings)
    else:
        codes, distinct = np.arange(len(numbers)), numbers
        moments = np.where((numbers >= _YEARS[0]) & (numbers <= _YEARS[1]), numbers, np.nan)
    for place in np.flatnonzero(np.isnan(moments)):
        rows = np.flatnonzero(codes == place)
        expected = "UTC seconds since 1970" if time == "time_s" else "a time in ISO 8601"
        row = batch.first_row + int(rows[0])
        found = Finding(
            "error", "time", f"Expected {expected}.", batch.file, row, time, _shown(distinct[place]), len(rows)
        )
        if found not in findings:
            findings.append(found)
    return codes, moments


def epochs(batch: streams.Batch, time: str, findings: list[Finding]) -> tuple[Ints, Floats]:
    """Return the same, of numbers that may be milliseconds, which is told."""
    numbers = batch.plain(time)
    if numbers is None:
        codes, distinct = batch.coded(time)
        texts = [str(value).strip() if value is not None else "" for value in distinct]
        if not texts or not all(text.isdigit() for text in texts):
            return seconds(batch, time, findings)
        numbers = np.asarray([float(text) for text in texts])[codes]
    if len(numbers) and np.nanmin(numbers, initial=np.inf) > _MILLISECONDS:
        told = Finding("info", "unit", "Times are taken for milliseconds since 1970.", batch.file, 0, time)
        findings += [told] if told not in findings else []
        numbers = numbers / 1000
    return seconds(replace(batch, columns={**batch.columns, time: streams.column(numbers)}), time, findings)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.15g}"
    return "" if value is None else str(value)


def _read(distinct: list[object], file: str, time: str, findings: list[Finding]) -> Floats:
    read = [moment(value) for value in distinct]
    told = Finding("info", "time-zone", NAIVE, file, 0, time)
    if any(naive for _, naive in read) and told not in findings:
        findings.append(told)
    return np.asarray([found for found, _ in read], float)


def moment(value: object) -> tuple[float, bool]:
    """
    Return seconds since 1970 of a number or of a time in ISO 8601, NaN if it is none, and whether it lacks an offset.

    >>> moment("1970-01-01T01:05:00+01:00"), moment("1970-01-02"), moment("soon")
    ((300.0, False), (86400.0, True), (nan, False))
    """
    try:
        if isinstance(value, datetime.datetime):
            found = value
        elif isinstance(value, str) and not value.strip().replace(".", "", 1).isdigit():
            found = datetime.datetime.fromisoformat(value.strip())
        else:
            number = float(value)  # type: ignore[arg-type]
            return (number if _YEARS[0] <= number <= _YEARS[1] else np.nan), False
        aware = found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
        return aware.timestamp(), found.tzinfo is None
    except (TypeError, ValueError, OverflowError):
        return float("nan"), False
