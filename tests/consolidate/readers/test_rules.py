"""Rules as users write them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate import readers
from consolidate.readers import rules
from models.errors import InputError
from models.inventory import Hosts, Inventory, Vms
from models.rules import RULES, Rule
from tests.consolidate.readers.inventories import codes, folder, problems

INVENTORY = Inventory(
    Hosts.of(
        host=["h1", "h2", "h3"],
        cores=[16, 16, 8],
        cpu_mhz=[2600.0, 2600.0, 2000.4],
        memory_mib=[1024.0, 2048.0, 512.0],
        cluster=["east", "east", "west"],
        rack=["r1", "r2", "r2"],
        model=["R640", "R640", "DL380"],
    ),
    Vms.of(
        vm=["web-1", "web-2", "db-1", "new"],
        host=["h1", "h2", "h3", ""],
        vcpus=[1, 1, 1, 1],
        memory_mib=[64.0] * 4,
        application=["shop", "shop", "", "shop"],
        cluster=["", "", "", "west"],
    ),
)

EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "spread": ("{vms: [web-1, web-2], level: rack, continuous: false, name: tier}",
               {"vms": [0, 1], "level": "rack", "most": 1, "continuous": False, "name": "tier"}),
    "least_places": ("{vms: web-*, level: rack, least: 2}", {"vms": [0, 1], "level": "rack", "least": 2}),
    "dependency": ("{vms: web-*, on: db-1, level: rack}", {"vms": [0, 1], "on": [2], "level": "rack"}),
    "gather": ("{vms: 'application:shop', level: cluster}", {"vms": [0, 1, 3], "level": "cluster"}),
    "fence": ("{vms: db-*, hosts: 'cluster:west'}", {"vms": [2], "hosts": [2]}),
    "ban": ("{vms: '*', hosts: 'model:DL*', entering: true}", {"vms": [0, 1, 2, 3], "hosts": [2], "entering": True}),
    "root": ("{vms: 'rack:r2'}", {"vms": [1, 2]}),
    "quarantine": ("{hosts: h3}", {"hosts": [2]}),
    "lonely": ("{vms: 'host:h3', price: 2.5}", {"vms": [2], "price": 2.5}),
    "split": ("{parts: [[web-*], [db-1]]}", {"parts": [[0, 1], [2]]}),
    "among": ("{vms: web-*, groups: ['rack:r1', [h2, h3]]}", {"vms": [0, 1], "groups": [[0], [1, 2]]}),
    "online": ("{hosts: 'h[12]'}", {"hosts": [0, 1]}),
    "offline": ("{hosts: [h2, h3]}", {"hosts": [1, 2]}),
    "max_online": ("{hosts: '*', most: 2}", {"hosts": [0, 1, 2], "most": 2}),
    "running_capacity": ("{hosts: '*', most: 0}", {"most": 0}),
    "resource_capacity": ("{hosts: h1, dim: memory_mib, most: 99}", {"dim": "memory_mib", "most": 99}),
    "overbook": ("{hosts: '*', dim: cpu_mhz, ratio: 2}", {"physical": (41600, 41600, 16003), "ratio": 2.0}),
    "preserve": ("{vms: db-1, dim: vcpus, least: 4}", {"vms": [2], "least": 4}),
    "spare": ("{cluster: east}", {"hosts": [0, 1], "count": 1}),
}  # fmt: skip


def parsed(path: Path, text: str) -> tuple[Rule, ...]:
    """Read rules from a text."""
    file = path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    return rules.read(file, INVENTORY)


def wrong(path: Path, text: str) -> str:
    """Return the one thing that is wrong with a text of rules."""
    with pytest.raises(InputError) as error:
        parsed(path, text)
    (found,) = error.value.findings
    return str(found)


def test_every_kind_has_an_example() -> None:
    """Every rule there is can be written."""
    assert set(EXAMPLES) == set(rules.KINDS)
    assert set(rules.KINDS.values()) == set(RULES.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_kind(tmp_path: Path, name: str) -> None:
    """Each rule is built from names, patterns and selectors; the rows were found by hand from the tables above."""
    text, expected = EXAMPLES[name]
    (rule,) = parsed(tmp_path, f"- {name}: {text}\n")
    assert rule.kind == rules.KINDS[name].__name__
    for key, value in expected.items():
        found = getattr(rule, key)
        if key in ("parts", "groups"):
            assert [part.tolist() for part in found] == value
        else:
            assert (found.tolist() if isinstance(found, np.ndarray) else found) == value


@pytest.mark.parametrize(
    ("dim", "physical"), [("vcpus", (16, 16, 8)), ("memory_mib", (1024, 2048, 512)), ("gpus", (0, 0, 0))]
)
def test_overbook_knows_the_hosts(tmp_path: Path, dim: str, physical: tuple[int, ...]) -> None:
    """What is overbooked comes from the inventory: cores for vCPUs, else the host's column."""
    (rule,) = parsed(tmp_path, f"- overbook: {{hosts: '*', dim: {dim}, ratio: 1.5}}\n")
    assert getattr(rule, "physical", None) == physical


def test_overbook_without_a_figure(tmp_path: Path) -> None:
    """A dimension that no host has a figure for cannot be overbooked."""
    assert "Hosts have no disk_gib" in wrong(tmp_path, "- overbook: {hosts: '*', dim: disk_gib, ratio: 2}\n")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("- spread: {vms: [web-1]}\n- spred: {vms: [web-1]}\n", 2, "'spred' is unknown. Did you mean 'spread'?"),
        ("- spread:\n    vms: [web-1]\n    levl: rack\n", 3, "Key 'levl' is unknown. Did you mean 'level'?"),
        ("- spread:\n    vms:\n      - web-1\n      - web-9\n", 4, "No VM is called 'web-9'. Did you mean"),
        ("- fence: {vms: web-1,\n    hosts: h7}\n", 2, "No host is called 'h7'"),
        ("- spread: {vms: 'app-*'}\n", 1, "Pattern 'app-*' matches no VM"),
        ("- spread: {vms: 'cluster:eastt'}\n", 1, "matches no VM. Did you mean 'east'?"),
        ("- spread: {vms: '*',\n    level: room}\n", 2, "Expected one of host, rack, cluster, datacenter"),
        ("- gather: {vms: '*', level: datacenter}\n", 1, "No host has a datacenter"),
        ("- fence: {vms: web-1}\n", 1, "fence needs hosts"),
        ("- max_online: {hosts: '*', most: -1}\n", 1, "whole number of 0 or more, not -1"),
        ("- max_online: {hosts: '*', most: true}\n", 1, "whole number of 0 or more, not True"),
        ("- spread: {vms: '*', continuous: maybe}\n", 1, "true or false, not 'maybe'"),
        ("- spread: {vms: '*', price: .nan}\n", 1, "number of 0 or more"),
        ("- resource_capacity: {hosts: h1, dim: memory, most: 1}\n", 1, "Did you mean 'memory_mib'?"),
        ("- spare: {cluster: east, hosts: h1}\n", 1, "not both"),
        ("- split: {parts: [[web-1]]}\n", 1, "at least 2"),
        ("- split: {parts: [web-1, web-*]}\n", 1, "in two parts"),
        ("- spread: {vms: []}\n", 1, "Names no VMs"),
        ("- spread\n", 1, "Expected one rule"),
        ("spread: {vms: a}\n", 1, "Expected a list of rules"),
        ("- spread: {vms: a, vms: b}\n", 1, "there twice"),
        ("- root: {vms: &all ['*']}\n- root: {vms: *all}\n", 1, "aliases"),
        ("- root: {vms: [\n", 2, "Is not YAML"),
    ],
)
def test_strict(tmp_path: Path, text: str, line: int, said: str) -> None:
    """Whatever is wrong is an error that names the line, never a rule that is left out."""
    found = wrong(tmp_path, text)
    assert f"rules.yaml, row {line}" in found
    assert said in found


def test_all_errors_at_once(tmp_path: Path) -> None:
    """Every wrong rule is reported, not just the first."""
    with pytest.raises(InputError) as error:
        parsed(tmp_path, "- root: {vms: x}\n- root: {vms: y}\n- lonely: {vms: web-1, hosts: h1}\n")
    assert [finding.row for finding in error.value.findings] == [1, 2, 3]


def test_names_that_look_like_numbers(tmp_path: Path) -> None:
    """A VM called 007 or on can be written without quotes."""
    vms = "vm,host,vcpus,memory_mib\n007,h1,1,512\non,h1,1,512\n"
    path = folder(tmp_path, vms=vms, rules_yaml="- gather: {vms: [007, on], name: 1}\n")
    inventory = readers.read(path).inventory
    (rule,) = rules.parse(inventory.rules, inventory, "rules.yaml")
    assert (rule.name, getattr(rule, "vms", np.empty(0)).tolist()) == ("1", [0, 1])


def test_deep_nesting(tmp_path: Path) -> None:
    """Nesting without end is an error, not a crash of the parser."""
    assert "YAML" in wrong(tmp_path, "[" * 50_000)


def test_exact_names_come_first() -> None:
    """A VM whose name looks like a pattern or a selector can still be named."""
    vms = replace(INVENTORY.vms, vm=Vms.of(vm=["web-*", "cluster:x", "web-1", "b"], host=[""] * 4,
                                           vcpus=[1] * 4, memory_mib=[1.0] * 4).vm)  # fmt: skip
    entries = [{"root": {"vms": ["web-*", "cluster:x"]}}]
    (rule,) = rules.parse(entries, replace(INVENTORY, vms=vms), "inventory")
    assert getattr(rule, "vms", np.empty(0)).tolist() == [0, 1]


def test_wrong_entry_counts_from_one() -> None:
    """Rules that came with the data name their place in place of a line."""
    with pytest.raises(InputError, match=r"inventory, row 2.*No VM is called 'x'"):
        rules.parse([{"root": {"vms": "web-1"}}, {"root": {"vms": "x"}}], INVENTORY, "inventory")


def test_file_in_the_folder(tmp_path: Path) -> None:
    """Rules beside the tables come with the inventory, and are checked with it."""
    text = "- spread: {vms: 'web-*', level: rack}\n"
    inventory = readers.read(folder(tmp_path, rules_yaml=text)).inventory
    assert inventory.rules == ({"spread": {"vms": "web-*", "level": "rack"}},)
    assert codes(problems(folder(tmp_path, rules_yaml="- root: {vms: nobody}\n"))) == ["unknown-name"]


def test_empty_file(tmp_path: Path) -> None:
    """A file of comments alone holds no rules."""
    assert parsed(tmp_path, "# none yet\n") == ()
