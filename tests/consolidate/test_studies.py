from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.studies import Studied, study, task
from consolidate.what_if.executors import executor
from models.errors import InputError
from models.rules import Rule
from models.tables import SCENARIO_METRICS, STUDY

AXES = "axes: {limits.cpu_ceiling: [0.7, 0.8], limits.spare_hosts: [0, 1]}"


def planner(reading: Reading, settings: Settings, rules: Sequence[Rule]) -> Mapping[str, Any]:
    """Plan in the simplest way: a ceiling of 70 % with a spare host has no solution, the rest saves by its seed."""
    infeasible = settings.limits.cpu_ceiling == 0.7 and settings.limits.spare_hosts == 1
    hosts, seed = len(reading.inventory.hosts), settings.search.seed
    return {
        "status": "infeasible" if infeasible else "optimal",
        "vms": len(reading.inventory.vms),
        "hosts_bought": 0,
        "gap": 0.0,
        "carbon_after_kg_year": 40.0,
        "hosts_before": hosts,
        "hosts_after": hosts if infeasible else 1 + settings.limits.spare_hosts,
        "hosts_bound": 1,
        "moves": len(rules),
        "makespan_s": 60.0,
        "power_before_w": 300.0,
        "power_after_w": 100.0,
        "saving_eur_year": 0.0 if infeasible else 100.0 * settings.limits.cpu_ceiling + seed,
        "once_eur": 10.0,
        "payback_months": None if infeasible else 2.0,
        "violations_after": 0,
        "cost_after_eur_year": 1000.0 - (0.0 if infeasible else 100.0 * settings.limits.cpu_ceiling + seed),
        "overhead_mhz": 5.0,
        "ready_share_max": None,
        "overload_share_max": None,
        "seconds": 0.0,
        "verdict": "not a column",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write an estate of two hosts and one VM, beside which the study's file goes."""
    estate = tmp_path / "estate"
    estate.mkdir()
    (estate / "hosts.csv").write_text("host,cores,cpu_mhz,memory_mib\na,8,2000,8192\nb,8,2000,8192\n")
    (estate / "vms.csv").write_text("vm,host,vcpus,memory_mib\nv,a,1,1024\n")
    return tmp_path


def written(folder: Path, *lines: str) -> Path:
    """Write the study's file."""
    path = folder / "study.yaml"
    path.write_text("\n".join(("inventory: estate", *lines)))
    return path


def computed(path: Path, where: str) -> Studied:
    """Return the study, computed there."""
    with executor(where) as pool:
        return study(path, pool, planner=planner)


def timeless(found: Studied, place: Path) -> list[bytes]:
    """Return the bytes of each table as Parquet, without columns of times."""
    place.mkdir()
    for name, table in found.tables.items():
        kept = [column for column in table if "seconds" not in str(column)]
        table[kept].to_parquet(place / name, index=False)
    return [(place / name).read_bytes() for name in found.tables]


def test_rows_in_the_order_of_the_axes(folder: Path) -> None:
    """Two axes of two values and two seeds are eight rows, the seed first to change, then the last axis."""
    table = computed(written(folder, AXES, "seeds: [1, 2]"), "serial").tables["scenarios"]
    axes = ["axis.limits.cpu_ceiling", "axis.limits.spare_hosts"]
    assert list(table.columns) == axes + list(SCENARIO_METRICS)
    assert table["axis.limits.cpu_ceiling"].tolist() == [0.7] * 4 + [0.8] * 4
    assert table["axis.limits.spare_hosts"].tolist() == [0, 0, 1, 1] * 2
    assert table["seed"].tolist() == [1, 2] * 4
    assert table["scenario"][0] == "limits.cpu_ceiling=0.7, limits.spare_hosts=0"


def test_an_infeasible_scenario_is_a_row(folder: Path) -> None:
    """It has its status, and no payback; the best scenario is one of the others: 100 × 0.8 + 1 = 81 EUR."""
    found = computed(written(folder, AXES), "serial")
    table = found.tables["scenarios"]
    assert table["status"].tolist() == ["optimal", "infeasible", "optimal", "optimal"]
    assert table["payback_months"].isna().tolist() == [False, True, False, False]
    assert list(found.summary) == list(STUDY)
    assert (found.summary["infeasible"], found.summary["best_saving_eur_year"]) == (1, 81.0)
    assert found.summary["best_scenario"] == "limits.cpu_ceiling=0.8, limits.spare_hosts=0"


def test_all_infeasible(folder: Path) -> None:
    """A study without a solution says so."""
    found = computed(written(folder, "settings: {limits: {cpu_ceiling: 0.7, spare_hosts: 1}}"), "serial")
    assert found.summary["best_scenario"] == ""
    assert "none can be carried out" in found.summary["verdict"]


@pytest.mark.parametrize("where", ["processes:2", "dask:local"])
def test_executors_find_the_same(folder: Path, where: str) -> None:
    """Two spawned processes, and a Dask cluster, give the bytes that computing in place gives, but for seconds."""
    if where.startswith("dask"):
        pytest.importorskip("distributed")
    path = written(folder, AXES)
    here, there = computed(path, "serial"), computed(path, where)
    assert timeless(here, folder / "here") == timeless(there, folder / "there")
    assert here.summary == there.summary


def test_files_are_found_from_the_studys_file(folder: Path) -> None:
    """Rules are read from the file named, and given to the planner."""
    (folder / "rules.yaml").write_text("- ban: {vms: [v], hosts: [b]}\n")
    table = computed(written(folder, "rules: rules.yaml"), "serial").tables["scenarios"]
    assert table["moves"].tolist() == [1]
    assert table["scenario"].tolist() == ["as it is"]


def test_progress(folder: Path) -> None:
    """It is called once a plan."""
    seen: list[tuple[int, int]] = []
    with executor("serial") as pool:
        study(written(folder, AXES), pool, lambda done, total: seen.append((done, total)), planner=planner)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_failure_ends_the_study(folder: Path) -> None:
    """What a planner raises is raised again."""
    with executor("serial") as pool, pytest.raises(KeyError, match="no such plan"):
        study(written(folder, AXES), pool, planner=_failing)


def _failing(reading: Reading, settings: Settings, rules: Sequence[Rule]) -> Mapping[str, Any]:
    raise KeyError("no such plan")


def test_scenarios_are_counted(folder: Path) -> None:
    """Two values, three values, two seeds: twelve scenarios."""
    path = written(folder, "axes: {limits.cpu_ceiling: [0.7, 0.8], demand.growth: [1, 1.1, 1.2]}", "seeds: [1, 2]")
    assert len(task(path).points) == 12


def test_everything_wrong_is_told_at_once(folder: Path) -> None:
    """An unknown setting, a value out of range, a value twice, and a missing file."""
    axes = "axes: {limits.cpu: [1], limits.cpu_ceiling: [0.8, 7], limits.spare_hosts: [1, 1]}"
    with pytest.raises(InputError) as caught:
        task(written(folder, axes, "rules: none.yaml"))
    assert [(finding.column, finding.value.rpartition("/")[2]) for finding in caught.value.findings] == [
        ("rules", "none.yaml"),
        ("axes.limits.spare_hosts", "1"),
        ("axes.limits.cpu", "1"),
        ("axes.limits.cpu_ceiling", "7"),
    ]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("axis: {}", "axis: Is unknown. Did you mean 'axes'?"),
        ("axes: {limits.cpu_ceiling: []}", "a list of at least 1"),
        ("axes: {search.seed: [1]}", "Seeds are given under 'seeds'"),
        ("seeds: [1, 1]", "A seed is there twice"),
        ("settings: {limits: {cpu: 1}}", "settings.limits.cpu"),
        ("settings: [", "Is not YAML"),
    ],
)
def test_wrong_files(folder: Path, line: str, text: str) -> None:
    """Each is an input error that names the study's file."""
    with pytest.raises(InputError, match=text) as caught:
        task(written(folder, line))
    assert "study.yaml" in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    """A study that is not there is an input error."""
    with pytest.raises(InputError, match="Does not exist"):
        task(tmp_path / "study.yaml")
