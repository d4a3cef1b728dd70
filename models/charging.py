"""What the VMs of an inventory are charged: readings turned into work, and work into what hosts have to give."""

from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import NOWHERE, Floats, Rows, names
from models.changes import NOTHING, Change, changed
from models.counting import counted
from models.errors import Finding
from models.estate import Rates, checked, estate, home_kind, kinds, processors
from models.inventory import Inventory
from models.overhead import Charge, Kinds, Law, law, of
from models.technology import Catalog, standard

READINGS = ("virtual", "native")
"""Where CPU was read: in VMs as they run today, or on machines that are to be virtualized."""


@dataclass(frozen=True)
class Technique:
    """
    How VMs are virtualized, today and in the plan.

    Parameters
    ----------
    catalog
        The numbers of the cost model.
    change
        What is to be different.
    workload
        Profile of the VMs that name none.
    profiles
        Profiles by VM, as rows and keys, for VMs that name none; the later ones win.
    readings
        One of `READINGS`: whether readings hold what today's technology adds on virtual CPUs.
    scale_work
        Whether work takes fewer cycles on newer processors.
    direct_io_pins
        Whether a VM that holds a function or device stays on its host.
    """

    catalog: Catalog = field(default_factory=standard)
    change: Change = NOTHING
    workload: str = "general"
    profiles: tuple[tuple[tuple[int, ...], str], ...] = ()
    readings: str = "virtual"
    scale_work: bool = False
    direct_io_pins: bool = True

    def named(self, inventory: Inventory) -> Inventory:
        """Return the inventory with the profiles filled in that are given for VMs that name none."""
        if not self.profiles:
            return inventory
        given = np.array(inventory.vms.workload, dtype=object)
        for rows, key in self.profiles:
            given[list(rows)] = key
        found = np.where(inventory.vms.workload == "", given, inventory.vms.workload)
        return replace(inventory, vms=replace(inventory.vms, workload=names(found)))


@dataclass(frozen=True, eq=False)
class Billing:
    """
    The laws that charge the VMs of an inventory.

    Parameters
    ----------
    inventory
        The inventory after the change.
    kinds, kind
        The kinds of hosts, and that of each host. Shape (hosts,).
    home
        The kind of the host that each VM is on. Shape (vms,).
    today, law
        What virtualization adds today, and after the change.
    scale
        Cycles of work on each kind over those counted. Shape (kinds, vms).
    readings
        One of `READINGS`.
    findings
        VMs that the change leaves as they are, and hosts whose processor is not known.
    """

    inventory: Inventory
    kinds: Kinds
    kind: Rows
    home: Rows
    today: Law
    law: Law
    scale: Floats
    readings: str
    findings: tuple[Finding, ...]

    def work(self, readings_mhz: Floats) -> Floats:
        """Return the VMs' own work behind readings. [MHz] Shape (vms, buckets)."""
        return readings_mhz if self.readings == "native" else self.today.work(readings_mhz, self.home)

    def inside(self, used_mhz: Floats) -> Floats:
        """
        Return the reading of VMs of which is known what they take of their hosts today, threads of the host included.

        [MHz] Shape (vms,).
        """
        if self.readings == "native":
            return used_mhz
        today, home = self.today, self.home
        own, threads = 1 + of(today.guest_share, home), of(today.host_share, home)
        fixed, apart = of(today.guest_mhz, home), of(today.host_mhz, home)
        work = np.maximum(used_mhz - fixed - apart, 0.0) / (own + threads)
        return np.minimum(work * own + fixed, used_mhz)

    def charge(self, readings_mhz: Floats) -> Charge:
        """Return what VMs take on each kind of host. Shapes (kinds, vms, buckets)."""
        return self.law.charge(self.work(readings_mhz), self.scale)

    def lines(self) -> "Lines":
        """Return the charge of each VM on each kind of host as a line over its reading."""
        virtual = self.readings == "virtual"
        work = 1 / (1 + of(self.today.guest_share, self.home) * virtual)
        following = self.law.guest_share + self.law.slower * (self.scale - 1) + self.law.host_share
        return Lines(
            base=of(self.today.guest_mhz, self.home) * virtual,
            own=self.scale * work,
            rise=(self.scale + following) * work,
            fixed=self.law.guest_mhz + self.law.host_mhz,
        )


@dataclass(frozen=True, eq=False)
class Lines:
    """
    What a reading is charged: ``rise × max(reading - base, 0) + fixed``, of which ``own × …`` is the VM's own work.

    Parameters
    ----------
    base
        Part of a reading that is idle ticks and counted packets and requests. [MHz] Shape (vms,).
    own, rise
        Work, and charge, of a MHz of reading beyond that. Shape (kinds, vms).
    fixed
        What does not depend on the reading. [MHz] Shape (kinds, vms).
    """

    base: Floats
    own: Floats
    rise: Floats
    fixed: Floats

    def charged(self, readings_mhz: Floats, kind: Rows, vms: Rows | None = None) -> tuple[Floats, Floats]:
        """
        Return what VMs ask for, and their own work, on hosts of the kinds given. [MHz] Shape (vms,).

        Parameters
        ----------
        readings_mhz, kind
            What was read of each VM, and the kind of its host. [MHz] Shape (vms,).
        vms
            The VMs that these are; all if None.
        """
        rows = np.arange(len(kind)) if vms is None else vms
        where = np.where(kind == NOWHERE, 0, kind)
        above = np.maximum(readings_mhz - self.base[rows], 0.0)
        return self.rise[where, rows] * above + self.fixed[where, rows], self.own[where, rows] * above


def billing(inventory: Inventory, technique: Technique, rates: Rates | None = None) -> Billing:
    """
    Return the laws that charge an inventory's VMs.

    Parameters
    ----------
    inventory
        The inventory as it is today.
    technique
        How VMs are virtualized.
    rates
        Traffic and requests of each VM, in place of the inventory's.

    Raises
    ------
    InputError
        With every name in the inventory that the catalog does not know.
    """
    catalog, change = technique.catalog, technique.change
    inventory = technique.named(inventory)
    checked(inventory, catalog)
    there, there_kind = kinds(inventory, catalog)
    then, kind = kinds(inventory, catalog, change.microarchitecture)
    home = home_kind(inventory, there_kind)
    after, findings = changed(inventory, change, catalog)
    before = law(estate(inventory, catalog, technique.workload, rates), there, catalog)
    following = law(estate(after, catalog, technique.workload, rates), then, catalog)
    scale = np.ones((len(then.technology), len(inventory.vms)))
    if technique.scale_work:
        speed = catalog.microarchitectures.numbers["work_per_cycle"]
        scale = speed[there.microarchitecture][home] / speed[then.microarchitecture][:, None]
    return Billing(
        after, then, kind, home, before, following, scale, technique.readings,
        (*findings, *_unknown(inventory, catalog, change)),
    )  # fmt: skip


def _unknown(inventory: Inventory, catalog: Catalog, change: Change) -> tuple[Finding, ...]:
    """Return a finding for hosts that do not tell their processor."""
    rows = np.flatnonzero(processors(inventory.hosts, catalog, change.microarchitecture)[1])
    if not len(rows):
        return ()
    text = (
        f"{counted(len(rows), 'host does not tell its', 'hosts do not tell their')} processor, the first "
        f"{inventory.hosts.host[rows[0]]!r}; overheads are taken to be those of a Skylake."
    )
    return (Finding("info", "unknown-processor", text, column="microarchitecture", count=len(rows)),)
