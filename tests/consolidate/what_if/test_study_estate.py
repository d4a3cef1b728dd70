"""What a study names that its estate does not have: told with all the rest before anything is computed."""

from pathlib import Path

import pytest

from consolidate.commands.terminal import scenario_lines
from consolidate.studies import study, task
from consolidate.what_if.executors import executor
from models.errors import Finding, InputError
from tests.consolidate.attack.commands import refused
from tests.consolidate.test_study_runs import picky

HOSTS = "host,cores,cpu_mhz,memory_mib,model,rack\na,8,2000,65536,old,r1\nb,8,2000,65536,old,r1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write an estate of two hosts of one rack and one model, and one VM."""
    estate = tmp_path / "estate"
    estate.mkdir()
    (estate / "hosts.csv").write_text(HOSTS)
    (estate / "vms.csv").write_text("vm,host,vcpus,memory_mib\nv,a,1,1024\n")
    return tmp_path


def wrong(folder: Path, *lines: str) -> list[Finding]:
    """Return what is wrong with a study."""
    path = folder / "study.yaml"
    path.write_text("\n".join(("inventory: estate", *lines)))
    with pytest.raises(InputError) as caught:
        task(path)
    return list(caught.value.findings)


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("axes: {loss.hosts: [[a, y, z], 3, 2]}", ["y", "z", "3 are to be lost of 2 hosts"]),
        ("axes: {loss.racks: [2, r9, r1, 1.5, true]}", ["many", "many", "2 are to be lost", "rack:r9"]),
        ("axes: {hardware.replace: [old -> new, A -> B]}", ["'new'", "'A'", "'B'"]),
        ("axes: {hardware.replace: ['->']}", ["Expected 'OLD -> NEW'"]),
        ("settings: {estate: {drain: [c]}, overhead: {vms: [w]}, migration: {may_stop: [x]}}", ["'c'", "'w'", "'x'"]),
        ("scenarios: [{estate.drain: [c]}, {loss.hosts: c}]", ["'c'", "'c'"]),
    ],
)  # fmt: skip
def test_names_that_the_estate_does_not_have(folder: Path, line: str, places: list[str]) -> None:
    """Each value that a scenario would fail for is told, with the line and the key path of where it is written."""
    found = wrong(folder, line)
    assert len(found) == len(places)
    for finding, place in zip(found, places, strict=True):
        assert place in finding.message
        assert (finding.file, finding.row) == ("study.yaml", 2)
        assert finding.column.startswith(("axes.", "settings.", "scenarios."))
        assert finding.value


def test_policies_and_their_options(folder: Path) -> None:
    """A policy's name, and options as they are combined, are checked; an option fits by the part that is chosen."""
    named = wrong(folder, "policy: nope", "axes: {policy.fill: [0.5]}")
    assert [(each.row, each.column) for each in named] == [(2, "policy")]
    given = wrong(
        folder,
        "policy: consolidate",
        "policy_options: {detection.safety: many, x: 1}",
        "axes: {policy.detection: [iqr, thr]}",
    )
    assert [each.column for each in given] == ["policy_options.detection.safety", "policy_options.x"] * 1 + [
        "policy_options.detection.safety"
    ]
    assert "known are detection.share" in given[-1].message


def test_two_scenarios_of_one_name(folder: Path) -> None:
    """Named, or with the same values: their rows could not be told apart."""
    found = wrong(folder, "scenarios: [{name: x}, {limits.spare_hosts: 1}, {name: x}, {limits.spare_hosts: 1}]")
    assert [(each.column, each.value) for each in found] == [
        ("scenarios.2.name", "x"), ("scenarios.3.name", "limits.spare_hosts=1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "columns"),
    [
        (["sample: {points: 4}", "axes: {limits.spare_hosts: [0, 1]}", "seeds: [1, 2]", "repeats: 3"], ["repeats"]),
        (["run: both", "held_back_days: 99"], ["held_back_days"]),
        (["axes: {demand.growth: {from: 1, to: 2, values: 100001}}"], ["axes"]),
        (["scenarios: [{name: null}, {name: [a]}, {name: 7}]"], ["scenarios.0.name", "scenarios.1.name"]),
    ],
)
def test_keys_that_do_not_go_together(folder: Path, lines: list[str], columns: list[str]) -> None:
    """Seeds and repeats, days that there are not, more scenarios than a study has, names that are none."""
    found = wrong(folder, *lines)
    assert [each.column for each in found] == columns
    assert {each.file for each in found} == {"study.yaml"}


def test_kinds_values_files_and_names_at_once(folder: Path) -> None:
    """What is wrong in kind does not hide what is wrong in the rest; check and run say the same."""
    found = wrong(folder, "rules: none.yaml", "seeds: [x]", "axes: {limits.cpu_ceiling: [7], limits.x: 3}")
    assert {each.column for each in found} == {"rules", "seeds.0", "axes.limits.cpu_ceiling", "axes.limits.x"}
    path = folder / "study.yaml"
    path.write_text("inventory: estate\naxes: {loss.hosts: [c], limits.cpu_ceiling: [7]}\nrules: none.yaml\n")
    checked = refused("study", path, "--check")
    assert refused("study", path, "--out", folder / "out") == checked
    assert checked.count("error: study.yaml, row ") == 3


def test_the_reason_of_a_failed_scenario_is_told(folder: Path) -> None:
    """It stands under the scenario's line."""
    path = folder / "study.yaml"
    path.write_text("inventory: estate\naxes: {limits.spare_hosts: [0, 1]}\n")
    with executor("serial") as pool:
        table = study(path, pool, planner=picky).tables["scenarios"]
    lines = list(scenario_lines(table))
    assert [line for line in lines if "because" in line] == ["  because    No spares here."]
    assert "failed" in lines[2]
