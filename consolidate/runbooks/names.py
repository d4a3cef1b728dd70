"""Whether an inventory is of the estate that a plan was made for, and has the hosts and VMs that its moves name."""

from collections.abc import Iterator
from pathlib import Path

from consolidate.runbooks.folder import Folder
from consolidate.wording import counted
from models.errors import Finding, InputError
from models.inventory import Inventory

_LEAST_HOSTS = 0.5
"""Share of a plan's hosts that an inventory of its estate still has: hosts seldom change, and VMs may all at once."""
_ADDED = ("bought", "offered")


def belongs(path: Path, plan: Folder, inventory: Inventory) -> None:
    """
    Check that an inventory is of the estate of a plan, before anything is made of it.

    Raises
    ------
    InputError
        If it has less than half of the plan's hosts, or none of its VMs.
    """
    hosts = [row["host"] for row in plan.hosts if row["role"] not in _ADDED]
    vms = [row["vm"] for row in plan.placement]
    here = sum(host in inventory.host_row for host in hosts)
    there = sum(vm in inventory.vm_row for vm in vms)
    if here >= _LEAST_HOSTS * len(hosts) and (there or not vms):
        return
    source = plan.summary.get("source")
    text = (
        f"The inventory {inventory.source!r} is not that of the plan in {path}"
        f"{f', which was made from {source!r}' if source else ''}: it has {here} of the plan's "
        f"{counted(len(hosts), 'host')} and {there} of its {counted(len(vms), 'VM')}."
    )
    raise InputError([Finding("error", "other-estate", text)])


def unknown(path: Path, plan: Folder, inventory: Inventory) -> Iterator[Finding]:
    """Yield each name in the moves and actions of a plan that the inventory does not have, once, where it is first."""
    used = [
        *(("moves.csv", "vm", move.vm, move.row) for move in plan.moves),
        *(("moves.csv", "source", move.source, move.row) for move in plan.moves if move.source),
        *(("moves.csv", "destination", move.destination, move.row) for move in plan.moves),
        *(("actions.csv", "host", action.host, action.row) for action in plan.actions),
    ]
    seen: set[tuple[str, str]] = set()
    for file, column, name, row in used:
        known = inventory.vm_row if column == "vm" else inventory.host_row
        if name not in known and (column, name) not in seen:
            yield Finding(
                "error", "unknown-name", "The inventory does not have it.", str(path / file), row, column, name
            )
        seen.add((column, name))
