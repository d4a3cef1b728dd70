"""
Bash scripts that run a plan: its data as literals, what a platform can from its own file, the rest from shared ones.

The scripts are plain ASCII whatever the names are: no locale, terminal or editor reads them otherwise than written.
"""

import re
from collections.abc import Callable, Iterable
from importlib.resources import files

from consolidate.runbooks.ballooning import pressed
from consolidate.runbooks.expiry import expires
from consolidate.runbooks.folder import Folder, Move
from consolidate.runbooks.order import at_once, boots, rollback
from models.errors import Finding, InputError

SHARED = ("shell", "shell_moves", "shell_memory", "shell_waves")
"""Files of what is the same on every platform, in their order."""

_BEGIN, _END = "# BEGIN PLAN\n", "# END PLAN\n"
_PLAIN = re.compile(r"[ -~]*")
_ESCAPED = re.compile(rb"[^ -~]|['\\]")


def render(folder: Folder, platform: str, identified: Callable[[str], str]) -> str:
    """
    Return the script of a plan.

    Parameters
    ----------
    platform
        Name of the file, without ``.sh``, that holds what the platform can.
    identified
        Returns the id of a VM as the platform's tool takes it; empty where it is no such id, so that the name is used.

    Raises
    ------
    InputError
        If a name cannot be told to a shell; all such names are reported.
    """
    check_names(folder)
    texts = files(__package__)
    logic, *rest = (texts.joinpath(f"{name}.sh").read_text(encoding="ascii") for name in (platform, *SHARED))
    before, _, after = logic.partition(_BEGIN)
    return f"{before}{_plan(folder, identified)}{after.removeprefix(_END)}{''.join(rest)}"


def quoted(text: str) -> str:
    r"""
    Return a word of printable ASCII that bash reads as the text, whatever is in it but NUL.

    In single quotes nothing is expanded. Quotes, and all bytes that are not printable ASCII, go by their numbers in
    ``$'...'``, three octal digits each, so that what follows is never taken for a part of them.

    >>> print(quoted("$(reboot)"), quoted("it's"), quoted("é"))
    '$(reboot)' $'it\047s' $'\303\251'
    """
    if _PLAIN.fullmatch(text) and "'" not in text:
        return f"'{text}'"
    return "$'" + _ESCAPED.sub(lambda found: b"\\%03o" % found[0][0], text.encode()).decode("ascii") + "'"


def _plan(folder: Folder, identified: Callable[[str], str]) -> str:
    per_host, most = at_once(folder.moves)
    moved = [move for move in folder.moves if move.source]
    lines = [
        f"PLAN_SOURCE={quoted(str(folder.summary.get('source', '')))}",
        f"PLAN_VERSION={quoted(str(folder.manifest.get('versions', {}).get('dc-consolidate', '')))}",
        f"PLAN_EXPIRES={quoted(expires(folder.summary))}",
        f"PLAN_PER_HOST={max(per_host, 1)}",
        f"PLAN_AT_ONCE={max(most, 1)}",
        f"PLAN_BACK={quoted(' '.join(str(move.number) for move in rollback(moved)))}",
        "",
        "plan() {",
        "    # move number wave start_ms end_ms VM id source destination [MiB left, MiB in all, does]",
        *(f"    {line}" for line in (*_moves(moved, folder, identified), *_others(folder))),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _moves(moves: Iterable[Move], folder: Folder, identified: Callable[[str], str]) -> Iterable[str]:
    memory = pressed(folder)
    for move in moves:
        names = (move.vm, identified(folder.ids.get(move.vm, "")), move.source, move.destination)
        times = f"{round(move.start_s * 1000)} {round(move.end_s * 1000)}"
        here = memory.get(move.number)
        sizes = f" {here.left_mib} {here.full_mib} {here.does}" if here else ""
        yield f"move {move.number} {move.wave} {times} {' '.join(map(quoted, names))}{sizes}"


def _others(folder: Folder) -> Iterable[str]:
    """Yield VMs that are on no host yet, hosts to boot with the wave that needs them, and hosts that are freed."""
    for move in folder.moves:
        if not move.source:
            yield f"new {move.number} {quoted(move.vm)} {quoted(move.destination)}"
    for wave, action in boots(folder.moves, folder.actions):
        yield f"boot {wave} {quoted(action.host)}"
    for host in folder.freed():
        yield f"freed {quoted(host)}"
    yield ":"


def check_names(folder: Folder) -> None:
    """Raise an error if a name is no text, or has NUL in it; all such names are reported."""
    named = {name for move in folder.moves for name in (move.vm, move.source, move.destination)}
    named |= {action.host for action in folder.actions} | set(folder.freed())
    findings = [
        Finding("error", "unspeakable-name", f"The name {name!r} cannot be told to a shell; rename it.", "moves.csv")
        for name in sorted(named)
        if not _speakable(name)
    ]
    if findings:
        raise InputError(findings)


def _speakable(name: str) -> bool:
    """Return whether a name is text without NUL, which ends every word of a command."""
    return "\0" not in name and not any("\ud800" <= character <= "\udfff" for character in name)
