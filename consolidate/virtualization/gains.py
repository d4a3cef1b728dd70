"""What each VM of an inventory pays for being virtualized, and what a change would free."""

from typing import Any

import numpy as np

from consolidate.virtualization.cases import Case
from models.arrays import Names, names
from models.changes import changed
from models.estate import estate as estate_of
from models.estate import kinds as kinds_of
from models.inventory import Inventory
from models.overhead import law, of


def gains(case: Case) -> dict[str, Any]:
    """Return what each VM pays now, and what the change would free, the most first."""
    catalog, inventory = case.catalog, case.inventory
    there, there_kind = kinds_of(inventory, catalog)
    home = np.append(there_kind, 0)[inventory.start]
    today = law(estate_of(inventory, catalog, case.technique.workload, case.rates), there, catalog)
    now = today.charge(case.work_mhz[:, None]).of(case.running)
    after, _ = changed(inventory, case.technique.change, catalog, supposed=True)
    kinds, kind = case.kinds
    then = law(estate_of(after, catalog, case.technique.workload, case.rates), kinds, catalog)
    charge = then.charge(case.work_mhz[:, None], np.asarray(case.scale)).of(case.running)
    added = of(charge.added_mhz, kind)[:, 0]
    guest, host = (of(values, home)[:, 0] for values in (now.guest_mhz, now.host_mhz))
    gain = guest + host - added + (case.work_mhz - case.work_then_mhz)
    own = [catalog.technologies.keys[code] for code in there.technology[home]]
    order = np.lexsort((np.arange(len(gain)), -gain))
    order = order[case.running[order] > 0]
    columns = {
        "vm": inventory.vms.vm,
        "host": inventory.vms.host,
        "workload": np.where(inventory.vms.workload == "", case.technique.workload, inventory.vms.workload),
        "technology": np.where(inventory.vms.technology == "", names(own), inventory.vms.technology),
        "work_mhz": case.work_mhz,
        "guest_mhz": guest,
        "host_mhz": host,
        "slowdown": 1 + np.divide(guest, case.work_mhz, out=np.zeros(len(guest)), where=case.work_mhz > 0),
        "memory_mib": of(now.memory_mib, home),
        "overhead_then_mhz": added,
        "gain_mhz": gain,
        "changes": _changes(case, inventory, after),
    }
    return {name: values[order] for name, values in columns.items()}


def _changes(case: Case, before: Inventory, after: Inventory) -> Names:
    """Return in words what the change is for each VM."""
    change = case.technique.change
    if not change.anything:
        return names([str(change)] * len(before.vms))
    columns = ("technology", "net_path", "disk_path", "page_size")
    altered = np.any([getattr(before.vms, name) != getattr(after.vms, name) for name in columns], axis=0)
    return names(np.where(altered, str(change), "stays as it is"))
