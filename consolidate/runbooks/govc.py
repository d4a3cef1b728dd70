"""A bash script that runs a plan with govc, VMware's command line for vSphere."""

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
    return shell.render(folder, "govc", identified)


def identified(platform_id: str) -> str:
    """Return the managed object of a VM as govc writes it; empty if it is none, so that the name is used."""
    bare = re.sub("^VirtualMachine[-:]", "", platform_id)
    return f"VirtualMachine:{bare}" if re.fullmatch(r"vm-\d+", bare, re.ASCII) else ""
