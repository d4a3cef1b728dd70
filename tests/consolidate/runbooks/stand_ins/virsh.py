"""virsh: hosts known by ``qemu+ssh://NAME/system`` each, which see one another's VMs where ``also`` says so."""

from typing import Any
from xml.sax.saxutils import quoteattr

from tests.consolidate.runbooks.platforms import Answer, Estate


def answer(estate: Estate, words: list[str]) -> Answer:
    """Answer one call."""
    options = dict(word.partition("=")[::2] for word in words[1:] if word.startswith("--"))
    command = next(word for word in words[1:] if not word.startswith("-"))
    host = _name(options["--connect"])
    if host in estate.down:
        return 1, ""
    here = {uuid: vm for uuid, vm in estate.vms.items() if host in (vm["host"], vm.get("also"))}
    known = options.get("--domain", "")
    lacks = estate.lacks.get(host, set())
    if command == "migrate":
        return estate.move(known, _name(options["--desturi"]))
    if command == "setmem":
        assert "--live" in options
        return estate.press(here[known], int(options["--size"].removesuffix("MiB")))
    if known:
        return 0, _told(command, here[known], host)
    match command:
        case "list":
            rows = [f"{uuid:<36} {vm['name']}" if "--name" in options else uuid for uuid, vm in here.items()]
            return 0, "".join(f"{row}\n" for row in (*rows, ""))
        case "nodememstats":
            kib = estate.hosts[host] * 1024
            return 0, f"total  :  1 KiB\nfree   :  {kib - 2048} KiB\nbuffers:  1024 KiB\ncached :  1024 KiB\n\n"
        case "vol-pool":
            return int("storage" in lacks), ""
        case "net-info":
            return 0, f"Name:           lan\nActive:         {'no' if 'network' in lacks else 'yes'}\n"
        case "nodedev-list":
            return 0, "net_lo_00_00_00_00_00_00\n" + ("" if "bridge" in lacks else "net_br0_52_54_00_00_00_01\n")
        case "capabilities":
            return 0, "<capabilities/>"
        case "cpu-compare":
            return 0, f"Host CPU is {'a superset of' if 'cpu' in lacks else 'identical to'} the CPU described in x\n"
        case "hypervisor-cpu-compare":
            return int("cpu" in lacks), ""
    return 64, f"unknown: {words}"


def _name(uri: str) -> str:
    return uri.removeprefix("qemu+ssh://").removesuffix("/system")


def _told(command: str, vm: dict[str, Any], host: str) -> str:
    match command:
        case "domstate":
            running = vm["power"] != "off" and vm["host"] == host
            return f"{vm.get('state', 'running') if running else 'shut off'}\n\n"
        case "dominfo":
            most = f"Max memory:     {vm.get('full', vm['mib']) * 1024} KiB\n"
            return f"Name:           x\n{most}Used memory:    {vm['mib'] * 1024} KiB\nPersistent:     yes\n\n"
        case "dommemstat":
            usable = f"usable {vm['usable'] * 1024}\n" if "usable" in vm else ""
            return f"actual {vm['mib'] * 1024}\n{usable}rss 1\n\n"
        case "snapshot-list":
            return "before-update\n\n" if vm.get("snapshot") else "\n"
        case "dumpxml":
            return _described(vm)
    return f"unknown: {command}"


def _described(vm: dict[str, Any]) -> str:
    parts = ["<disk type='file' device='disk'><source file='/pool/a b.qcow2'/></disk>"]
    medium = f"<source file={quoteattr(vm['iso'])}/>" if "iso" in vm else ""
    parts += [f"<disk type='file' device='cdrom'>{medium}</disk>"]
    parts += ["<hostdev mode='subsystem' type='pci'/>"] if "device" in vm else []
    parts += [f"<memballoon model='{vm.get('balloon', 'virtio')}'/>"]
    parts += ["<interface type='network'><source network='lan'/></interface>"]
    parts += ["<interface type='bridge'><source bridge='br0'/></interface>"]
    return f"<domain><cpu mode='{vm.get('cpu', 'custom')}'/><devices>{''.join(parts)}</devices></domain>\n"
