"""
The cost model against published measurements: ``python -m tests.validation.overheads [CSV …] [--out FILE] [--page]``.

Without files: the shared calibration rows, where they are, and the further rows beside this module. Prints CSV, or
writes it to a file; ``--page`` writes ``docs/validation.md`` anew.
"""

import argparse
import csv
import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from models.overhead import predict
from tests.validation import simulation_page
from tests.validation.cases import Case, case

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "validation.md"
COLUMNS = (
    "id", "workload", "technology", "metric", "unit", "measured", "predicted", "error", "within", "counted", "fixed",
    "source",
)  # fmt: skip


def shared() -> Path:
    """Return the shared calibration file, which may not be there; the variable CONSOLIDATE_DATA says where data are."""
    data = os.environ.get("CONSOLIDATE_DATA")
    folder = Path(data) if data else HERE.parents[2] / "shared" / "data"
    return folder / "overheads" / "calibration.csv"


FURTHER = HERE / "further.csv"


@dataclass(frozen=True)
class Verdict:
    """
    One row, predicted.

    Parameters
    ----------
    row, case
        The row, and the call that it became.
    predicted
        What the call returned.
    fixed
        The number of the catalog that this row fixed, so that it proves nothing; empty: it counts.
    """

    row: Mapping[str, str]
    case: Case
    predicted: float
    fixed: str

    @property
    def counts(self) -> bool:
        """Whether the row is proof: it fixed nothing, and is not beyond what the model claims."""
        return not self.fixed and self.row.get("set") != "beyond"

    @property
    def measured(self) -> float:
        """What was measured; NaN where it is not told."""
        return float(self.row["value"]) if self.row.get("value") else float("nan")

    @property
    def error(self) -> float:
        """Prediction over measurement, less 1."""
        return self.predicted / self.measured - 1

    @property
    def within(self) -> bool:
        """Whether the prediction is within the row's tolerance; a bound must not be exceeded."""
        if "bound=upper" in self.row["inputs"] and self.case.tolerance == 0:
            return self.predicted <= self.measured
        off = abs(self.predicted - self.measured)
        return off <= self.case.tolerance * (1.0 if self.case.absolute else abs(self.measured)) + 1e-12


def fixed() -> Mapping[str, str]:
    """Return what each row fixed in the catalog, by its id."""
    with (HERE / "fixed.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["fixed"] for row in csv.DictReader(file)}


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file with the columns of the calibration file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def verdict(row: Mapping[str, str], known: Mapping[str, str]) -> Verdict:
    """Return the prediction of a row; NaN where the model has no such metric."""
    call = case(row)
    found = predict(call.workload, call.technology, call.microarchitecture, **call.inputs)
    return Verdict(row, call, found.get(call.metric, float("nan")), known.get(row["id"], ""))


def verdicts(paths: Iterable[Path]) -> list[Verdict]:
    """Return the predictions of all rows of the files."""
    known = fixed()
    return [verdict(row, known) for path in paths for row in rows(path)]


def mean_error(found: Iterable[Verdict]) -> float:
    """Return the mean absolute relative error."""
    errors = [abs(each.error) for each in found]
    return sum(errors) / len(errors) if errors else float("nan")


def table(found: Sequence[Verdict]) -> str:
    """Return the rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in found:
        own = [each.row[name] for name in ("id", "workload", "technology", "metric", "unit")]
        told = [f"{each.measured:.6g}", f"{each.predicted:.6g}", f"{each.error:+.4f}", each.within, each.counts]
        writer.writerow([*own, *told, each.fixed, each.row["source"]])
    return text.getvalue()


def page(found: Sequence[Verdict]) -> str:
    """Return the page on validation."""
    counted = [each for each in found if each.counts]
    told = {
        "rows": len(found),
        "counted": len(counted),
        "error": _percent(mean_error(counted)),
        "given": sum(each.row["id"].startswith("VC") for each in counted),
        "given_error": _percent(mean_error(each for each in counted if each.row["id"].startswith("VC"))),
        "beyond": sum(not each.counts and not each.fixed for each in found),
        "all_error": _percent(mean_error(each for each in found if not each.fixed)),
        "worst": "; ".join(f"{each.row['id']} ({each.error:+.0%})" for each in _worst(counted)),
    }
    head = Template((HERE / "page.md").read_text(encoding="utf-8")).substitute(told)
    lines = ["| row | workload | technology | metric | measured | predicted | error | counted | source |",
             "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    return head + "\n".join([*lines, *(_line(each) for each in found)]) + "\n\n" + simulation_page.section()


def _line(each: Verdict) -> str:
    cells = [
        each.row["id"], each.row["workload"], each.row["technology"], each.row["metric"],
        f"{each.measured:.5g} {each.row['unit'].partition(' (')[0]}", f"{each.predicted:.5g}", f"{each.error:+.1%}",
        f"no: {each.fixed}" if each.fixed else "yes" if each.counts else "no: beyond the model", each.row["source"],
    ]  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _worst(counted: Sequence[Verdict]) -> list[Verdict]:
    return sorted(counted, key=lambda each: -abs(each.error))[:5]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print or write the table, or the page."""
    parser = argparse.ArgumentParser(description="Predict published measurements of virtualization overhead.")
    parser.add_argument("files", nargs="*", type=Path, help="CSV with the columns of the calibration file")
    parser.add_argument("--out", type=Path, help="file for the table")
    parser.add_argument("--page", action="store_true", help="write docs/validation.md")
    given = parser.parse_args(arguments)
    paths = given.files or [path for path in (shared(), FURTHER) if path.is_file()]
    found = verdicts(paths)
    if given.page:
        PAGE.write_text(page(found), encoding="utf-8")
    if given.out is not None:
        given.out.write_text(table(found), encoding="utf-8")
    elif not given.page:
        sys.stdout.write(table(found))
    counted = [each for each in found if each.counts]
    sys.stderr.write(
        f"{len(found)} rows, {len(counted)} of them counted; mean absolute error {mean_error(counted):.1%}\n"
    )


if __name__ == "__main__":
    main()
