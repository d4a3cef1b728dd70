"""govc: properties of VMs and hosts in the JSON of its newer versions; all hosts are in one cluster."""

import json
from typing import Any

from tests.consolidate.runbooks.platforms import Answer, Estate

CLUSTER = {"type": "ClusterComputeResource", "value": "domain-c1"}


def answer(estate: Estate, words: list[str]) -> Answer:
    """Answer one call."""
    command, rest = words[1], words[2:]
    hosts = {f"host-{number}": name for number, name in enumerate(estate.hosts, 1)}
    match command:
        case "object.collect" if "-type" in rest:
            named = {"VirtualMachine": {known: vm["name"] for known, vm in estate.vms.items()}, "HostSystem": hosts}
            kind = {"m": "VirtualMachine", "h": "HostSystem"}[rest[rest.index("-type") + 1]]
            return 0, "".join(_update(kind, value, name) for value, name in named[kind].items())
        case "object.collect":
            kind, _, value = rest[1].partition(":")
            told = _vm(estate, value, hosts) if kind == "VirtualMachine" else _other(estate, kind, value, hosts)
            return 0, json.dumps([{"name": name, "op": "assign", "val": told.get(name)} for name in rest[2:]])
        case "ls":
            kind, _, value = rest[1].partition(":")
            name = estate.vms[value]["name"] if kind == "VirtualMachine" else hosts[value]
            return 0, f"/dc/{kind}/{_escaped(name)}\n"
        case "vm.migrate":
            host, vm = (word.partition("=")[2].rpartition("/")[2] for word in rest)
            return estate.move(next(k for k, v in estate.vms.items() if _escaped(v["name"]) == vm), host)
        case "vm.change":
            path, limit = (word.partition("=")[2] for word in rest)
            limited = next(v for v in estate.vms.values() if _escaped(v["name"]) == path.rpartition("/")[2])
            limited["limit"] = int(limit)
            return estate.press(limited, limited["full"] if limit == "-1" else int(limit))
        case "host.maintenance.enter" | "host.maintenance.exit" | "host.shutdown":
            host = rest[0].rpartition("/")[2]
            estate.down = {k: v for k, v in estate.down.items() if k != host}
            estate.down |= {} if command.endswith("exit") else {host: command}
            return 0, ""
    return 64, f"unknown: {words}"


def _escaped(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")


def _update(kind: str, value: str, name: str) -> str:
    change = {"name": "name", "op": "assign", "val": _escaped(name)}
    return json.dumps({"kind": "enter", "obj": {"type": kind, "value": value}, "changeSet": [change]}) + "\n"


def _references(kind: str, *values: str) -> dict[str, Any]:
    return {
        "_typeName": "ArrayOfManagedObjectReference",
        "_value": [{"_typeName": "ManagedObjectReference", "type": kind, "value": value} for value in values],
    }


def _vm(estate: Estate, value: str, hosts: dict[str, str]) -> dict[str, Any]:
    vm = estate.vms[value]
    devices: list[dict[str, Any]] = [
        {"_typeName": "VirtualIDEController", "deviceInfo": {"label": "IDE 0"}},
        {"_typeName": "VirtualUSBController", "deviceInfo": {"label": "USB controller"}},
        {
            "_typeName": "VirtualCdrom",
            "deviceInfo": {"label": "CD/DVD drive 1"},
            "backing": {"fileName": vm.get("iso", "[iso] old.iso")},
            "connectable": {"connected": "iso" in vm, "startConnected": "iso" in vm},
        },
    ]
    if "device" in vm:
        devices += [{"_typeName": "VirtualPCIPassthrough", "deviceInfo": {"label": "PCI device 0"}}]
    power = {"on": "poweredOn", "off": "poweredOff"}.get(vm["power"], vm["power"])
    return {
        "name": _escaped(vm["name"]),
        "runtime.host": {"type": "HostSystem", "value": next(k for k, v in hosts.items() if v == vm["host"])},
        "runtime.powerState": power,
        "runtime.connectionState": "connected",
        "config.hardware.memoryMB": vm.get("full", vm["mib"]),
        "config.memoryAllocation": {"reservation": vm.get("reserved", 0), "limit": vm.get("limit", -1)},
        "guest.toolsRunningStatus": vm.get("tools", "guestToolsRunning"),
        "summary.quickStats.hostMemoryUsage": vm["mib"],
        "summary.quickStats.consumedOverheadMemory": 0,
        "snapshot": {"rootSnapshotList": [{"name": "x"}]} if "snapshot" in vm else None,
        "config.hardware.device": {"_typeName": "ArrayOfVirtualDevice", "_value": devices},
        "datastore": _references("Datastore", "datastore-1"),
        "network": _references("Network", "network-1"),
    }


def _other(estate: Estate, kind: str, value: str, hosts: dict[str, str]) -> dict[str, Any]:
    if kind == "ClusterComputeResource":
        drs = {"enabled": True, "defaultVmBehavior": "fullyAutomated" if "drs" in estate.lacks else "manual"}
        return {"configurationEx": {"drsConfig": drs}, "summary": {"currentEVCModeKey": ""}}
    name = hosts[value]
    lacks = estate.lacks.get(name, set())
    here = [known for known, vm in estate.vms.items() if vm["host"] == name]
    return {
        "parent": CLUSTER,
        "vm": _references("VirtualMachine", *here),
        "runtime.connectionState": "connected",
        "runtime.inMaintenanceMode": name in estate.down,
        "summary.hardware.memorySize": 2**40,
        "summary.quickStats.overallMemoryUsage": 2**20 - estate.hosts[name],
        "summary.hardware.cpuModel": "Xeon 2" if "cpu" in lacks else "Xeon 1",
        "datastore": _references("Datastore", *([] if "storage" in lacks else ["datastore-1"])),
        "network": _references("Network", *([] if "network" in lacks else ["network-1"])),
    }
