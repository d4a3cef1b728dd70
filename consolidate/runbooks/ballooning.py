"""Memory that VMs give up for a while so that a cycle has room: what people do for it, and why no script does."""

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


def section(folder: Folder) -> str:
    """Return what is to be taken before which move, when it is given back, and by which commands; empty if nothing."""
    taken = [move for move in folder.moves if move.balloon_mib > 0]
    if not taken:
        return ""
    steps = table(
        ("Before move", "VM", "Take (MiB)", "LEFT (MiB)", "FULL (MiB)", "Give back at"),
        [_step(folder, move) for move in taken],
    )
    ways = table(("Platform", "Take", "Give back"), COMMANDS)
    return (
        "## Memory that is taken for a while\n\nThese VMs wait for each other's room. Each gives up idle memory before "
        "its move, and gets it back as soon as there is room. Check before that so much is idle, and after it that the "
        f"guest does not swap; on the way back do the same.\n\n{steps}\n\n{ways}"
    )


def _step(folder: Folder, move: Move) -> tuple[str, ...]:
    full = float(folder.sizes[move.vm]["memory_mib"]) if move.vm in folder.sizes else None
    back = next((each.number for each in folder.moves if each.vm == move.vm and each.number > move.number), None)
    sizes = ("FULL − Take", "as configured") if full is None else (f"{full - move.balloon_mib:.0f}", f"{full:.0f}")
    return (str(move.number), shown(move.vm), f"{move.balloon_mib:.0f}", *sizes, f"move {back}")


def refuse(folder: Folder) -> None:
    """Raise an error for each VM that gives memory up: scripts do not know when a guest has handed it over."""
    way = "which no script does: follow the runbook for people (markdown), or plan without migration.may_balloon."
    findings = [
        Finding("error", "balloon", f"The plan takes memory from VM {move.vm!r} before move {move.number}, {way}",
                "moves.csv", 0, "balloon_mib", f"{move.balloon_mib:g}")
        for move in folder.moves
        if move.balloon_mib > 0
    ]  # fmt: skip
    if findings:
        raise InputError(findings)
