"""
Simulations: size against processor time and memory.

``python -m tests.benchmarks.simulation [CASE …]`` prints CSV; each case runs in a process of its own. ``day-…`` are a
day of the shared PlanetLab traces under CloudSim's physics, compiled before and the best of three; ``x4`` takes every
trace four times on four times the hosts. ``estate-…`` are made-up estates under our own physics, 288 steps of five
minutes: VMs whose load follows the day, with noise, on hosts of 32 cores.
"""

import csv
import json
import os
import platform
import subprocess
import sys
import time
from typing import Any

COLUMNS = (
    "case", "policy", "hosts", "vms", "steps", "simulation_cpu_s", "process_cpu_s", "wall_s", "peak_mib", "energy_kwh",
    "migrations", "machine",
)  # fmt: skip
DAYS = {"day-thr": ("thr-mmt", 1), "day-lr": ("lr-mmt", 1), "day-thr-x4": ("thr-mmt", 4), "day-steady": ("steady", 1)}
ESTATES = {
    "estate-10k": ("steady", 10_000, 1_000, 1.0),
    "estate-100k": ("steady", 100_000, 10_000, 1.0),
    "estate-100k-relief": ("consolidate", 100_000, 10_000, 1.0),
    "estate-1m-power": ("power", 1_000_000, 100_000, 0.45),
}
"""Policy, VMs, hosts, and the share of hosts that VMs are on at the start."""
STEPS = 288


def one(case: str) -> dict[str, Any]:
    """Run a case and return what it took."""
    return _day(*DAYS[case]) if case in DAYS else _estate(*ESTATES[case])


def _day(policy: str, times: int) -> dict[str, Any]:
    from tests.validation.cloudsim import day, row

    traced = day("20110303", replicate=times)
    preset = {"replicate": times}
    runs = [row(traced, policy, preset=preset) for _ in range(3)]
    best = min(runs, key=lambda run: float(run["seconds"]))
    return {
        "policy": policy, "hosts": 800 * times, "vms": len(traced.vms), "steps": 287,
        "simulation_cpu_s": best["seconds"], "energy_kwh": best["energy_kwh"], "migrations": best["migrations"],
    }  # fmt: skip


def _estate(policy: str, vms: int, hosts: int, spread: float) -> dict[str, Any]:
    from models.datacenter import Datacenter
    from solvers.policies import policy as made

    inventory, signal = estate(vms, hosts, spread)
    chosen = made("consolidate", {"evacuation": "none"}) if policy == "power" else made(policy)
    model = Datacenter(inventory, signal, policy=chosen)
    began = time.process_time()
    for _ in range(STEPS):
        model.step()
    model.finish()
    return {
        "policy": policy, "hosts": hosts, "vms": vms, "steps": STEPS,
        "simulation_cpu_s": time.process_time() - began, "energy_kwh": model.state.meters.energy_kwh,
        "migrations": int(model.state.meters.arrivals.sum()),
    }  # fmt: skip


def estate(vms: int, hosts: int, spread: float) -> tuple[Any, Any]:
    """Return a made-up estate, and what its VMs ask for: 2,000 traces of a day, of which each VM has one."""
    import numpy as np

    from models.inventory import Hosts, Inventory, Vms
    from models.signals import Held

    rng = np.random.default_rng(1)
    used = int(hosts * spread)
    machines = Hosts.of(
        host=[f"host-{row}" for row in range(hosts)],
        cores=[32] * hosts,
        cpu_mhz=[2500.0] * hosts,
        memory_mib=[524_288.0] * hosts,
        idle_w=[150.0] * hosts,
        peak_w=[400.0] * hosts,
    )
    guests = Vms.of(
        vm=[f"vm-{row}" for row in range(vms)],
        host=[f"host-{row % used}" for row in range(vms)],
        vcpus=[4] * vms,
        memory_mib=[8192.0] * vms,
    )
    hour = np.arange(STEPS)[:, None] / STEPS * 2 * np.pi
    share = 0.15 + 0.1 * np.sin(hour + rng.normal(0, 0.6, 2000)) + rng.gamma(0.5, 0.06, (STEPS, 2000))
    mhz = (np.clip(share, 0, 1) * 10_000).astype(np.float32)
    return Inventory(machines, guests), Held(mhz, 300.0, column=rng.integers(0, 2000, vms))


def measured(case: str) -> list[object]:
    """Return a row, measured in a process of its own."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "tests.benchmarks.simulation", "--one", case]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    text = process.stdout.read() if process.stdout is not None else ""
    _, status, used = os.wait4(process.pid, 0)
    found = json.loads(text) if not status else {}
    found |= {
        "case": case,
        "process_cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": time.perf_counter() - began,
        "peak_mib": used.ru_maxrss / 1024,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
    }
    return [round(value, 2) if isinstance(value := found.get(name, ""), float) else value for name in COLUMNS]


def main(arguments: list[str]) -> None:
    """Print a row for each case."""
    if arguments[:1] == ["--one"]:
        sys.stdout.write(json.dumps(one(arguments[1])))
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for case in arguments or [*DAYS, *ESTATES]:
        writer.writerow(measured(case))
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
