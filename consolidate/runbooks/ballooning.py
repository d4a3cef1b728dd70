"""Memory that VMs give up for a while so that a cycle has room: what scripts are told of it, and what people do."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from consolidate.runbooks.folder import Folder, Move
from consolidate.runbooks.text import shown, table
from models.errors import Finding, InputError

COMMANDS = (
    ("libvirt", "`virsh setmem VM LEFTMiB --live`", "`virsh setmem VM FULLMiB --live`"),
    ("Proxmox VE", "`qm monitor VM`, then `balloon LEFT`", "`qm monitor VM`, then `balloon FULL`"),
    (
        "vSphere, PowerCLI",
        "`Get-VM VM \\| Get-VMResourceConfiguration \\| Set-VMResourceConfiguration -MemLimitMB LEFT`",
        "`… -MemLimitMB $null`",
    ),
    ("vSphere, govc", "`govc vm.change -vm VM -mem.limit LEFT`", "`govc vm.change -vm VM -mem.limit -1`"),
    ("OpenStack", "none; on the hypervisor as for libvirt", "the same"),
)
"""How each platform takes memory from a running VM and gives it back: LEFT and FULL are in MiB."""


@dataclass(frozen=True)
class Pressed:
    """
    A step before which memory is taken from its VM, or at which that is given back, for scripts.

    Parameters
    ----------
    left_mib, full_mib
        What the VM has while memory is taken, and else. [MiB]
    does
        ``take`` or ``give``.
    """

    left_mib: int
    full_mib: int
    does: str

    @property
    def undone(self) -> str:
        """What takes it back: the other one."""
        return "take" if self.does == "give" else "give"


def pressed(folder: Folder) -> Mapping[int, Pressed]:
    """
    Return the steps at which memory is taken or given back, by their number.

    Where a plan begins with memory taken, what is left is not told: such a step cannot be undone, and is none then.

    Raises
    ------
    InputError
        If the folder does not tell how much memory such a VM has; all such moves are reported.
    """
    found: dict[int, Pressed] = {}
    taken: dict[str, float] = {}
    wrong: list[Finding] = []
    for move in folder.moves:
        if move.balloon_mib <= 0 and move.kind != "balloon":
            continue
        if move.vm not in folder.sizes:
            text = "Expected a row of the VM, from which memory is taken, with its memory_mib."
            wrong.append(Finding("error", "balloon", text, "vms.csv", 0, "vm", move.vm))
            continue
        full = int(folder.sizes[move.vm]["memory_mib"])
        takes = move.balloon_mib > 0
        less = move.balloon_mib if takes else taken.get(move.vm, 0.0)
        taken[move.vm] = move.balloon_mib
        found[move.number] = Pressed(full - ceil(less), full, "take" if takes else "give")
    if wrong:
        raise InputError(wrong)
    return found


def section(folder: Folder) -> str:
    """Return what is to be taken before which move, when it is given back, and by which commands; empty if nothing."""
    taken = [move for move in folder.moves if move.balloon_mib > 0]
    before = [move for move in folder.moves if move.kind == "balloon" and move.vm not in {each.vm for each in taken}]
    if not taken and not before:
        return ""
    steps = table(
        ("At move", "VM", "Take (MiB)", "LEFT (MiB)", "FULL (MiB)", "Give back at"),
        [*(_step(folder, move) for move in taken), *(_taken_before(folder, move) for move in before)],
    )
    ways = table(("Platform", "Take", "Give back"), COMMANDS)
    return (
        "## Memory that is taken for a while\n\nVMs wait for each other's room. These give up idle memory before their "
        "move, or where they are, and get it back as soon as there is room. Check before that so much is idle, and "
        f"after it that the guest does not swap; on the way back do the same.\n\n{steps}\n\n{ways}"
    )


def _step(folder: Folder, move: Move) -> tuple[str, ...]:
    full = float(folder.sizes[move.vm]["memory_mib"]) if move.vm in folder.sizes else None
    later = (each for each in folder.moves if each.vm == move.vm and each.number > move.number)
    back = next((each.number for each in later if each.kind == "balloon"), None)
    sizes = ("FULL − Take", "as configured") if full is None else (f"{full - move.balloon_mib:.0f}", f"{full:.0f}")
    return (str(move.number), shown(move.vm), f"{move.balloon_mib:.0f}", *sizes, f"move {back}")


def _taken_before(folder: Folder, move: Move) -> tuple[str, ...]:
    """Return the row of a VM that has given memory up before the plan begins."""
    full = f"{float(folder.sizes[move.vm]['memory_mib']):.0f}" if move.vm in folder.sizes else "as configured"
    return ("taken already", shown(move.vm), "", "", full, f"move {move.number}")


def refuse(folder: Folder) -> None:
    """Raise an error for each change of a VM's memory, where a platform makes none to servers that run."""
    way = (
        "which OpenStack cannot while a server runs: follow the page for people (markdown) on the hypervisors, or plan "
        "without migration.may_balloon."
    )
    findings = []
    for move in folder.moves:
        if move.balloon_mib > 0 or move.kind == "balloon":
            gives = move.balloon_mib <= 0
            what, when = ("gives memory back to", "at") if gives else ("takes memory from", "before")
            text = f"The plan {what} VM {move.vm!r} {when} move {move.number}, {way}"
            taken = f"{move.balloon_mib:g}"
            findings.append(Finding("error", "balloon", text, "moves.csv", move.row, "balloon_mib", taken))
    if findings:
        raise InputError(findings)
