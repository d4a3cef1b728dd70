"""What the bash scripts check before a move, and what they make of names, against stand-ins for their platforms."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.consolidate.runbooks.plans import identified, written
from tests.consolidate.runbooks.platforms import write_script
from tests.consolidate.runbooks.serving import changes, one_move, served
from tests.consolidate.runbooks.stand_ins import STAND_INS

HOSTILE = ('a"; touch broken; "', "$(touch broken)\n`touch broken`", "--help", "x[$(touch broken)]", "a/b%2f\\c é")


@pytest.mark.parametrize("platform", STAND_INS)
def test_hostile_names_stay_names(tmp_path: Path, platform: str) -> None:
    """VMs of any name move there; the platform's command gets the name or id as one word, and nothing else runs."""
    # libvirt knows no names with line breaks.
    names = [name.replace("\n", " ") if platform == "virsh" else name for name in HOSTILE]
    for start in (0, 2):
        vms = [{"name": name} for name in names[start : start + 3]]
        plan = written(tmp_path / f"plan{start}", [{"vm": vm["name"]} for vm in vms], hosts={"esx-1": "stays"})
        with served(tmp_path / str(start), platform, vms, plan) as found:
            ended = found.execute()
            assert (ended.returncode, ended.stderr.count("FAIL")) == (0, 0)
            assert set(found.places().values()) == {"esx-1"}
            assert {row["vm"] for row in found.journal()} == {vm["name"] for vm in vms}
    assert not list(tmp_path.rglob("broken"))
    assert not Path("broken").exists()


def test_hostile_hosts_are_refused(tmp_path: Path) -> None:
    """A host whose name is no network name gets no address made of it; the hosts file may give one."""
    source = "-oProxyCommand=touch broken"
    plan = written(tmp_path / "one", [{"vm": "web", "source": source}])
    with served(tmp_path, "virsh", [{"name": "web"}], plan) as found:
        refused = found.execute()
        assert refused.returncode == 1
        assert "is no network name" in refused.stderr
        assert found.calls == []
        names = found.folder / "hosts.tsv"
        names.write_text(f"# name, URI\n{source}\tqemu+ssh://esx-2/system\n", encoding="utf-8")
        assert found.execute("--hosts", str(names)).returncode == 0
        assert found.places() == {"web": "esx-1"}


FLAWS: Mapping[str, Mapping[str, Any]] = {
    "snapshot": {"snapshot": 1},
    "iso": {"iso": "[a] b.iso"},
    "device": {"device": 1},
}
LACKS = ("cpu", "storage", "network")
UNCHECKED = {("openstack", "snapshot"), ("openstack", "iso")}


@pytest.mark.parametrize("platform", STAND_INS)
def test_checks_stop(tmp_path: Path, platform: str) -> None:
    """Each thing that speaks against a move stops it before it starts, by name, and none is reported without cause."""
    with served(tmp_path, platform, [{"name": "web"}], one_move(tmp_path)) as found:
        [known] = found.vms
        web = dict(found.vms[known])

        def stopped(check: str) -> bool:
            ended = found.run()
            return ended.returncode == 1 and f"VM web: {check}" in ended.stderr

        assert found.run().returncode == 0
        for check, flaw in FLAWS.items():
            found.vms[known] = {**web, **flaw}
            assert stopped(f"{check}:") == ((platform, check) not in UNCHECKED), check
        found.vms[known] = web
        for check in LACKS:
            found.lacks = {"esx-1": {check}}
            assert stopped(f"{check}:"), check
        found.lacks = {}
        found.hosts["esx-1"] = 4000
        assert stopped("room: host esx-1 has 4000 MiB free; it takes 4096 MiB")
        assert found.run("--skip-check", "room").returncode == 0
        found.down = {"esx-1": "maintenance"}
        assert stopped("qemu+ssh://esx-1/system does not" if platform == "virsh" else "host esx-1 is not ready: ")
        found.down = {}
        found.vms[known] = {**web, "power": "PAUSED", "state": "paused"}
        assert found.run().returncode == 1
        found.vms[known] = {**web, "host": "esx-3"}
        assert stopped("it is on")
        assert changes(found, platform) == []


def test_more_flaws(tmp_path: Path) -> None:
    """What single platforms know beside: DRS that would undo the plan, links, a processor of the host's own, waits."""
    with served(tmp_path / "v", "govc", [{"name": "web"}], one_move(tmp_path / "v")) as found:
        found.lacks = {"drs": set()}
        assert "drs: ClusterComputeResource:domain-c1 moves VMs on its own" in found.run().stderr
    with served(
        tmp_path / "k", "virsh", [{"name": "web", "cpu": "host-passthrough"}], one_move(tmp_path / "k")
    ) as found:
        assert found.run().returncode == 0
        found.lacks = {"esx-1": {"cpu"}}
        assert "cpu: the destination's processor is another" in found.run().stderr
        found.lacks = {"esx-1": {"bridge"}}
        assert "network: the destination has no link br0" in found.run().stderr
    with served(tmp_path / "o", "openstack", [{"name": "web", "verify": True}], one_move(tmp_path / "o")) as found:
        assert "a move of it waits: openstack server migration confirm" in found.run().stderr
    with served(tmp_path / "p", "proxmox", [{"name": "web", "type": "lxc"}], one_move(tmp_path / "p")) as found:
        assert "it is a container" in found.run().stderr


@pytest.mark.parametrize("platform", STAND_INS)
def test_ambiguous_names_stop(tmp_path: Path, platform: str) -> None:
    """Two VMs of one name stop the script, unless the plan has the id of one; an id of another name stops it too."""
    twins = [{"name": "web"}, {"name": "web"}, {"name": "other"}]
    with served(tmp_path, platform, twins, one_move(tmp_path)) as found:
        assert "more than one" in found.run().stderr
        first, _, other = found.vms
        write_script(found, written(tmp_path / "id", [{"vm": "web"}], vms=identified({"web": first})), platform)
        assert found.execute().returncode == 0
        assert [vm["host"] for vm in found.vms.values()] == ["esx-1", "esx-2", "esx-2"]
        write_script(found, written(tmp_path / "no", [{"vm": "web"}], vms=identified({"web": other})), platform)
        assert found.run().returncode == 1
