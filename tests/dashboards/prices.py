"""Tables of overhead made up for the tests, through the contract: a transaction database under many technologies."""

from typing import Any

import numpy as np
import pandas as pd

from models.tables import EVENT_COSTS, GAINS, MERITS, TECHNOLOGIES, frame

TECHNOLOGY = {
    "interpreter": ("isa", 100.1, 0.001),
    "dbt-system": ("isa", 10.37, 0.007),
    "dbt-user": ("isa", 5.021, 0.0),
    "binary-translation": ("hardware", 1.21, 0.063),
    "hosted": ("hardware", 2.426, 0.025),
    "user-mode-kernel": ("hardware", 2.773, 0.0),
    "para-virtual": ("hardware", 1.169, 0.093),
    "shadow-paging": ("hardware", 1.157, 0.061),
    "hardware-assisted": ("hardware", 1.164, 0.061),
    "hardware-assisted-xen": ("hardware", 1.231, 0.088),
    "nested": ("hardware", 1.557, 0.041),
    "container": ("os", 1.002, 0.0),
    "container-sandboxed": ("os", 1.03, 0.003),
    "api-interception": ("library", 1.01, 0.0),
    "application-jit": ("application", 1.5, 0.0),
    "application-interpreted": ("application", 20.0, 0.0),
}
"""Level, CPU over native CPU, and the part of all CPU that is on threads of the host."""
EVENTS = (
    "privileged", "control_sensitive", "hypercall", "syscall", "page_fault", "pte_write", "context_switch", "fork",
    "exec", "timer_tick", "ipi", "halt_wake", "eoi", "kick", "interrupt", "network", "disk", "page walks", "idle ticks",
)  # fmt: skip


def technologies(work: float = 40_000.0, names: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return what technologies cost for so much own work [MHz]; the first technologies are called as given."""
    size = len(TECHNOLOGY)
    level, ratio, host = (np.array(column) for column in zip(*TECHNOLOGY.values(), strict=True))
    all_ = work * ratio
    columns = {
        "technology": [*names, *TECHNOLOGY][:size] if names else list(TECHNOLOGY), "level": level,
        "text": [*names, *(f"what {name} is, in words" for name in TECHNOLOGY)][:size],
        "net_path": ["virtio"] * size, "disk_path": ["virtio-blk"] * size, "work_mhz": np.full(size, work),
        "guest_mhz": all_ * (1 - host) - work, "host_mhz": all_ * host, "cpu_mhz": all_,
        "slowdown": ratio * (1 - host), "cpu_ratio": ratio, "host_share": host, "throughput_ratio": 1 / ratio,
        "latency_us": np.full(size, 37.0), "memory_mib": np.full(size, 4_200.0),
        "unmodified": np.where(level == "hardware", "yes", "no: the kernel is the host's"), "efficient": ratio < 2,
        "isolation": np.where(level == "os", 2, 4), "requires": np.where(level == "hardware", "vt-x;ept", ""),
    }  # fmt: skip
    return frame(TECHNOLOGIES, columns)


def event_costs(table: pd.DataFrame) -> pd.DataFrame:
    """Return costs by event that sum to the technologies given; what is not counted has neither rate nor cycles."""
    weight = np.random.default_rng(5).pareto(0.6, (len(table), len(EVENTS) + 1)) + 1e-9
    weight[(weight < 0.3) & (np.arange(len(EVENTS) + 1) < len(EVENTS))] = 0.0
    weight[:, -1] *= np.where(table["cpu_ratio"] > 4, 1000.0, 0.0)
    weight[weight.sum(axis=1) == 0, 0] = 1.0
    part = (weight / weight.sum(axis=1, keepdims=True)).ravel()
    events = np.tile([*EVENTS, "emulation"], len(table))
    counted = ~np.isin(events, ("network", "disk", "page walks", "idle ticks", "emulation"))
    columns = {
        "technology": np.repeat(table["technology"].to_numpy(), len(EVENTS) + 1), "event": events,
        "rate_ps": np.where(counted, 2_000.0, np.nan), "cycles": np.where(counted, 1_529.0, np.nan),
        **{key: np.repeat(table[key].to_numpy(), len(EVENTS) + 1) * part for key in ("guest_mhz", "host_mhz")},
    }  # fmt: skip
    return frame(EVENT_COSTS, columns)


def merits() -> pd.DataFrame:
    """Return the merits of the five levels, three grades of which differ from the textbook's."""
    grades = {
        "performance": ((1, 4, 5, 5, 3), (1, 5, 5, 3, 2)), "flexibility": ((5, 3, 2, 2, 2), (5, 3, 2, 2, 2)),
        "complexity": ((3, 5, 3, 2, 5), (3, 5, 3, 2, 5)), "isolation": ((3, 4, 2, 2, 5), (3, 4, 2, 2, 5)),
    }  # fmt: skip
    both = {
        f"{name}{which}": row for name, rows in grades.items() for which, row in zip(("", "_book"), rows, strict=True)
    }
    told = "The textbook grades a level as a whole; the workload has few calls that are intercepted, so it is faster."
    columns = {
        "level": ["isa", "hardware", "os", "library", "application"], "slowdown": [10.3, 1.09, 1.002, 1.01, 1.5],
        "technology": ["dbt-system", "hardware-assisted", "container", "api-interception", "application-jit"],
        "note": ["", told, "", told, told],
    }  # fmt: skip
    return frame(MERITS, columns | both)


def gains(vms: int = 60, names: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return what a change would free for each VM: nothing for every third; the first names are those given."""
    row = np.arange(vms)
    work, share = 200.0 + 137 * (row * 7 % 31), 0.05 + 0.03 * (row % 5)
    added = work * share
    then = np.where(row % 3 == 0, added, added * 0.4)
    columns: dict[str, Any] = {
        "vm": [*names, *(f"app{n % 37:02d}-vm-{n:03d}" for n in range(vms - len(names)))],
        "host": [f"esx-{n % 24:02d}.dc1.example" for n in row], "workload": ["oltp"] * vms,
        "technology": ["hardware-assisted"] * vms, "work_mhz": work, "guest_mhz": added * 0.6, "host_mhz": added * 0.4,
        "slowdown": 1 + share * 0.6, "memory_mib": np.full(vms, 260.0), "overhead_then_mhz": then,
        "gain_mhz": added - then,
        "changes": ["none: needs its own kernel" if n % 3 == 0 else "hardware-assisted -> container" for n in row],
    }  # fmt: skip
    return frame(GAINS, columns)


def tables(names: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
    """Return all tables of an inventory's overhead."""
    priced = technologies(names=names)
    gain = gains(names=names)
    return {"technologies": priced, "event_costs": event_costs(priced), "merits": merits(), "gains": gain}
