"""A plan's result folder and the inventory that it was made from, as what can be carried out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from consolidate.planning import choices
from consolidate.plans.rechecking import rules_of, settings_of
from consolidate.plans.ways import idle, limits
from consolidate.readers import noticed
from consolidate.readers.reading import Reading
from consolidate.runbooks import folder as results_of
from consolidate.runbooks.folder import Folder
from consolidate.runbooks.names import belongs, unknown
from consolidate.settings import Settings
from models.arrays import NOWHERE, Floats
from models.errors import Finding, InputError
from models.execution.course import Course, course
from models.formulation import Formulation, formulate
from models.inventory import Inventory
from models.network import Limits
from models.plan import HostAction, Moves, Placement, Plan
from models.problem import Problem
from models.rules import Rule


@dataclass(frozen=True, eq=False)
class Scene:
    """
    What can be carried out.

    Parameters
    ----------
    folder, settings, rules
        The plan as it was written, and what it was made with.
    reading, formulation
        The inventory, and the problem that it makes.
    plan
        The plan over the rows of the inventory.
    """

    folder: Folder
    settings: Settings
    rules: tuple[Rule, ...]
    reading: Reading
    formulation: Formulation
    plan: Plan

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self.formulation.problem

    @property
    def elsewhere(self) -> int:
        """How many VMs that the plan does not move are on another host than when it was made."""
        row, moved = self.reading.inventory.vm_row, {str(self.problem.vms[vm]) for vm in self.plan.moves.vm}
        here = self.reading.inventory.vms.host
        return sum(
            str(here[row[each["vm"]]]) != each["host_before"]
            for each in self.folder.placement
            if each["vm"] in row and each["vm"] not in moved
        )

    @property
    def limits(self) -> Limits:
        """What the platform lets run at once."""
        return limits(self.settings, self.plan.placement, self.problem)

    @property
    def nic_mbps(self) -> Floats:
        """Rate of each host's migration NIC. [Mbit/s] Shape (hosts,)."""
        rate: Floats = np.maximum(self.reading.inventory.hosts.migration_mbps, 1.0)
        return rate

    def course(self) -> Course:
        """Return the plan as tasks that wait for one another."""
        return course(self.problem, self.plan, self.limits, self.nic_mbps, self.reading.network)


def scene(path: Path, reading: Reading, rules: Path | None = None) -> Scene:
    """
    Return a plan as what can be carried out from where VMs are in an inventory.

    Parameters
    ----------
    path
        Result folder of ``consolidate plan``.
    reading
        The inventory from which it starts.
    rules
        Rules in place of those that the folder keeps.

    Raises
    ------
    InputError
        If the folder is no plan, names VMs or hosts that the inventory does not have, or a VM is not where the plan
        begins with it; all of it at once.
    """
    from consolidate.inventories.estate import supposed

    folder, settings = results_of.read(path), settings_of(path)
    if folder.infeasible:
        raise InputError([Finding("error", "infeasible", "There is no plan in it: it is infeasible.", str(path))])
    belongs(path, folder, reading.inventory)
    reading = supposed(reading, settings.estate)
    inventory = reading.inventory
    wrong = unknown(path, folder, inventory), _elsewhere(path, folder, inventory)
    noticed.stop_on_errors([finding for each in wrong for finding in each])
    own, problem = formulated(reading, settings, rules_of(path, rules))
    noticed.stop_on_errors([*_pressed(path, folder, inventory, idle(problem, inventory, settings))])
    return Scene(folder, settings, own, reading, problem, _plan(folder, reading.inventory, problem.problem))


def formulated(reading: Reading, settings: Settings, rules: Path | None) -> tuple[tuple[Rule, ...], Formulation]:
    """Return the rules that hold for an inventory, and the problem that it makes with them."""
    from consolidate.readers.rules import parse, read

    inventory = reading.inventory
    own = read(rules, inventory) if rules is not None else ()
    every = (*own, *parse(inventory.rules, inventory, inventory.source))
    return every, formulate(inventory, choices(settings, inventory), reading.usage, every)


def _elsewhere(path: Path, plan: Folder, inventory: Inventory) -> Iterator[Finding]:
    """Yield each VM that is not where its first move begins."""
    seen: set[str] = set()
    for move in plan.moves:
        if move.vm in seen or move.vm not in inventory.vm_row:
            continue
        seen.add(move.vm)
        here = str(inventory.vms.host[inventory.vm_row[move.vm]])
        if here != move.source:
            text = f"The plan begins with it on {move.source or 'no host'}, the inventory has it on {here or 'none'}; "
            text += "`consolidate track` tells what is left of a plan that has begun."
            yield Finding("error", "elsewhere", text, str(path / "moves.csv"), move.row, "vm", move.vm)


def _pressed(path: Path, plan: Folder, inventory: Inventory, most_mib: Floats | None) -> Iterator[Finding]:
    """Yield each move for which a VM would give up more memory than is idle in the inventory."""
    for move in plan.moves:
        spare = 0.0 if most_mib is None else float(most_mib[inventory.vm_row[move.vm]])
        if move.balloon_mib > spare:
            text = f"Expected no more than it can give up for a while: {spare:g} MiB of {move.vm}."
            taken = f"{move.balloon_mib:g}"
            yield Finding("error", "balloon", text, str(path / "moves.csv"), move.row, "balloon_mib", taken)


def _plan(folder: Folder, inventory: Inventory, problem: Problem) -> Plan:
    moves, actions = folder.moves, folder.actions
    vm, host = inventory.vm_row, {**inventory.host_row, "": NOWHERE}
    same = ("wave", "start_s", "end_s", "bandwidth_mbps", "downtime_ms", "transferred_mib", "disk_mib", "balloon_mib",
            "rounds", "converges", "energy_j", "reason")  # fmt: skip
    columns = {name: [getattr(move, name) for move in moves] for name in same}
    at = [vm[move.vm] for move in moves]
    table = Moves.of(
        vm=at,
        source=[host[move.source] for move in moves],
        destination=[host[move.destination] for move in moves],
        live=[move.live and bool(inventory.running[vm[move.vm]]) for move in moves],
        **columns,
    )  # fmt: skip
    done = tuple(HostAction(host[each.host], each.action, each.start_s, each.end_s, each.reason) for each in actions)
    end = np.array(problem.start)
    end[at] = table.destination
    on = np.array(problem.on)
    for action in done:
        on[action.host] = action.action == "boot"
    status = str(folder.summary.get("status"))
    return Plan(Placement(end, on, status=status), table, done, makespan_s=float(table.end_s.max(initial=0.0)))


def readable(reading: Reading) -> Reading:
    """Return the reading with readings of one moment, none of them known, where there are none over time."""
    from models.demand import Usage

    if reading.usage is not None and reading.usage.samples:
        return reading
    unknown = np.full((len(reading.inventory.vms), 1), np.nan, np.float32)
    return replace(reading, usage=Usage(0.0, 300.0, unknown))
