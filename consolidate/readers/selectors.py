"""Selectors: how a rule names VMs and hosts, by name, by pattern, or by what they have in common."""

import fnmatch
import re
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from consolidate.readers import noticed
from models.arrays import NOWHERE, Mask, Names, Rows, names
from models.inventory import Inventory


class Selector:
    """Resolves what a rule names to rows of an inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory

    @cached_property
    def host_properties(self) -> Mapping[str, Names]:
        """What ``property:value`` may name of a host."""
        hosts = self.inventory.hosts
        return {
            "host": hosts.host,
            "cluster": hosts.cluster,
            "datacenter": hosts.datacenter,
            "rack": hosts.rack,
            "model": hosts.model,
        }

    @cached_property
    def vm_properties(self) -> Mapping[str, Names]:
        """What ``property:value`` may name of a VM: its own, or its host's."""
        start, vms = self.inventory.start, self.inventory.vms
        of_host = {key: _taken(column, start) for key, column in self.host_properties.items()}
        cluster = np.where(start == NOWHERE, vms.cluster, of_host["cluster"])
        return {**of_host, "cluster": cluster, "application": vms.application}

    def vms(self, selector: str) -> Rows:
        """Return the rows of the VMs that a selector names."""
        vms = self.inventory.vms
        return _rows(selector, vms.vm, self.inventory.vm_row, self.vm_properties, "VM")

    def names(self, selector: str) -> bool:
        """Tell whether a selector names any VM."""
        try:
            return len(self.vms(selector)) > 0
        except ValueError:
            return False

    def hosts(self, selector: str) -> Rows:
        """Return the rows of the hosts that a selector names."""
        hosts = self.inventory.hosts
        return _rows(selector, hosts.host, self.inventory.host_row, self.host_properties, "host")


def _taken(column: Names, start: Rows) -> Names:
    return np.where(start == NOWHERE, "", names([*column, ""])[start])


def _rows(selector: str, column: Names, row: Mapping[str, int], properties: Mapping[str, Names], what: str) -> Rows:
    """Return the rows; a `ValueError` says that there are none, and what is close."""
    if selector in row:
        return np.asarray([row[selector]], np.int32)
    key, colon, value = selector.partition(":")
    if colon and key in properties:
        found = np.flatnonzero(_matches(value.strip(), properties[key]))
        if not len(found):
            hint = noticed.suggestion(value.strip(), set(properties[key]) - {""})
            raise ValueError(f"Selector {selector!r} matches no {what}.{hint}")
    elif any(sign in selector for sign in "*?["):
        found = np.flatnonzero(_matches(selector, column))
        if not len(found):
            raise ValueError(f"Pattern {selector!r} matches no {what}.")
    else:
        raise ValueError(f"No {what} is called {selector!r}.{noticed.suggestion(selector, row)}")
    return found.astype(np.int32)


def _matches(pattern: str, column: Names) -> Mask:
    if not pattern:
        raise ValueError("A selector such as cluster:NAME needs a name.")
    expression = re.compile(fnmatch.translate(pattern))
    hits = {value: value == pattern or expression.match(value) is not None for value in set(column)}
    return np.asarray([hits[value] for value in column], bool)
