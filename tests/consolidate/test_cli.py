"""The command line: what it offers, what it refuses, and how little it loads to say so."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from consolidate.cli import app
from tests.consolidate.attack.commands import EXAMPLE, estate, planned, refused, said

COMMANDS = (
    "demo", "inspect", "plan", "check", "simulate", "study", "overhead", "runbook", "report", "dashboard",
    "place", "drain", "repair", "rehearse", "track",
)  # fmt: skip
HEAVY = {"pandas", "ortools", "mesa", "numba", "plotly", "pyarrow", "dash", "scipy", "distributed", "yaml"}
READING = (
    "--usage", "--host-map", "--map", "--format", "--delimiter", "--decimal", "--encoding", "--taken",
)  # fmt: skip
LOADED = (
    "import json, sys; from consolidate.__main__ import run; run(sys.argv[1:]); print(json.dumps(list(sys.modules)))"
)


def test_every_command_is_listed() -> None:
    """Without a command, and with --help, all commands are told of."""
    for arguments in ((), ("--help",), ("-h",)):
        found = said(*arguments)
        assert (found.status, found.err) == (0, "")
        assert all(f"\n  {command} " in found.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    """Each command has a sentence about itself and about each of its options."""
    found = said(command, "--help")
    assert found.status == 0
    assert found.out.splitlines()[0].startswith("Usage:")
    undocumented = [
        parameter.name
        for parameter in typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
        if isinstance(parameter, typer.core.TyperOption) and not parameter.help and parameter.name != "port"
    ]
    assert undocumented == []


@pytest.mark.parametrize("arguments", ["", "--help", "plan --help", "study --help", "--version", "plan", "plann"])
def test_help_loads_nothing_heavy(arguments: str) -> None:
    """What only tells of the command starts without the libraries that compute."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments.split()], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert loaded & HEAVY == set()


def test_version() -> None:
    """The version is one line."""
    found = said("--version")
    assert (found.status, found.err, len(found.out.splitlines())) == (0, "", 1)


@pytest.mark.parametrize("command", ["inspect", "plan", "check", "simulate", "rehearse", "track"])
def test_inventories_are_read_in_the_same_way(command: str) -> None:
    """Whatever reads an inventory has all options for reading one."""
    text = said(command, "--help").out
    assert [name for name in READING if f"{name} " not in text] == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["plann"], "No such command 'plann'"),
        (["plan"], "Missing argument"),
        (["plan", "x"], "Missing option"),
        (["plan", "x", "--oot", "y"], "No such option: --oot"),
        (["plan", "x", "--out", "y", "--seed", "z"], "Invalid value for '--seed'"),
        (["study", "x"], "name a folder for the result"),
        (["dashboard", "x", "--port", "99999"], "Invalid value for '--port'"),
        (["overhead", "--vcpus", "0"], "Invalid value for '--vcpus'"),
        (["overhead", "--technology", "magic"], "magic"),
        (["runbook", "x", "--platform", "abacus"], "known are ansible, govc, markdown, openstack"),
    ],
)
def test_wrong_usage(arguments: list[str], reason: str) -> None:
    """Wrong usage is told, with exit status 2."""
    assert reason in refused(*arguments)


def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    """With --json, standard output holds one JSON object; standard error holds nothing that went well."""
    path = estate(tmp_path, usage_csv="vm,time_s,cpu_mhz\nweb-1,0,1\nweb-1,300,1\n")
    (tmp_path / "study.yaml").write_text("inventory: estate\naxes: {limits.spare_hosts: [0, 1]}\n")
    plan = planned(tmp_path / "first", path)
    commands: list[list[object]] = [
        ["inspect", path],
        ["plan", path, "--out", tmp_path / "plan"],
        ["check", plan, path],
        ["simulate", path, "--out", tmp_path / "simulated"],
        ["study", tmp_path / "study.yaml", "--out", tmp_path / "studied"],
        ["overhead"],
    ]
    for command in commands:
        found = said(*command, "--json")
        assert (found.status, found.err) == (0, ""), command
        assert isinstance(json.loads(found.out), dict)


def test_a_study_is_counted_without_a_result(tmp_path: Path) -> None:
    """With --check nothing is run and no folder is asked for."""
    estate(tmp_path)
    (tmp_path / "study.yaml").write_text("inventory: estate\naxes: {limits.spare_hosts: [0, 1]}\nseeds: [1, 2, 3]\n")
    assert said("study", tmp_path / "study.yaml", "--check").out == "6 scenarios; nothing was run.\n"


def test_rules_beside_the_inventory_count(tmp_path: Path) -> None:
    """A plan keeps the rules that stand in the inventory's folder."""
    path = estate(tmp_path, rules_yaml="- root: {vms: [web-1, web-2, db-1]}\n")
    assert said("plan", path, "--out", tmp_path / "plan", "--json").out.count('"moves": 0') == 1


def test_report_and_runbooks_of_the_example(tmp_path: Path) -> None:
    """The commands after a plan work on its folder."""
    plan = planned(tmp_path / "plan", EXAMPLE)
    (plan / "report.html").unlink()
    assert said("report", plan).out == f"{plan / 'report.html'}\n"
    assert (plan / "report.html").stat().st_size > 1_000_000
    assert said("runbook", plan).out == (plan / "runbook.md").read_text(encoding="utf-8")
    assert said("runbook", plan, "--platform", "powercli", "-o", tmp_path / "plan.ps1").out == ""
    assert (tmp_path / "plan.ps1").read_bytes() == (plan / "runbook.ps1").read_bytes()
