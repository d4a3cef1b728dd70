"""Runbooks: a plan's result folder as text that people or a platform's own tools carry out."""

from collections.abc import Callable
from pathlib import Path

from consolidate.runbooks import ansible, ballooning, govc, markdown, openstack, powercli, proxmox, virsh
from consolidate.runbooks.folder import Folder, read
from models.errors import InputError

PLATFORMS: dict[str, Callable[[Folder], str]] = {
    "markdown": markdown.render,
    "powercli": powercli.render,
    "govc": govc.render,
    "virsh": virsh.render,
    "openstack": openstack.render,
    "proxmox": proxmox.render,
    "ansible": ansible.render,
}
"""Who writes a runbook, by platform."""


def render(folder: Path, platform: str) -> str:
    """
    Return the runbook of a plan for a platform.

    Raises
    ------
    InputError
        If the platform is unknown, the folder is not a plan's, a name cannot be written safely, or a script would have
        to take memory from VMs where the platform cannot.
    """
    if platform not in PLATFORMS:
        raise InputError(f"Platform {platform!r} is unknown; known are {', '.join(sorted(PLATFORMS))}.")
    return of(read(folder), platform)


def of(plan: Folder, platform: str) -> str:
    """Return the runbook of a plan that was read, for a platform that is known; errors as of `render`."""
    if platform == "openstack":
        ballooning.refuse(plan)
    return PLATFORMS[platform](plan)
