"""Carbon intensity over time."""

from pathlib import Path

import pandas as pd
import pytest

from consolidate.readers import carbon
from models.errors import Finding, InputError
from models.series import Series
from tests.consolidate.readers.inventories import codes, only
from tests.consolidate.readers.traces.samples import SHARED, published


def read(path: Path, text: str) -> tuple[Series, tuple[Finding, ...]]:
    """Read a CSV file with the rows given."""
    file = path / "carbon.csv"
    file.write_text("timestamp,carbon_intensity\n" + text, encoding="utf-8")
    series, findings, hashes = carbon.read(file)
    assert list(hashes) == ["carbon.csv"]
    return series, findings


@pytest.mark.parametrize(
    ("times", "told"),
    [
        (("3600000000", "7200000000"), []),
        (("1970-02-11T16:00:00Z", "1970-03-25T08:00:00Z"), []),
        (("1970-02-11T17:00:00+01:00", "1970-03-25T08:00:00+00:00"), []),
        (("1970-02-11 16:00:00", "1970-03-25 08:00:00"), ["time-zone"]),
    ],
)
def test_times(tmp_path: Path, times: tuple[str, str], told: list[str]) -> None:
    """Seconds and ISO 8601 give the same; day 41 at 16:00 is 3,600,000 s. Below 1e11 a number is seconds."""
    if times[0].isdigit():
        times = ("3600000", "7200000")
    series, findings = read(tmp_path, f"{times[0]},100\n{times[1]},200.5\n")
    assert (series.start_s.tolist(), series.values.tolist()) == ([3_600_000, 7_200_000], [100, 200.5])
    assert codes(findings) == told


def test_milliseconds(tmp_path: Path) -> None:
    """Numbers that would be in the year 56000 as seconds are milliseconds, which is told."""
    series, findings = read(tmp_path, "1704063600000,1\n1704064500000,2\n")
    assert series.start_s.tolist() == [1704063600, 1704064500]
    assert codes(findings) == ["unit"]


def test_doubts(tmp_path: Path) -> None:
    """Rows out of order, an hour twice, a gap and a missing value are told; the value before holds on."""
    rows = "0,1\n3600,2\n10800,4\n7200,3\n7200,5\n14400,\n18000,6\n32400,7\n36000,8\n39600,9\n43200,10\n"
    series, findings = read(tmp_path, rows)
    assert series.at([7200, 14400, 30000]).tolist() == [5, 4, 6]
    assert sorted(codes(findings)) == ["duplicate-moment", "gap", "missing-value", "unsorted"]
    assert only(findings, "gap").count == 2


def test_faults(tmp_path: Path) -> None:
    """Text, negatives and times that are none are errors with their rows, all at once."""
    with pytest.raises(InputError) as error:
        read(tmp_path, "2024-01-01T00:00Z,1\nsoon,2\n2024-01-01T01:00Z,-5\n")
    assert {(item.row, item.column, item.value) for item in error.value.findings} == {
        (3, "timestamp", "soon"),
        (4, "carbon_intensity", "-5"),
    }
    with pytest.raises(InputError, match="Expected a number"):
        read(tmp_path, "2024-01-01T00:00Z,dirty\n")


def test_missing(tmp_path: Path) -> None:
    """A file without the columns, without rows, or that is not there, is an error."""
    (tmp_path / "a.csv").write_text("when,what\n1,2\n")
    with pytest.raises(InputError) as error:
        carbon.read(tmp_path / "a.csv")
    assert [item.column for item in error.value.findings] == ["timestamp", "carbon_intensity"]
    with pytest.raises(InputError):
        read(tmp_path, "")
    with pytest.raises(InputError, match="Does not exist"):
        carbon.read(tmp_path / "b.csv")


def test_parquet_of_milliseconds(tmp_path: Path) -> None:
    """Whole numbers in Parquet are milliseconds too."""
    frame = pd.DataFrame({"timestamp": [1704063600000, 1704067200000], "carbon_intensity": [1.0, 2.0]})
    frame.to_parquet(tmp_path / "c.parquet", index=False)
    assert carbon.read(tmp_path / "c.parquet")[0].start_s.tolist() == [1704063600, 1704067200]


@published
def test_the_published_year() -> None:
    """The Netherlands in 2024, every 15 minutes without a gap; the mean over all is that of the values."""
    series, findings, _ = carbon.read(SHARED / "traces" / "carbon" / "2024_NL_carbon_intensity.parquet")
    assert (len(series), codes(findings)) == (35_132, ["time-zone"])
    assert series.mean(series.start_s[0], series.start_s[-1] + 900) == pytest.approx(series.values.mean())
