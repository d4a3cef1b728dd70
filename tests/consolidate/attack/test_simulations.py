"""Simulations that are asked for in wrong words: one clear message, exit status 2, and nothing written."""

from pathlib import Path

import pytest

from tests.consolidate.attack.commands import EXAMPLE, HOSTS, estate, planned, refused, said

WRONG_OPTIONS = {
    "policy.detection=-1": "Detection '-1' is unknown; known are ewma",
    "policy.placement=[]": "Placement '[]' is unknown; known are bf",
    "policy.power=null": "Power 'None' is unknown; known are on",
    "policy.evacuation=2000-01-01": "Evacuation '2000-01-01' is unknown; known are evacuate",
    "policy.attempts=1e308": "'attempts' must be a whole number of 0 or more and up to 2,147,483,647",
    "policy.placement.scored=1e308": "'placement.scored' must be a whole number",
    "policy.placement.scored=99999999999999999999": "'placement.scored' must be a whole number of 0 or more and up to",
}
HUGE = {"percentile": "100", "headroom": "2,147,483,647", "seconds": "2,147,483,647"}


@pytest.mark.parametrize("change", WRONG_OPTIONS)
def test_an_option_that_is_none(tmp_path: Path, change: str) -> None:
    """What is no part of a policy, or too large a number, is told with what is known or wanted."""
    told = refused("simulate", EXAMPLE, "--policy", "consolidate", "--set", change, "--out", tmp_path / "out")
    assert WRONG_OPTIONS[change] in told


@pytest.mark.parametrize("name", HUGE)
def test_an_option_that_is_huge(tmp_path: Path, name: str) -> None:
    """A number with 300 digits is too much for any option, and a percentile is up to 100."""
    change = ("--set", f"policy.{name}=1e308", "--out", tmp_path / "out")
    assert f"and up to {HUGE[name]}; found" in refused("simulate", EXAMPLE, "--policy", "horizon", *change)


def test_a_seed_that_is_none(tmp_path: Path) -> None:
    """Both seeds are told at once, with their range."""
    lines = refused("simulate", EXAMPLE, "--seed", "-1", "--variant", "-5", "--out", tmp_path / "out").splitlines()
    assert lines == [
        "error: --variant is from 0 to below 2,147,483,648, not -5.",
        "error: --seed is from 0 to below 2,147,483,648, not -1.",
    ]


def test_failures_without_end(tmp_path: Path) -> None:
    """Hosts that fail every few microseconds would never let a step end: 36 s between two failures are the least."""
    change = ("--set", "simulation.failures_between_h=1e-9", "--out", tmp_path / "out")
    assert "key simulation.failures_between_h: Expected a number of at least 0.01" in refused(
        "simulate", EXAMPLE, *change
    )


def test_options_of_traces_are_words_that_there_are(tmp_path: Path) -> None:
    """Also where an inventory is simulated, and with all that is wrong beside; steps without end are refused."""
    wrong = ("--order", "x", "--memory-unit", "kg", "--resample", "median", "--steps", "99999999999999999999")
    lines = refused("simulate", EXAMPLE, *wrong, "--out", tmp_path / "out").splitlines()
    assert lines == [
        "error: --steps is at most 100,000,000, not 99999999999999999999.",
        "error: Option order is one of ntfs, name, not 'x'.",
        "error: Option memory_unit is one of auto, kb, mb, gb, not 'kg'.",
        "error: Option resample is one of mean, max, not 'median'.",
    ]


def test_the_future_is_no_option(tmp_path: Path) -> None:
    """The clairvoyant is given what is simulated, which a user cannot set and a preset does not have."""
    change = ("--set", "policy.trace_mhz=3", "--out", tmp_path / "out")
    lines = refused("simulate", EXAMPLE, "--preset", "cloudsim", "--policy", "clairvoyant", *change).splitlines()
    assert lines == [
        "error: The policy clairvoyant needs the trace of an inventory: it does not go with a preset.",
        "error: policy.trace_mhz is what is simulated, and cannot be set.",
    ]


DAMAGED = {
    "": "lacks ",
    "x" * 200_000: "field larger",
    "vm,destination,start_s\n": "reason",
    "\x81": "",
}


@pytest.mark.parametrize("content", DAMAGED, ids=len)
@pytest.mark.parametrize("file", ["moves.csv", "actions.csv"])
def test_a_plan_that_is_damaged(tmp_path: Path, content: str, file: str) -> None:
    """A file of a plan that is empty, of one huge cell, without a column or no text is named."""
    path = estate(tmp_path, usage_csv="vm,time_s,cpu_mhz\nweb-1,0,100\n")
    plan = planned(tmp_path / "plan", path)
    (plan / file).write_text(content, encoding="latin-1")
    told = refused("simulate", path, "--plan", plan, "--out", tmp_path / "out", left=tmp_path)
    assert file in told
    assert file != "moves.csv" or DAMAGED[content] in told


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@x", "'=x"])
def test_a_plan_for_names_that_look_like_formulas(tmp_path: Path, name: str) -> None:
    """Tables lead such names by an apostrophe, which a replay takes away again."""
    text = "'" + name
    vms = f"vm,host,vcpus,memory_mib\n{text},h1,2,4096\n{text}-2,{text},2,4096\n"
    usage = f"vm,time_s,cpu_mhz\n{text},0,100\n{text}-2,0,100\n"
    path = estate(tmp_path, hosts=HOSTS.replace("h3,", f"{text},"), vms=vms, usage_csv=usage)
    plan = planned(tmp_path / "plan", path, "--set", "limits.spare_hosts=0")
    found = said("simulate", path, "--plan", plan, "--out", tmp_path / "out")
    assert (found.status, found.err) == (0, "")
    assert text in "".join((plan / file).read_text(encoding="utf-8") for file in ("moves.csv", "actions.csv"))
