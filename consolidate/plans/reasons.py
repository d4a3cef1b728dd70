"""Why each VM moves, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Floats
from models.check.violation import Violation
from models.formulation import Formulation
from models.plan import Plan
from models.rules import Offline


@dataclass(frozen=True, eq=False)
class Reasons:
    """
    Words for the moves of a plan.

    Parameters
    ----------
    formulation, plan
        The problem and the plan.
    idle_w
        Draw of each host at no load. [W] Shape (hosts,).
    before
        Violations of the starting state.
    """

    formulation: Formulation
    plan: Plan
    idle_w: Floats
    before: tuple[Violation, ...]

    @cached_property
    def _mended(self) -> Mapping[str, str]:
        """The broken rule that names a VM or host, by that name."""
        found: dict[str, str] = {}
        for violation in self.before:
            label = f"{violation.rule} “{violation.name}”" if violation.name else violation.rule
            for name in violation.who:
                found.setdefault(name, label)
        return found

    @cached_property
    def _drained(self) -> Mapping[int, str]:
        """The rule that demands a host to be empty, by the host's row."""
        rules = self.formulation.problem.rules
        return {int(host): rule.name for rule in rules if isinstance(rule, Offline) for host in rule.hosts}

    @cached_property
    def _left(self) -> tuple[Floats, Floats]:
        """Share of memory and of CPU or virtual CPUs that each host keeps free at the end."""
        problem = self.formulation.problem
        load, capacity = problem.load(self.plan.placement.host), np.maximum(problem.capacity, 1)
        free = 1 - load / capacity
        memory = [index for index, name in enumerate(problem.dims) if name.startswith("memory_mib")]
        others = [index for index, name in enumerate(problem.dims) if name.startswith(("cpu_mhz", "vcpus"))]
        return free[:, memory].min(axis=1), free[:, others].min(axis=1)

    def all(self) -> list[str]:
        """Return a sentence for each move of the plan, in its order."""
        moves = self.plan.moves
        return [self._one(row) for row in range(len(moves))]

    def _one(self, row: int) -> str:
        moves, problem = self.plan.moves, self.formulation.problem
        vm, destination = int(moves.vm[row]), int(moves.destination[row])
        target = problem.hosts[destination]
        memory, cpu = self._left
        free = f"{max(memory[destination], 0):.0%} of usable memory and {max(cpu[destination], 0):.0%} of usable CPU"
        kept = f"{target} keeps {free} free"
        if moves.source[row] == destination:
            return str(moves.reason[row])
        note = f"{moves.reason[row]}; " if moves.reason[row] else ""
        return f"{note}{self._cause(vm)}; {kept}"

    def _cause(self, vm: int) -> str:
        problem, placement = self.formulation.problem, self.plan.placement
        source = int(problem.start[vm])
        if source == NOWHERE:
            return "was on no host"
        name = problem.hosts[source]
        if not placement.on[source]:
            rule = self._drained.get(source)
            demanded = f", as the rule “{rule}” demands" if rule else ""
            return f"empties {name}, which saves {self.idle_w[source]:.0f} W{demanded}"
        for who in (problem.vms[vm], name):
            if who in self._mended:
                return f"leaves {name}, where it breaks {self._mended[who]}"
        arrivals = np.flatnonzero((placement.host == source) & (problem.start != source))
        if len(arrivals):
            return f"makes room on {name} for {problem.vms[arrivals[0]]}"
        return f"keeps the load of {name} and the rules in balance"
