"""Hosts that are drained, decommissioned and bought: plans end as they must, and buy the cheapest that is enough."""

from pathlib import Path
from typing import Any

import pytest

from consolidate.planning import Planned, plan
from consolidate.readers import offers
from consolidate.settings import Settings
from models.errors import InputError
from tests.consolidate.test_planning import reading

HEAD = "model,count,price_eur,cores,cpu_mhz,memory_mib,idle_w,peak_w\n"
CATALOGUE = HEAD + "small,4,1000,16,2500,131072,100,200\nlarge,4,1500,32,2500,262144,150,300\n"


def planned(homes: list[int], hosts: int = 3, **changes: Any) -> Planned:
    """Return the plan for VMs of 4 vCPUs and 16 GiB on hosts of 16 cores, 128 GiB and 100 W, without spares."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    settings = Settings().changed({"search.seconds": 2.0, "limits.spare_hosts": 0} | dotted)
    draw: dict[str, Any] = {"host_idle_w": [100.0] * hosts, "host_peak_w": [200.0] * hosts}
    return plan(reading(homes, hosts, **draw), settings)


def test_decommissioned_ends_empty_and_off() -> None:
    """Host 0 with most of the VMs would be kept; to be decommissioned, it is off, and its three VMs are elsewhere."""
    found = planned([0, 0, 0, 1], 2, estate__decommission=["host-0"])
    assert not found.plan.placement.on[0]
    assert found.plan.placement.host.tolist() == [1, 1, 1, 1]
    assert not found.summary["violations_after"]


def test_drained_ends_empty() -> None:
    """Of two hosts, the one to be drained holds nobody at the end."""
    found = planned([0, 0, 1], 2, estate__drain=["host-0"])
    assert (found.plan.placement.host == 1).all()


def test_unknown_hosts() -> None:
    """Hosts that are not there are bad input that names the setting."""
    with pytest.raises(InputError, match=r"estate\.drain.*'host-9'"):
        planned([0], estate__drain=["host-9"])


def test_what_to_buy(tmp_path: Path) -> None:
    """
    Both hosts go: their nine VMs of 16 GiB, 147,456 MiB, fit on one large host or on two small ones.

    A large one for 1,500 EUR and 150 W beats two small for 2,000 EUR and 200 W.
    """
    catalogue = tmp_path / "buy.csv"
    catalogue.write_text(CATALOGUE)
    found = planned([0] * 5 + [1] * 4, 2, estate__decommission=["host-*"], estate__buy=str(catalogue))
    table = found.tables["purchases"]
    assert dict(zip(table["model"], table["bought"], strict=True)) == {"small": 0, "large": 1}
    assert found.summary["hosts_bought"] == 1
    assert found.summary["purchase_eur"] == 1500.0
    assert found.summary["status"] == "optimal"
    assert found.summary["hosts"] == 2
    assert set(found.tables["hosts"]["role"]) == {"freed", "bought", "offered"}


def test_nothing_is_bought_without_need(tmp_path: Path) -> None:
    """One host is enough for the two VMs there are, and it is paid for."""
    catalogue = tmp_path / "buy.csv"
    catalogue.write_text(CATALOGUE)
    assert planned([0, 1], 2, estate__buy=str(catalogue)).summary["hosts_bought"] == 0


def test_catalogue_errors(tmp_path: Path) -> None:
    """An unknown column, a count of none and a missing price are told at once, with their rows."""
    catalogue = tmp_path / "buy.csv"
    catalogue.write_text("model,count,cores,cpu_mhz,memory_mib,idle\nsmall,0,16,2500,131072,1\n")
    with pytest.raises(InputError) as told:
        offers.read(catalogue)
    assert {(each.code, each.column) for each in told.value.findings} >= {
        ("unknown-column", "idle"),
        ("missing-column", "price_eur"),
    }
    assert any(each.column == "count" for each in told.value.findings)
