"""Transitions for the scheduler's tests: VMs of 1 GiB that dirty nothing, on hosts with NICs of 1 Gbit/s."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.laws import migration
from models.network import Limits
from models.plan import Placement, Transition
from models.problem import Problem

ONE_S = math.ceil(float(migration.precopy(1024.0, 0.0, 1000.0).duration_s) * 1000) / 1000
"""How long one move lasts at 1 Gbit/s, in whole milliseconds."""


def transition(problem: Problem, host: Sequence[int], **rest: Any) -> Transition:
    """Return the way from the start of a problem to these hosts, those without VMs off; all may run at once."""
    vms, hosts = len(problem.start), len(problem.capacity)
    on = np.isin(np.arange(hosts), host)
    given: dict[str, Any] = {
        "placement": Placement(np.array(host, np.int32), np.asarray(rest.pop("on", on), np.bool_)),
        "memory_mib": np.full(vms, 1024.0),
        "dirty_mib_s": np.zeros(vms),
        "running": problem.takes,
        "nic_mbps": np.full(hosts, 100_000.0),
        "stream_mbps": 1000.0,
        "boot_s": np.full(hosts, 300.0),
        "shutdown_s": np.full(hosts, 60.0),
        "limits": Limits(outgoing=99, incoming=99, per_host=99, total=0, wave=99, pilot=99, pause_s=0.0),
    }
    return Transition(problem=problem, **(given | rest))
