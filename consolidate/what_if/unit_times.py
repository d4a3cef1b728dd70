"""
Rules about time where an estate is planned in units: which clusters they tie, and what they say of each unit.

Windows, blackouts and deadlines hold for each VM and host by itself. Orders, VMs that move one at a time or together,
and budgets of power need one schedule, so that what they name is one unit. Where units are migrated one after the
other, only the first begins when the rules count from: then all that any rule about time names is that unit.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from models.arrays import NOWHERE, Rows
from models.timing import Blackout, Deadline, PowerBudget, Timing, Window

_VMS = ("vms", "first", "then")


def ties(rules: Sequence[Timing], of_host: Rows, of_vm: Rows, *, in_turn: bool) -> list[Rows]:
    """
    Return sets of clusters that are planned together.

    Parameters
    ----------
    rules
        Rules about time; those about places name hosts.
    of_host, of_vm
        The cluster of each host and VM, by number.
    in_turn
        Whether units are migrated one after the other.
    """
    every = [named(rule, of_host, of_vm) for rule in rules]
    if in_turn:
        return [np.unique(np.concatenate(every))] if every else []
    alone = (Window, Blackout, Deadline)
    return [tied for rule, tied in zip(rules, every, strict=True) if not isinstance(rule, alone)]


def named(rule: Timing, of_host: Rows, of_vm: Rows) -> Rows:
    """Return the clusters, or units, of what a rule is about, by number: of all hosts, for a budget of power."""
    if isinstance(rule, PowerBudget):
        return np.unique(of_host)
    found = [of_vm[getattr(rule, name)] for name in _VMS if hasattr(rule, name)]
    found += [of_host[rule.places]] if isinstance(rule, Window | Blackout) else []
    return np.unique(np.concatenate(found))


def restricted(rule: Timing, vm_row: Rows, host_row: Rows) -> Timing | None:
    """Return the rule over the rows of a unit, `NOWHERE` for those outside; None if it says nothing there."""
    changes: dict[str, Any] = {}
    for item in fields(rule):
        if item.name in (*_VMS, "places"):
            rows = (host_row if item.name == "places" else vm_row)[getattr(rule, item.name)]
            changes[item.name] = rows[rows != NOWHERE]
    if changes and not any(len(rows) for rows in changes.values()):
        return None
    return replace(rule, **changes)
