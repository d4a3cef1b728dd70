"""A runbook for people: what to check first, the waves, what to verify, when to stop, and the way back."""

from collections.abc import Iterable, Sequence

from consolidate.runbooks import ballooning, overview
from consolidate.runbooks.folder import Action, Folder, Move
from consolidate.runbooks.order import at_once, boots, rollback, waves
from consolidate.runbooks.text import boxes, bullets, shown, span, table
from consolidate.wording import counted

MIB_PER_GIB = 1024
OBSERVATION_HOURS = 24
"""Freed hosts stay powered on for so long, so that the way back is short."""

BEFORE = (
    "The change is announced and approved; no change freeze covers it; somebody who can stop it is on call.",
    "Automatic balancing is **manual** in every cluster concerned (DRS on vSphere; otherwise it undoes the plan), "
    "per-VM overrides included. Its present level is written down: `____________`.",
    "Automatic power management (DPM or the like) is off; it would switch hosts off, or on, on its own.",
    "Admission control for high availability still passes with the freed hosts gone: failover level and slot sizes.",
    "The windows of backup and replication jobs are known; no job runs on the VMs while they move.",
    "No VM of the plan needs its snapshots consolidated, and none has a snapshot older than agreed.",
    "No VM of the plan has an ISO image or a host device attached, a USB or serial device, passthrough or SR-IOV, "
    "or local disks beside those that the plan copies.",
    "Every destination reaches the datastores and carries the port groups or VLANs of its new VMs.",
    "CPU compatibility (EVC level or CPU type) of source and destination is the same, for each move.",
    "Each destination has the memory and CPU free **now**, and its health alarms are clear.",
    "No host of the plan is in maintenance mode or due for it; none was added or removed since the inventory.",
    "Licences and affinity rules on the platform allow the VMs on their destinations.",
    "The way back (last section) has been read, and everybody knows who decides on it.",
)
AFTER_WAVE = (
    "Every VM of the wave is on its destination and answers: its service check passes, not only the ping.",
    "CPU ready stays under 5 % per virtual CPU on each destination.",
    "Ballooned and swapped memory are zero on each destination.",
    "Datastore latency is where it was before the wave (as a rule under 20 ms).",
    "No new alarm on hosts, VMs or the migration network.",
)
ABORT = (
    "a VM does not answer five minutes after its move, or its owner reports trouble;",
    "a migration fails twice, or takes more than three times as long as expected;",
    "a destination swaps or balloons memory, or CPU ready stays over 10 % for ten minutes;",
    "a host fails or leaves its cluster: high availability comes first, and the plan no longer holds;",
    "a VM or host is not where the plan expects it: run `consolidate check` before going on.",
)
BACK = (
    "Valid from any point: the inverse moves in reverse order, so that every state on the way is one that the plan has "
    "been through. A line starts only when those above it have ended, or as the plan overlaps them."
)
BACK_STEPS = (
    "Start no further move; wait for the moves under way.",
    "Keep automatic balancing manual. Power on freed hosts and take them out of maintenance mode.",
    "Find the last move that was **started**: `____`. Leave out moves with a higher number, and every VM that is "
    "already where its line would bring it.",
    "Verify after each wave as on the way there.",
)


def render(folder: Folder) -> str:
    """Return the runbook as Markdown with tables."""
    sections = (
        overview.header(folder),
        overview.summary(folder),
        overview.warnings(folder),
        _checks(folder),
        ballooning.section(folder),
        _waves(folder),
        _afterwards(folder),
        _rollback(folder),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _checks(folder: Folder) -> str:
    if not folder.moves and not folder.actions:
        return "## Nothing to do\n\nThe plan has no moves and no host actions."
    throttle = "" if not folder.moves else "\n\n" + _throttles(folder.moves)
    return f"## Before you start\n\n{boxes(BEFORE)}{throttle}"


def _throttles(moves: Sequence[Move]) -> str:
    per_host, most = at_once(moves)
    return (
        f"**Throttles.** Live migrations at the same time, as planned: {per_host} at one host, {most} in all, at most. "
        "A move starts only when all moves that end before it in the plan have ended; fewer at once is always safe, "
        "another order is not.\n\n"
        "**Abort** the wave, start no further move, and decide between going on and the way back, if\n\n"
        + bullets(ABORT)
    )


def _waves(folder: Folder) -> str:
    booted = boots(folder.moves, folder.actions)
    parts = [
        _wave(folder, wave, moves, [boot for due, boot in booted if due == wave], pilot=index == 0)
        for index, (wave, moves) in enumerate(waves(folder.moves))
    ]
    if booted and not folder.moves:
        parts.append(f"## Power on\n\n{boxes(_boot(boot) for _, boot in booted)}")
    return "\n\n".join(parts)


def _wave(folder: Folder, wave: int, moves: Sequence[Move], boots: Sequence[Action], *, pilot: bool) -> str:
    lasts = max(move.end_s for move in moves) - min(move.start_s for move in moves)
    go = [
        *map(_boot, boots),
        "The checks above still hold." if pilot else "The wave before is verified, and nothing that aborts was seen.",
        f"Destinations are connected, out of maintenance, with room: {', '.join(map(shown, _destinations(moves)))}.",
        "Go decided by `____________` at `________`.",
    ]
    rows = [
        (
            str(move.number),
            shown(move.vm),
            shown(move.source) or "nowhere",
            shown(move.destination),
            f"+{span(move.start_s)}",
            span(move.duration_s),
            _pause(move),
            shown(_why(move, _state(folder, move))),
        )
        for move in moves
    ]
    head = ("Move", "VM", "From", "To", "Starts", "Takes", "Pause", "Note")
    return (
        f"## Wave {wave}{', the pilot' if pilot else ''}: {counted(len(moves), 'move')}, {span(lasts)}\n\n"
        f"**Go**, if\n\n{boxes(go)}\n\n{table(head, rows)}\n\n**Verify**\n\n{boxes(AFTER_WAVE)}"
    )


def _boot(action: Action) -> str:
    return f"Power on {shown(action.host)} ({span(action.end_s - action.start_s)}) and wait until it is connected."


def _pause(move: Move) -> str:
    return "none" if not move.live else f"{move.downtime_ms:.0f} ms"


def _state(folder: Folder, move: Move) -> str:
    """Return whether the VM is on, off or suspended; as its move tells it, where the folder does not say."""
    known = folder.sizes.get(move.vm, {}).get("power_state", "")
    return str(known) or ("off" if move.kind == "cold" else "on")


def _why(move: Move, state: str) -> str:
    resting = "suspended" if state == "suspended" else "powered off"
    notes = {
        "cold": f"{resting}, {'moved with its disks' if move.disk_mib else 'only re-registered'}",
        "new": f"start NEW VM on {move.destination}"
        if state == "on"
        else f"{resting}: register NEW VM on {move.destination}, and do not start it",
        "pivot": "on the way, to break a cycle",
        "balloon": f"no migration: memory is {'taken' if move.balloon_mib else 'given back'}",
    }
    disks = f"copies {move.disk_mib / MIB_PER_GIB:,.0f} GiB of local disks with it" if move.disk_mib else ""
    risk = "at risk: watch it, and nothing else at the same time" if move.at_risk else ""
    return "; ".join(part for part in (notes.get(move.kind, ""), disks, risk, move.reason) if part)


def _afterwards(folder: Folder) -> str:
    freed = [shown(host) for host in folder.freed()]
    if not freed and not folder.moves:
        return ""
    steps = [
        *(f"{host}: no VM and no template is left on it; put it in maintenance mode now." for host in freed),
        "Put automatic balancing, per-VM overrides and power management back as they were written down.",
        *(
            f"{host}: after {OBSERVATION_HOURS} hours without trouble, a working day among them, shut it down."
            for host in freed
        ),
        "Bring up to date: CMDB, licences, support contracts, backup jobs, monitoring, capacity reports.",
        "Take a new inventory, and compare: `consolidate check` with this plan.",
    ]
    order = "\n\nIn this order; should demand return, power on in reverse order." if freed else ""
    return f"## Afterwards{order}\n\n{boxes(steps)}"


def _rollback(folder: Folder) -> str:
    if not folder.moves:
        return ""
    head = ("Undoes move", "VM", "From", "To")
    tables = [
        f"### Back from wave {wave}\n\n"
        + table(
            head,
            [
                (str(move.number), shown(move.vm), shown(move.source), shown(move.destination) or "shut down, remove")
                for move in moves
            ],
        )
        for wave, moves in waves(rollback(folder.moves))
    ]
    return f"## The way back\n\n{BACK}\n\n{boxes(BACK_STEPS)}\n\n" + "\n\n".join(tables)


def _destinations(moves: Iterable[Move]) -> list[str]:
    return list(dict.fromkeys(move.destination for move in moves))
