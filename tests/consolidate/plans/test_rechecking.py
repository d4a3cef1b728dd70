"""Monday: the same plan against what became of the estate over the weekend."""

import json
from pathlib import Path

import pytest

from tests.consolidate.attack.commands import estate, refused, said

HOSTS = "host,cores,cpu_mhz,memory_mib\n" + "".join(f"h{n},16,2600,131072\n" for n in (1, 2, 3))
VMS = {"a": ("h1", 40_000), "b": ("h2", 40_000), "c": ("h3", 20_000)}


def inventory(path: Path, **changes: tuple[str, int] | None) -> Path:
    """Write the estate with VMs changed, added, or gone if nothing is given."""
    vms = {name: given for name, given in (VMS | changes).items() if given}
    rows = "".join(f"{name},{host},2,{memory}\n" for name, (host, memory) in vms.items())
    return estate(path, HOSTS, f"vm,host,vcpus,memory_mib\n{rows}")


@pytest.fixture(name="plan", scope="module")
def _plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Plan Friday's estate.

    A host offers about 111,000 MiB, or 123,000 after the loss of another: with one to spare, three VMs of 100,000
    MiB together need two hosts, so one host is freed.
    """
    folder = tmp_path_factory.mktemp("friday")
    found = said("plan", inventory(folder), "--out", folder / "plan", "--json")
    assert json.loads(found.out)["hosts_after"] == 2
    assert json.loads(found.out)["moves"] == 1
    return folder / "plan"


def moved(plan: Path) -> tuple[str, str]:
    """Return which VM the plan moves, and where to."""
    _, row = (plan / "moves.csv").read_text(encoding="utf-8").splitlines()
    wave, start, end, vm, source, destination, *_ = row.split(",")
    assert (wave, float(start) < float(end), source) == ("1", True, VMS[vm][0])
    return vm, destination


def checked(plan: Path, path: Path) -> tuple[int, str, list[str]]:
    """Return exit status, verdict and reasons."""
    found = said("check", plan, path, "--json")
    content = json.loads(found.out)
    assert found.status == int(content["verdict"] == "stale")
    return found.status, content["verdict"], content["reasons"]


def test_nothing_has_changed(plan: Path, tmp_path: Path) -> None:
    """The plan holds, with all of it left to do."""
    assert checked(plan, inventory(tmp_path)) == (0, "holds", ["1 of 1 move is left to do."])


def test_all_is_done(plan: Path, tmp_path: Path) -> None:
    """A plan that has been carried out holds."""
    vm, destination = moved(plan)
    done = {vm: (destination, VMS[vm][1])}
    assert checked(plan, inventory(tmp_path, **done)) == (0, "holds", ["All moves are done."])


def test_a_vm_is_gone(plan: Path, tmp_path: Path) -> None:
    """A VM that is gone cannot be moved; the rest may go on."""
    vm, _ = moved(plan)
    status, verdict, reasons = checked(plan, inventory(tmp_path, **{vm: None}))
    assert (status, verdict) == (0, "holds with changes")
    assert f"Move 1, {vm}: The VM is gone." in reasons


def test_a_new_vm_takes_the_room(plan: Path, tmp_path: Path) -> None:
    """A VM that came to the destination and leaves no room makes the plan stale."""
    _, destination = moved(plan)
    status, verdict, reasons = checked(plan, inventory(tmp_path, d=(destination, 60_000)))
    assert (status, verdict) == (1, "stale")
    assert any("Capacity" in reason or destination in reason for reason in reasons)


def test_the_settings_of_the_plan_count(plan: Path, tmp_path: Path) -> None:
    """A plan is judged by the ceilings that it was made with: up to 90 % of memory it holds, up to 30 % not."""
    manifest = json.loads((plan / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["limits"]["memory_ceiling"] == 0.9
    strict = tmp_path / "strict"
    strict.mkdir()
    for file in plan.iterdir():
        (strict / file.name).write_bytes(file.read_bytes())
    manifest["settings"]["limits"]["memory_ceiling"] = 0.3
    (strict / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert checked(strict, inventory(tmp_path))[1] == "stale"


def test_a_rule_that_no_longer_fits(plan: Path, tmp_path: Path) -> None:
    """A rule of the plan that names a VM that is gone makes the plan stale; one that is given is an error."""
    ruled = tmp_path / "ruled"
    ruled.mkdir()
    for file in plan.iterdir():
        (ruled / file.name).write_bytes(file.read_bytes())
    (ruled / "rules.yaml").write_text("- root: {vms: gone}\n")
    _, verdict, reasons = checked(ruled, inventory(tmp_path))
    assert verdict == "stale"
    assert reasons[0].startswith("At the end: A rule of the plan no longer fits: rules.yaml, row 1: No VM is called")
    told = refused("check", plan, inventory(tmp_path), "--rules", ruled / "rules.yaml")
    assert told.startswith("error: rules.yaml, row 1: No VM is called 'gone'.")


def test_it_is_told_in_sentences(plan: Path, tmp_path: Path) -> None:
    """Without --json there is the verdict, and each reason is a line."""
    found = said("check", plan, inventory(tmp_path))
    assert found.out == "The plan holds.\n- 1 of 1 move is left to do.\n"
