"""
The three requirements on a virtual machine monitor, as questions to the catalog.

Equivalence: does the guest run as it is. Efficiency: how much slower. Resource control: how well VMs are kept apart
[1]_.

.. [1] G. J. Popek and R. P. Goldberg, "Formal requirements for virtualizable third generation architectures,"
   CACM 17(7), 1974.
"""

import re

import numpy as np

from models.arrays import Mask
from models.technology import Catalog

_FAMILIES = {
    "windows": r"windows|\bwin(7|8|10|11|20\d\d)",
    "linux": r"linux|ubuntu|debian|centos|red ?hat|rhel|suse|sles|fedora|alma|rocky|photon|coreos|alpine|\barch\b",
    "bsd": r"bsd|pfsense|opnsense",
    "solaris": r"solaris|sunos|illumos",
}
_SYSTEMS = ("unmodified", "modified", "host-kernel")


def family(system: str) -> str:
    """
    Return the family of an operating system by its name; empty if it is not known.

    >>> family("Microsoft Windows Server 2019 (64-bit)"), family("Ubuntu 22.04"), family("Other 3.x")
    ('windows', 'linux', '')
    """
    text = system.lower()
    return next((name for name, pattern in _FAMILIES.items() if re.search(pattern, text)), "")


def obstacle(catalog: Catalog, technology: str, guest: str, hosts: frozenset[str]) -> str:
    """
    Return why a guest cannot run under a technology as it is (equivalence), or an empty text.

    Parameters
    ----------
    catalog, technology
        Where the answer is from, and the key of the technology.
    guest
        Family of the guest's operating system; empty: not known, and taken to run.
    hosts
        Families of the hosts; a host that says nothing counts as Linux.
    """
    needs = catalog.technologies.texts["guest"][catalog.technologies.row(technology)]
    if needs not in _SYSTEMS:
        return f"{technology} runs programs, not systems"
    if needs == "modified" and guest == "windows":
        return f"{technology} needs a modified kernel, and that of Windows cannot be modified"
    if needs == "host-kernel" and guest and guest not in hosts:
        return f"{technology} shares the kernel of its host, and no host runs {guest}"
    return ""


def equipped(catalog: Catalog, technology: str, devices: str = "") -> Mask:
    """
    Return which processors have what a technology requires, and what the paths to devices do.

    Parameters
    ----------
    catalog, technology
        Where the answer is from, and the key of the technology.
    devices
        Features that network and disk paths require, separated by ';'.

    Returns
    -------
    Mask
        Shape (microarchitectures,).
    """
    own = catalog.technologies.texts["requires"][catalog.technologies.row(technology)]
    found = np.ones(len(catalog.microarchitectures.keys), np.bool_)
    for feature in filter(None, f"{own};{devices}".split(";")):
        found &= catalog.has(feature)
    return found


def efficient(catalog: Catalog, slowdown: float) -> bool:
    """Return whether a slowdown is within the catalog's bound."""
    return slowdown <= catalog.parameters["efficiency_bound"]


def isolation(catalog: Catalog, technology: str) -> int:
    """
    Return how well a technology keeps its guests apart, from 1 to 5, by what each has of its own.

    An address space, a kernel, a boundary that hardware enforces; or code whose types are verified, which counts three
    times.
    """
    numbers, row = catalog.technologies.numbers, catalog.technologies.row(technology)
    if catalog.technologies.texts["level"][row] == "none":
        return 1
    own = numbers["own_kernel"][row] + numbers["hardware_boundary"][row] + 3 * numbers["type_safe"][row]
    return int(min(2 + own, 5))


def flexibility(catalog: Catalog, technology: str) -> int:
    """Return what a technology lets applications be, from 1 to 5: foreign instructions (twice), systems, binaries."""
    numbers, row = catalog.technologies.numbers, catalog.technologies.row(technology)
    return int(1 + 2 * numbers["foreign_isa"][row] + numbers["foreign_os"][row] + numbers["unmodified_binaries"][row])


def complexity(catalog: Catalog, technology: str) -> int:
    """Return how much there is to implement, from 1 to 5: one more than the parts of the technology."""
    parts = catalog.technologies.texts["parts"][catalog.technologies.row(technology)]
    return min(1 + len(list(filter(None, parts.split(";")))), 5)


def performance(catalog: Catalog, slowdown: float) -> int:
    """Return the merit of a slowdown, from 1 to 5, by the catalog's steps."""
    steps = [step for step in (5, 4, 3, 2) if slowdown <= catalog.parameters[f"merit_slowdown_{step}"]]
    return steps[0] if steps else 1
