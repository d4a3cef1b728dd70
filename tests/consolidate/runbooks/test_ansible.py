"""The Ansible playbook: its data is data, whatever the names are, and its batches keep the order of the plan."""

import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2.nativetypes import NativeEnvironment

from consolidate.runbooks import render
from consolidate.runbooks.ansible import quoted
from consolidate.runbooks.folder import Move
from consolidate.runbooks.order import batches, rollback
from models.errors import InputError
from tests.consolidate.runbooks.plans import identified, typical, written
from tests.consolidate.runbooks.test_ballooning import pressed
from tests.consolidate.runbooks.test_order import PLANS
from tests.consolidate.runbooks.test_shell import HOSTILE

GOLDEN = Path(__file__).parent / "golden" / "plan.yml"


class Unsafe(str):
    """Text in which Ansible finds no template."""


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader that knows ``!unsafe`` as Ansible does."""


def _unsafe(loader: yaml.SafeLoader, node: yaml.Node) -> Unsafe:
    assert isinstance(node, yaml.ScalarNode)
    return Unsafe(loader.construct_scalar(node))


Loader.add_constructor("!unsafe", _unsafe)


def play(text: str) -> dict[str, Any]:
    """Return the only play of a playbook."""
    [found] = yaml.load(text, Loader)
    return dict(found)


def blocks(text: str) -> list[dict[str, Any]]:
    """Return the tasks that are batches."""
    return [task for task in play(text)["tasks"] if "block" in task]


def test_golden(tmp_path: Path) -> None:
    """The playbook of the typical plan is the golden file."""
    assert render(typical(tmp_path / "plan"), "ansible") == GOLDEN.read_text("ascii")


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_comes_back(text: str) -> None:
    """YAML reads a quoted text as it was, marked as no template, and the quoted form is printable ASCII."""
    word = quoted(text)
    assert re.fullmatch("[ -~]+", word)
    found = yaml.load(f"[{word}, {{a: {word}}}]", Loader)
    assert found == [text, {"a": text}]
    assert isinstance(found[0], Unsafe)


def test_hostile_names_stay_data(tmp_path: Path) -> None:
    """Names of any form come out of YAML as they went in, wherever they stand, and no task has one in it."""
    names = (*HOSTILE, "{{ 7 * 7 }}", "{% raw %}", "a: b #", "- !!python/object:x", "yes", "12", "*batch")
    moves = [{"vm": name, "source": f"{name}1", "destination": f"{name}2"} for name in names]
    folder = written(tmp_path / "plan", moves, [{"host": "{{ x }}"}], summary={"source": "{{ y }}"})
    text = render(folder, "ansible")
    values = play(text)["vars"]
    found = [move for batch in values["forward"] for move in batch["moves"]]
    assert sorted((m["vm"], m["source"], m["destination"]) for m in found) == sorted(
        (name, f"{name}1", f"{name}2") for name in names
    )
    told = [
        each for move in found for key in ("vm", "source", "destination") for each in (move[key], move["done_at"][0])
    ]
    assert all(isinstance(name, Unsafe) for name in (*told, *values["freed"], values["plan"]["source"]))
    assert not any(isinstance(each, Unsafe) for each in _scalars(play(text)["tasks"]))


def _scalars(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [each for key, item in value.items() for each in (key, *_scalars(item))]
    return [each for item in value for each in _scalars(item)] if isinstance(value, list) else [value]


def test_templates_are_well_formed(tmp_path: Path) -> None:
    """Each template and condition of the playbook is one that Jinja can read."""
    reader = jinja2.Environment(autoescape=True)
    text = render(typical(tmp_path / "plan"), "ansible")
    tasks = [*play(text)["tasks"], *blocks(text)[0]["block"]]
    texts = [each for each in _scalars(tasks) if isinstance(each, str) and "{{" in each]
    conditions = [each for task in tasks for each in [task.get("when")] if isinstance(each, str)]
    assert len(texts) > 50
    assert len(conditions) > 10
    for template in (*texts, *(f"{{{{ {condition} }}}}" for condition in conditions)):
        reader.parse(template)


def test_names_as_vcenter_keeps_them(tmp_path: Path) -> None:
    """A name with a slash is looked for as it is, and as vCenter writes it; an id goes before both."""
    folder = written(tmp_path / "plan", [{"vm": "a/b"}, {"vm": "c"}], vms=identified({"c": "VirtualMachine-vm-7"}))
    first, second = play(render(folder, "ansible"))["vars"]["forward"][0]["moves"]
    assert (first["names"], first["moid"]) == (["a/b", "a%2fb"], "")
    assert (second["names"], second["moid"]) == (["c"], "vm-7")


def test_batches_of_the_typical_plan(tmp_path: Path) -> None:
    """Moves 2 and 3 start together, 4 when 3 has ended; the way back mirrors that, and a wave asks when it begins."""
    text = render(typical(tmp_path / "plan"), "ansible")
    ways = {
        name: [(batch["wave"], batch["asks"], [move["number"] for move in batch["moves"]]) for batch in values]
        for name, values in play(text)["vars"].items()
        if name in ("forward", "back")
    }
    assert ways["forward"] == [(1, False, [1]), (2, True, [2, 3]), (2, False, [4])]
    assert ways["back"] == [(2, False, [4]), (2, False, [3, 2]), (1, True, [1])]
    lists = [re.findall(r"\w+", block["vars"]["batch"]) for block in blocks(text)]
    assert lists == [[name, str(index)] for name in ("forward", "back") for index in range(3)]


def test_a_vm_that_moves_twice_is_done_behind_each(tmp_path: Path) -> None:
    """The first move of db is behind it on esx-3 and on esx-1, the second on esx-1 alone."""
    moves = [
        move
        for batch in play(render(typical(tmp_path / "plan"), "ansible"))["vars"]["forward"]
        for move in batch["moves"]
        if move["vm"] == "db"
    ]
    assert [move["done_at"] for move in moves] == [["esx-3", "esx-1"], ["esx-1"]]


def test_every_change_asks_for_execute(tmp_path: Path) -> None:
    """Each task that changes something runs only if execute is true, which it is not unless somebody says so."""
    found = play(render(typical(tmp_path / "plan"), "ansible"))
    assert found["vars"]["execute"] is False
    every = [task for block in blocks(render(typical(tmp_path / "other"), "ansible")) for task in block["block"]]
    changing = ("vmotion", "maintenancemode", "powerstate", "lineinfile", "vmware_guest")
    changes = [
        task for task in (*every, *found["tasks"]) if any(key.endswith(word) for key in task for word in changing)
    ]
    assert len(changes) == 6 * 8 + 3
    assert all("execute | bool" in f"{task.get('when')} {task.get('loop')}" for task in changes)


def test_nothing_to_do(tmp_path: Path) -> None:
    """A plan without moves gives a playbook without batches."""
    text = render(written(tmp_path / "plan", hosts={"esx-1": "stays"}), "ansible")
    assert blocks(text) == []
    assert play(text)["vars"]["forward"] == play(text)["vars"]["freed"] == []


def test_nul_is_refused(tmp_path: Path) -> None:
    """NUL is in no VM's name; a plan with one is an error that shows it."""
    with pytest.raises(InputError, match=r"'a\\x00b' cannot be told"):
        render(written(tmp_path / "plan", [{"vm": "a\0b"}]), "ansible")


@given(PLANS)
def test_a_batch_is_under_way_at_once_in_the_plan(moves: list[Move]) -> None:
    """Batches hold all moves in order; in the plan, all of a batch have started, and none ended, as the last starts."""
    for way in (moves, list(rollback(moves))):
        found = list(batches(way))
        assert [move for batch in found for move in batch] == list(way)
        for batch in found:
            last = max(move.start_s for move in batch)
            assert all(move.start_s <= last < move.end_s for move in batch)


def test_memory_that_is_taken(tmp_path: Path) -> None:
    """It is taken before move 1 and given back at 3, in a batch of its own; on the way back the other way round."""
    values = play(render(pressed(tmp_path / "plan"), "ansible"))["vars"]
    steps = {
        name: [[(move["number"], move.get("does"), move.get("left"), move.get("full")) for move in batch["moves"]]
               for batch in values[name]]
        for name in ("forward", "back")
    }  # fmt: skip
    assert steps["forward"] == [[(1, "take", 6144, 8192)], [(2, None, None, None)], [(3, "give", 6144, 8192)]]
    assert steps["back"] == [[(3, "take", 6144, 8192)], [(2, None, None, None)], [(1, "give", 6144, 8192)]]


def test_memory_before_and_after_a_move(tmp_path: Path) -> None:
    """It is taken and looked at before moves of a batch start, and given back before it is asserted where they are."""
    tasks = [task["name"] for task in blocks(render(pressed(tmp_path / "plan"), "ansible"))[0]["block"]]
    order = [
        "Nothing speaks against the moves", "The journal says what starts",
        "Memory is taken from VMs that give some up for their move", "Their guests hand it over",
        "Where one has not, none of the batch moves, and all get it back", "All memory that is needed was handed over",
        "The moves of the batch", "Where the VMs are afterwards",
        "Memory is given back after a move, or where one for which it was taken did not succeed",
        "Each VM is where it should be, as it was",
    ]  # fmt: skip
    assert [name for name in tasks if name in order] == order


NEEDS = (
    ({"travels": True}, 5000, -1, 5000),
    ({"travels": True, "does": "take", "left": 6144, "full": 8192}, 8000, -1, 6144),
    ({"travels": True, "does": "take", "left": 6144, "full": 8192}, 5000, -1, 5000),
    ({"travels": False, "does": "take", "left": 6144, "full": 8192}, 8000, -1, 0),
    ({"travels": True, "does": "give", "left": 6144, "full": 8192}, 6000, 6144, 8048),
    ({"travels": False, "does": "give", "left": 6144, "full": 8192}, 6000, 6144, 2048),
    ({"travels": False, "does": "give", "left": 6144, "full": 8192}, 6000, -1, 0),
    ({"travels": False, "does": "give", "left": 6144, "full": 8192}, 6000, 7000, 0),
    ({"travels": False, "does": "give", "left": 8192, "full": 8192}, 6000, 6144, 2048),
)


@pytest.mark.parametrize(("move", "used", "limit", "needed"), NEEDS)
def test_room_for_what_is_given_back(tmp_path: Path, move: dict[str, Any], used: int, limit: int, needed: int) -> None:
    """A destination needs what a VM has left, and what it gets back; nothing where nothing more comes."""
    tasks = blocks(render(pressed(tmp_path / "plan"), "ansible"))[0]["block"]
    task = next(task for task in tasks if task["name"] == "What each move needs")
    instance = {
        "summary": {"quickStats": {"hostMemoryUsage": used}}, "config": {"memoryAllocation": {"limit": limit}},
    }  # fmt: skip
    reader = NativeEnvironment()
    reader.filters["combine"] = lambda one, other: {**one, **other}
    names: dict[str, Any] = {"pair": [{"number": 1, **move}, {"instance": instance}], "needs": {}}
    for name, template in task["vars"].items():
        names[name] = reader.from_string(template).render(names)
    found: Any = reader.from_string(task["ansible.builtin.set_fact"]["needs"]).render(names)
    assert found == {1: needed}


def _evaluated(tmp_path: Path, names: dict[str, Any], task: str, *path: str) -> Any:
    """Return what a template or condition of a task of the batch comes to, with its own variables."""
    tasks = blocks(render(pressed(tmp_path / "plan"), "ansible"))[0]["block"]
    found: Any = next(each for each in tasks if each["name"] == task)
    reader = NativeEnvironment()
    reader.filters |= {"bool": bool, "zip": lambda one, other: list(zip(one, other, strict=True))}
    known = dict(names)
    for name, template in found.get("vars", {}).items():
        known[name] = reader.from_string(str(template)).render(known)
    for key in path:
        found = found[key]
    return reader.from_string(str(found) if "{{" in str(found) else f"{{{{ {found} }}}}").render(known)


def test_who_has_handed_memory_over(tmp_path: Path) -> None:
    """Only moves that change memory are looked at; of those waited for, the ones that failed are told by number."""
    todo = [{"number": 1, "does": "take"}, {"number": 2}]
    names: dict[str, Any] = {"todo": todo, "vms": {"results": ["one", "two"]}}
    fact = ("ansible.builtin.set_fact", "pressed")
    assert _evaluated(tmp_path / "a", names, "Nothing is needed yet", *fact) == [(todo[0], "one")]
    results = [
        {"pair": [{"number": 1}, {}], "failed": True}, {"pair": [{"number": 3}, {}], "failed": False},
        {"pair": [{"number": 4}, {}], "skipped": True},
    ]  # fmt: skip
    fact = ("ansible.builtin.set_fact", "kept")
    assert _evaluated(tmp_path / "b", {"held": {"results": results}}, "Who has not", *fact) == [1]
    assert _evaluated(tmp_path / "c", {"held": {"skipped": True}}, "Who has not", *fact) == []


@pytest.mark.parametrize(
    ("does", "travels", "now_on", "limit", "given"),
    [
        ("give", False, "esx-1", 6144, True),
        ("give", False, "esx-1", -1, False),
        ("give", False, "esx-1", 7000, False),
        ("give", True, "esx-1", 6144, True),
        ("give", True, "esx-2", 6144, False),
        ("take", True, "esx-1", -1, False),
        ("take", True, "esx-2", -1, True),
        ("take", False, "esx-1", -1, False),
    ],
)
def test_when_memory_is_given_back(
    tmp_path: Path, does: str, travels: bool, now_on: str, limit: int, given: bool
) -> None:
    """After a move that is to give it back has arrived, and where one that took it is still where it was."""
    move = {"moid": "vm-1", "to": "esx-1", "from": "esx-2" if travels else "esx-1", "left": 6144, "full": 8192}
    here = {"virtual_machines": [{"moid": "vm-1", "esxi_hostname": now_on}]}
    instance = {"instance": {"config": {"memoryAllocation": {"limit": limit}}}}
    names: dict[str, Any] = {"pair": [move | {"does": does, "travels": travels}, instance], "after": here}
    task = "Memory is given back after a move, or where one for which it was taken did not succeed"
    assert bool(_evaluated(tmp_path, names, task, "when")) == given
