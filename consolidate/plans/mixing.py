"""The host on which VMs that peak at different hours gain most from each other, and what they take through the day."""

from typing import Any

import numpy as np

from models.arrays import NOWHERE, Floats, Names, Rows
from models.demand import Usage
from models.load import HOUR_S, by_host, hourly

HOURS = 24
MOST_VMS = 7
"""VMs of the host that are told one by one, those with the highest peaks; the others are summed up."""
OTHERS = "others"


def daily(usage: Usage) -> Floats:
    """Return the mean CPU of each VM in each hour of the day, UTC; 0 where there is no reading. [MHz] (vms, 24)."""
    times, means = hourly(usage)
    hour = ((usage.start_s + times) // HOUR_S % HOURS).astype(np.int64)
    days = np.bincount(hour, minlength=HOURS)
    total = np.zeros((HOURS, len(means)))
    np.add.at(total, hour, means.T)
    found: Floats = total.T / np.maximum(days, 1)
    return found


def gained(hours: Floats, host: Rows, hosts: int) -> Floats:
    """Return by how much the peaks of each host's VMs sum up to more than the peak of their sum. [MHz] (hosts,)."""
    apart = by_host(hours.max(axis=1), host, hosts)
    together: Floats = by_host(hours, host, hosts).max(axis=1)
    return apart - together


def mixed(usage: Usage, host: Rows, vms: Names, hosts: Names) -> dict[str, Any]:
    """
    Return the columns of the table: what the VMs of the host that gains most take in each hour of the day.

    Parameters
    ----------
    usage
        What was read.
    host
        The host of each VM at the end. Shape (vms,).
    vms, hosts
        Names.
    """
    hours = daily(usage)
    if not (host != NOWHERE).any():
        return {"host": [], "vm": [], "hour": [], "cpu_mhz": []}
    used = np.isin(np.arange(len(hosts)), host)
    best = int(np.where(used, gained(hours, host, len(hosts)), -np.inf).argmax())
    here = np.flatnonzero(host == best)
    here = here[np.argsort(-hours[here].max(axis=1), kind="stable")]
    names = [str(vms[row]) for row in here[:MOST_VMS]]
    shown = list(hours[here[:MOST_VMS]])
    if len(here) > MOST_VMS:
        names, shown = [*names, OTHERS], [*shown, hours[here[MOST_VMS:]].sum(axis=0)]
    return {
        "host": np.repeat(str(hosts[best]), len(names) * HOURS),
        "vm": np.repeat(np.array(names, object), HOURS),
        "hour": np.tile(np.arange(HOURS), len(names)),
        "cpu_mhz": np.concatenate(shown),
    }
