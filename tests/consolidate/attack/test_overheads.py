"""What-ifs and the comparison of overheads on bad, odd and extreme input: an answer that is right, or a refusal."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from consolidate import planning, readers
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.laws import contention
from tests.consolidate.attack.commands import EXAMPLE, estate, refused, said


@pytest.fixture(name="example", scope="module")
def _example() -> Reading:
    return readers.read(EXAMPLE)


def test_what_does_not_settle_is_told_by_its_worst() -> None:
    """A host on which waiting and load drive each other up and down has the longest wait of both, and no failure."""

    def step(ready: np.ndarray) -> np.ndarray:
        return np.where(ready < 0.5, np.array([0.9, 0.2]), np.array([0.1, 0.2]))

    found = contention.settled(np.zeros(2), step)
    assert found[0] == pytest.approx(0.9)
    assert found[1] == pytest.approx(0.2)


@pytest.mark.parametrize(
    "changes",
    [
        {"overhead.technology": "hosted", "overhead.readings": "native"},
        {"overhead.microarchitecture": "penryn", "overhead.scale_work": True},
    ],
)
def test_crowded_hosts_are_no_bug(example: Reading, changes: dict[str, object]) -> None:
    """Where a placement would saturate hosts there is another plan, or an answer why there is none."""
    settings = Settings().changed({**changes, "search.solver": "best-fit", "search.seconds": 1.0})
    assert planning.plan(example, settings).summary["status"] in {"optimal", "feasible", "unchanged", "infeasible"}


@pytest.mark.parametrize("option", ["--workload", "--technology", "--net-path"])
def test_names_that_are_empty(option: str) -> None:
    """A name that is empty, as by a variable that was not set, stands for nothing and is refused."""
    assert "Expected a text that is not empty" in refused("overhead", option, "")


STUDIES = {
    "axes: {overhead.technology: [null, zork, KVM, blub]}": [
        "axes.overhead.technology: The technology 'zork'",
        "'blub'",
    ],
    "axes: {overhead.net_path: [virtio, a], overhead.disk_path: [b]}": [
        "axes.overhead.net_path",
        "axes.overhead.disk_path",
    ],
    "axes: {overhead.workload: [web, '']}": ["Expected a text that is not empty"],
    "axes: {overhead.workload: [web, mine]}": ["The workload 'mine' is unknown"],
    "axes: {overhead.page_size: [4k, 3m]}": ["'4k', '2m' or '1g'"],
    "axes: {overhead.microarchitecture: [5]}": ["Expected a text"],
    "axes: {overhead.catalog: [null, none.yaml]}": ["axes.overhead.catalog: Does not exist"],
    "axes: {overhead.catalog: [wrong.yaml]}": ["wrong.yaml, row 1, key colours: Is unknown"],
    "settings: {overhead: {workload: mine}}": ["settings.overhead.workload: The workload 'mine'"],
    "settings: {overhead: {catalog: none.yaml}}": ["settings.overhead.catalog: Does not exist"],
    "axes: {overhead.catalog: [null, right.yaml], overhead.workload: [mine]}": ["The workload 'mine' is unknown"],
}


@pytest.mark.parametrize("text", STUDIES)
def test_studies_of_names_that_there_are_not(tmp_path: Path, text: str) -> None:
    """A study is told every name and overlay that is wrong before anything is computed, by its check too."""
    estate(tmp_path)
    (tmp_path / "wrong.yaml").write_text("colours: {}\n", encoding="utf-8")
    (tmp_path / "right.yaml").write_text("workloads: {mine: {tx_ps: 1}}\n", encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text(f"inventory: estate\n{text}\n", encoding="utf-8")
    for options in (("--check",), ("--out", tmp_path / "out")):
        found = refused("study", file, *options, left=tmp_path)
        assert all(each in found for each in STUDIES[text])


def test_a_study_of_overlays(tmp_path: Path) -> None:
    """Overlays on an axis are seen from the study's file, as its inventory is, and hashed like it."""
    estate(tmp_path)
    (tmp_path / "right.yaml").write_text("workloads: {mine: {tx_ps: 1}}\n", encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text("inventory: estate\naxes: {overhead.catalog: [null, right.yaml]}\n", encoding="utf-8")
    found = said("study", file, "--out", tmp_path / "out")
    assert found.status == 0, found.err
    assert str(tmp_path) not in (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")
    assert "right.yaml" in json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["inputs"]


def test_no_work_at_all() -> None:
    """Where there is no work, what is added is told in MHz, and no ratio is made up."""
    found = said("overhead", "--cpu-mhz", "0", "--workload", "idle-ticking", "--json")
    answer = json.loads(found.out, parse_constant=lambda text: pytest.fail(text))
    rows = {row["technology"]: row["cpu_mhz"] for row in answer["technologies"]}
    assert rows[answer["most"]] == max(rows.values()) > rows[answer["least"]] == 0
    assert "without any work, 0 MHz are added" in answer["verdict"]
    assert "times" not in answer["verdict"]


def test_an_estate_that_does_nothing(tmp_path: Path) -> None:
    """VMs that are off, and no VMs, take nothing, and no share of nothing is told."""
    off = "vm,host,vcpus,memory_mib,power_state\nweb-1,h1,2,4096,off\n"
    for vms in (off, off.partition("\n")[0] + "\n"):
        found = said("overhead", estate(tmp_path, vms=vms))
        assert found.status == 0, found.err
        assert found.out.startswith("Virtualization adds 0 MHz to 0 MHz of work today; without any work, 0 MHz")


def test_vms_without_an_inventory() -> None:
    """What is for VMs is refused where there are none."""
    assert "name an inventory" in refused("overhead", "--only", "web-1", "--technology", "container")


def test_vms_that_keep_their_technology_are_told(tmp_path: Path) -> None:
    """Where a change is for nobody, the answer says whom it leaves as they are, and why."""
    path = estate(tmp_path)
    found = said("overhead", path, "--technology", "application-jit")
    assert found.status == 0, found.err
    assert "3 VMs keep their technology, the first 'web-1': application-jit runs programs, not systems." in found.out
    assert "runs programs" in said("overhead", path, "--technology", "application-jit", "--json").out


def test_names_are_told_as_they_are_written(tmp_path: Path) -> None:
    """A name of an overlay keeps its capitals in the answer."""
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("net_paths: {SmartNIC: {latency_us: 1}}\n", encoding="utf-8")
    found = said("overhead", estate(tmp_path), "--catalog", overlay, "--net-path", "SmartNIC")
    assert found.out.startswith("Network path SmartNIC frees")


CALIBRATION = EXAMPLE.parent / "calibration"
REPORTS = [
    CALIBRATION / name for name in ("kvm-stat.txt", "perf-stat.csv", "domstats-before.txt", "domstats-after.txt")
]


@pytest.mark.parametrize("name", ["we b", "'", "#x", "- x", "007", "null", "[x]", "prüfung", "a.b"])
def test_calibrated_names(tmp_path: Path, name: str) -> None:
    """Whatever a measured workload is called, the command that is shown for it works as it stands."""
    file = tmp_path / "over lay.yaml"
    found = said("calibrate", *REPORTS, "--seconds", "30", "--name", name, "-o", file)
    assert found.status == 0, found.err
    shown = shlex.split(found.err.splitlines()[-1].partition("consolidate ")[2])
    assert shown[:3] == ["overhead", "--workload", name]
    assert said(*shown).status == 0


def test_calibrated_by_no_time_at_all(tmp_path: Path) -> None:
    """Times from which rates of no machine follow are refused, and no overlay is written that nobody takes."""
    out = ("--busy-core-s", "1e-300", "--clock-mhz", "2000", "-o", tmp_path / "overlay.yaml")
    assert "Expected a number from 1e-06" in refused("calibrate", *REPORTS, "--seconds", "30", *out, left=tmp_path)


ODD = """vm,host,vcpus,memory_mib,workload,net_path,disk_path,technology
v1,h1,2,4096,w1,n1,d1,t1
v2,h2,2,4096,w2,n2,d2,t2
v3,h3,2,4096,web,virtio,ide,KVM
"""


def test_all_unknown_names_of_an_inventory_at_once(tmp_path: Path) -> None:
    """Each name that the catalog does not know is a line that says who has it, and what there is."""
    hosts = "host,cores,cpu_mhz,memory_mib,technology,microarchitecture\n" + "".join(
        f"h{n},16,2600,131072,{technology},{processor}\n"
        for n, technology, processor in ((1, "zork", "z80"), (2, "KVM", "6502"), (3, "", ""))
    )
    path = estate(tmp_path, hosts, ODD)
    for command in (("plan", path, "--out", tmp_path / "out"), ("overhead", path)):
        lines = refused(*command, left=tmp_path).splitlines()
        assert len(lines) == 11
        assert all("known are" in line and "(found '" in line for line in lines)


def test_odd_page_sizes(tmp_path: Path) -> None:
    """A page size that is none is told with its file, its row, and the sizes there are."""
    path = estate(tmp_path, vms="vm,host,vcpus,memory_mib,page_size\nv1,h1,2,4096,3m\n")
    assert "vms.csv, row 2, column page_size: Expected one of nothing, 4k, 2m, 1g." in refused("overhead", path)


@pytest.mark.parametrize("option", [("--technology", "container"), ("--net-path", "sr-iov"), ("--page-size", "1g"), ()])
@pytest.mark.parametrize("case", ["no VMs", "one host", "all off", "on no host", "old processors", "mixed"])
def test_estates_at_the_edge(tmp_path: Path, case: str, option: tuple[str, ...]) -> None:
    """Estates that are next to nothing, or a mixture, get a plan or an answer, and numbers that are numbers."""
    head = "host,cores,cpu_mhz,memory_mib,technology,microarchitecture,power_state\n"
    vm = "vm,host,vcpus,memory_mib,cpu_used_mhz,technology,os_family\n"
    usual = "h1,8,2000,65536,,,on\nh2,8,2000,65536,,,on\n"
    hosts, vms = {
        "no VMs": (usual, ""),
        "one host": ("h1,8,2000,65536,,,on\n", "a,h1,2,4096,0,,windows\n"),
        "all off": ("h1,8,2000,65536,,,off\nh2,8,2000,65536,,,off\n", "a,h1,2,4096,0,,\n"),
        "on no host": (usual, "a,,2,4096,,,\nb,,2,4096,,container,windows\n"),
        "old processors": ("h1,8,2000,65536,,p4-xeon,on\nh2,8,2000,65536,para-virtual,,on\n",
                           "a,h1,2,4096,9,,windows\nb,h2,2,4096,9,,windows\n"),
        "mixed": ("h1,8,2000,65536,para-virtual,zen4,on\nh2,8,2000,65536,container,merom,on\n",
                  "a,h1,2,4096,0,JVM,\nb,h2,2,4096,9,nested,windows\n"),
    }[case]  # fmt: skip
    path = estate(tmp_path, head + hosts, vm + vms)
    more = (*option, "--least-matched", "0", "--json")
    for command in (("plan", "--set", "demand.cpu=snapshot"), ("overhead",)):
        found = said(command[0], path, "--out", tmp_path / command[0], *command[1:], *more)
        assert found.status in (0, 1), (command, found.err)
        json.loads(found.out, parse_constant=lambda text: pytest.fail(text))
