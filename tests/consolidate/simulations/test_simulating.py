import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from consolidate.bundled import folder
from tests.consolidate.attack.commands import said

DAY = 40
"""Samples of the made-up traces."""


def planetlab(path: Path, vms: int = 24) -> Path:
    """Write a folder of PlanetLab traces whose VMs are busy between 0 and 100 %."""
    random = np.random.default_rng(3)
    path.mkdir()
    for vm in range(vms):
        level = random.integers(0, 60)
        values = np.clip(level + random.integers(-5, 30, DAY), 0, 100) * (random.random(DAY) > 0.1)
        (path / f"{'Vm' if vm % 2 else 'vm'}_{vm:02d}").write_text(
            "\n".join(str(int(value)) for value in values) + "\n"
        )
    return path


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Return a folder of traces."""
    return planetlab(tmp_path / "day")


def summary(path: Path) -> dict[str, object]:
    """Return the summary of a result folder."""
    found: dict[str, object] = json.loads((path / "summary.json").read_text())
    return found


def test_a_preset_runs_a_trace(trace: Path, tmp_path: Path) -> None:
    """All files of a result are there; the same day in another order is another result."""
    found = []
    for order in ("ntfs", "name"):
        out = tmp_path / order
        done = said("simulate", trace, "--preset", "cloudsim", "--policy", "thr-mmt", "--order", order,
                    "--set", "preset.hosts=12", "--steps", str(DAY - 1), "--out", out)  # fmt: skip
        assert done.status == 0, done.err
        assert {"summary.json", "report.html", "timeline.parquet", "heat.parquet", "hosts.parquet", "vms.parquet",
                "migrations.parquet", "manifest.json"} == {file.name for file in out.iterdir()}  # fmt: skip
        found.append(summary(out))
    assert found[0]["preset"] == "cloudsim"
    assert found[0]["energy_kwh"] != found[1]["energy_kwh"]


def test_oddities_can_be_left_out(trace: Path, tmp_path: Path) -> None:
    """VMs that are kept although idle take more energy; an unknown oddity is told with all that are known."""
    common = ("simulate", trace, "--preset", "cloudsim", "--policy", "thr-mmt", "--set", "preset.hosts=12")
    for name, extra in (("all", ()), ("kept", ("--set", "preset.without=[idle-deleted]"))):
        assert said(*common, *extra, "--steps", "39", "--out", tmp_path / name).status == 0
    assert summary(tmp_path / "all")["vms_running"] < summary(tmp_path / "kept")["vms_running"] == 24  # type: ignore[operator]
    wrong = said(*common, "--set", "preset.without=[nonsense]", "--set", "preset.color=1", "--out", tmp_path / "wrong")
    assert wrong.status == 2
    assert "stale-baseline" in wrong.err
    assert "preset.color is unknown" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--preset", "nosuch"), "known are cloudsim"),
        (("--preset", "cloudsim", "--plan", "x"), "do not go with it"),
        (("--set", "preset.hosts=3"), "need --preset"),
        (("--scale", "0"), "--scale is above 0"),
        ((), "tells nothing of hosts"),
        (("--preset", "cloudsim", "--policy", "thr-nosuch"), "thr-nosuch"),
        (("--preset", "cloudsim", "--policy", "thr-mmt", "--set", "policy.parameter=x"), "is a number"),
        (("--preset", "cloudsim", "--order", "random"), "ntfs, name"),
    ],
)
def test_options_that_do_not_go_together(trace: Path, tmp_path: Path, arguments: tuple[str, ...], text: str) -> None:
    """Each is told in words, with status 2, and nothing is written."""
    done = said("simulate", trace, *arguments, "--out", tmp_path / "out")
    assert done.status == 2
    assert text in " ".join(done.err.split())
    assert not (tmp_path / "out").exists()


def test_a_trace_on_the_hosts_of_an_inventory(trace: Path, tmp_path: Path) -> None:
    """Its VMs are placed on the inventory's hosts when they come."""
    out = tmp_path / "out"
    done = said("simulate", trace, "--hosts", folder() / "inventory", "--policy", "none", "--out", out)
    assert done.status == 0, done.err
    told = summary(out)
    assert (told["vms"], told["hosts"], told["vms_unplaced"], told["steps"]) == (24, 24, 0, DAY)


def test_replicas_of_an_estate(tmp_path: Path) -> None:
    """Twice the hosts and VMs take twice the energy."""
    for times in (1, 2):
        done = said("simulate", folder() / "inventory", "--replicate", str(times), "--steps", "12",
                    "--out", tmp_path / str(times))  # fmt: skip
        assert done.status == 0, done.err
    one, two = summary(tmp_path / "1"), summary(tmp_path / "2")
    assert (two["hosts"], two["vms"]) == (48, 400)
    assert two["energy_kwh"] == pytest.approx(2 * float(one["energy_kwh"]), rel=1e-6)  # type: ignore[arg-type]


def test_variants_differ_and_repeat(tmp_path: Path) -> None:
    """The readings drawn with one seed are the same, with another seed others."""
    energy = []
    for place, seed in enumerate((1, 1, 2)):
        out = tmp_path / str(place)
        said("simulate", folder() / "inventory", "--variant", str(seed), "--steps", "12", "--out", out)
        energy.append(summary(out)["energy_kwh"])
    assert energy[0] == energy[1] != energy[2]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the result folder of the example's plan, with its time before and after."""
    out = tmp_path_factory.mktemp("plan") / "plan"
    example = folder()
    done = said("plan", example / "inventory", "--rules", example / "rules.yaml", "--simulate", "--out", out)
    assert done.status == 0, done.err
    return out


def test_before_and_after_a_plan(plan: Path) -> None:
    """Both weeks are in the plan's folder; after it fewer hosts are on, and less energy is used."""
    before, after = summary(plan / "before"), summary(plan / "after")
    hosts = summary(plan)
    assert (before["hosts_on_start"], after["hosts_on_start"]) == (hosts["hosts_before"], hosts["hosts_after"])
    assert after["energy_kwh"] < before["energy_kwh"]  # type: ignore[operator]
    assert before["migrations"] == after["migrations"] == 0


def test_a_plan_is_replayed(plan: Path, tmp_path: Path) -> None:
    """All of its migrations of running VMs take place at their times, and its hosts are off in the end."""
    out = tmp_path / "replayed"
    done = said("simulate", folder() / "inventory", "--plan", plan, "--steps", "288", "--out", out)
    assert done.status == 0, done.err
    told, planned = summary(out), summary(plan)
    assert (told["hosts_on_end"], told["refused"]) == (planned["hosts_after"], 0)
    moves = pd.read_csv(plan / "moves.csv")
    seen = pd.read_parquet(out / "migrations.parquet").set_index("vm")
    live = moves[moves["kind"] == "live"].set_index("vm")
    assert set(live.index) <= set(seen.index)
    assert (seen.loc[live.index, "start_s"] - live["start_s"]).abs().max() < 0.01
    placed = pd.read_csv(plan / "placement.csv").set_index("vm")["host_after"]
    ends = pd.read_parquet(out / "vms.parquet").set_index("vm")["host_end"]
    assert (ends == placed.loc[ends.index]).all()


def _no_moves(path: Path) -> None:
    (path / "moves.csv").unlink()


def _strange_host(path: Path) -> None:
    rows = list(csv.reader((path / "moves.csv").read_text("utf-8").splitlines()))
    rows[1][rows[0].index("destination")] = "nosuch"
    rows[2][rows[0].index("start_s")] = "soon"
    with (path / "moves.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.mark.parametrize(
    ("damage", "texts"), [(_no_moves, ("moves.csv",)), (_strange_host, ("nosuch", "soon", "destination", "start_s"))]
)
def test_damaged_plans(plan: Path, tmp_path: Path, damage: Callable[[Path], None], texts: tuple[str, ...]) -> None:
    """What is wrong in a plan's files is told with file, row, column and value, all at once."""
    copy = tmp_path / "copy"
    shutil.copytree(plan, copy)
    damage(copy)
    done = said("simulate", folder() / "inventory", "--plan", copy, "--out", tmp_path / "out")
    assert done.status == 2
    assert all(text in done.err for text in texts)


def test_a_preset_takes_prices_and_no_other_setting(trace: Path, tmp_path: Path) -> None:
    """A PUE counts; what would have no effect is refused, each setting by its name."""
    common = ("simulate", trace, "--preset", "cloudsim", "--policy", "dvfs", "--steps", "3")
    assert said(*common, "--set", "prices.pue=2", "--out", tmp_path / "priced").status == 0
    told = summary(tmp_path / "priced")
    assert told["facility_kwh"] == pytest.approx(2 * told["energy_kwh"])  # type: ignore[operator]
    wrong = said(
        *common, "--set", "simulation.growth_year=1", "--technology", "container", "--out", tmp_path / "wrong"
    )  # fmt: skip
    assert wrong.status == 2
    assert all(name in wrong.err for name in ("simulation.growth_year", "overhead.technology"))


def test_a_trace_uses_hosts_of_every_cluster(trace: Path, tmp_path: Path) -> None:
    """Two clusters of one host with four cores each: 24 VMs need both, and the result says that they may have both."""
    estate, out = tmp_path / "estate", tmp_path / "out"
    estate.mkdir()
    (estate / "hosts.csv").write_text("host,cluster,cores,cpu_mhz,memory_mib\na,one,4,2000,65536\nb,two,4,2000,65536\n")
    (estate / "vms.csv").write_text("vm,host,vcpus,memory_mib\n")
    done = said("simulate", trace, "--hosts", estate, "--steps", "3", "--out", out)
    assert done.status == 0, done.err
    assert (pd.read_parquet(out / "hosts.parquet")["cpu_share"] > 0).all()
    assert any("any host" in sentence for sentence in summary(out)["assumptions"])  # type: ignore[attr-defined]


def test_replicas_of_a_trace_come_with_hosts(trace: Path, tmp_path: Path) -> None:
    """Three times the VMs on three times the hosts."""
    out = tmp_path / "out"
    done = said("simulate", trace, "--hosts", folder() / "inventory", "--replicate", "3", "--steps", "3", "--out", out)
    assert done.status == 0, done.err
    told = summary(out)
    assert (told["vms"], told["hosts"]) == (72, 72)
