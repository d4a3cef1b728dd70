"""What virtualization costs a workload or an inventory's VMs, technology by technology, and what a change frees."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.settings import Settings
from consolidate.virtualization.cases import Case
from consolidate.virtualization.gains import gains
from consolidate.virtualization.merits import merits
from consolidate.virtualization.merits import technologies as technologies_of
from consolidate.virtualization.technique import technique
from consolidate.wording import traffic
from models import requirements
from models.breakdown import PARTS, breakdown
from models.changes import NOTHING, changed
from models.charging import billing
from models.errors import Finding, InputError
from models.estate import DEFAULT_PROCESSOR, home_kind
from models.formulation import most
from models.inventory import Hosts, Inventory, Vms
from models.overhead import law, of
from models.reserve import demands

if TYPE_CHECKING:
    import pandas as pd

    from consolidate.readers.reading import Reading

LEVELS = ("hardware", "os")
"""Levels whose technologies can run the VMs of an estate."""


@dataclass(frozen=True, eq=False)
class Compared:
    """
    What was found.

    Parameters
    ----------
    summary
        The keys of `models.tables.OVERHEAD`.
    tables
        ``technologies``, ``event_costs``, ``merits``, and for an inventory ``gains``.
    manifest
        What it was computed from.
    """

    summary: Mapping[str, Any]
    tables: "Mapping[str, pd.DataFrame]"
    manifest: Mapping[str, Any]


def of_workload(settings: Settings, size: Mapping[str, float]) -> Compared:
    """
    Return what technologies cost one VM of a workload.

    Parameters
    ----------
    settings
        The workload, and what of paths, pages, processor and catalog is not as usual; with a technology only that one.
    size
        ``vcpus``, ``memory_mib`` and ``cpu_mhz``, the VM's own work.

    Raises
    ------
    InputError
        With every name that the catalog does not know; or if VMs are named.
    """
    chosen = settings.overhead
    if chosen.vms:
        problem = "A workload has no VMs to choose from; name an inventory."
        raise InputError([Finding("error", "setting", problem, "settings", 0, "overhead.vms", chosen.vms[0])])
    processor = chosen.microarchitecture or DEFAULT_PROCESSOR
    empty = Inventory(
        Hosts.of(host=[], cores=[], cpu_mhz=[], memory_mib=[]), Vms.of(vm=[], host=[], vcpus=[], memory_mib=[])
    )
    used = technique(chosen.model_copy(update={"microarchitecture": processor, "vms": []}), empty)
    table = used.catalog.microarchitectures
    clock = float(table.numbers["clock_mhz"][table.row(processor)])
    hosts = Hosts.of(host=["host"], cores=[64], cpu_mhz=[clock], memory_mib=[1e6])
    vms = Vms.of(
        vm=[chosen.workload], host=["host"], vcpus=[int(size["vcpus"])], memory_mib=[float(size["memory_mib"])],
        page_size=[chosen.page_size or ""],
    )  # fmt: skip
    case = Case(Inventory(hosts, vms, source=chosen.workload), used, np.array([float(size["cpu_mhz"])]))
    technologies = [chosen.technology] if chosen.technology else list(used.catalog.technologies.keys)
    return _compared(case, technologies, {}, whole=False)


def of_inventory(reading: "Reading", settings: Settings) -> Compared:
    """
    Return what the VMs of an inventory pay today, under other technologies, and after a change.

    CPU is what a plan would reserve: by default the 95th percentile of the readings.

    Raises
    ------
    InputError
        With every name that the catalog or the inventory does not know.
    """
    from consolidate.planning import choices

    chosen = choices(settings, reading.inventory, selecting=True)
    inventory = chosen.technique.named(reading.inventory)
    cpu, _, others = demands(inventory, reading.usage, chosen)
    rates = most(others)
    processor = replace(NOTHING, microarchitecture=chosen.technique.change.microarchitecture)
    bill = billing(inventory, replace(chosen.technique, change=processor), rates)
    scale = of(bill.scale, home_kind(inventory, bill.kind))
    work = bill.work(cpu.values).max(axis=1, initial=0.0)
    catalog = chosen.technique.catalog
    rows = zip(catalog.technologies.keys, catalog.technologies.texts["level"], strict=True)
    compared = [key for key, level in rows if level in LEVELS]
    case = Case(inventory, chosen.technique, work, rates, scale)
    case = replace(case, work_mhz=work * case.running)
    return _compared(case, compared, reading.hashes, whole=True)


def _compared(case: Case, technologies: list[str], hashes: Mapping[str, str], *, whole: bool) -> Compared:
    from models import tables as contract

    catalog = case.catalog
    levels = {key: _slowdown(case, key) for key in technologies_of().values()}
    known = [catalog.technology(name) for name in technologies]
    if not known:
        raise InputError("There is no technology to compare.")
    rows = [_row(case, name) for name in known]
    frames = {
        "technologies": _frame(contract.TECHNOLOGIES, rows),
        "event_costs": _frame(contract.EVENT_COSTS, [row for name in known for row in _parts(case, name)]),
        "merits": _frame(contract.MERITS, merits(catalog, levels)),
    }
    if whole:
        frames["gains"] = contract.frame(contract.GAINS, gains(case))
    return Compared(
        _summary(case, rows, frames.get("gains")),
        frames,
        {"command": "overhead", "inputs": dict(hashes), "options": _options(case)},
    )


def _frame(table: Mapping[str, Any], rows: list[dict[str, Any]]) -> "pd.DataFrame":
    from models.tables import frame

    return frame(table, {name: [row[name] for row in rows] for name in table})


def _options(case: Case) -> dict[str, Any]:
    technique = case.technique
    return {"workload": technique.workload, "readings": technique.readings, "change": str(technique.change)}


def _row(case: Case, technology: str) -> dict[str, Any]:
    """Return what a technology costs all the VMs together."""
    catalog, (kinds, kind) = case.catalog, case.kinds
    found = law(case.under(technology), kinds, catalog)
    charge = found.charge(case.work_mhz[:, None], np.asarray(case.scale)).of(case.running)
    guest, host = (float(of(values, kind).sum()) for values in (charge.guest_mhz, charge.host_mhz))
    work, table, row = float(case.work_then_mhz.sum()), catalog.technologies, catalog.technologies.row(technology)
    slowdown, ratio = (_over(work + guest, work), _over(work + guest + host, work))
    net = case.technique.change.net_path or str(table.texts["net_path"][row])
    return {
        **{name: str(table.texts[name][row]) for name in ("level", "text", "requires")},
        "technology": technology,
        "net_path": net,
        "disk_path": case.technique.change.disk_path or str(table.texts["disk_path"][row]),
        "work_mhz": work,
        "guest_mhz": guest,
        "host_mhz": host,
        "cpu_mhz": work + guest + host,
        "slowdown": slowdown,
        "cpu_ratio": ratio,
        "host_share": _over(host, work + guest + host, 0.0),
        "throughput_ratio": 1 / ratio,
        "latency_us": float(catalog.net_paths.numbers["latency_us"][catalog.net_paths.row(net)]),
        "memory_mib": float(of(charge.memory_mib, kind).sum()),
        "unmodified": {"unmodified": "yes", "modified": "no: its kernel is changed", "host-kernel": "its programs do",
                       "application": "its programs do"}[str(table.texts["guest"][row])],
        "efficient": requirements.efficient(catalog, slowdown),
        "isolation": requirements.isolation(catalog, technology),
    }  # fmt: skip


def _slowdown(case: Case, technology: str) -> float:
    return float(_row(case, technology)["slowdown"])


def _over(part: float, whole: float, default: float = 1.0) -> float:
    return part / whole if whole else default


def _parts(case: Case, technology: str) -> list[dict[str, Any]]:
    """Return the parts of a technology's overhead that are not nothing."""
    kinds, kind = case.kinds
    estate = case.under(technology)
    estate = replace(estate, vcpus=estate.vcpus * case.running, net_mbps=estate.net_mbps * case.running,
                     disk_iops=estate.disk_iops * case.running)  # fmt: skip
    found = breakdown(estate, kinds, kind, case.work_mhz, case.catalog, case.scale)
    columns = zip(PARTS, found.rate_ps, found.cycles, found.guest_mhz, found.host_mhz, strict=True)
    return [
        {
            "technology": technology, "event": part, "rate_ps": rate, "cycles": cycles, "guest_mhz": guest,
            "host_mhz": host,
        }
        for part, rate, cycles, guest, host in columns
        if guest + host > 1e-9 * max(float(case.work_mhz.sum()), 1.0)
    ]  # fmt: skip


def _summary(case: Case, rows: list[dict[str, Any]], found_gains: "pd.DataFrame | None") -> dict[str, Any]:
    from models.tables import OVERHEAD, SCHEMA_VERSION

    usual = [row for row in rows if row["level"] in LEVELS] or rows
    least, most = (choose(usual, key=lambda row: row["cpu_mhz"]) for choose in (min, max))
    keys = case.catalog.microarchitectures.keys
    change = str(case.technique.change) if found_gains is not None else ""
    told = found_gains is not None and bool(change)
    found = {
        "schema_version": SCHEMA_VERSION,
        "command": "overhead",
        "source": case.inventory.source,
        "taken": case.inventory.taken,
        "microarchitecture": ", ".join(sorted({keys[row] for row in case.kinds[0].microarchitecture})),
        "vms": int(case.running.sum()) if found_gains is not None else 0,
        "technologies": len(rows),
        "work_mhz": float(case.work_mhz.sum()),
        "overhead_mhz": None if found_gains is None else float(found_gains[["guest_mhz", "host_mhz"]].to_numpy().sum()),
        "least": least["technology"],
        "most": most["technology"],
        "change": change,
        "gain_mhz": float(found_gains["gain_mhz"].sum()) if told and found_gains is not None else None,
        "gainers": int((found_gains["gain_mhz"] > 1e-6).sum()) if told and found_gains is not None else None,
        "assumptions": _assumptions(case, found_gains is not None),
    }  # fmt: skip
    found["verdict"] = _verdict(found, least, most)
    return {key: found[key] for key in OVERHEAD}


def _verdict(found: Mapping[str, Any], least: Mapping[str, Any], most: Mapping[str, Any]) -> str:
    span = f"CPU is {least['cpu_ratio']:.3f} times that of native work with {least['technology']}"
    if least is not most:
        span += f", {most['cpu_ratio']:.3f} times with {most['technology']}"
    if not found["work_mhz"]:
        span = f"without any work, {least['cpu_mhz']:,.0f} MHz are added with {least['technology']}"
        span += f", {most['cpu_mhz']:,.0f} MHz with {most['technology']}"
    if found["overhead_mhz"] is None:
        return f"{found['source']} on {found['microarchitecture']}, {found['work_mhz']:,.0f} MHz of work: {span}."
    share = f" ({found['overhead_mhz'] / found['work_mhz']:.1%})" if found["work_mhz"] else ""
    today = (
        f"Virtualization adds {found['overhead_mhz']:,.0f} MHz to {found['work_mhz']:,.0f} MHz of work{share} "
        f"today; {span}."
    )
    if found["gain_mhz"] is None:
        return today
    change = str(found["change"])
    told = f"{change[:1].upper()}{change[1:]}"
    if found["gain_mhz"] < 0:
        return f"{told} takes {-found['gain_mhz']:,.0f} MHz more. {today}"
    return f"{told} frees {found['gain_mhz']:,.0f} MHz; VMs that gain: {found['gainers']}. {today}"


def _assumptions(case: Case, estate: bool) -> list[str]:
    said = [
        "Costs are of the catalog; consolidate overhead --sources tells which of its numbers are assumed.",
        traffic(case.rates, case.running > 0) if case.rates is not None
        else "Packets and requests are those of the profile.",
    ]  # fmt: skip
    change, catalog = case.technique.change, case.catalog
    _, without = changed(case.inventory, change, catalog) if estate else (None, ())
    said += [f"Supposed here: functions for all. {each.message}" for each in without if each.code == "keeps-path"]
    if estate and (case.inventory.vms.workload == "").any():
        said.append(f"VMs that name no workload have the profile “{case.technique.workload}”.")
    _, kept = changed(case.inventory, case.technique.change, case.catalog)
    return list(filter(None, [*said, *(finding.message for finding in kept if estate)]))
