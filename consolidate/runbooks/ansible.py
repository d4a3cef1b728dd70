"""
An Ansible playbook that runs a plan on vSphere: its data as literals, its tasks from ``ansible.yml``.

Moves that may run at the same time make a batch, and each batch goes through the same tasks; Ansible cannot start a
move while another one of the same loop is waited for. Names carry ``!unsafe``, so that Ansible takes no braces in them
for templates, and are plain ASCII in double quotes, so that YAML reads them as they are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

from consolidate.runbooks.ballooning import pressed
from consolidate.runbooks.expiry import expires
from consolidate.runbooks.folder import Folder, Move
from consolidate.runbooks.order import batches, boots, rollback
from consolidate.runbooks.shell import check_names

_DATA, _DATA_END = "    # BEGIN PLAN\n", "    # END PLAN\n"
_BATCH, _BATCH_END = "    # BEGIN BATCH\n", "    # END BATCH\n"


def render(folder: Folder) -> str:
    """
    Return the playbook.

    Raises
    ------
    InputError
        If a name is no text that YAML can hold; all such names are reported.
    """
    check_names(folder)
    text = files(__package__).joinpath("ansible.yml").read_text(encoding="ascii")
    before, _, rest = text.partition(_DATA)
    between, _, rest = rest.removeprefix(_DATA_END).partition(_BATCH)
    tasks, _, after = rest.partition(_BATCH_END)
    moves = [move for move in folder.moves if move.source]
    there, back = list(batches(moves)), list(batches(rollback(moves)))
    ways = [("forward", there, "not (rollback | bool)"), ("back", back, "rollback | bool")]
    blocks = [
        _block(tasks, name, index, group, way, first=name == "forward" and index == 0)
        for name, groups, way in ways
        for index, group in enumerate(groups)
    ]
    data = "".join(_data(folder, there, back))
    return f"{before}{data}{between}{''.join(blocks)}{after}"


def quoted(text: str) -> str:
    r"""
    Return a YAML scalar of printable ASCII whose value is the text, and in which Ansible finds no template.

    >>> print(quoted('a "{{ x }}"'), quoted("é"))
    !unsafe "a \"{{ x }}\"" !unsafe "\u00e9"
    """
    return '!unsafe "' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    number = ord(character)
    return character if " " <= character <= "~" else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _data(folder: Folder, there: Sequence[Sequence[Move]], back: Sequence[Sequence[Move]]) -> Iterable[str]:
    version = str(folder.manifest.get("versions", {}).get("dc-consolidate", ""))
    yield f"    plan:\n      source: {quoted(str(folder.summary.get('source', '')))}\n"
    yield f"      version: {quoted(version)}\n      expires: {quoted(expires(folder.summary))}\n"
    for name, groups in (("forward", there), ("back", back)):
        yield _listed(name, _batches(groups, folder, forward=name == "forward"))
    new = [move for move in folder.moves if not move.source]
    yield _listed("new_vms", [_record(number=str(m.number), vm=_q(m.vm), destination=_q(m.destination)) for m in new])
    booted = boots(folder.moves, folder.actions)
    yield _listed("boots", [_record(wave=str(wave), host=_q(action.host)) for wave, action in booted])
    yield _listed("freed", map(_q, folder.freed()))


_q = quoted


def _listed(name: str, items: Iterable[str]) -> str:
    lines = "".join(f"      - {item}\n" for item in items)
    return f"    {name}:\n{lines}" if lines else f"    {name}: []\n"


def _record(**values: str) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in values.items()) + "}"


def _batches(groups: Sequence[Sequence[Move]], folder: Folder, *, forward: bool) -> Iterable[str]:
    """Yield the batches; `asks` where a wave begins that is not the first."""
    behind = _behind([move for group in groups for move in group])
    memory = _memory(folder, forward=forward)
    wave = groups[0][0].wave if groups else 0
    for group in groups:
        moves = [
            _move(move, folder.ids.get(move.vm, ""), behind[move.number], memory.get(move.number, {})) for move in group
        ]
        asks, wave = group[0].wave != wave, group[0].wave
        listed = "".join(f"\n          - {move}" for move in moves)
        yield f"wave: {wave}\n        asks: {'true' if asks else 'false'}\n        moves:{listed}"


def _behind(moves: Sequence[Move]) -> dict[int, tuple[str, ...]]:
    """Return for each move the hosts on which its VM has it behind it: its destination, and those of later moves."""
    later: dict[str, tuple[str, ...]] = {}
    found = {}
    for move in reversed(moves):
        found[move.number] = later[move.vm] = (move.destination, *later.get(move.vm, ()))
    return found


def _memory(folder: Folder, *, forward: bool) -> dict[int, dict[str, str]]:
    """Return what steps do about memory, by their number: take some before, or give it back after."""
    return {
        number: {
            "does": each.does if forward else each.undone,
            "left": str(each.left_mib),
            "full": str(each.full_mib),
        }
        for number, each in pressed(folder).items()
    }


def _move(move: Move, platform_id: str, behind: Sequence[str], memory: Mapping[str, str]) -> str:
    bare = platform_id.removeprefix("VirtualMachine-").removeprefix("VirtualMachine:")
    return _record(
        number=str(move.number),
        vm=_q(move.vm),
        names=f"[{', '.join(map(_q, dict.fromkeys((move.vm, _stored(move.vm)))))}]",
        moid=_q(bare if re.fullmatch(r"vm-\d+", bare, re.ASCII) else ""),
        source=_q(move.source),
        destination=_q(move.destination),
        done_at=f"[{', '.join(map(_q, behind))}]",
        **memory,
    )


def _stored(name: str) -> str:
    """Return a name as vCenter keeps it."""
    return name.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")


def _block(tasks: str, name: str, index: int, group: Sequence[Move], way: str, *, first: bool) -> str:
    """Return the tasks of a batch; all but the first refer to those of the first."""
    numbers = ", ".join(str(move.number) for move in group)
    head, mark, body = tasks.partition("      block: @BLOCK@\n")
    title = f"Wave {group[0].wave}, {'' if name == 'forward' else 'back from '}moves {numbers}"
    values = {"@NAME@": title, "@WAY@": way, "@WAVE@": str(group[0].wave), "@LIST@": name, "@INDEX@": str(index)}
    for place, value in values.items():
        head = head.replace(place, value)
    return f"{head}{mark.replace('@BLOCK@', '&batch')}{body}" if first else head + mark.replace("@BLOCK@", "*batch")
