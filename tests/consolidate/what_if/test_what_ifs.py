"""What-ifs by one option or one axis: in a plan, a simulation, a study, and with what was measured on a host."""

import json
from pathlib import Path

import pandas as pd
import pytest

from consolidate.studies import study
from consolidate.what_if.executors import executor
from tests.consolidate.attack.commands import EXAMPLE, ROOT, said

CALIBRATION = ROOT / "examples" / "calibration"
FILES = ("kvm-stat.txt", "perf-stat.csv", "domstats-before.txt", "domstats-after.txt")


def summary(folder: Path) -> dict[str, object]:
    """Return the summary of a result folder."""
    found: dict[str, object] = json.loads((folder / "summary.json").read_text("utf-8"))
    return found


def test_technologies_decide_how_many_hosts_are_needed(tmp_path: Path) -> None:
    """The example study: on a hosted hypervisor more hosts are needed than under KVM, and for containers no more."""
    with executor("serial") as pool:
        table = study(ROOT / "examples" / "technologies.yaml", pool).tables["scenarios"]
    hosts = table.set_index("axis.overhead.technology")["hosts_after"]
    assert hosts["hosted"] > hosts["nested"] >= hosts["hardware-assisted"] >= hosts["container"]
    overhead = table.set_index("axis.overhead.technology")["overhead_mhz"]
    assert overhead["container"] < overhead["hardware-assisted"] < overhead["nested"] < overhead["hosted"]
    assert (table["violations"] == 0).all()


def test_the_technology_of_today_changes_nothing(tmp_path: Path) -> None:
    """Every VM under the technology that it has is the plan without a what-if."""
    for name, more in (("as-is", ()), ("same", ("--technology", "hardware-assisted"))):
        assert said("plan", EXAMPLE, "--out", tmp_path / name, *more).status == 0
    texts = {(tmp_path / name / "hosts.csv").read_text("utf-8") for name in ("as-is", "same")}
    assert len(texts) == 1


def test_what_cannot_change_is_told(tmp_path: Path) -> None:
    """Windows guests do not become containers on Linux hosts; a finding says how many, and why."""
    out = tmp_path / "plan"
    assert (
        said("plan", EXAMPLE, "--technology", "Docker", "--only", "vdi-*", "--only", "ci-*", "--out", out).status == 0
    )
    findings = pd.read_csv(out / "findings.csv").set_index("code")
    message = str(findings["message"]["keeps-technology"])
    assert "shares the kernel of its host, and no host runs windows" in message
    vdi = pd.read_csv(EXAMPLE / "vms.csv")["vm"].str.startswith("vdi-").sum()
    assert findings["count"]["keeps-technology"] == vdi


def test_direct_assignment_takes_functions(tmp_path: Path) -> None:
    """Two VMs that get a function each go where there are functions, which the example has in one cluster only."""
    vms = ("--only", "proxy-01", "--only", "proxy-02")
    assert said("plan", EXAMPLE, "--net-path", "sr-iov", *vms, "--out", tmp_path / "plan").status == 0
    placement = pd.read_csv(tmp_path / "plan" / "placement.csv").set_index("vm")["host_after"]
    hosts = pd.read_csv(EXAMPLE / "hosts.csv").set_index("host")["sriov_functions"]
    assert all(hosts[placement[name]] > 0 for name in ("proxy-01", "proxy-02"))


def test_a_simulation_is_charged(tmp_path: Path) -> None:
    """A day under nested virtualization takes more CPU for the same work than a day in containers."""
    shares = {}
    for technology in ("nested", "container"):
        out = tmp_path / technology
        done = said("simulate", EXAMPLE, "--technology", technology, "--steps", "24", "--out", out)
        assert done.status == 0
        shares[technology] = float(str(summary(out)["overhead_share"]))
        assert str(summary(out)["verdict"]).startswith(f"What if, technology {technology}: In 2 h")
    assert 0 < shares["container"] < 0.1 < shares["nested"] < 0.5


def test_measured_on_a_host_and_used_in_a_plan(tmp_path: Path) -> None:
    """Calibration writes an overlay; the comparison and the plan take it, and the plan's manifest has its hash."""
    overlay = tmp_path / "web-01.yaml"
    files = [CALIBRATION / name for name in FILES]
    made = said("calibrate", *files, "--seconds", "30", "--name", "web-01", "-o", overlay)
    assert made.status == 0, made.err
    found = said("overhead", "--workload", "web-01", "--catalog", overlay, "--technology", "KVM", "--events", "--json")
    parts = {row["event"]: row for row in json.loads(found.out)["event_costs"]}
    assert parts["timer_tick"]["cycles"] == pytest.approx(1.56 * 2600 + 750, rel=0.01)
    out = tmp_path / "plan"
    assert said("plan", EXAMPLE, "--catalog", overlay, "--set", "overhead.workload=web-01", "--out", out).status == 0
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert "web-01.yaml" in manifest["inputs"]
    assert "web-01" in (out / "report.html").read_text("utf-8")


def test_profiles_by_name(tmp_path: Path) -> None:
    """Where an inventory tells no workloads, settings name them; those it tells stay, and the last selector counts."""
    change = 'overhead.workloads={"*": idle, "dc-*": oltp}'
    found = said("overhead", EXAMPLE, "--set", change, "--json")
    rows = {row["vm"]: row["workload"] for row in json.loads(found.out)["gains"]}
    assert (rows["dc-01"], rows["etl-01"], rows["shop-web-01"]) == ("oltp", "idle", "web")
    wrong = said("overhead", EXAMPLE, "--set", 'overhead.workloads={"dc-*": magic, "nobody": web}')
    assert wrong.status == 2
    assert "'magic' is unknown" in wrong.err
    assert "No VM is called 'nobody'" in wrong.err


def test_a_what_if_says_so(tmp_path: Path) -> None:
    """The verdict and the runbook begin with it, no script for a platform is written, and naming VMs needs one."""
    out = tmp_path / "plan"
    done = said("plan", EXAMPLE, "--technology", "xen-pv", "--only", "shop-web-*", "--out", out)
    assert done.status == 0
    assert done.out.startswith("What if, technology para-virtual for ")
    assert "What if, technology para-virtual" in (out / "runbook.md").read_text("utf-8")
    assert not (out / "runbook.ps1").exists()
    refused = said("plan", EXAMPLE, "--only", "shop-web-*", "--out", tmp_path / "none")
    assert refused.status == 2
    assert "none is told" in refused.err


def test_only_some_vms_are_compared() -> None:
    """The comparison is of the VMs that are named, and so are its sums."""
    whole = json.loads(said("overhead", EXAMPLE, "--json").out)
    some = json.loads(said("overhead", EXAMPLE, "--only", "*-web-*", "--json").out)
    mhz = sum(row["work_mhz"] for row in whole["gains"] if "-web-" in row["vm"])
    assert some["work_mhz"] == pytest.approx(mhz)
    assert some["vms"] == len(some["gains"]) == sum("-web-" in row["vm"] for row in whole["gains"])


def test_what_a_file_does_not_tell_is_asked_for() -> None:
    """Two snapshots without the time between them: the option that tells it is named, exit status 2."""
    found = said("calibrate", CALIBRATION / "domstats-before.txt", CALIBRATION / "domstats-after.txt")
    assert found.status == 2
    assert "--seconds" in found.err
