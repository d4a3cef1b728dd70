"""What a placement draws, emits and costs, before and after; and what the way there costs once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from consolidate.settings import Prices, Settings
from models import catalog
from models.arrays import Floats, Mask, Rows
from models.demand import Usage
from models.formulation import Formulation
from models.inventory import Inventory
from models.laws import cost, power
from models.lifecycle import CANDIDATE
from models.load import UNKNOWN, MeanLoad, by_host, mean_load
from models.plan import Moves, Plan
from models.problem import Problem
from models.readiness import Forecast
from models.timing import Draw


@dataclass(frozen=True, eq=False)
class Economy:
    """
    The prices of one estate.

    Parameters
    ----------
    inventory, usage, formulation, settings
        What is there, how it was used, what is reserved for it, and what the user chose.
    move_eur
        What moving each VM costs once; None: the work alone. [EUR] Shape (vms,).
    """

    inventory: Inventory
    usage: Usage | None
    formulation: Formulation
    settings: Settings
    move_eur: Floats | None = None

    @property
    def prices(self) -> Prices:
        """The user's prices."""
        return self.settings.prices

    @cached_property
    def load(self) -> MeanLoad:
        """Mean CPU of each VM's virtual CPUs today, without what threads of its host take for it."""
        planned = self.formulation.cpu.values.mean(axis=1) / self.settings.demand.growth
        found = mean_load(self.inventory, self.usage, planned)
        inside = np.where(found.of_host, self.formulation.billing.inside(found.cpu_mhz), found.cpu_mhz)
        return replace(found, cpu_mhz=inside)

    @cached_property
    def forecast(self) -> Forecast:
        """Forecast of ready time: of what is reserved by use, else of the mean load, grown, where that is known."""
        grown = self.load.cpu_mhz * self.settings.demand.growth
        return Forecast(self.formulation, None if self.load.basis == UNKNOWN else grown)

    @cached_property
    def pue(self) -> float:
        """Facility over IT energy."""
        return catalog.number("energy", "pue") if self.prices.pue is None else self.prices.pue

    @cached_property
    def energy_price(self) -> float:
        """Price of energy [EUR/kWh]."""
        price = self.prices.energy_eur_kwh
        return catalog.number("energy", "price_eur_kwh") if price is None else price

    @cached_property
    def carbon(self) -> float:
        """Carbon intensity [g/kWh]."""
        grams = self.prices.carbon_g_kwh
        return catalog.number("energy", "carbon_g_kwh") if grams is None else grams

    @cached_property
    def curves(self) -> Floats:
        """Draw of each host at 0, 10, …, 100 % load. [W] Shape (hosts, 11)."""
        return power.points(self.inventory.hosts)

    def busy_mhz(self, host: Rows) -> Floats:
        """Return the mean CPU of each VM on the host given for it, overhead included. [MHz] Shape (vms,)."""
        wanted = self.formulation.cpu.values.mean(axis=1)
        charged = self.formulation.at(self.formulation.charge.cpu_mhz, host).mean(axis=1)
        ratio = np.divide(charged, wanted, out=np.ones(len(wanted)), where=wanted > 0)
        return np.asarray(self.load.cpu_mhz * ratio, np.float64)

    def power_w(self, host: Rows, on: Mask) -> Floats:
        """Return the mean draw of each host; one that is off draws nothing. [W] Shape (hosts,)."""
        hosts = self.inventory.hosts
        used = by_host(self.busy_mhz(host), host, len(hosts)) / (hosts.cores * hosts.cpu_mhz)
        return np.asarray(power.curve(np.minimum(used, 1.0), self.curves) * on, np.float64)

    def draw(self, problem: Problem) -> Draw:
        """Return what hosts draw when they idle, and each VM in the mean on its present host, for budgets of power."""
        start = np.maximum(problem.start, 0)
        hosts = self.inventory.hosts
        slope = (self.curves[:, -1] - self.curves[:, 0]) / np.maximum(hosts.cores * hosts.cpu_mhz, 1.0)
        busy = self.busy_mhz(problem.start)
        return Draw(self.curves[:, 0], np.zeros(len(hosts)), np.maximum(busy * slope[start], 0.0))

    def host_eur_year(self) -> Floats:
        """Return what a year of each host costs if it idles: energy, fees, a candidate's price. [EUR] (hosts,)."""
        hosts = self.inventory.hosts
        idle = cost.energy_kwh_year(self.curves[:, 0], self.pue) * self.energy_price
        years = self.prices.horizon_months / cost.MONTHS_A_YEAR
        price = np.where(hosts.lifecycle == CANDIDATE, hosts.price_eur, 0.0) / years
        found: Floats = idle + self.fees_eur_year() + price
        return found

    def fees_eur_year(self) -> Floats:
        """Return licences and support of each host that is on, a year. [EUR] Shape (hosts,)."""
        hosts, prices = self.inventory.hosts, self.prices
        fees = hosts.cores * prices.licence_eur_core_year + hosts.sockets * prices.licence_eur_socket_year
        found: Floats = (
            fees + prices.licence_eur_host_year + hosts.maintenance_eur_year + prices.maintenance_eur_host_year
        )
        return found

    def year(self, host: Rows, on: Mask) -> dict[str, float]:
        """Return what a year costs, by item, in EUR."""
        hosts, prices = self.inventory.hosts, self.prices
        energy = cost.energy_kwh_year(float(self.power_w(host, on).sum()), self.pue)
        licences = cost.licences_eur_year(
            on,
            hosts.cores.astype(np.float64),
            hosts.sockets.astype(np.float64),
            per_core=prices.licence_eur_core_year,
            per_socket=prices.licence_eur_socket_year,
            per_host=prices.licence_eur_host_year,
        )
        support = float((on * (hosts.maintenance_eur_year + prices.maintenance_eur_host_year)).sum())
        return {"energy": float(energy) * self.energy_price, "licences": licences, "maintenance": support}

    def once(self, plan: Plan) -> dict[str, float]:
        """Return what is paid once for a plan, by item, in EUR; what is earned is negative."""
        moves = plan.moves
        freed = self.inventory.hosts.power_state == "on"
        freed = freed & ~plan.placement.on
        return {
            "migrations": self.moving_eur(moves),
            "host actions": self.prices.shutdown_eur_host * len(plan.actions),
            "resale": -float(self.inventory.hosts.resale_eur[freed].sum()),
            "purchases": float(self.inventory.hosts.price_eur[self.bought(plan.placement.on)].sum()),
        }

    def bought(self, on: Mask) -> Mask:
        """Return the candidates that are on. Shape (hosts,)."""
        found: Mask = on & (self.inventory.hosts.lifecycle == CANDIDATE)
        return found

    def moving_eur(self, moves: Moves) -> float:
        """Return the price of moves: work, pauses, and the energy of the copies."""
        chosen = self.settings.migration
        kwh = float(moves.energy_j.sum()) / cost.JOULES_A_KWH * self.pue
        pauses = float(moves.downtime_ms.sum()) / 1000
        return len(moves) * chosen.eur_per_move + pauses * chosen.eur_per_downtime_s + kwh * self.energy_price

    def gain_eur(self, host: Rows) -> Floats:
        """Return what each host saves within the horizon by being off, less what switching it off costs. (hosts,)."""
        hosts, prices = self.inventory.hosts, self.prices
        idle = cost.energy_kwh_year(self.curves[:, 0], self.pue) * self.energy_price
        fees = self.fees_eur_year()
        years = prices.horizon_months / cost.MONTHS_A_YEAR
        work = np.full(len(self.inventory.vms), self.settings.migration.eur_per_move)
        moving = by_host(work if self.move_eur is None else self.move_eur, host, len(hosts))
        found: Floats = (idle + fees) * years + hosts.resale_eur - moving - prices.shutdown_eur_host
        return found

    def assumptions(self) -> list[str]:
        """Return what was taken from the catalog because the user and the data said nothing."""
        hosts, prices = self.inventory.hosts, self.prices
        said: Mapping[str, bool] = {
            f"Energy costs {self.energy_price:g} EUR/kWh.": prices.energy_eur_kwh is not None,
            f"A kWh emits {self.carbon:g} g of carbon dioxide equivalent.": prices.carbon_g_kwh is not None,
            f"The facility takes {self.pue:g} times the energy of its servers (PUE).": prices.pue is not None,
            "The draw of hosts is estimated from cores and memory.": bool(
                ((hosts.power_curve_w != "") | ~np.isnan(hosts.idle_w)).all()
            ),
            "Licences cost nothing: no price was given.": bool(
                prices.licence_eur_core_year or prices.licence_eur_socket_year or prices.licence_eur_host_year
            ),
        }
        return [text for text, given in said.items() if not given] + [f"Energy is reckoned from {self.load.basis}."]
