"""What runs in the example estate: roles of VMs, their sizes, and how busy they are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """
    A kind of VM in a cluster.

    Parameters
    ----------
    name
        First part of its VMs' names; what comes before the dash is the application.
    share
        Share of the cluster's VMs.
    shape
        How its CPU use runs over the week, one of ``examples.load.SHAPES``.
    sizes
        Sizes to draw from, as (vCPUs, GiB).
    peak
        Share of its vCPUs that it uses when busy.
    guest_os
        Guest operating system.
    workload
        What it does: a profile of ``models/catalog/workloads.csv``; empty: nobody knows.
    apart, near
        Whether they come in pairs in different racks; whether those of the application are in one rack.
    newer, older
        Whether it only runs on the newer hosts; whether it runs on older ones while these have room.
    pin_reason
        Why it must stay on its host, if it must.
    """

    name: str
    share: float
    shape: str
    sizes: tuple[tuple[int, int], ...]
    peak: float = 0.4
    guest_os: str = "Ubuntu 22.04"
    workload: str = ""
    apart: bool = False
    near: bool = False
    newer: bool = False
    older: bool = False
    gpus: int = 0
    sriov_functions: int = 0
    pin_reason: str = ""
    power_state: str = "on"
    template: bool = False

    @property
    def application(self) -> str:
        """The application that it belongs to."""
        return self.name.partition("-")[0]


WINDOWS = "Windows Server 2019"
PRODUCTION = (
    Role("dc", 0.03, "infrastructure", ((2, 8),), 0.2, WINDOWS, apart=True),
    Role("shop-web", 0.12, "web", ((4, 8),), 0.5, workload="web"),
    Role("shop-app", 0.12, "web", ((4, 16),), 0.45, workload="jvm-middleware"),
    Role("shop-db", 0.03, "database", ((8, 64),), 0.4, apart=True, workload="oltp"),
    Role("crm-web", 0.05, "web", ((2, 8), (4, 8)), 0.4, workload="web"),
    Role("crm-app", 0.08, "web", ((4, 16),), 0.4, WINDOWS, workload="jvm-middleware"),
    Role("crm-db", 0.03, "database", ((8, 64),), 0.35, WINDOWS, apart=True, workload="oltp"),
    Role("erp-app", 0.06, "web", ((4, 16), (8, 32)), 0.4, near=True, workload="jvm-middleware"),
    Role("erp-db", 0.015, "database", ((8, 64),), 0.4, near=True, workload="oltp"),
    Role("hr-db", 0.03, "database", ((8, 64),), 0.25, WINDOWS, apart=True, newer=True, workload="oltp"),
    Role("queue", 0.045, "infrastructure", ((2, 8),), 0.3, near=True, workload="key-value"),
    Role("etl", 0.12, "batch", ((8, 32), (4, 16)), 0.6),
    Role("reports", 0.06, "batch", ((4, 16),), 0.6, WINDOWS),
    Role("monitoring", 0.03, "infrastructure", ((4, 16),), 0.3),
    Role("legacy", 0.12, "idle", ((2, 8), (4, 16), (1, 2)), 0.15, WINDOWS),
    Role("licence", 0.015, "idle", ((2, 4),), 0.15, WINDOWS, pin_reason="USB dongle in the server"),
    Role("retired", 0.03, "idle", ((4, 16), (2, 8)), power_state="off"),
    Role("template", 0.015, "idle", ((2, 4),), power_state="off", template=True),
)
OFFICE = (
    Role("dhcp", 0.015, "infrastructure", ((2, 4),), 0.2),
    Role("vdi", 0.4, "office", ((4, 8), (4, 16), (2, 8)), 0.4, "Windows 11"),
    Role("cad", 0.06, "office", ((8, 32),), 0.5, "Windows 11", newer=True, gpus=1),
    Role("ci", 0.12, "bursts", ((8, 32), (4, 16)), 0.7, older=True, workload="process-build"),
    Role("mail", 0.06, "web", ((8, 64),), 0.3, WINDOWS),
    Role("files", 0.06, "infrastructure", ((4, 16),), 0.25, WINDOWS, workload="storage"),
    Role("wiki-web", 0.06, "web", ((2, 4),), 0.35, workload="web"),
    Role("wiki-db", 0.03, "database", ((4, 16),), 0.3, apart=True, workload="oltp"),
    Role("backup", 0.03, "batch", ((8, 32),), 0.5, workload="storage"),
    Role("print", 0.105, "idle", ((2, 4), (1, 2), (4, 8)), 0.15, WINDOWS, workload="idle-ticking"),
    Role("trial", 0.045, "idle", ((4, 16), (2, 8)), power_state="off"),
    Role("template", 0.015, "idle", ((2, 4),), guest_os=WINDOWS, power_state="off", template=True),
)
PERIMETER = (
    Role(
        "fw",
        0.03,
        "infrastructure",
        ((4, 8),),
        0.4,
        "FreeBSD 14",
        apart=True,
        newer=True,
        sriov_functions=2,
        workload="forwarder",
    ),
    Role("portal-web", 0.2, "web", ((4, 8),), 0.5, workload="web"),
    Role("api-web", 0.18, "web", ((4, 16),), 0.5, workload="web"),
    Role("api-db", 0.06, "database", ((8, 64),), 0.35, apart=True, workload="oltp"),
    Role("search", 0.12, "web", ((8, 32),), 0.4, workload="jvm-middleware"),
    Role("proxy", 0.12, "infrastructure", ((2, 8),), 0.35, apart=True),
    Role("relay", 0.06, "infrastructure", ((4, 8),), 0.3),
    Role("logs", 0.06, "batch", ((8, 64),), 0.45),
    Role("appliance", 0.03, "infrastructure", ((4, 8),), 0.3, pin_reason="licence bound to the server"),
    Role("decoy", 0.11, "idle", ((1, 2), (2, 4)), 0.15, workload="idle"),
    Role("former", 0.03, "idle", ((4, 8),), power_state="off"),
)


@dataclass(frozen=True)
class Purpose:
    """What a cluster is for: its roles, and the trust zone of its hosts."""

    name: str
    roles: tuple[Role, ...]
    trust_zone: str


PURPOSES = (
    Purpose("prod", PRODUCTION, "internal"),
    Purpose("office", OFFICE, "internal"),
    Purpose("dmz", PERIMETER, "dmz"),
)
