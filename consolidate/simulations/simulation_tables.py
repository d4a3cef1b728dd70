"""What a simulation found, as tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from models.arrays import NOWHERE, Floats, names
from models.inventory import Inventory
from models.laws.sharing import summed
from models.meters import JOULE_PER_KWH

if TYPE_CHECKING:
    import pandas as pd

    from models.datacenter import Datacenter


def tables(model: "Datacenter") -> dict[str, "pd.DataFrame"]:
    """Return the tables of a run by name, with exactly the columns of their contract."""
    from models.tables import HEAT, HOST_TOTALS, MIGRATIONS, TIMELINE, VM_TOTALS, frame

    return {
        "timeline": frame(TIMELINE, _whole(model.journal.timeline.columns, TIMELINE)),
        "heat": frame(HEAT, _heat(model)),
        "hosts": frame(HOST_TOTALS, _hosts(model)),
        "vms": frame(VM_TOTALS, _vms(model)),
        "migrations": frame(MIGRATIONS, _migrations(model, model.inventory)),
    }


def _whole(columns: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns, those that count things as whole numbers."""
    return {
        name: np.rint(values).astype(np.int64) if table[name].dtype == "int64" else values
        for name, values in columns.items()
    }


def _heat(model: "Datacenter") -> dict[str, Any]:
    ends, shares = model.journal.heat.shares()
    hosts = model.inventory.hosts.host[model.journal.heat.hosts]
    return {
        "host": np.repeat(hosts, len(ends)),
        "time_s": np.tile(ends, len(hosts)),
        "cpu_share": shares.T.reshape(-1),
    }


def _migrations(model: "Datacenter", inventory: Inventory) -> dict[str, Any]:
    moved = model.journal.moves.columns
    reasons = names(model.journal.reasons)
    return {
        "vm": inventory.vms.vm[moved["vm"]],
        "source": inventory.hosts.host[moved["source"]],
        "destination": inventory.hosts.host[moved["destination"]],
        "start_s": moved["begun_s"],
        "end_s": moved["end_s"],
        "downtime_ms": moved["downtime_s"] * 1000.0,
        "transferred_mib": moved["sent_mib"],
        "reason": reasons[moved["reason"]] if len(moved["reason"]) else [],
    }


def _hosts(model: "Datacenter") -> dict[str, Any]:
    meters, hosts, state = model.state.meters, model.inventory.hosts, model.state
    lost = np.maximum(meters.asked_mhz_s - meters.used_mhz_s, 0.0)
    return {
        "host": hosts.host,
        "cluster": hosts.cluster,
        "energy_kwh": meters.energy_j / JOULE_PER_KWH,
        "on_s": meters.on_s,
        "failed_s": meters.failed_s,
        "overloaded_s": meters.overloaded_s,
        "cpu_share": _over(meters.used_mhz_s, meters.offered_mhz_s),
        "cpu_unserved_share": _over(lost, meters.asked_mhz_s),
        "arrivals": meters.arrivals,
        "departures": meters.departures,
        "boots": meters.boots,
        "shutdowns": meters.shutdowns,
        "memory_peak_share": state.strain.peak_share,
        "ready_share": _over(meters.ready_s, meters.on_s),
        "vms_end": summed(state.running.astype(np.float64), state.host, len(hosts)).astype(np.int64),
    }


def _vms(model: "Datacenter") -> dict[str, Any]:
    meters, state = model.state.meters, model.state
    asked = meters.vm_asked_mhz_s
    hosts = np.append(model.inventory.hosts.host, "")
    return {
        "vm": model.inventory.vms.vm,
        "host_end": hosts[np.where(state.host == NOWHERE, len(hosts) - 1, state.host)],
        "running_s": meters.vm_running_s,
        "unplaced_s": meters.vm_unplaced_s,
        "cpu_mean_mhz": np.divide(asked, meters.vm_running_s, out=np.zeros(len(asked)), where=meters.vm_running_s > 0),
        "cpu_unserved_share": _over(np.maximum(asked - meters.vm_served_mhz_s, 0.0), asked),
        "migrations": meters.vm_migrations,
        "downtime_s": meters.vm_down_s,
        "migration_loss_share": _over(meters.vm_migration_loss_mhz_s, asked),
        "restarts": meters.vm_restarts,
    }


def _over(part: Floats, whole: Floats) -> Floats:
    found: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return found
