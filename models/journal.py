"""What a run writes down step by step: the timeline, the heat of the hosts, and the migrations."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats
from models.environment import Environment
from models.meters import JOULE_PER_KWH, Meters
from models.recorder import Heat, Log, Recorder, Rule

if TYPE_CHECKING:
    from models.datacenter import Datacenter

_LAST = (
    "time_s", "hosts_on", "hosts_failed", "energy_kwh", "facility_kwh", "cost_eur", "carbon_kg", "migrations",
    "migrating", "boots", "shutdowns", "vms_running", "vms_unplaced",
)  # fmt: skip
_MOST = ("overloaded_hosts",)
_MEAN = (
    "power_w", "carbon_g_kwh", "cpu_offered_mhz", "cpu_used_mhz", "cpu_unserved_mhz", "overhead_mhz", "memory_share",
    "swapped_mib", "net_unserved_mbps", "disk_unserved_iops", "ready_share", "overload_share", "migration_loss_share",
)  # fmt: skip
RULES: dict[str, Rule] = {
    **dict.fromkeys(_LAST, "last"),
    **dict.fromkeys(_MOST, "most"),
    **dict.fromkeys(_MEAN, "mean"),
}
MOVES = {
    "vm": "int32", "source": "int32", "destination": "int32", "begun_s": "float64", "end_s": "float64",
    "downtime_s": "float32", "sent_mib": "float32", "reason": "int16",
}  # fmt: skip


class Journal:
    """
    Rows of what happened.

    Parameters
    ----------
    hosts
        How many there are.
    environment
        Prices, and the facility around the hosts.
    design_w
        What all hosts draw at full load. [W]
    most_rows
        Rows of the timeline at most.
    """

    def __init__(self, hosts: int, environment: Environment, design_w: float, most_rows: int = 8192) -> None:
        self.timeline, self.heat, self.moves = (
            Recorder(RULES, max((most_rows - 1) // 2 * 2, 2)),
            Heat(hosts),
            Log(MOVES),
        )
        self.reasons: dict[str, int] = {}
        self.facility_kwh = self.cost_eur = self.carbon_kg = self._overhead = self._demand = 0.0
        self.environment, self._design_w = environment, design_w
        self._before, self._since_s = np.zeros(8), 0.0

    def code(self, reason: str) -> int:
        """Return the number that stands for a reason; beyond 30,000 of them one for all the rest."""
        if reason not in self.reasons and len(self.reasons) >= 30_000:
            reason = "(one of many reasons)"
        return self.reasons.setdefault(reason, len(self.reasons))

    def landed(self, down: dict[str, NDArray[Any]], time_s: float) -> None:
        """Write down migrations that have landed."""
        self.moves.extend(
            vm=down["vm"],
            source=down["source"],
            destination=down["target"],
            begun_s=down["begun_s"],
            end_s=np.full(len(down["vm"]), time_s),
            downtime_s=down["downtime_s"],
            sent_mib=down["sent_mib"],
            reason=down["reason"],
        )

    def step(self, model: "Datacenter", time_s: float) -> None:
        """Write down the step that ends now."""
        state, meters, strain = model.state, model.state.meters, model.state.strain
        now = _totals(meters)
        passed, self._before = now - self._before, now
        seconds = max(time_s - self._since_s, 1e-9)
        energy_j, used, asked, offered, over, lost, on, moving = passed
        carbon = self._charge(self._since_s, time_s, energy_j / seconds)
        self._since_s = time_s
        overhead = float(state.demand_mhz.sum() - state.work_mhz.sum())
        self._overhead += overhead * seconds
        self._demand += float(state.demand_mhz.sum()) * seconds
        for index, name in enumerate(("net", "disk")):
            setattr(meters, f"{name}_asked", getattr(meters, f"{name}_asked") + strain.asked[index] * seconds)
            setattr(meters, f"{name}_lost", getattr(meters, f"{name}_lost") + strain.lost[index] * seconds)
        self.timeline.append(
            time_s=time_s,
            hosts_on=int(state.on.sum()),
            hosts_failed=model.failed,
            power_w=energy_j / seconds,
            energy_kwh=meters.energy_kwh,
            facility_kwh=self.facility_kwh,
            cost_eur=self.cost_eur,
            carbon_kg=self.carbon_kg,
            carbon_g_kwh=carbon,
            cpu_offered_mhz=offered / seconds,
            cpu_used_mhz=used / seconds,
            cpu_unserved_mhz=max(lost, 0.0) / seconds,
            overhead_mhz=overhead,
            memory_share=_mean(strain.memory_share, state.on.astype(np.float64)),
            swapped_mib=float(strain.swapped_mib.sum()),
            net_unserved_mbps=strain.lost[0],
            disk_unserved_iops=strain.lost[1],
            ready_share=_mean(strain.ready, state.residents.summed(state.running.astype(np.float64))),
            overloaded_hosts=int((state.short & state.on).sum()),
            overload_share=over / on if on else 0.0,
            migration_loss_share=moving / asked if asked else 0.0,
            migrations=int(meters.arrivals.sum()),
            migrating=len(model.flights),
            boots=int(meters.boots.sum()),
            shutdowns=int(meters.shutdowns.sum()),
            vms_running=int(state.running.sum()),
            vms_unplaced=model.unplaced,
        )
        self.heat.append(time_s, meters.used_mhz_s, meters.offered_mhz_s)
        meters.peak_power_w = max(meters.peak_power_w, energy_j / seconds)
        meters.peak_hosts_on = max(meters.peak_hosts_on, int(state.on.sum()))

    @property
    def overhead_share(self) -> float:
        """What virtualization adds over all CPU asked for."""
        return self._overhead / self._demand if self._demand else 0.0

    def _charge(self, from_s: float, to_s: float, hosts_w: float) -> float:
        """Add what the step takes at the meter; return the carbon intensity, in g/kWh."""
        around = self.environment
        kwh = around.facility_w(hosts_w, self._design_w) * (to_s - from_s) / JOULE_PER_KWH
        carbon = around.carbon(from_s, to_s)
        self.facility_kwh += kwh
        self.cost_eur += kwh * around.price_eur_kwh
        self.carbon_kg += kwh * carbon / 1000
        return carbon


def _totals(meters: Meters) -> Floats:
    asked, served = float(meters.vm_asked_mhz_s.sum()), float(meters.vm_served_mhz_s.sum())
    return np.array(
        [
            meters.energy_j.sum(), meters.used_mhz_s.sum(), asked, meters.offered_mhz_s.sum(),
            meters.overloaded_s.sum(), asked - served, meters.on_s.sum(), meters.vm_migration_loss_mhz_s.sum(),
        ]
    )  # fmt: skip


def _mean(values: Floats, weights: Floats) -> float:
    total = float(weights.sum())
    return float(values @ weights) / total if total else 0.0
