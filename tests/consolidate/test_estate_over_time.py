"""What is to become of hosts, where it is simulated, studied, and checked later."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from consolidate.planning import plan
from consolidate.settings import Settings
from consolidate.simulation import Simulated, simulate
from consolidate.simulations import replay
from models import lifecycle
from tests.consolidate.attack.commands import estate, refused, said
from tests.consolidate.test_simulation import reading

OFFERS = "model,count,price_eur,cores,cpu_mhz,memory_mib,idle_w,peak_w\nsmall,2,100,16,2600,262144,50,90\n"
HOSTS = "host,cores,cpu_mhz,memory_mib,idle_w,peak_w\n" + "".join(f"h{n},16,2600,131072,100,200\n" for n in (1, 2, 3))
VMS = {"a": "h1", "b": "h2", "c": "h3"}
USAGE = "vm,time_s,cpu_mhz\n" + "".join(f"{vm},{300 * n},900\n" for vm in VMS for n in range(24))


def written(path: Path, vms: dict[str, str] = VMS, hosts: str = HOSTS) -> Path:
    """Write an estate of VMs of 2 vCPUs and 4 GiB with two hours of readings."""
    rows = "".join(f"{vm},{host},2,4096\n" for vm, host in vms.items())
    return estate(path, hosts, f"vm,host,vcpus,memory_mib\n{rows}", usage_csv=USAGE)


def of_states(policy: str, **states: list[int]) -> Simulated:
    """Return the simulation of four hosts and twelve VMs, some hosts of which are to be emptied."""
    given = reading()
    return simulate(replace(given, inventory=lifecycle.marked(given.inventory, states)), policy=policy)


def last_host(hosts: pd.DataFrame) -> tuple[int, int, int]:
    """Return the VMs at the end, the arrivals and the shutdowns of the last host of a table."""
    return tuple(int(hosts[name].iloc[-1]) for name in ("vms_end", "arrivals", "shutdowns"))  # type: ignore[return-value]


@pytest.mark.parametrize("policy", ["threshold", "consolidate", "horizon", "steady", "mad-mmt"])
def test_policies_that_consolidate_empty_hosts(policy: str) -> None:
    """Host 3 holds no VM at the end and is off from then on; host 0 is empty; both are told of."""
    found = of_states(policy, decommission=[3], drain=[0])
    hosts = found.tables["hosts"].set_index("host")
    assert hosts.loc[["host-0", "host-3"], "vms_end"].tolist() == [0, 0]
    assert hosts.loc["host-3", "on_s"] < found.summary["duration_s"] / 2
    assert (hosts.loc["host-3", ["boots", "shutdowns", "arrivals"]] == [0, 1, 0]).all()
    assert any("2 hosts that are to be emptied take no new VM" in each for each in found.summary["assumptions"])


@pytest.mark.parametrize("policy", ["none", "dvfs", "drs"])
def test_others_leave_them_as_they_are(policy: str) -> None:
    """A policy that empties no host leaves the VMs where they are, and says so; nobody enters."""
    found = of_states(policy, decommission=[3])
    assert last_host(found.tables["hosts"]) == (3, 0, 0)
    assert any("the policy empties none" in each for each in found.summary["assumptions"])


def test_settings_reach_a_simulation(tmp_path: Path) -> None:
    """The command takes estate.decommission; a host that there is not is bad input."""
    path, out = written(tmp_path), tmp_path / "out"
    common = ("simulate", path, "--usage", path / "usage.csv", "--policy", "consolidate")
    assert said(*common, "--set", "estate.decommission=[h2]", "--out", out).status == 0
    hosts = pd.read_parquet(out / "hosts.parquet")
    assert last_host(hosts[hosts["host"] == "h2"]) == (0, 0, 1)
    told = refused(*common, "--set", "estate.drain=[nobody]", "--out", tmp_path / "other")
    assert "estate.drain" in told
    assert "No host is called 'nobody'" in told


def test_nobody_buys_in_a_simulation(tmp_path: Path) -> None:
    """A catalogue of hosts to buy is refused in words, beside whatever else is wrong."""
    path, offers = written(tmp_path), tmp_path / "offers.csv"
    offers.write_text(OFFERS)
    told = refused("simulate", path, "--set", f"estate.buy={offers}", "--policy", "nope", "--out", tmp_path / "out")
    assert "key estate.buy: A simulation buys no hosts: plan with it, and replay that plan with --plan." in told
    assert "Policy 'nope' is unknown" in told


def test_a_plan_that_buys_is_replayed(tmp_path: Path) -> None:
    """All hosts are to go and one is bought: with the same settings the plan is replayed, and ends on that host."""
    path, offers, out = written(tmp_path), tmp_path / "offers.csv", tmp_path / "plan"
    offers.write_text(OFFERS)
    given = ("--set", "limits.spare_hosts=0", "--set", "estate.decommission=[h*]", "--set", f"estate.buy={offers}")
    usage = ("--usage", path / "usage.csv")
    done = said("plan", path, *usage, *given, "--set", "search.seconds=0.2", "--out", out, "--json")
    assert json.loads(done.out)["hosts_bought"] == 1
    again = said("simulate", path, *usage, *given, "--plan", out, "--out", tmp_path / "again", "--json")
    assert again.status == 0, again.err
    summary = json.loads(again.out)
    assert (summary["hosts_on_end"], summary["boots"], summary["hosts"]) == (1, 1, 4)


def test_before_a_plan_all_hosts_serve() -> None:
    """The time before a plan is that of today: host 3, which the plan switches off, is on all the time."""
    given = reading()
    given = replace(given, inventory=lifecycle.marked(given.inventory, {"decommission": [3]}))
    settings = Settings().changed({"search.seconds": 0.2, "limits.spare_hosts": 0})
    found = replay.both(given, settings, plan(given, settings), lambda *_: None)
    on = {name: each.tables["hosts"].set_index("host").loc["host-3", "on_s"] for name, each in found.items()}
    assert on == {"before": found["before"].summary["duration_s"], "after": 0.0}


def test_a_study_that_simulates(tmp_path: Path) -> None:
    """What is to be decommissioned is so in a study's simulations; to buy hosts is refused before anything runs."""
    written(tmp_path)
    (tmp_path / "offers.csv").write_text(OFFERS)
    study = tmp_path / "study.yaml"
    text = "inventory: estate\nusage: estate/usage.csv\nrun: simulate\npolicy: consolidate\n"
    study.write_text(f"{text}axes: {{estate.decommission: [[], [h1, h2]]}}\n")
    assert said("study", study, "--out", tmp_path / "out").status == 0
    study.write_text(f"{text}settings: {{estate: {{buy: offers.csv}}}}\n")
    assert "key settings.estate.buy: A simulation buys no hosts" in refused("study", study, "--out", tmp_path / "new")


def checked(plan_folder: Path, path: Path) -> tuple[str, list[str]]:
    """Return the verdict and the reasons of a plan against an estate."""
    content = json.loads(said("check", plan_folder, path, "--json").out)
    return content["verdict"], content["reasons"]


def test_check_knows_what_hosts_were_to_become(tmp_path: Path) -> None:
    """
    A plan that buys a host and decommissions the others holds for the same estate, though nobody has that host yet.

    A new VM on a host that is to go would stay there; a host that is gone by then is told as gone, and no error.
    """
    path, offers, out = written(tmp_path), tmp_path / "offers.csv", tmp_path / "plan"
    offers.write_text(OFFERS)
    given = ("--set", "limits.spare_hosts=0", "--set", "estate.decommission=[h*]", "--buy", offers)
    assert said("plan", path, *given, "--set", "search.seconds=0.2", "--out", out).status == 0
    assert checked(out, path) == ("holds", ["3 of 3 moves are left to do."])
    more = written(tmp_path / "more", VMS | {"new": "h2"})
    verdict, reasons = checked(out, more)
    assert verdict == "holds with changes"
    assert "Host h2 is not freed: new would stay on it." in reasons
    fewer = written(tmp_path / "fewer", {"a": "h1", "b": "h2"}, HOSTS.replace("h3,16,2600,131072,100,200\n", ""))
    assert "1 host is gone: h3." in checked(out, fewer)[1]


def test_check_of_a_host_to_be_drained(tmp_path: Path) -> None:
    """A host to be drained may stay on, so that it is not freed; a new VM on it is told of all the same."""
    path, out = written(tmp_path), tmp_path / "plan"
    given = ("--set", "estate.drain=[h2]", "--set", "search.seconds=0.2")
    assert said("plan", path, *given, "--out", out).status == 0
    assert checked(out, path)[0] == "holds"
    assert (
        "Host h2 is not freed: new would stay on it."
        in checked(out, written(tmp_path / "more", VMS | {"new": "h2"}))[1]
    )
