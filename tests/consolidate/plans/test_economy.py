"""Power, energy and money of a placement, by hand."""

from typing import Any

import numpy as np
import pytest

from consolidate.plans.economy import Economy
from consolidate.settings import Settings
from models.formulation import formulate
from models.inventory import Inventory
from models.plan import HostAction, Moves, Placement, Plan
from models.reserve import Choices
from tests.models.machines import inventory

PRICES = {
    "prices.pue": 2.0,
    "prices.energy_eur_kwh": 0.25,
    "prices.carbon_g_kwh": 100.0,
    "prices.licence_eur_core_year": 10.0,
    "prices.licence_eur_socket_year": 100.0,
    "prices.licence_eur_host_year": 5.0,
    "prices.maintenance_eur_host_year": 50.0,
    "prices.horizon_months": 24.0,
    "prices.shutdown_eur_host": 20.0,
    "migration.eur_per_move": 3.0,
    "migration.eur_per_downtime_s": 2.0,
}


def estate(**columns: Any) -> Inventory:
    """Return two VMs of 1,000 MHz, one on each host; hosts draw 100 to 200 W and 200 to 500 W."""
    given: dict[str, Any] = {
        "cpu_used_mhz": [1000.0, 1000.0],
        "technology": ["container", "container"],
        "workload": ["none", "none"],
        "host_idle_w": [100.0, 200.0],
        "host_peak_w": [200.0, 500.0],
        "host_resale_eur": [30.0, 40.0],
        "host_maintenance_eur_year": [7.0, 8.0],
    }
    return inventory([0, 1], **(given | columns))


def economy(given: Inventory, **changes: Any) -> Economy:
    """Return the prices of an estate whose CPU demand is its snapshot."""
    settings = Settings().changed(PRICES | changes)
    return Economy(given, None, formulate(given, Choices(cpu="snapshot")), settings)


def test_power() -> None:
    """
    Containers of which 1,000 MHz were read take 5 % of 20,000 MHz, so host 0 draws 100 + 5 W.

    Host 1 is off and draws nothing; both VMs on host 1, of 60,000 MHz, take 3.33 %: 200 + 300 / 30 W.
    """
    found = economy(estate())
    assert found.power_w(np.array([0, 1]), np.array([True, False])).tolist() == pytest.approx([105.0, 0.0])
    assert found.power_w(np.array([1, 1]), np.array([False, True])).tolist() == pytest.approx([0.0, 210.0])


def test_overload_draws_no_more_than_the_peak() -> None:
    """A host that is asked for more than it has draws its peak."""
    found = economy(estate(cpu_used_mhz=[90_000.0, 0.0]))
    assert found.power_w(np.array([0, 0]), np.array([True, False]))[0] == 200.0


def test_what_hosts_took_is_the_start() -> None:
    """A host of 20,000 MHz that took 2,000 with all its threads draws 100 + 10 W: its threads are not added again."""
    given = estate(
        cpu_used_mhz=[np.nan, np.nan], technology=["KVM", "KVM"], workload=["storage", "storage"],
        host_cpu_used_mhz=[2000.0, 6000.0],
    )  # fmt: skip
    assert economy(given).power_w(np.array([0, 1]), np.array([True, False]))[0] == pytest.approx(110.0, rel=1e-3)


def test_ready_time_of_a_load_that_grows() -> None:
    """Where CPU is reserved as allocated, ready time is told from the mean load, which grows like the demand."""
    given, used = estate(), []
    for growth in (1.0, 2.0):
        settings = Settings().changed({"demand.growth": growth})
        found = Economy(given, None, formulate(given, Choices(growth=growth)), settings)
        used.append(found.forecast.of(np.array([0, 1])).utilization[0])
        assert found.load.cpu_mhz.tolist() == [1000.0, 1000.0]
    assert used[1] == pytest.approx(2 * used[0])
    assert used[0] > 0


def test_the_mean_of_what_is_reserved_is_of_today() -> None:
    """Where nothing was read, a quarter of 4 virtual CPUs of 2,000 MHz is the load, however demand will grow."""
    given = estate(cpu_used_mhz=[np.nan, np.nan])
    settings = Settings().changed({"demand.growth": 2.0})
    found = Economy(given, None, formulate(given, Choices(growth=2.0)), settings)
    assert found.load.cpu_mhz.tolist() == [2000.0, 3000.0]


def test_year() -> None:
    """
    Host 0 alone: 105 W × 2 × 8,760 h = 1,839.6 kWh at 0.25 EUR; 10 cores, 2 sockets and a host in licences.

    Support is 7 of its own and 50 of all.
    """
    found = economy(estate()).year(np.array([0, 0]), np.array([True, False]))
    assert found["licences"] == 10 * 10 + 2 * 100 + 5
    assert found["maintenance"] == 57.0
    one = economy(estate()).power_w(np.array([0, 0]), np.array([True, False])).sum()
    assert found["energy"] == pytest.approx(one * 2 * 8.76 * 0.25)


def test_once() -> None:
    """
    Two moves at 3 EUR, pauses of 0.5 and 1.5 s at 2 EUR, and 7.2 MJ, 2 kWh, at 0.25 EUR with a PUE of 2: 6 + 4 + 1.

    Switching host 1 off costs 20, and it is sold for 40.
    """
    moves = Moves.of(
        vm=[0, 1], source=[0, 1], destination=[1, 0], start_s=[0, 0], end_s=[1, 1], downtime_ms=[500, 1500],
        energy_j=[3.6e6, 3.6e6],
    )  # fmt: skip
    plan = Plan(Placement(np.array([0, 0]), np.array([True, False])), moves, (HostAction(1, "shutdown", 0.0, 1.0),))
    assert economy(estate()).once(plan) == {"migrations": 11.0, "host actions": 20.0, "resale": -40.0, "purchases": 0.0}


def test_hosts_that_were_off_are_not_sold() -> None:
    """Only what a plan frees is sold."""
    given = estate(host_power_state=["on", "off"], power_state=["on", "off"])
    plan = Plan(Placement(np.array([0, 1]), np.array([True, False])))
    assert economy(given).once(plan)["resale"] == 0.0


def test_gain() -> None:
    """
    Host 0 off for two years: idle 100 W × 2 × 8.76 × 0.25 = 438 EUR, licences 305, support 57: 800 a year.

    1,600, and 30 for resale, less one move of 3 and switching it off for 20: 1,607.
    """
    found = economy(estate())
    assert found.gain_eur(np.array([0, 1]))[0] == pytest.approx(2 * 800 + 30 - 3 - 20)


def test_assumptions() -> None:
    """What the user gave is no assumption; what the catalog gave is."""
    assert economy(estate()).assumptions() == ["Energy is reckoned from the VMs' snapshot."]
    plain = Economy(inventory([0]), None, formulate(inventory([0])), Settings()).assumptions()
    assert any("0.2 EUR/kWh" in text for text in plain)
    assert any("PUE" in text for text in plain)
    assert "Licences cost nothing: no price was given." in plain
    assert "The draw of hosts is estimated from cores and memory." in plain
    assert "Energy is reckoned from what is reserved." in plain


def test_catalog_prices() -> None:
    """Without prices of the user's those of the catalog count."""
    found = Economy(inventory([0]), None, formulate(inventory([0])), Settings())
    assert (found.pue, found.energy_price, found.carbon) == (1.5, 0.2, 300.0)
