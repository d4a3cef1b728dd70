"""Reading a result folder back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboards.results import CONTRACTS, load
from models.tables import COSTS, HEAT, HOSTS, OVERHEAD, REHEARSAL, SIMULATION, SUMMARY
from tests.dashboards import factory


def test_names_come_back_exactly(tmp_path: Path) -> None:
    """A name that looks like a formula, a quotation or a tag is read as it was, less the one guarding apostrophe."""
    results = load(factory.hostile(tmp_path / "plan"))
    assert tuple(results.tables["hosts"]["host"][: len(factory.HOSTILE)]) == factory.HOSTILE


@pytest.mark.parametrize(
    "make", [factory.usual, factory.overhead, factory.overhead_alone, factory.simulate, factory.rehearsal]
)
def test_dtypes_are_the_contract_s(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """Every column has the dtype that the contract says, from CSV as from Parquet, and where the table is absent."""
    results = load(make(tmp_path / "result"))
    for name, contract in CONTRACTS[results.command].items():
        found = {str(column): str(dtype) for column, dtype in results.tables[name].dtypes.items()}
        assert found == {column: spec.dtype for column, spec in contract.items()}, name


def test_absent_tables_are_empty(tmp_path: Path) -> None:
    """A summary alone is a result folder; its tables are empty and have their columns."""
    results = load(factory.write(tmp_path / "plan", factory.summary(), {}))
    assert len(results.tables["costs"]) == 0
    assert list(results.tables["costs"]) == list(COSTS)


def test_absent_heat_is_empty(tmp_path: Path) -> None:
    """A simulation without its table of heat is read, and the table has its columns."""
    folder = factory.simulate(tmp_path / "simulation", steps=3)
    (folder / "heat.parquet").unlink()
    assert list(load(folder).tables["heat"]) == list(HEAT)


def test_simulations_of_a_plan_are_read(tmp_path: Path) -> None:
    """A plan's folder may hold simulations before and after; without them there are none."""
    folder = factory.both(tmp_path / "plan", steps=3)
    assert [each.command for each in load(folder).simulated.values()] == ["simulate"] * 2
    assert dict(load(folder / "after").simulated) == {}
    (folder / "before" / "summary.json").unlink()
    assert list(load(folder).simulated) == ["after"]


def test_a_plan_within_a_plan_is_refused(tmp_path: Path) -> None:
    """What lies before or after must be a simulation; the error names its summary."""
    folder = factory.usual(tmp_path / "plan")
    factory.usual(folder / "before")
    with pytest.raises(ValueError, match=r"before.summary\.json: command is 'plan'; expected one of simulate"):
        load(folder)


def test_a_missing_count_is_not_a_zero(tmp_path: Path) -> None:
    """An empty cell in a column of whole numbers is read as not known."""
    folder = factory.usual(tmp_path / "plan")
    lines = (folder / "hosts.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[list(HOSTS).index("cores")] = ""
    (folder / "hosts.csv").write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8")
    assert load(folder).tables["hosts"]["cores"].isna().tolist() == [True] + [False] * 23


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("summary.json", None, r"summary\.json: cannot be read, so this is no result folder"),
        ("summary.json", "{", r"summary\.json: is not JSON"),
        ("summary.json", "[]", r"summary\.json: holds no JSON object"),
        ("summary.json", '{"command": "cook"}', r"command is 'cook'; expected one of plan, simulate, study"),
        ("summary.json", '{"command": "plan", "schema_version": 99}', r"schema_version 99 is newer than 6"),
        ("costs.csv", "item,note\nenergy,\n", r"costs\.csv: lacks the columns before_eur_year"),
        ("moves.csv", "", r"moves\.csv: cannot be read"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, file: str, text: str | None, message: str) -> None:
    """A folder that is no result folder, or breaks the contract, is an error that names the file."""
    folder = factory.usual(tmp_path / "plan")
    (folder / file).unlink()
    if text is not None:
        (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load(folder)


def test_a_word_among_numbers_is_refused(tmp_path: Path) -> None:
    """A cell that is no number is an error that names file and column."""
    folder = factory.usual(tmp_path / "plan")
    text = (folder / "costs.csv").read_text(encoding="utf-8").replace("16600.0", "plenty")
    (folder / "costs.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"costs\.csv: column before_eur_year: .*plenty"):
        load(folder)


def test_a_manifest_may_be_missing(tmp_path: Path) -> None:
    """Without a manifest the result is read all the same."""
    folder = factory.usual(tmp_path / "plan")
    (folder / "manifest.json").unlink()
    assert load(folder).manifest == {}


def test_a_study_keeps_its_axes(tmp_path: Path) -> None:
    """Columns beyond the contract, such as a study's axes, are kept in their place."""
    columns = list(load(factory.study(tmp_path / "study")).tables["scenarios"])
    assert columns[:3] == ["axis.limits.cpu_ceiling", "axis.limits.spare_hosts", "scenario"]


def test_summary_is_the_contract_s(tmp_path: Path) -> None:
    """The made-up summaries have a value for every key of the contract."""
    made = ((factory.usual, SUMMARY), (factory.overhead, OVERHEAD), (factory.simulate, SIMULATION))
    for make, contract in (*made, (factory.rehearsal, REHEARSAL)):
        summary = json.loads((make(tmp_path / make.__name__) / "summary.json").read_text(encoding="utf-8"))
        assert set(summary) == set(contract)


def test_what_is_not_counted_is_nan(tmp_path: Path) -> None:
    """An event without a rate is read as not known; one that costs nothing is a zero."""
    costs = load(factory.overhead(tmp_path / "overhead")).tables["event_costs"]
    assert costs.loc[costs["event"] == "disk", "rate_ps"].isna().all()
    assert (costs["guest_mhz"] == 0).any()
