"""Estates at the edge: nothing in them, all off, too full, too large. Each has an answer."""

import json
from pathlib import Path

import pytest

from tests.consolidate.attack.commands import estate, refused, said

HOST = "host,cores,cpu_mhz,memory_mib,power_state,maintenance,disk_iops,net_mbps,idle_w,peak_w,migration_mbps\n"
VM = "vm,host,vcpus,memory_mib,power_state,template,disk_iops,net_mbps\n"
TWO_HOSTS = HOST + "h1,8,2000,16000,on,,,,,,\nh2,8,2000,16000,on,,,,,,\n"
TWO_VMS = VM + "a,h1,1,1000,on,,,\nb,h2,1,1000,on,,,\n"
ESTATES = {
    "no VM": (TWO_HOSTS, VM),
    "nothing": (HOST, VM),
    "one host, one VM": (HOST + "h1,8,2000,16000,on,,,,,,\n", VM + "a,h1,1,1000,on,,,\n"),
    "VMs off": (TWO_HOSTS, TWO_VMS.replace(",on,", ",off,")),
    "VMs suspended": (TWO_HOSTS, TWO_VMS.replace(",on,", ",suspended,")),
    "templates": (TWO_HOSTS, TWO_VMS.replace(",on,,", ",on,true,")),
    "hosts off": (TWO_HOSTS.replace(",on,", ",off,"), TWO_VMS),
    "all off": (TWO_HOSTS.replace(",on,", ",off,"), TWO_VMS.replace(",on,", ",off,")),
    "maintenance": (TWO_HOSTS.replace(",on,,", ",on,yes,"), TWO_VMS),
    "VMs on no host": (TWO_HOSTS, VM + "a,,1,1000,on,,,\nb,h2,1,1000,on,,,\n"),
    "VMs of nothing": (TWO_HOSTS, VM + "a,h1,1,0,on,,,\nb,h2,1,0,on,,,\n"),
    "limits of disk and network": (
        HOST + "h1,8,2000,16000,on,,1000,1000,,,\nh2,8,2000,16000,on,,1000,1000,,,\n",
        VM + "a,h1,1,1000,on,,10,10\nb,h2,1,1000,on,,10,10\n",
    ),
    "no power, no network": (
        HOST + "h1,8,2000,16000,on,,0,0,0,0,0\nh2,8,2000,16000,on,,0,0,0,0,0\n",
        VM + "a,h1,1,1000,on,,0,0\nb,h2,1,1000,on,,0,0\n",
    ),
    "giants": (
        HOST + "h1,100000,20000,1e9,on,,,,,,\nh2,100000,20000,1e9,on,,,,,,\n",
        VM + "a,h1,10000,1e8,on,,,\nb,h2,10000,1e8,on,,,\n",
    ),
    "dwarfs": (HOST + "h1,1,1,1,on,,,,,,\nh2,1,1,1,on,,,,,,\n", VM + "a,h1,1,1,on,,,\n"),
    "too full": (TWO_HOSTS, VM + "".join(f"v{n},h1,4,9000,on,,,\n" for n in range(9))),
}


@pytest.mark.parametrize("name", ESTATES)
def test_an_estate_at_the_edge(tmp_path: Path, name: str) -> None:
    """Each estate can be inspected, planned, told of, checked and simulated; no VM is lost."""
    hosts, vms = ESTATES[name]
    readings = "vm,time_s,cpu_mhz\na,0,1\na,300,1\n"
    path, plan = estate(tmp_path, hosts, vms, usage_csv=readings), tmp_path / "plan"
    assert said("inspect", path).status == 0
    found = said("plan", path, "--out", plan, "--json")
    assert found.status == 0, found.err
    assert json.loads(found.out)["vms"] == len(vms.splitlines()) - 1
    assert len((plan / "placement.csv").read_text().splitlines()) == len(vms.splitlines())
    assert said("runbook", plan).status == 0
    assert said("check", plan, path).status == 0
    assert said("simulate", path, "--policy", "threshold", "--steps", "2", "--out", tmp_path / "simulated").status == 0


def test_vms_without_hosts(tmp_path: Path) -> None:
    """Where there is nowhere to place them, nothing is planned."""
    path = estate(tmp_path, HOST, VM + "a,,1,1,on,,,\n")
    assert "has VMs (1) and no hosts" in refused("plan", path, "--out", tmp_path / "out", left=tmp_path)


def test_a_vm_that_fits_nowhere(tmp_path: Path) -> None:
    """A new VM that is too large for any host: exit status 1, a reason, a result; and the check calls it none."""
    path = estate(tmp_path, TWO_HOSTS, TWO_VMS + "giant,,1,1e6,on,,,\n")
    found = said("plan", path, "--out", tmp_path / "plan")
    assert found.status == 1
    assert "giant needs" in found.out
    assert (tmp_path / "plan" / "report.html").is_file()
    checked = said("check", tmp_path / "plan", path)
    assert checked.status == 1
    assert "infeasible" in checked.out


def test_a_host_over_capacity_is_a_warning(tmp_path: Path) -> None:
    """More than a host offers, at the start, is a warning, and marked as there before the plan."""
    path = estate(tmp_path, TWO_HOSTS, VM + "".join(f"v{n},h1,4,9000,on,,,\n" for n in range(9)))
    found = said("plan", path, "--out", tmp_path / "plan")
    assert found.status == 0
    assert "warning    " in found.out
    assert "memory" in found.out
    rows = (tmp_path / "plan" / "violations.csv").read_text().splitlines()
    before = [row for row in rows if row.startswith("before,")]
    assert before
    assert all(row.endswith("True") for row in before)
