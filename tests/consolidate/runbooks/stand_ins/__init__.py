"""Stand-ins for the commands of platforms: what each answers, as far as the scripts ask."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.consolidate.runbooks.platforms import Platform
from tests.consolidate.runbooks.stand_ins import govc, openstack, proxmox, virsh


@dataclass(frozen=True)
class StandIn:
    """
    A platform.

    Parameters
    ----------
    answer
        Answers a command.
    commands
        Names of its commands.
    known
        What it knows three VMs as.
    changes
        Words one of which is in each call that changes something.
    """

    answer: Platform
    commands: tuple[str, ...]
    known: tuple[str, str, str]
    changes: tuple[str, ...]


_UUIDS = tuple(f"6695eb01-f6a4-8304-79aa-97f2502e193{number}" for number in range(3))
_MANAGED = ("vm-101", "vm-103", "vm-102")

STAND_INS: Mapping[str, StandIn] = {
    "virsh": StandIn(virsh.answer, ("virsh",), (_UUIDS[0], _UUIDS[1], _UUIDS[2]), ("migrate", "setmem")),
    "govc": StandIn(
        govc.answer,
        ("govc",),
        _MANAGED,
        ("vm.migrate", "vm.change", "host.maintenance.enter", "host.maintenance.exit", "host.shutdown"),
    ),
    "openstack": StandIn(openstack.answer, ("openstack",), (_UUIDS[0], _UUIDS[1], _UUIDS[2]), ("migrate", "set")),
    "proxmox": StandIn(proxmox.answer, ("pvesh", "ha-manager"), ("101", "103", "102"), ("create", "crm-command")),
}
