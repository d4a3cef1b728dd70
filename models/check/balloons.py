"""The independent check of memory that VMs give up for a while: never more than they can."""

from collections.abc import Iterator

import numpy as np

from models.arrays import Floats
from models.check.violation import Violation
from models.plan import Plan
from models.problem import Problem

SLACK_MIB = 1e-6
"""What amounts may be above what can be given up, for rounding. [MiB]"""


def violations(problem: Problem, plan: Plan, most_mib: Floats | None) -> Iterator[Violation]:
    """
    Yield the moves for which a VM gives up more memory than it can.

    Parameters
    ----------
    problem, plan
        The plan to check.
    most_mib
        What each VM can give up; None: nothing. [MiB] Shape (vms,).
    """
    moves = plan.moves
    most = np.zeros(len(problem.vms)) if most_mib is None else most_mib
    for row in np.flatnonzero(moves.balloon_mib > most[moves.vm] + SLACK_MIB):
        vm, amount = int(moves.vm[row]), float(moves.balloon_mib[row])
        yield Violation("Balloon", (str(problem.vms[vm]),), amount, float(most[vm]), since_s=float(moves.start_s[row]))
