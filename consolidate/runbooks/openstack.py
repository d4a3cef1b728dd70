"""A bash script that runs a plan with the command line of OpenStack."""

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
    return shell.render(folder, "openstack", identified)


def identified(platform_id: str) -> str:
    """Return the UUID of a VM; empty if it is none, so that the name is used."""
    given = platform_id.lower()
    return given if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", given, re.ASCII) else ""
