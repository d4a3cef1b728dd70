"""What a reader returns, and the options that all readers share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.demand import Usage
from models.errors import Finding
from models.inventory import Inventory
from models.network import Network


@dataclass(frozen=True)
class Options:
    """
    How to read an inventory.

    Parameters
    ----------
    format
        ``auto``, ``canonical``, ``rvtools`` or ``mapped``.
    column_map
        A YAML file that maps the columns of any CSV to ours.
    host_map
        A CSV file that maps host names as VMs have them to host names as hosts have them.
    usage
        A file of readings, or a trace, in place of the file in the inventory's folder.
    delimiter, decimal, encoding
        In place of what is found out from the file.
    least_matched
        Share of VMs whose host must be known; below it, ``plan`` and ``simulate`` stop.
    taken
        When the snapshot was taken, in ISO 8601, where the files do not say.
    lenient
        Unmatched hosts never stop the import; ``inspect`` reads so.
    usage_unit
        What readings with one column a VM are in: ``mhz`` or ``percent``; ``auto`` goes by the largest one.
    """

    format: str = "auto"
    column_map: Path | None = None
    host_map: Path | None = None
    usage: Path | None = None
    delimiter: str = ""
    decimal: str = ""
    encoding: str = ""
    least_matched: float = 0.95
    taken: str = ""
    lenient: bool = False
    usage_unit: str = "auto"


@dataclass(frozen=True, eq=False)
class Reading:
    """
    An inventory, what came with it, and what was noticed while reading it.

    Parameters
    ----------
    inventory
        Hosts and VMs. VMs whose host is unknown are in it, on no host.
    findings
        What was noticed; errors never get this far.
    usage
        Readings over time, if there are any.
    network
        Links, if they are known.
    hashes
        SHA-256 of each file read, by name.
    unmatched
        Names of hosts that VMs name and the inventory does not have, with the count of their VMs.
    """

    inventory: Inventory
    findings: tuple[Finding, ...] = ()
    usage: Usage | None = None
    network: Network | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    unmatched: Mapping[str, int] = field(default_factory=dict)
