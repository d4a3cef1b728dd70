"""Overlays of the catalog of every wrong kind: all that is wrong is told at once, with its line, and nothing counts."""

import json
from pathlib import Path

import pytest

from tests.consolidate.attack.commands import estate, refused, said

WRONG = {
    "- 1": "Expected a mapping of tables",
    "colours: {}": "row 1, key colours: Is unknown. Known are parameters",
    "workloads: [1]": "row 1, key workloads: Expected a mapping.",
    "event_costs: {a: 1}": "row 1, key event_costs: Expected a list.",
    "workloads:": "Expected a mapping. (found 'None')",
    "workloads: {web: 5}": "workloads.web: Expected a mapping of columns",
    "workloads: {web: {zork: 1}}": "workloads.web.zork: Is unknown. Known are text, clock_mhz",
    "workloads: {web: {workload: oltp}}": "workloads.web.workload: Is unknown",
    "workloads: {web: {tx_ps: -1}}": "Expected a number from 0 to 1e+12. (found '-1')",
    "workloads: {web: {tx_ps: .nan}}": "Expected a number",
    "workloads: {web: {tx_ps: .inf}}": "Expected a number",
    "workloads: {web: {tx_ps: '5'}}": "Expected a number",
    "workloads: {web: {tx_ps: true}}": "Expected a number",
    "workloads: {web: {tx_ps: 2.0e+12}}": "Expected a number",
    "workloads: {web: {clock_mhz: 0}}": "Expected a number from 1e-06 to 1e+12",
    "workloads: {web: {packet_bytes: 0}}": "Expected a number from 1e-06",
    "workloads: {web: {walk_share: 5}}": "Expected a number from 0 to 1",
    "workloads: {web: {text: [a]}}": "Expected a text",
    "workloads: {'': {tx_ps: 1}}": "Expected a name",
    "workloads: {' web': {tx_ps: 1}}": "Expected a name",
    'workloads: {"a\\nb\\u001b": {tx_ps: 1}}': "key workloads.a?b?: Expected a name",
    "\n\nworkloads: {web.v1: {tx_ps: -1}}": "row 3, key workloads.web.v1.tx_ps",
    "net_paths: {virtio: {packets_per_batch: 0}}": "Expected a number from 1e-06",
    "technologies: {mine: {slowdown: 0}}": "Expected a number from 1e-06",
    "technologies: {mine: {guest: zork}}": "technologies.mine.guest: Is unknown. Known are application",
    "technologies: {mine: {level: zork}}": "Is unknown. Known are application, hardware",
    "technologies: {mine: {mapping: zork}}": "Is unknown. Known are direct",
    "technologies: {mine: {net_path: zork}}": "technologies.mine.net_path: Is missing or unknown",
    "technologies: {mine: {requires: vt-x;zork}}": "technologies.mine.requires: Is missing or unknown",
    "microarchitectures: {mine: {cpu_pattern: '['}}": "Is no regular expression",
    "microarchitectures: {mine: {clock_mhz: 0}}": "Expected a number from 1e-06",
    "microarchitectures: {zen: {walk_levels: 0}}": "zen.walk_levels: Expected a number from 3 to 6",
    "parameters: {slice_ms: 0}": "Expected a number from 1e-06",
    "parameters: {nope: 1}": "key parameters.nope: Is unknown",
    "event_costs: [1]": "event_costs.0: Expected a mapping",
    "event_costs: [{exits: 1}]": "event_costs.0.technology: Is missing or unknown",
    "event_costs: [{technology: nope, event: syscall}]": "Is missing or unknown. Known are native",
    "event_costs: [{technology: container, event: syscall, relief: zork}]": "relief: Is missing or unknown",
    "event_costs: [{technology: container, event: exec}, {technology: container, event: exec}]": "are there twice",
}


def laid(tmp_path: Path, text: str) -> Path:
    """Write an overlay."""
    file = tmp_path / "overlay.yaml"
    file.write_text(f"{text}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("text", WRONG)
def test_wrong_overlays(tmp_path: Path, text: str) -> None:
    """What is wrong in an overlay is named with its line, its path, and what was expected."""
    found = refused("overhead", "--workload", "web", "--catalog", laid(tmp_path, text), left=tmp_path)
    assert WRONG[text] in found
    assert "overlay.yaml" in found


def test_all_of_a_wrong_overlay_at_once(tmp_path: Path) -> None:
    """Each thing that is wrong is a line of its own."""
    file = laid(
        tmp_path,
        "workloads:\n  web: {tx_ps: -1, zork: 2}\n  '': {}\nparameters: {slice_ms: 0}\ncolours: {}\n"
        "technologies: {mine: {guest: x, net_path: y}}\nevent_costs: [{technology: a, event: b}]",
    )
    assert len(refused("overhead", "--catalog", file).splitlines()) == 9


def test_no_overlay_at_all(tmp_path: Path) -> None:
    """What is no file, or no text, is told as such by every command that takes an overlay."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\x00\xff")
    (tmp_path / "empty").write_text("", encoding="utf-8")
    path = estate(tmp_path)
    for name, text in {"none": "not exist", "folder": "Is a folder", "binary": "NUL", "empty": "Is empty"}.items():
        file = tmp_path / name
        for command in (("overhead",), ("overhead", "--sources"), ("plan", path, "--out", tmp_path / "out")):
            assert text in refused(*command, "--catalog", file, left=tmp_path)


def test_costs_of_a_technology_of_ones_own(tmp_path: Path) -> None:
    """An overlay that adds a technology says what events cost under it; its rows may stand in any order."""
    file = laid(
        tmp_path,
        "event_costs: [{technology: mine, event: syscall, guest_cycles: 1300}]\n"
        "technologies: {mine: {level: hardware, net_path: wire}}\nnet_paths: {wire: {latency_us: 7}}\n"
        "workloads: {one: {syscall_ps: 1000000, clock_mhz: 2600}}",
    )
    found = said("overhead", "--workload", "one", "--technology", "mine", "--catalog", file, "--json")
    assert found.status == 0, found.err
    row = json.loads(found.out)["technologies"][0]
    assert (row["slowdown"], row["net_path"], row["latency_us"]) == (pytest.approx(1.5), "wire", 7)


def test_more_workloads_than_an_estate_ever_had(tmp_path: Path) -> None:
    """Hundreds of profiles are told apart, each VM being charged by its own."""
    names = ("w10", "w138", "w266")
    file = laid(
        tmp_path,
        "workloads:\n" + "".join(f"  w{n}: {{tx_ps: {n * 1000}, clock_mhz: 2600}}\n" for n in range(300)),
    )
    vms = "vm,host,vcpus,memory_mib,workload\n" + "".join(f"{name},h1,2,4096,{name}\n" for name in names)
    alone = [_slowdown(said("overhead", "--workload", name, "--catalog", file, "--json").out) for name in names]
    found = said("overhead", estate(tmp_path, vms=vms), "--catalog", file, "--json")
    together = {row["vm"]: row["slowdown"] for row in json.loads(found.out)["gains"]}
    assert alone == pytest.approx([1 + (alone[0] - 1) * times for times in (1, 13.8, 26.6)])
    assert [together[name] for name in names] == pytest.approx(alone)


def _slowdown(out: str) -> float:
    rows = {row["technology"]: row["slowdown"] for row in json.loads(out)["technologies"]}
    return float(rows["hardware-assisted"])


@pytest.mark.parametrize(
    "text",
    [
        "parameters: {idle_tick_us: 1.0e+12}\nworkloads: {general: {idle_tick_ps: 1.0e+12}}",
        "event_costs: [{technology: hardware-assisted, event: syscall, host_cycles: 1.0e+12}]\n"
        "workloads: {general: {syscall_ps: 1.0e+12, clock_mhz: 1.0e-6}}",
    ],
)
def test_costs_beyond_all_hosts(tmp_path: Path, text: str) -> None:
    """VMs whose overhead no host could carry are not packed together as if they took nothing."""
    out = tmp_path / "plan"
    vms = "vm,host,vcpus,memory_mib,cpu_used_mhz\nweb-1,h1,2,4096,100\nweb-2,h2,2,4096,100\ndb-1,h3,4,16384,100\n"
    basis = ("--set", "demand.cpu=snapshot", "--catalog", laid(tmp_path, text))
    found = said("plan", estate(tmp_path, vms=vms), *basis, "--out", out)
    assert found.status in (0, 1), found.err
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["moves"] == 0
    assert "RuntimeWarning" not in found.err
