"""Rules about time that contradict each other, told as findings."""

from collections.abc import Sequence

from models.errors import Finding, InputError
from models.inventory import Inventory
from models.timing import Timing


def of(rules: Sequence[Timing], inventory: Inventory) -> list[Finding]:
    """Return an error for each set of rules that cannot be kept together, at the place of the last of them."""
    from solvers.scheduling.contradictions import contradictions

    found = []
    for each in contradictions(rules, inventory.vms.vm, inventory.hosts.host):
        titles = list(dict.fromkeys(rule.title for rule in each.rules))
        last = max(each.rules, key=lambda rule: rule.row)
        if len(titles) == 1:
            told = f"{titles[0]} cannot be kept: {each.why}."
        else:
            told = f"{', '.join(titles[:-1])} and {titles[-1]} contradict each other: {each.why}."
        found.append(Finding("error", "contradiction", told, last.file, last.row))
    return found


def refuse(rules: Sequence[Timing], inventory: Inventory) -> None:
    """
    Refuse rules that contradict each other.

    Raises
    ------
    InputError
        With each set of them.
    """
    if found := of(rules, inventory):
        raise InputError(found)
