"""What a checker reports: who breaks which rule, by how much, and since when."""

from dataclasses import dataclass, replace


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
        label = f"{self.rule} {self.name}".strip()
        shown = ", ".join(self.who[:5]) + (f" and {len(self.who) - 5} more" if len(self.who) > 5 else "")
        return f"{label}: {shown}: {self.amount:g}, limit {self.limit:g}"
