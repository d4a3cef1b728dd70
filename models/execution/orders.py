"""How a plan is carried out, and the orders that the world gets for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from models import catalog
from models.arrays import Mask

May = Callable[[int], Mask]
"""Returns the hosts on which a VM may be restarted. Shape (hosts,)."""


@dataclass(frozen=True)
class Manner:
    """
    How a plan is carried out.

    Parameters
    ----------
    on_failure
        ``stop``: after a move was given up, what runs ends and nothing more starts. ``rollback``: then what was done
        of that wave is taken back, the last first. ``continue``: the VM stays, and all that is still possible is done.
    retry_s
        Time until a failed move is tried again. [s]
    restart_s
        Time until VMs run again whose host died. [s]
    stall_s
        Time without progress after which a copy is aborted. [s]
    """

    on_failure: Literal["stop", "rollback", "continue"] = "stop"
    retry_s: float = catalog.number("execution", "retry_s")
    restart_s: float = catalog.number("execution", "restart_s")
    stall_s: float = catalog.number("execution", "stall_s")


class Order(NamedTuple):
    """
    What the world is to do now: copy (or register, where `live` is false), boot, shutdown or restart.

    `task` is the task of the course; of a move taken back it is ``~move``; of a restart it is -1 and means nothing.
    A copy that `fails` does so after `seconds`. Once it is done its VM has `less_mib` less memory than it is given; one
    from a host to the same changes only that.
    """

    kind: str
    task: int
    vm: int
    source: int
    destination: int
    seconds: float
    live: bool = True
    fails: bool = False
    less_mib: int = 0
