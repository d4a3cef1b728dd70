"""
A PowerCLI script that runs a plan: its data as literals, its logic from ``powercli.ps1``.

The script is plain ASCII whatever the names are, because Windows PowerShell 5.1 reads a file without a byte order mark
in the machine's own code page, where bytes of other alphabets become quotation marks.
"""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

from consolidate.runbooks.ballooning import Pressed, pressed
from consolidate.runbooks.expiry import expires
from consolidate.runbooks.folder import Folder, Move
from consolidate.runbooks.order import at_once
from consolidate.runbooks.text import control_characters
from models.errors import Finding, InputError

_BEGIN, _END = "# BEGIN PLAN\n", "# END PLAN\n"
_RECORD = "[pscustomobject]@{ %s }"
_RUNS = re.compile(r"[ -~]+|[^ -~]+")


def render(folder: Folder) -> str:
    """
    Return the script.

    Raises
    ------
    InputError
        If a name holds control characters; all such names are reported.
    """
    _check_names(folder)
    logic = files(__package__).joinpath("powercli.ps1").read_text(encoding="ascii")
    before, _, rest = logic.partition(_BEGIN)
    return f"{before}{_plan(folder)}\n{_moves(folder)}\n{_new(folder)}\n{rest.removeprefix(_END)}"


def quoted(text: str) -> str:
    """
    Return a PowerShell expression of printable ASCII whose value is the text, whatever is in it.

    In single quotes nothing is expanded and only the quote needs doubling. Other characters, the typographic quotes
    that PowerShell takes for quotes among them, go by their numbers.

    >>> print(quoted("it's $(whoami)"))
    'it''s $(whoami)'
    >>> print(quoted("café’s"))
    ('caf' + (-join [char[]](0x00e9, 0x2019)) + 's')
    """
    parts = [_literal(run) if run[0].isascii() and run.isprintable() else _codes(run) for run in _RUNS.findall(text)]
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})" if parts else "''"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _codes(text: str) -> str:
    units = text.encode("utf-16-be").hex(" ", 2).split()
    return f"(-join [char[]]({', '.join(f'0x{unit}' for unit in units)}))"


def _plan(folder: Folder) -> str:
    per_host, _ = at_once(folder.moves)
    return _assigned(
        f"$Plan = {_RECORD}",
        {
            "Source": quoted(str(folder.summary.get("source", ""))),
            "Version": quoted(str(folder.manifest.get("versions", {}).get("dc-consolidate", ""))),
            "Expires": quoted(expires(folder.summary)),
            "PerHost": str(max(per_host, 1)),
        },
    )


def _moves(folder: Folder) -> str:
    memory = pressed(folder)
    moved = [move for move in folder.moves if move.source]
    return _array("$Moves", [_move(move, folder.ids.get(move.vm, ""), memory.get(move.number)) for move in moved])


def _new(folder: Folder) -> str:
    """Return the VMs that are on no host yet: nothing that could be moved."""
    new = [move for move in folder.moves if not move.source]
    return _array(
        "$NewVms",
        [
            _assigned(_RECORD, {"Number": str(move.number), "VM": quoted(move.vm), "To": quoted(move.destination)})
            for move in new
        ],
    )


def _array(name: str, records: Sequence[str]) -> str:
    return f"{name} = @(\n" + "".join(f"    {record}\n" for record in records) + ")" if records else f"{name} = @()"


def _move(move: Move, platform_id: str, memory: Pressed | None) -> str:
    """Return a move; where memory is taken from its VM or given back `Does` says which, the rest are MiB."""
    return _assigned(
        _RECORD,
        {
            "Number": str(move.number),
            "Wave": str(move.wave),
            "StartS": f"{move.start_s:.3f}",
            "EndS": f"{move.end_s:.3f}",
            "VM": quoted(move.vm),
            "Id": quoted(_object_id(platform_id)),
            "From": quoted(move.source),
            "To": quoted(move.destination),
            "Left": str(memory.left_mib if memory else 0),
            "Full": str(memory.full_mib if memory else 0),
            "Does": quoted(memory.does if memory else ""),
        },
    )


def _assigned(template: str, values: Mapping[str, str]) -> str:
    return template % "; ".join(f"{name} = {value}" for name, value in values.items())


def _object_id(platform_id: str) -> str:
    """Return the id as PowerCLI writes it; empty if it is no managed object's, so that the name is used."""
    bare = platform_id.removeprefix("VirtualMachine-")
    return f"VirtualMachine-{bare}" if re.fullmatch(r"vm-\d+", bare) else ""


def _check_names(folder: Folder) -> None:
    named = {name for move in folder.moves for name in (move.vm, move.source, move.destination)}
    text = "holds control characters, which a script must not; rename it, or move it by hand"
    findings = [
        Finding("error", "control-character", f"The name {name!r} {text}.", "moves.csv")
        for name in sorted(named)
        if control_characters(name)
    ]
    if findings:
        raise InputError(findings)
