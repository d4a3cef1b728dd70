"""A bash script that runs a plan with the tools of Proxmox VE."""

import re

from consolidate.runbooks import shell
from consolidate.runbooks.folder import Folder


def render(folder: Folder) -> str:
    """
    Return the script.

    Raises
    ------
    InputError
        If a name cannot be told to a shell; all such names are reported.
    """
    return shell.render(folder, "proxmox", identified)


def identified(platform_id: str) -> str:
    """Return the VMID, of forms such as ``qemu/100`` too, of a VM; empty if it is none, so that the name is used."""
    given = platform_id.rpartition("/")[2]
    return given if re.fullmatch(r"[1-9]\d{2,8}", given, re.ASCII) else ""
