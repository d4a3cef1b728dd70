"""Whether a plan still holds: its result folder against a newer inventory."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from consolidate.readers.reading import Reading
from consolidate.runbooks.folder import Folder, Move, Row, read
from consolidate.runbooks.names import belongs
from consolidate.runbooks.order import stops
from consolidate.wording import counted
from models.inventory import Inventory
from models.lifecycle import LEAVING

Judge = Callable[[Reading, Mapping[str, str]], Sequence[str]]
"""Given a reading and the host of each VM at the end, by name, returns a sentence for each new violation."""

HOLDS, CHANGED, STALE = "holds", "holds with changes", "stale"


@dataclass(frozen=True)
class Step:
    """One move of the plan now: ``done``, ``to do`` or ``impossible``; then `why` says why."""

    number: int
    wave: int
    vm: str
    source: str
    destination: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class Recheck:
    """
    What became of a plan.

    Parameters
    ----------
    verdict
        ``holds``: nothing that matters has changed, go on. ``holds with changes``: what is left of the plan may be
        carried out, but it is no longer all of the plan, or made from other numbers. ``stale``: plan again.
    reasons
        Why, in sentences.
    steps
        All moves, in the plan's order.
    violations
        New violations at the end of what is left of the plan.
    new_vms, gone_vms, moved_vms, new_hosts, gone_hosts, changed_vms
        What differs from the inventory that the plan was made from; moves of the plan are no difference.
    """

    verdict: str
    reasons: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    violations: tuple[str, ...] = ()
    new_vms: tuple[str, ...] = ()
    gone_vms: tuple[str, ...] = ()
    moved_vms: tuple[str, ...] = ()
    new_hosts: tuple[str, ...] = ()
    gone_hosts: tuple[str, ...] = ()
    changed_vms: tuple[str, ...] = ()

    def count(self, state: str) -> int:
        """Return how many moves are in a state."""
        return sum(step.state == state for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """Return it made of JSON's own types, with the moves counted by state."""
        counts = {state.replace(" ", "_"): self.count(state) for state in ("done", "to do", "impossible")}
        return {**{name: _listed(value) for name, value in asdict(self).items()}, "moves": counts}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def recheck(folder: Path, reading: Reading, judge: Judge) -> Recheck:
    """
    Compare a plan with a newer inventory.

    Moves that are no longer possible are left out, and so are later ones of the same VM; `judge` is asked about where
    that leads. The order of what is left was proved for the old sizes; a VM that has grown is judged at the end only.

    Raises
    ------
    InputError
        If the folder is not the result of a plan.
    """
    plan = read(folder)
    inventory = reading.inventory
    belongs(folder, plan, inventory)
    steps = _steps(plan, inventory)
    target = _target(plan, inventory, steps)
    violations = tuple(judge(reading, target))
    differences = _differences(plan, inventory)
    stale = [
        *(["The plan was none: it is infeasible."] if plan.summary.get("status") == "infeasible" else []),
        *(f"At the end: {sentence}" for sentence in violations),
        *_stuck(plan.moves, steps, inventory),
    ]
    changed = [*_impossible(steps), *_differing(differences), *_not_freed(plan, inventory, target)]
    verdict = STALE if stale else CHANGED if changed else HOLDS
    reasons = (*stale, *changed, _progress(steps))
    return Recheck(verdict, reasons, steps, violations, **differences)


def _steps(plan: Folder, inventory: Inventory) -> tuple[Step, ...]:
    """Return the state of each move; once a VM's move is impossible, so are its later ones."""
    chains = stops(plan.moves)
    booted = {action.host for action in plan.actions if action.action == "boot"}
    legs: dict[str, int] = {}
    blocked: dict[str, str] = {}
    found = []
    for move in plan.moves:
        leg = legs[move.vm] = legs.get(move.vm, 0) + 1
        done, why = _state(move, leg, chains[move.vm], inventory, booted)
        why = "" if done else blocked.get(move.vm) or why
        if why:
            blocked[move.vm] = why
        state = "done" if done else "impossible" if why else "to do"
        found.append(Step(move.number, move.wave, move.vm, move.source, move.destination, state, why))
    return tuple(found)


def _state(move: Move, leg: int, chain: Sequence[str], inventory: Inventory, booted: set[str]) -> tuple[bool, str]:
    """Return whether a VM's move number `leg` is done, and why it is impossible, empty if it is not."""
    row = inventory.vm_row.get(move.vm)
    if row is None:
        return False, "The VM is gone."
    here = str(inventory.vms.host[row])
    if here not in chain:
        return False, f"The VM is on {here}, where the plan never has it." if here else "The VM is on no host."
    if chain.index(here) >= leg:
        return True, ""
    return False, _closed(move.destination, inventory, booted)


def _closed(host: str, inventory: Inventory, booted: set[str]) -> str:
    """Return why no VM may enter a host; empty if one may."""
    row = inventory.host_row.get(host)
    if row is None:
        return f"Host {host} is gone."
    if inventory.hosts.maintenance[row]:
        return f"Host {host} is in maintenance."
    if inventory.hosts.power_state[row] != "on" and host not in booted:
        return f"Host {host} is off."
    return ""


def _target(plan: Folder, inventory: Inventory, steps: Sequence[Step]) -> dict[str, str]:
    """Return the host of each VM once all moves that are left to do are done; empty: on none."""
    target = {str(vm): str(host) for vm, host in zip(inventory.vms.vm, inventory.vms.host, strict=True)}
    for row in plan.placement:
        if target.get(row["vm"]) == "" and row["host_after"] in inventory.host_row:
            target[row["vm"]] = row["host_after"]
    target.update({step.vm: step.destination for step in steps if step.state == "to do"})
    return target


def _differences(plan: Folder, inventory: Inventory) -> dict[str, tuple[str, ...]]:
    vms = {row["vm"]: row["host_before"] for row in plan.placement}
    hosts = {row["host"] for row in plan.hosts}
    chains = stops(plan.moves)
    here = {str(vm): str(host) for vm, host in zip(inventory.vms.vm, inventory.vms.host, strict=True)}
    expected = {vm: chains.get(vm, (host,)) for vm, host in vms.items() if host}
    return {
        "new_vms": tuple(vm for vm in here if vm not in vms),
        "gone_vms": tuple(vm for vm in vms if vm not in here),
        "moved_vms": tuple(vm for vm, chain in expected.items() if vm in here and here[vm] not in chain),
        "new_hosts": tuple(str(host) for host in inventory.hosts.host if host not in hosts),
        "gone_hosts": tuple(row["host"] for row in plan.hosts if row["host"] not in inventory.host_row),
        "changed_vms": _changed(plan.sizes, inventory),
    }


def _changed(sizes: Mapping[str, Row], inventory: Inventory) -> tuple[str, ...]:
    """Return what changed in each VM that is still there, in words."""
    vms = inventory.vms
    found = []
    for vm, old in sizes.items():
        row = inventory.vm_row.get(vm)
        if row is None:
            continue
        now = {"vcpus": vms.vcpus[row], "memory_mib": vms.memory_mib[row], "power_state": vms.power_state[row]}
        words = [f"{name} {_shown(old[name])} → {_shown(new)}" for name, new in now.items() if old[name] != new]
        if words:
            found.append(f"{vm}: {', '.join(words)}")
    return tuple(found)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def _impossible(steps: Sequence[Step]) -> list[str]:
    return [f"Move {step.number}, {step.vm}: {step.why}" for step in steps if step.state == "impossible"]


def _differing(differences: Mapping[str, Sequence[str]]) -> list[str]:
    words = {
        "new_vms": ("VM", "is new", "are new"),
        "gone_vms": ("VM", "is gone", "are gone"),
        "moved_vms": ("VM", "was moved outside the plan", "were moved outside the plan"),
        "new_hosts": ("host", "is new", "are new"),
        "gone_hosts": ("host", "is gone", "are gone"),
        "changed_vms": ("VM", "has changed", "have changed"),
    }
    return [
        f"{counted(len(names), words[kind][0])} {words[kind][1 if len(names) == 1 else 2]}: {_first(names)}."
        for kind, names in differences.items()
        if names
    ]


def _first(names: Sequence[str], most: int = 5) -> str:
    more = len(names) - most
    return "; ".join(names[:most]) + (f"; and {more} more" if more > 0 else "")


def _not_freed(plan: Folder, inventory: Inventory, target: Mapping[str, str]) -> list[str]:
    """Say which hosts that the plan frees, or that are to be emptied, keep VMs that it does not leave there itself."""
    to_go = inventory.hosts.host[np.isin(inventory.hosts.lifecycle, LEAVING)]
    freed = dict.fromkeys([*plan.freed(), *map(str, to_go)])
    left = {(row["vm"], row["host_after"]) for row in plan.placement}
    kept = {host: [vm for vm, where in target.items() if where == host and (vm, host) not in left] for host in freed}
    return [f"Host {host} is not freed: {_first(vms)} would stay on it." for host, vms in kept.items() if vms]


def _stuck(moves: Sequence[Move], steps: Sequence[Step], inventory: Inventory) -> list[str]:
    """Say which moves enter a host that a VM was to leave before and now does not, or that none can be done."""
    here = set(zip(inventory.vms.vm, inventory.vms.host, strict=True))
    pairs = list(zip(moves, steps, strict=True))
    staying: defaultdict[str, list[Move]] = defaultdict(list)
    for move, step in pairs:
        if step.state == "impossible" and (move.vm, move.source) in here:
            staying[move.source].append(move)
    left = [move for move, step in pairs if step.state == "to do"]
    if staying and not left:
        return ["No move that is left can be carried out."]
    return [
        f"Move {move.number}, {move.vm}, enters {move.destination} after {other.vm} was to leave it, which it cannot."
        for move in left
        for other in staying.get(move.destination, ())
        if other.end_s <= move.start_s
    ]


def _progress(steps: Sequence[Step]) -> str:
    left = sum(step.state == "to do" for step in steps)
    if not steps:
        return "The plan has no moves."
    if not left:
        return "All moves are done."
    return f"{left} of {counted(len(steps), 'move')} {'is' if left == 1 else 'are'} left to do."
