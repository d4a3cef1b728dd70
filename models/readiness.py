"""
What VMs that share a host will do to each other: predicted before they are consolidated.

The CPU reserved for them is raised by what they lose to each other's caches and remote memory, by virtual CPUs that
wait for their siblings and by spinning for locks; those grow with the ready time, and it with them, until both settle.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from models.estate import processors
from models.formulation import Formulation
from models.laws import contention
from models.laws.sharing import summed
from models.reserve import gain, net_mhz


@dataclass(frozen=True, eq=False)
class Contention:
    """
    What is predicted of each host. Shape (hosts,).

    Parameters
    ----------
    ready_share
        Share of time that virtual CPUs wait for a core; 0 for an empty host.
    utilization
        CPU asked for, what VMs do to each other included, over CPU there is.
    """

    ready_share: Floats
    utilization: Floats


@dataclass(frozen=True, eq=False)
class Forecast:
    """
    Predicts contention for placements of one formulation.

    Parameters
    ----------
    formulation
        What is reserved for VMs, and what hosts offer.
    load_mhz
        CPU of each VM where it is reserved only as allocated, from which nothing can be told; None: not known.
        [MHz] Shape (vms,).
    """

    formulation: Formulation
    load_mhz: Floats | None = None

    @property
    def limit(self) -> float:
        """Longest ready time that is allowed; infinite without a limit."""
        limit = self.formulation.choices.ready_share
        return np.inf if limit is None else limit

    def of(self, host: Rows) -> Contention:
        """
        Return what is predicted, in the worst part of the day, of VMs on the hosts given; `NOWHERE` for none.

        Each placement is predicted once.
        """
        key = host.astype(np.int32).tobytes()
        if key not in self._known:
            self._known[key] = self._predicted(host)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[bytes, Contention]:
        """What was predicted already, by placement."""
        return {}

    def _predicted(self, host: Rows) -> Contention:
        placed = (host != NOWHERE)[:, None]
        slower = self._interference(host) / self._interference(self.formulation.problem.start)
        demand = self.formulation.at(self._charged, host) * placed * slower[:, None]
        parts = [self._settled(host, column) for column in demand.T]
        return Contention(
            np.max([part.ready_share for part in parts], axis=0), np.max([part.utilization for part in parts], axis=0)
        )

    def _settled(self, host: Rows, demand: Floats) -> Contention:
        """Return what is predicted of VMs that ask for so much on the hosts given. [MHz] Shape (vms,)."""
        hosts, choices = self.formulation.billing.inventory.hosts, self.formulation.choices
        cores, size = hosts.cores.astype(np.float64), len(hosts)
        capacity = net_mhz(hosts, choices) * gain(hosts, choices)
        weight = choices.technique.catalog.parameters["ready_stretch"]

        def used(ready: Floats) -> Floats:
            own = np.append(ready, 0.0)[host]
            asked = demand * self._waiting_factor(own) + self._spinning_mhz(own)
            return summed(asked * (demand > 0), host.astype(np.int32), size) / np.maximum(capacity, 1.0)

        ready = contention.settled(np.zeros(size), lambda ready: contention.ready_share(cores, used(ready), weight))
        return Contention(np.where(used(ready) > 0, ready, 0.0), used(ready))

    def broken(self, host: Rows) -> Mask:
        """Return the hosts whose predicted ready time is beyond the limit, and beyond that of the start. (hosts,)."""
        if not np.isfinite(self.limit) or not self.measured:
            return np.zeros(len(self.formulation.problem.hosts), np.bool_)
        after, before = self.of(host).ready_share, self.of(self.formulation.problem.start).ready_share
        found: Mask = (after > self.limit + 1e-9) & (after > before + 1e-9)
        return found

    def busiest(self) -> Floats:
        """Return the utilization of each host at which the ready time reaches the limit. Shape (hosts,)."""
        catalog, cores = self.formulation.choices.technique.catalog, self.formulation.billing.inventory.hosts.cores
        return contention.busiest(cores.astype(np.float64), self.limit, catalog.parameters["ready_stretch"])

    @property
    def measured(self) -> bool:
        """Whether the use of CPU is known; ready time cannot be told from what is allocated."""
        return self._by_use or self.load_mhz is not None

    @property
    def _by_use(self) -> bool:
        """Whether what is reserved for some VM was measured."""
        form, running = self.formulation, self.formulation.billing.inventory.running
        return form.cpu.basis != "as allocated" and not (running.any() and form.cpu.fallen_back[running].all())

    @cached_property
    def _charged(self) -> Floats:
        """CPU of each VM on each kind of host. [MHz] Shape (kinds, vms, buckets)."""
        form = self.formulation
        if self._by_use or self.load_mhz is None:
            return form.charge.cpu_mhz
        running = form.billing.inventory.running.astype(np.float64)
        return form.billing.charge(self.load_mhz[:, None]).of(running).cpu_mhz

    def _profile(self, column: str) -> Floats:
        """Return a column of the workloads, by each VM's own. Shape (vms,)."""
        return self.formulation.choices.technique.catalog.workloads.numbers[column][self._workloads]

    @cached_property
    def _workloads(self) -> Rows:
        """The row of each VM's workload. Shape (vms,)."""
        form = self.formulation
        table = form.choices.technique.catalog.workloads
        return table.rows(form.billing.inventory.vms.workload, form.choices.technique.workload)

    def _interference(self, host: Rows) -> Floats:
        """Return the slowdown of each VM by the caches and memory of the host given for it. Shape (vms,)."""
        form = self.formulation
        hosts, catalog = form.billing.inventory.hosts, form.choices.technique.catalog
        micro, _ = processors(hosts, catalog, form.choices.technique.change.microarchitecture)
        numbers, running = catalog.microarchitectures.numbers, form.billing.inventory.running
        sets = self._profile("llc_working_set_mib") * running
        held = np.append(summed(sets, host.astype(np.int32), len(hosts)), 0.0)[host]
        cache = np.append(numbers["llc_mib"][micro] * hosts.sockets, np.inf)[host]
        sensitivity = np.minimum(self._profile("llc_sensitivity"), catalog.parameters["llc_slowdown_max"])
        wide = form.billing.inventory.vms.vcpus > np.append(hosts.cores / hosts.sockets, np.inf)[host]
        ratio = np.append(numbers["remote_latency_ratio"][micro], 1.0)[host]
        remote = contention.numa_slowdown(
            self._profile("remote_share") * wide, self._profile("memory_stall_share"), ratio
        )
        return contention.cache_slowdown(held - sets, cache, sensitivity) * remote

    def _waiting_factor(self, ready: Floats) -> Floats:
        parameters = self.formulation.choices.technique.catalog.parameters
        gamma = parameters["cosched_gamma"] * self._profile("synchronisation")
        return contention.coscheduling(self.formulation.billing.inventory.vms.vcpus.astype(np.float64), ready, gamma)

    def _spinning_mhz(self, ready: Floats) -> Floats:
        parameters = self.formulation.choices.technique.catalog.parameters
        clocks = self.formulation.billing.inventory.hosts.cpu_mhz
        clock = float(np.median(clocks)) * 1e6 if len(clocks) else 0.0
        cycles = contention.lock_waiting(
            self.formulation.billing.inventory.vms.vcpus.astype(np.float64),
            ready,
            self._profile("lock_share"),
            clock_hz=clock,
            slice_s=parameters["slice_ms"] / 1000,
            window_cycles=parameters["ple_window_cycles"],
        )
        return cycles / 1e6
