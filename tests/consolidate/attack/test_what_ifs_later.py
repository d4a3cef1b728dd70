"""Plans made with a what-if or an overlay, judged later: when files are gone or changed, and VMs are others."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.consolidate.attack.commands import VMS, estate, planned, said

OVERLAY = "workloads: {mine: {tx_ps: 10000}}\n"
OF_ITS_OWN = "vm,host,vcpus,memory_mib,workload\nweb-1,h1,2,4096,mine\nweb-2,h2,2,4096,\ndb-1,h3,4,16384,\n"


def test_the_overlay_is_kept_with_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the check is run, and whatever became of the overlay, the plan's own numbers are those judged by."""
    path, file = estate(tmp_path, vms=OF_ITS_OWN), tmp_path / "overlay.yaml"
    file.write_text(OVERLAY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    plan = planned(tmp_path / "plan", path, "--catalog", "overlay.yaml")
    for text in ("workloads: {other: {tx_ps: 1}}\n", "colours: {}\n", None):
        file.unlink() if text is None else file.write_text(text, encoding="utf-8")
        found = said("check", plan, path)
        assert (found.status, "The plan holds." in found.out) == (0, True), found.err
    monkeypatch.chdir(tmp_path.parent)
    assert said("check", plan, path).status == 0


def test_files_in_any_encoding_are_kept(tmp_path: Path) -> None:
    """Rules and overlays in an old encoding are kept with the plan, and are no failure after all the work."""
    path = estate(tmp_path)
    for encoding in ("cp1252", "utf-16"):
        rules, overlay = tmp_path / f"rules-{encoding}.yaml", tmp_path / f"overlay-{encoding}.yaml"
        rules.write_bytes("- spread: {vms: [web-1, web-2], name: Prüfung}\n".encode(encoding))
        overlay.write_bytes("workloads: {prüfung: {tx_ps: 1}}\n".encode(encoding))
        plan = planned(tmp_path / encoding, path, "--rules", rules, "--catalog", overlay)
        assert "Prüfung" in (plan / "rules.yaml").read_text(encoding="utf-8")
        assert said("check", plan, path).status == 0


def test_files_of_one_name_are_all_hashed(tmp_path: Path) -> None:
    """Rules and an overlay that are called as a file of the inventory is do not take its hash's place."""
    path = estate(tmp_path)
    for name, text in {"hosts.csv": "[]\n", "vms.csv": OVERLAY}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    plan = planned(tmp_path / "plan", path, "--rules", tmp_path / "hosts.csv", "--catalog", tmp_path / "vms.csv")
    hashes = json.loads((plan / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert hashes["vms.csv"] == sha256((path / "vms.csv").read_bytes()).hexdigest()
    assert len(hashes) == 4


def test_vms_of_a_what_if_that_are_gone(tmp_path: Path) -> None:
    """A VM that a what-if named and that is gone is told as gone; it neither stops the check nor widens the what-if."""
    path = estate(tmp_path)
    plan = planned(tmp_path / "plan", path, "--technology", "container", "--only", "web-1")
    (path / "vms.csv").write_text(VMS.replace("web-1", "web-9"), encoding="utf-8")
    found = said("check", plan, path)
    assert found.status in (0, 1), found.err
    assert "1 VM is gone: web-1." in found.out
