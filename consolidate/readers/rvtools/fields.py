"""The RVTools columns that are used, under all names that they are known by."""

import re
from collections.abc import Mapping

_VM = {
    "vm": ("vm", "vmname"),
    "id": ("vmid", "objectid"),
    "uuid": ("vmuuid", "uuid"),
    "sdk": ("visdkuuid", "vcenteruuid", "visdkserver"),
    "host": ("host", "hostname"),
}

FIELDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "vinfo": {
        **_VM,
        "power": ("powerstate",),
        "template": ("template",),
        "placeholder": ("srmplaceholder",),
        "cpus": ("cpus", "numcpu", "numcpus"),
        "memory": ("memory", "memorymib"),
        "cluster": ("cluster",),
        "datacenter": ("datacenter",),
        "folder": ("folder",),
        "vapp": ("vapp",),
        "latency": ("latencysensitivity",),
        "ft": ("ftstate",),
        "rules": ("clusterrules",),
        "rule_names": ("clusterrulenames",),
        "evc": ("minrequiredevcmodekey",),
        "os": ("osaccordingtotheconfigurationfile", "os"),
        "os_tools": ("osaccordingtothevmwaretools", "ostools"),
        "path": ("path",),
        "connection": ("connectionstate",),
        "consolidation": ("consolidationneeded",),
        **{f"network_{place}": (f"network#{place}", f"network{place}") for place in range(1, 9)},
    },
    "vcpu": {
        **_VM,
        "cpus": ("cpus",),
        "overall": ("overall", "overallcpuusage"),
        "reservation": ("reservation", "cpureservation"),
    },
    "vmemory": {
        **_VM,
        "consumed": ("consumed", "consumedmib"),
        "active": ("active", "activemib"),
        "reservation": ("reservation", "memoryreservation"),
        "locked": ("memoryreservationlockedtomax", "reservationlockedtomax"),
        "size": ("sizemib", "size"),
    },
    "vdisk": {
        **_VM,
        "path": ("path", "diskpath"),
        "raw": ("raw",),
        "bus": ("sharedbus",),
        "sharing": ("sharingmode",),
    },
    "vnetwork": {
        **_VM,
        "network": ("network", "name"),
        "direct": ("directpathio",),
        "connected": ("connected",),
        "starts": ("startsconnected",),
        "adapter": ("adapter",),
    },
    "vusb": {**_VM, "connected": ("connected",)},
    "vcd": {**_VM, "connected": ("connected",)},
    "vfloppy": {**_VM, "connected": ("connected",)},
    "vsnapshot": {**_VM, "snapshot": ("snapshot", "name")},
    "vhost": {
        "host": ("host", "name", "hostname"),
        "cluster": ("cluster",),
        "datacenter": ("datacenter",),
        "cores": ("#cores", "numcpucores"),
        "sockets": ("#cpu", "numcpu"),
        "cores_per_socket": ("corespercpu",),
        "speed": ("speed", "cpumhz"),
        "memory": ("#memory", "memorysize", "memory"),
        "cpu_usage": ("cpuusage%", "overallcpuusage"),
        "memory_usage": ("memoryusage%", "overallmemoryusage"),
        "threads": ("htactive",),
        "evc": ("currentevc", "currentevcmode"),
        "most_evc": ("maxevc", "maxevcmode"),
        "maintenance": ("inmaintenancemode",),
        "quarantine": ("inquarantinemode",),
        "fault_domain": ("vsanfaultdomainname",),
        "cpu_model": ("cpumodel",),
        "vendor": ("vendor",),
        "model": ("model",),
    },
    "vcluster": {"cluster": ("name", "cluster"), "memory": ("totalmemory",)},
    "vnic": {"host": ("host",), "speed": ("speed",)},
    "vdatastore": {"name": ("name",), "hosts": ("hosts",)},
    "vport": {"host": ("host",), "network": ("portgroup",)},
    "vswitch": {"host": ("host",), "network": ("portgroup",)},
    "dvport": {"network": ("portgroup", "port"), "switch": ("switch",)},
    "dvswitch": {"switch": ("switch", "name"), "hosts": ("hostmembers",)},
    "vmetadata": {"taken": ("xlsxcreationdatetime", "creationdatetime", "csvcreationdatetime")},
}

IDENTITY = {"vcluster": "cluster", "vhost": "host", "vdatastore": "name"}
"""The field that a tab's first column holds; of the others it is the VM."""


def squeezed(header: str, tab: str) -> str:
    """
    Return a header without what differs between versions: case, spaces, the tab's name, MB for MiB.

    >>> squeezed("Capacity MB", "vdisk"), squeezed("vInfoVMName", "vinfo"), squeezed("Free % ", "vpartition")
    ('capacitymib', 'vmname', 'free%')
    """
    letters = re.sub(r"[^a-z0-9#%]", "", header.casefold())
    if letters.startswith(tab) and letters != tab:
        letters = letters[len(tab) :]
    return re.sub(r"(?<=[a-z])mb$", "mib", letters)
