"""What a checker reports: who breaks which rule, by how much, and since when."""

from dataclasses import dataclass, replace

from models.counting import counted


@dataclass(frozen=True)
class Violation:
    """
    One broken rule or limit.

    Parameters
    ----------
    rule
        The kind: a rule's kind, ``Capacity``, ``Unplaced`` or ``Power``.
    who
        Names of the VMs and hosts concerned; two violations with the same rule, name and who are the same one.
    amount, limit
        What was found and what is allowed, in the unit of the rule.
    name
        The rule's own name, or the dimension.
    since_s
        When it starts, in seconds from the start of the plan; 0 at the starting state.
    existed
        Whether the starting state already has it, at least as bad.
    price
        None for a hard rule, else the price of one unit of excess.
    """

    rule: str
    who: tuple[str, ...]
    amount: float
    limit: float
    name: str = ""
    since_s: float = 0.0
    existed: bool = False
    price: float | None = None

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """What makes two violations the same one."""
        return self.rule, self.name, self.who

    @property
    def excess(self) -> float:
        """By how much the limit is broken."""
        return abs(self.amount - self.limit)

    def since(self, time_s: float) -> "Violation":
        """Return the same violation with another start."""
        return replace(self, since_s=time_s)

    def __str__(self) -> str:
        shown = ", ".join(self.who[:5]) + (f" and {len(self.who) - 5} more" if len(self.who) > 5 else "")
        label = f"{self.rule} “{self.name}”" if self.name else self.rule
        words = _WORDS.get(self.rule, "{amount:g} on {who}, limit {limit:g}")
        return f"{label}: {words.format(who=shown, amount=self.amount, limit=self.limit, **self._counts())}"

    def _counts(self) -> dict[str, str]:
        """Return what of the words depends on how many there are."""
        several, count = len(self.who) > 1, int(self.amount)
        return {
            "are": "are" if several else "is",
            "hold": "hold" if several else "holds",
            "places": counted(count, "place"),
            "samples": counted(count, "sample"),
            "vms_run": counted(count, "VM runs", "VMs run"),
            "vms_find": counted(count, "VM finds", "VMs find"),
        }


_WORDS = {
    "Capacity": "{who} holds {amount:,.0f} of {limit:,.0f}",
    "Unplaced": "{who} is on no host",
    "Power": "{who}: the host is off",
    "Spread": "{amount:g} of {who} share a place, at most {limit:g} may",
    "LeastPlaces": "{who} {are} in {places}, at least {limit:g} are needed",
    "Dependency": "{who}: none of the VMs that it depends on runs in its place",
    "Gather": "{who} {are} in {places}",
    "Fence": "{who}: not where it may be",
    "Ban": "{who}: where it must not be",
    "Root": "{who}: must not leave its host",
    "Quarantine": "{who}: nobody may enter or leave",
    "Lonely": "{who} {are} not alone",
    "Split": "{who} share a place",
    "Among": "{who} {are} not within one group",
    "Online": "{who} is off and must be on",
    "Offline": "{who} is on and must be off",
    "MaxOnline": "{amount:g} of {who} are on, at most {limit:g} may be",
    "RunningCapacity": "{vms_run} on {who}, at most {limit:g} may",
    "ResourceCapacity": "{who} {hold} {amount:,.0f}, at most {limit:,.0f}",
    "Overbook": "{who} holds {amount:,.0f}, at most {limit:,.0f}",
    "Overload": "{who} is overloaded in {samples}, at most {limit:g} may be",
    "Preserve": "{who} gets {amount:,.0f}, at least {limit:,.0f}",
    "Precedence": "{who}: the second starts after {amount:g} s, the first ends after {limit:g} s",
    "Serialize": "{amount:g} of {who} move at once, at most {limit:g} may",
    "Sync": "{who} do not change hosts together: {limit:g} to {amount:g} s",
    "Deadline": "{who} has moved after {amount:g} s, and must by {limit:g} s",
    "Window": "{who}: from {limit:g} to {amount:g} s no window is open",
    "Blackout": "{who}: from {limit:g} to {amount:g} s nothing may happen",
    "PowerBudget": "{who} draw {amount:,.0f} W, at most {limit:,.0f} W may be drawn",
    "Budget": "{who}: migrations cost {amount:g} at once, at most {limit:g} may be",
    "Switch": "{who} carries {amount:,.0f} of {limit:,.0f} Mbit/s",
    "Waits": "{who}: the first waits for the second, but not long enough",
    "Spare": "after the loss of {who}, {vms_find} no restart",
}
