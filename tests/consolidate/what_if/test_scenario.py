"""The file of a study: ranges, samples, listed scenarios, units, files that extend others, and its schema."""

import json
import re
from pathlib import Path

import pytest

from consolidate.what_if import study_checks, study_files
from consolidate.what_if.scenario import scenarios
from consolidate.what_if.schema import schema
from models.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write an estate of one host and one VM, beside which the study's file goes."""
    estate = tmp_path / "estate"
    estate.mkdir()
    (estate / "hosts.csv").write_text("host,cores,cpu_mhz,memory_mib\na,8,2000,8192\n")
    (estate / "vms.csv").write_text("vm,host,vcpus,memory_mib\nv,a,1,1024\n")
    return tmp_path


def written(folder: Path, text: str, name: str = "study.yaml") -> Path:
    """Write a study's file."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def values(path: Path, key: str) -> list[object]:
    """Return the values of a key over the scenarios."""
    return [each.values[key] for each in scenarios(study_files.read(path))]


def test_units_in_texts(folder: Path) -> None:
    """In settings, axes, ranges and hardware a text with a unit is a number of the key's unit."""
    text = """
inventory: estate
settings: {limits: {host_memory_mib: 2 GiB}, prices: {energy_eur_kwh: 31 ct/kWh}}
axes: {migration.bandwidth_mbps: [10 Gbit/s, 500], limits.cpu_ceiling: {from: 60 %, to: 0.8, values: 3}}
hardware: {big: {cores: 64, cpu_mhz: 2.1 GHz, memory_mib: 1 TiB, peak_w: 0.9 kW}}
held_back_days: 36 h
"""
    found = study_files.read(written(folder, text))
    assert (found.settings.limits.host_memory_mib, found.settings.prices.energy_eur_kwh) == (2048.0, 0.31)
    assert found.held_back_days == 1.5
    points = scenarios(found)
    assert [each.values["limits.cpu_ceiling"] for each in points] == [0.6, 0.7, 0.8] * 2
    assert points[0].settings.migration.bandwidth_mbps == 10_000.0
    host = study_checks.parts(found).models["big"].host
    assert (host.cpu_mhz[0], host.memory_mib[0], host.peak_w[0]) == (2100.0, 1024.0**2, 900.0)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("axes: {migration.bandwidth_mbps: [10 GiB]}", "axes.migration.bandwidth_mbps"),
        ("settings: {limits: {host_memory_mib: 2 GHz}}", "settings.limits.host_memory_mib"),
        ("hardware: {big: {cores: 64, cpu_mhz: 2 GiB, memory_mib: 1}}", "hardware.big.cpu_mhz"),
        ("axes: {limits.cpu_ceiling: {from: 0.9, to: 0.8}}", "axes.limits.cpu_ceiling"),
        ("axes: {growth.vms: [0.5]}", "axes.growth.vms"),
        ("axes: {applications.none: [1]}", "axes.applications.none"),
        ("axes: {hardware.add.none: [1]}", "axes.hardware.add.none"),
        ("axes: {loss.hosts: [-1]}", "axes.loss.hosts"),
        ("axes: {policy: [nobody]}", "axes.policy"),
        ("axes: {prices.carbon: [no.csv]}", "axes.prices.carbon"),
        ("scenarios: [{limits.cpu: 1}]", "scenarios.0.limits.cpu"),
    ],
)
def test_wrong_values_are_located(folder: Path, line: str, column: str) -> None:
    """Each names the key that is wrong."""
    with pytest.raises(InputError) as caught:
        study_files.read(written(folder, f"inventory: estate\n{line}\n"))
    assert column in {finding.column for finding in caught.value.findings}


def test_a_sobol_sample_fills_the_space(folder: Path) -> None:
    """Of eight points of one axis each eighth of the range has one; whole numbers and lists are equally often."""
    text = """
inventory: estate
axes: {limits.cpu_ceiling: {from: 0.2, to: 1.0}, limits.spare_hosts: {from: 0, to: 3}, demand.cpu: [p95, p50]}
sample: {method: sobol, points: 8, seed: 3}
"""
    path = written(folder, text)
    eighths = sorted(int((float(str(value)) - 0.2) / 0.1) for value in values(path, "limits.cpu_ceiling"))
    assert eighths == list(range(8))
    assert sorted(map(str, values(path, "limits.spare_hosts"))) == ["0", "0", "1", "1", "2", "2", "3", "3"]
    assert sorted(map(str, values(path, "demand.cpu"))) == ["p50"] * 4 + ["p95"] * 4
    assert values(path, "limits.cpu_ceiling") == values(path, "limits.cpu_ceiling")


def test_a_latin_hypercube(folder: Path) -> None:
    """Of five points each fifth of the range has one."""
    text = "inventory: estate\naxes: {demand.growth: {from: 1, to: 2}}\nsample: {method: latin-hypercube, points: 5}\n"
    found = values(written(folder, text), "demand.growth")
    assert sorted(int((float(str(value)) - 1) * 5) for value in found) == [0, 1, 2, 3, 4]


def test_sobol_takes_powers_of_two(folder: Path) -> None:
    """Other counts lose what the sequence is for."""
    with pytest.raises(InputError, match="power of 2, not 6"):
        study_files.read(written(folder, "inventory: estate\naxes: {demand.growth: [1, 2]}\nsample: {points: 6}\n"))


def test_listed_scenarios_cross_the_axes(folder: Path) -> None:
    """Two listed ones, two values and two repeats are eight; what a scenario leaves out is as in the base."""
    text = """
inventory: estate
settings: {limits: {spare_hosts: 0}}
scenarios: [{name: safe, limits.spare_hosts: 2}, {demand.growth: 1.5}]
axes: {limits.cpu_ceiling: [0.7, 0.8]}
seeds: [5]
repeats: 2
"""
    found = scenarios(study_files.read(written(folder, text)))
    assert [each.seed for each in found] == [5, 6] * 4
    assert [each.name for each in found[::2]] == [
        "safe, limits.cpu_ceiling=0.7", "safe, limits.cpu_ceiling=0.8",
        "demand.growth=1.5, limits.cpu_ceiling=0.7", "demand.growth=1.5, limits.cpu_ceiling=0.8",
    ]  # fmt: skip
    last = found[-1]
    assert last.values == {"limits.spare_hosts": 0, "demand.growth": 1.5, "limits.cpu_ceiling": 0.8}
    assert (last.settings.demand.growth, last.settings.limits.spare_hosts) == (1.5, 0)


def test_a_file_extends_another(folder: Path) -> None:
    """What the file says is over what the other says, whose paths are seen from there; an empty key takes away."""
    base = """
inventory: ../estate
settings: {limits: {cpu_ceiling: 0.7, spare_hosts: 2}, search: {seconds: 1}}
axes: {demand.growth: [1, 2], limits.spare_hosts: [0, 1]}
seeds: [1, 2]
"""
    written(folder, base, "base/base.yaml")
    own = "extends: base/base.yaml\nsettings: {limits: {cpu_ceiling: 0.6}}\n"
    own += "axes: {demand.growth: [3], limits.spare_hosts: }\n"
    found = study_files.read(written(folder, own))
    assert found.inventory.resolve() == (folder / "estate").resolve()
    assert (found.settings.limits.cpu_ceiling, found.settings.limits.spare_hosts) == (0.6, 2)
    assert found.axes == {"demand.growth": [3]}
    assert found.drawn == (1, 2)


def test_a_circle_of_files(folder: Path) -> None:
    """Files that extend each other are an error."""
    written(folder, "extends: study.yaml\n", "other.yaml")
    with pytest.raises(InputError, match="does not extend this one"):
        study_files.read(written(folder, "inventory: estate\nextends: other.yaml\n"))


def test_lists_are_values(folder: Path) -> None:
    """A setting that is a list varies like any other."""
    text = "inventory: estate\naxes: {objective.stages: [[hosts, moves], [power]], estate.drain: [[], [a]]}\n"
    found = scenarios(study_files.read(written(folder, text)))
    assert [each.settings.objective.stages for each in found[::2]] == [["hosts", "moves"], ["power"]]
    assert found[1].settings.estate.drain == ["a"]
    assert found[1].name == "objective.stages=hosts; moves, estate.drain=a"


def test_the_schema_knows_every_key() -> None:
    """It is JSON; an axis is a list or a range of a setting's values, with its units; what is unknown is wrong."""
    found = json.loads(json.dumps(schema()))
    axes = found["properties"]["axes"]
    assert axes["additionalProperties"] is False
    assert {"limits.cpu_ceiling", "growth.vms", "hardware.replace", "policy"} <= set(axes["properties"])
    listed, between = axes["properties"]["migration.bandwidth_mbps"]["anyOf"]
    units = next(each["pattern"] for each in listed["items"]["anyOf"] if each["type"] == "string")
    assert re.match(units, "10 Gbit/s")
    assert not re.match(units, "10 GHz")
    assert between["required"] == ["from", "to"]
    assert any(re.match(pattern, "applications.shop") for pattern in axes["patternProperties"])
