"""Proxmox VE: what pvesh gets and creates, and the maintenance mode of ha-manager."""

import json
from typing import Any

from tests.consolidate.runbooks.platforms import Answer, Estate


def answer(estate: Estate, words: list[str]) -> Answer:
    """Answer one call."""
    if words[0] == "ha-manager":
        _, _, what, node = words[1:]
        estate.down = {k: v for k, v in estate.down.items() if k != node}
        estate.down |= {node: "maintenance"} if what == "enable" else {}
        return 0, ""
    verb, path, *rest = words[1:]
    parts = path.strip("/").split("/")
    options = dict(zip(rest[::2], rest[1::2], strict=False))
    if verb == "create":
        return _created(estate, parts, options)
    found = _cluster(estate, parts, options) if parts[0] != "nodes" else _node(estate, parts[1], parts[2:], options)
    return (64, f"unknown: {words}") if found is None else (0, json.dumps(found))


def _created(estate: Estate, parts: list[str], options: dict[str, str]) -> Answer:
    if parts[2:] == ["wakeonlan"]:
        estate.down.pop(parts[1], None)
        return 0, ""
    if parts[2:] == ["status"]:
        estate.down[parts[1]] = options["--command"]
        return 0, ""
    assert estate.vms[parts[3]]["host"] == parts[1]
    if parts[4:] == ["monitor"]:
        command, _, mib = options["--command"].partition(" ")
        return estate.press(estate.vms[parts[3]], int(mib)) if command == "balloon" else (64, command)
    assert (options.get("--online") == "1") == (estate.vms[parts[3]]["power"] == "on")
    return estate.move(parts[3], options["--target"])


def _cluster(estate: Estate, parts: list[str], options: dict[str, str]) -> Any:
    match parts, options.get("--type"):
        case ["version"], _:
            return {"version": "8.2"}
        case ["cluster", "ha", *_], _:
            return [
                {
                    "type": "lrm",
                    "node": name,
                    "status": f"{name} ({'maintenance mode' if why == 'maintenance' else why})",
                }
                for name, why in {**dict.fromkeys(estate.hosts, "active"), **estate.down}.items()
            ]
        case ["cluster", "resources"], "node":
            return [
                {"node": name, "status": "offline" if estate.down.get(name) == "shutdown" else "online"}
                | {"maxmem": 2**40, "mem": 2**40 - mib * 2**20}
                for name, mib in estate.hosts.items()
            ]
        case ["cluster", "resources"], "vm":
            return [_resource(known, vm) for known, vm in estate.vms.items()]
    return None


def _resource(known: str, vm: dict[str, Any]) -> dict[str, Any]:
    status = {"on": "running", "off": "stopped"}.get(vm["power"], vm["power"])
    return {
        "vmid": int(known),
        "name": vm["name"],
        "node": vm["host"],
        "status": status,
        "type": vm.get("type", "qemu"),
        "mem": vm["mib"] * 2**20,
    }


def _node(estate: Estate, name: str, parts: list[str], options: dict[str, str]) -> Any:
    lacks = estate.lacks.get(name, set())
    match parts:
        case ["storage"]:
            return [{"storage": "local", "active": 1}] + (
                [] if "storage" in lacks else [{"storage": "ceph", "active": 1}]
            )
        case ["network"]:
            return [] if "network" in lacks else [{"iface": "vmbr0"}]
        case ["status"]:
            return {"cpuinfo": {"model": "EPYC 2" if "cpu" in lacks else "EPYC 1"}}
        case ["qemu", known, "config"]:
            vm = estate.vms[known]
            drive = f"{vm['iso']},media=cdrom" if "iso" in vm else "none,media=cdrom"
            config = {"ide2": drive, "scsi0": "ceph:vm-disk-0,size=8G", "net0": "virtio=AA,bridge=vmbr0", "cpu": "host"}
            config |= {"memory": str(vm.get("full", vm["mib"]))} | ({"balloon": vm["least"]} if "least" in vm else {})
            return config | ({"hostpci0": "0000:01:00"} if "device" in vm else {})
        case ["qemu", known, "status", "current"]:
            return {"ballooninfo": {"actual": estate.vms[known]["mib"] * 2**20, "max_mem": 2**40}}
        case ["qemu", known, "snapshot"]:
            named = ["current", "before"] if "snapshot" in estate.vms[known] else ["current"]
            return [{"name": name} for name in named]
        case ["qemu", known, "migrate"]:
            return {"running": estate.vms[known]["power"] == "on", "local_disks": [], "local_resources": []}
    return None
