"""The commands for day-to-day work, on an estate of three hosts."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate.plans.upkeep import Repaired, repaired
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.inventory import Hosts, Inventory, Vms
from models.timing import Blackout
from tests.consolidate.attack.commands import estate, refused, said

ALONE = ("--set", "limits.spare_hosts=0")
"""No host is kept as a spare, so that three hosts are enough for VMs that must be apart."""
RULES = "- spread: {vms: [web-1, web-2], name: pair}\n"


def moves(folder: Path) -> dict[str, tuple[str, str, str]]:
    """Return each move of a plan: source, destination and kind by VM."""
    with (folder / "moves.csv").open(encoding="utf-8") as file:
        return {row["vm"]: (row["source"], row["destination"], row["kind"]) for row in csv.DictReader(file)}


def test_place_a_new_vm(tmp_path: Path) -> None:
    """A new VM finds a host and a runner-up, and the object says how full the host then is."""
    found = said("place", estate(tmp_path), "--vcpus", 2, "--memory-mib", 4096, "--json")
    told = json.loads(found.out)
    assert (found.status, told["vm"], told["candidates"], told["excluded"]) == (0, "new", 3, {})
    assert told["host"] == told["hosts"][0]["host"] != told["runner_up"]
    assert 0 < told["hosts"][0]["fill_after"] < 1


def test_place_tells_what_excludes_hosts(tmp_path: Path) -> None:
    """A VM called web-3 must not meet the two that are there: the third host is left, and the rule is named."""
    rules = tmp_path / "own.yaml"
    rules.write_text("- spread: {vms: 'web-*', name: pair}\n", encoding="utf-8")
    command = ("place", estate(tmp_path), "--vm", "web-3", "--vcpus", 2, "--memory-mib", 4096, "--rules", rules)
    found = said(*command, *ALONE)
    assert found.status == 0
    assert "web-3 should be on h3. 1 host would do." in found.out
    assert "2  Spread pair" in found.out


def test_place_a_vm_that_is_there(tmp_path: Path) -> None:
    """A VM that is well where it is stays."""
    found = said("place", estate(tmp_path), "--vm", "db-1")
    assert (found.status, found.out.splitlines()[0]) == (0, "db-1 should stay on h3. 3 hosts would do.")


def test_place_what_fits_nowhere(tmp_path: Path) -> None:
    """A VM of 1 TiB fits nowhere: status 1, and all hosts are excluded by memory."""
    found = said("place", estate(tmp_path), "--vcpus", 2, "--memory-mib", 1048576, "--json")
    told = json.loads(found.out)
    assert (found.status, told["host"], told["excluded"]) == (1, "", {"no room: memory_mib": 3})


def test_place_refuses(tmp_path: Path) -> None:
    """Unknown VMs, names that are taken, and half a VM are refused in words."""
    inventory = estate(tmp_path)
    assert "did you mean web-2, web-1?" in refused("place", inventory, "--vm", "web-9")
    assert "already" in refused("place", inventory, "--vm", "web-1", "--vcpus", 1, "--memory-mib", 1)
    assert "--memory-mib" in refused("place", inventory, "--vcpus", 1)
    assert "--vm" in refused("place", inventory)


def test_drain(tmp_path: Path) -> None:
    """Host h1 is emptied by the one move that this takes, though all three VMs would fit on one host."""
    inventory, out = estate(tmp_path), tmp_path / "out"
    found = said("drain", inventory, "h1", "--out", out)
    assert found.status == 0, found.err
    assert [(vm, move[0]) for vm, move in moves(out).items()] == [("web-1", "h1")]
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert (summary["hosts_before"], summary["hosts_after"], summary["violations_after"]) == (3, 2, 0)
    assert {"report.html", "runbook.md", "runbook.ps1", "violations.csv"} <= {path.name for path in out.iterdir()}


@pytest.mark.parametrize("named", ["h[1]", "rack:r1", "host:h1"])
def test_drain_by_pattern_or_property(tmp_path: Path, named: str) -> None:
    """Hosts may be named as in rules."""
    inventory, out = estate(tmp_path), tmp_path / "out"
    assert said("drain", inventory, named, "--out", out).status == 0
    assert {move[0] for move in moves(out).values()} == {"h1"}


def test_drain_keeps_rules(tmp_path: Path) -> None:
    """With web-1 and web-2 apart, h1 is emptied onto h3."""
    rules, out = tmp_path / "own.yaml", tmp_path / "out"
    rules.write_text(RULES, encoding="utf-8")
    assert said("drain", estate(tmp_path), "h1", "--out", out, "--rules", rules, *ALONE).status == 0
    assert moves(out)["web-1"][:2] == ("h1", "h3")


def test_drain_of_all_hosts_is_infeasible(tmp_path: Path) -> None:
    """Nowhere to go: status 1, no move, and a reason."""
    out = tmp_path / "out"
    found = said("drain", estate(tmp_path), "h1", "h2", "h3", "--out", out, "--json")
    told = json.loads(found.out)
    assert (found.status, told["status"], told["moves"]) == (1, "infeasible", 0)
    assert told["blocking"]


def test_repair_restarts_what_was_lost(tmp_path: Path) -> None:
    """The VM of h3 is started anew on another host; nothing else moves."""
    out = tmp_path / "out"
    found = said("repair", estate(tmp_path), "--lost", "h3", "--out", out)
    assert found.status == 0, found.err
    (vm, (source, goal, kind)), *others = moves(out).items()
    assert (vm, source, kind, others) == ("db-1", "", "new", [])
    assert goal in ("h1", "h2")


def test_unknown_hosts_are_refused(tmp_path: Path) -> None:
    """All names that are no hosts are told of at once, with the option that they came by, and nothing is written."""
    inventory = estate(tmp_path)
    told = refused("drain", inventory, "h11", "nas", "--out", tmp_path / "out", left=tmp_path)
    assert "No host is called 'h11'. Did you mean 'h1'?" in told
    assert "'nas'" in told
    assert "--lost" in refused("repair", inventory, "--lost", "h9", "--out", tmp_path / "out", left=tmp_path)


def mended(until_s: float, *lost: int, host: str = "") -> Repaired:
    """Return the plan of three VMs, one of them on no host or one given, where no host may be entered for a while."""
    machines = Hosts.of(host=["h1", "h2", "h3"], cores=[8] * 3, cpu_mhz=[2000.0] * 3, memory_mib=[65_536.0] * 3)
    guests = Vms.of(vm=["a", "b", "c"], host=["h1", "h2", host], vcpus=[1] * 3, memory_mib=[4096.0] * 3)
    rule = Blackout(places=np.arange(3), spans=((0.0, until_s),), name="night", file="rules.yaml", row=2)
    settings = Settings().changed({"limits.spare_hosts": 0})
    rows: Any = np.array(lost, np.int32)
    return repaired(Reading(Inventory(machines, guests)), settings, rows, timing=(rule,))


def test_rules_about_time_are_kept_where_no_host_was_lost() -> None:
    """The VM on no host is started once the blackout is over, at 500 s."""
    found = mended(500.0)
    assert found.given_up == ()
    assert found.planned.plan.moves.start_s.tolist() == [500.0]


@pytest.mark.parametrize(("until_s", "lost", "host"), [(np.inf, (), ""), (500.0, (2,), "h3")])
def test_rules_about_time_that_are_not_kept_are_told(until_s: float, lost: tuple[int, ...], host: str) -> None:
    """A blackout that never ends would keep the VM down, and after a loss none is waited for: each rule is named."""
    found = mended(until_s, *lost, host=host)
    told = found.planned.tables["findings"]
    assert found.planned.plan.moves.start_s.tolist() == [0.0]
    assert len(found.given_up) == 1
    assert found.given_up[0].startswith("Blackout night (rules.yaml, row 2) is not kept: ")
    assert found.given_up[0] in told[told["code"] == "rule-about-time"]["message"].tolist()
