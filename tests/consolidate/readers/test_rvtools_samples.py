"""Published RVTools workbooks, compared with what their own sheets sum up to."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from consolidate import readers
from consolidate.readers import Options, rules
from tests.consolidate.readers.inventories import codes, only, problems

_DEFAULT = Path(__file__).parents[3].parent / "shared" / "data"
SAMPLES = Path(os.environ.get("CONSOLIDATE_DATA", _DEFAULT)) / "rvtools"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="The published workbooks are not here; set CONSOLIDATE_DATA."
)


def columns(file: str, tab: str) -> dict[str, list[Any]]:
    """Return a sheet's columns, by a reading of its own."""
    header, *rows = CalamineWorkbook.from_path(SAMPLES / file).get_sheet_by_name(tab).to_python()
    return dict(zip(map(str, header), map(list, zip(*rows, strict=True)), strict=True))


def test_totals() -> None:
    """8 hosts and 131 VMs, and the vCPUs and memory that vInfo sums up to."""
    inventory = readers.read(SAMPLES / "bill_sample.xlsx").inventory
    sheet = columns("bill_sample.xlsx", "vInfo")
    assert (len(inventory.hosts), len(inventory.vms)) == (8, 131)
    assert inventory.vms.vcpus.sum() == sum(sheet["CPUs"])
    assert inventory.vms.memory_mib.sum() == sum(sheet["Memory"])
    assert (inventory.vms.power_state == "on").sum() == sheet["Powerstate"].count("poweredOn")
    assert inventory.vms.template.sum() == sheet["Template"].count("True")


def test_totals_of_hosts() -> None:
    """For each host, the running VMs' vCPUs and memory are what vHost says itself."""
    inventory = readers.read(SAMPLES / "bill_sample.xlsx").inventory
    sheet = columns("bill_sample.xlsx", "vHost")
    on = inventory.running
    vcpus = np.bincount(inventory.start[on], inventory.vms.vcpus[on], len(inventory.hosts))
    memory = np.bincount(inventory.start[on], inventory.vms.memory_mib[on], len(inventory.hosts))
    assert vcpus.tolist() == sheet["# vCPUs"]
    assert memory.tolist() == sheet["vRAM"]
    assert inventory.hosts.cores.tolist() == sheet["# Cores"]


def test_rules_of_the_sample() -> None:
    """Its two anti-affinity rules come with it, and can be parsed."""
    inventory = readers.read(SAMPLES / "bill_sample.xlsx").inventory
    found = rules.parse(inventory.rules, inventory, "bill_sample.xlsx")
    assert [(rule.kind, rule.name) for rule in found] == [
        ("Spread", "Separate Domain Controllers"),
        ("Spread", "Separate Exchange Mailbox Servers"),
    ]


def test_without_host_memory() -> None:
    """A workbook whose vHost has no memory stops with the column's name; a lenient reading goes on."""
    path = SAMPLES / "small_complete.xlsx"
    assert only(problems(path), "missing-figure").column == "# Memory"
    assert len(readers.read(path, Options(lenient=True)).inventory.vms) == 3


def test_broken_joins() -> None:
    """Where no VM is on a known host, a plan cannot be made; a lenient reading has all 9 VMs and 7 hosts."""
    path = SAMPLES / "anonymised_example.xlsx"
    assert codes(problems(path)) == ["unknown-host"]
    reading = readers.read(path, Options(lenient=True))
    assert (len(reading.inventory.hosts), len(reading.inventory.vms)) == (7, 9)
    assert sum(reading.unmatched.values()) == 9
