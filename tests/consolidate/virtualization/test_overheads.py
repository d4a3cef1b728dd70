"""What `consolidate overhead` compares: sums, parts, merits and gains that fit together."""

import json
from pathlib import Path

import pandas as pd
import pytest

from consolidate.planning import plan
from consolidate.readers import read
from consolidate.settings import Settings
from consolidate.virtualization import merits, overheads
from consolidate.virtualization.overhead_text import lines, sources
from models import tables as contract
from models.overhead import predict
from models.technology import standard
from tests.consolidate.attack.commands import EXAMPLE, said

SIZE = {"vcpus": 1, "memory_mib": 8192.0, "cpu_mhz": 1000.0}


def compared(**chosen: object) -> overheads.Compared:
    """Return the comparison for a workload."""
    changes = {f"overhead.{name}": value for name, value in chosen.items()}
    return overheads.of_workload(Settings().changed(changes), SIZE)


@pytest.fixture(scope="module")
def example() -> overheads.Compared:
    """Return the comparison for the example estate, and the gains by direct assignment of the network."""
    return overheads.of_inventory(read(EXAMPLE), Settings().changed({"overhead.net_path": "sr-iov"}))


def test_a_workload_by_hand() -> None:
    """
    Faults alone: 1,000 MHz of work at 18,000 faults in 2.4 × 10⁹ cycles, 3,144 cycles each under Xen, are 23.58 MHz.

    System calls, context switches, forks and ticks are told apart, and all parts add up.
    """
    found = compared(workload="kernel-build", technology="para-virtual", microarchitecture="p4-xeon")
    parts = found.tables["event_costs"].set_index("event")
    assert parts.loc["page_fault", "guest_mhz"] == pytest.approx(1000 * 18_000 / 2.4e9 * 3144)
    assert parts.loc["page_fault", "cycles"] == pytest.approx(3144)
    (row,) = found.tables["technologies"].to_dict("records")
    assert parts["guest_mhz"].sum() == pytest.approx(row["guest_mhz"])
    assert parts["host_mhz"].sum() == pytest.approx(row["host_mhz"])
    assert row["cpu_mhz"] == pytest.approx(1000 + row["guest_mhz"] + row["host_mhz"])


def test_it_agrees_with_the_prediction() -> None:
    """A whole core of a workload without idle ticks is slowed down as `predict` says, under every technology."""
    for workload in ("web", "oltp", "hpc"):
        catalog = standard().overlaid({"workloads": {workload: {"idle_tick_ps": 0}}})
        found = compared(workload=workload, microarchitecture="broadwell").tables["technologies"]
        ticks = found["guest_mhz"] - _without_ticks(workload, found)
        for row, idle in zip(found.to_dict("records"), ticks, strict=True):
            expected = predict(workload, row["technology"], "broadwell", catalog=catalog)
            assert (row["guest_mhz"] - idle) / 1000 + 1 == pytest.approx(expected["slowdown"])
            assert row["host_mhz"] / 1000 == pytest.approx(expected["slowdown_shared"] - expected["slowdown"])


def _without_ticks(workload: str, found: pd.DataFrame) -> pd.Series:
    """Return the guest side without idle ticks, which are counted for a virtual CPU and not for its work."""
    parts = compared(workload=workload, microarchitecture="broadwell").tables["event_costs"]
    idle = parts[parts["event"] == "idle ticks"].set_index("technology")["guest_mhz"]
    return found["guest_mhz"] - found["technology"].map(idle).fillna(0.0)


def test_every_table_is_the_contract_s(example: overheads.Compared) -> None:
    """Columns, keys, and a row for each technology that can run VMs."""
    tables = {"technologies": contract.TECHNOLOGIES, "event_costs": contract.EVENT_COSTS, "merits": contract.MERITS,
              "gains": contract.GAINS}  # fmt: skip
    assert {name: list(frame.columns) for name, frame in example.tables.items()} == {
        name: list(table) for name, table in tables.items()
    }
    assert list(example.summary) == list(contract.OVERHEAD)
    assert not contract.mistaken(example.summary, contract.OVERHEAD)
    assert set(example.tables["technologies"]["level"]) == {"hardware", "os"}


def test_gains(example: overheads.Compared) -> None:
    """The most first; the sum is told; those of one VM are what it pays less what it would pay."""
    gains = example.tables["gains"]
    assert gains["gain_mhz"].is_monotonic_decreasing
    assert gains["gain_mhz"].sum() == pytest.approx(example.summary["gain_mhz"])
    paid = gains["guest_mhz"] + gains["host_mhz"]
    assert (paid - gains["overhead_then_mhz"]).tolist() == pytest.approx(gains["gain_mhz"].tolist(), abs=1e-9)
    assert gains["gain_mhz"].iloc[0] > 0
    assert set(gains.loc[gains["vm"].str.startswith("fw-"), "gain_mhz"]) == {0.0}


def test_parts_add_up_for_an_inventory(example: overheads.Compared) -> None:
    """For each technology the kinds of events make up the whole."""
    whole = example.tables["technologies"].set_index("technology")
    parts = example.tables["event_costs"].groupby("technology")[["guest_mhz", "host_mhz"]].sum()
    for name in whole.index:
        for side in ("guest_mhz", "host_mhz"):
            assert parts[side][name] == pytest.approx(whole[side][name])


def test_pages_of_an_inventory() -> None:
    """Larger pages shorten the walks of all technologies that are compared, as they do in the gains."""

    def walks(size: str | None) -> float:
        table = overheads.of_inventory(read(EXAMPLE), Settings().changed({"overhead.page_size": size})).tables
        parts = table["event_costs"].set_index(["technology", "event"])["guest_mhz"]
        return float(parts["hardware-assisted", "page walks"])

    assert walks("1g") < walks("2m") < walks("4k") == walks(None)


def test_work_on_newer_processors() -> None:
    """Where work takes fewer cycles on them, it is what a plan has, and the cycles that it takes less are gained."""
    settings = Settings().changed({"overhead.microarchitecture": "zen4", "overhead.scale_work": True})
    found, planned = overheads.of_inventory(read(EXAMPLE), settings), plan(read(EXAMPLE), settings=settings).summary
    row, gains = found.tables["technologies"].iloc[0], found.tables["gains"]
    assert row["work_mhz"] == pytest.approx(planned["work_mhz"])
    assert gains["overhead_then_mhz"].sum() == pytest.approx(planned["overhead_before_mhz"])
    parts = found.tables["event_costs"].groupby("technology")[["guest_mhz", "host_mhz"]].sum().loc[row["technology"]]
    assert parts.tolist() == pytest.approx([row["guest_mhz"], row["host_mhz"]])
    today = found.summary["work_mhz"] + found.summary["overhead_mhz"]
    then = planned["work_mhz"] + planned["overhead_before_mhz"]
    assert found.summary["gain_mhz"] == pytest.approx(today - then)


def test_merits() -> None:
    """The textbook's order of speeds holds but for libraries, and each disagreement is noted."""
    rows = compared(workload="hpc").tables["merits"].set_index("level")
    slow = rows["slowdown"]
    assert slow["instruction set"] > slow["user application"] > slow["hardware abstraction"]
    assert slow["user application"] > slow["run-time library"] > slow["operating system"]
    notes = rows["note"].astype(str)
    assert notes["run-time library"] == "performance 5, in the book 3"
    assert "slower than the run-time library" in notes["hardware abstraction"]
    assert notes["operating system"] == ""
    names = ("performance", "flexibility", "complexity", "isolation")
    differ = sum((rows[name] != rows[f"{name}_book"]).sum() for name in names)
    assert differ == 2


def test_disorder() -> None:
    """Where the order holds nothing is said."""
    order = ("hardware abstraction", "operating system", "run-time library", "user application", "instruction set")
    assert merits.disorder([{"level": level, "slowdown": 1.0 + step} for step, level in enumerate(order)]) == {}
    turned = merits.disorder([{"level": level, "slowdown": 9.0 - step} for step, level in enumerate(order)])
    assert set(turned) == set(order) - {"instruction set"}


def test_words(example: overheads.Compared) -> None:
    """The text has a row for each technology, the parts and merits on demand, and the VMs that gain most."""
    text = "\n".join(lines(example, events=True, merits=True))
    assert str(example.summary["verdict"]) in text
    assert "nested " in text
    assert "page walks" in text
    assert "instruction set" in text
    assert "more; --out writes them all." in text
    assert "NaN" not in text
    assert "nan" not in text


def test_sources() -> None:
    """Every row of the catalog is listed; those that are assumed are marked."""
    text = list(sources(None))
    assert sum(line.startswith("  ") for line in text) > 100
    assert any(line.startswith("* hardware-assisted/halt_wake: assumed") for line in text)
    assert any(line.startswith("  hardware-assisted/hypercall: recalled") for line in text)


def test_command(tmp_path: Path) -> None:
    """The command prints, writes a folder with a report, and gives one JSON object."""
    found = said("overhead", "--workload", "web", "--technology", "KVM", "--json")
    assert found.status == 0
    assert [row["technology"] for row in json.loads(found.out)["technologies"]] == ["hardware-assisted"]
    out = tmp_path / "overhead"
    assert said("overhead", EXAMPLE, "--net-path", "sr-iov", "--only", "shop-*", "--out", out).status == 0
    assert {"report.html", "summary.json", "technologies.csv", "event_costs.csv", "merits.csv", "gains.csv"} <= {
        path.name for path in out.iterdir()
    }
    gains = pd.read_csv(out / "gains.csv")
    changed = gains[gains["changes"] != "stays as it is"]
    assert changed["vm"].str.startswith("shop-").all()
    assert gains["vm"].str.startswith("shop-").all()
    assert "shop-web-06" in (out / "report.html").read_text("utf-8")


def test_unknown_names_are_told_at_once() -> None:
    """A workload, a technology, a path and a processor that are unknown are four errors, with what is known."""
    found = said("overhead", "--workload", "w", "--technology", "t", "--net-path", "n", "--microarchitecture", "m")
    assert found.status == 2
    assert [found.err.count(f"overhead.{name}") for name in ("workload", "technology", "net_path")] == [1, 1, 1]
    assert "known are p4-xeon" in found.err


def test_sources_of_an_overlay(tmp_path: Path) -> None:
    """What an overlay replaces is listed as its own."""
    overlay = tmp_path / "own.yaml"
    overlay.write_text("parameters: {idle_tick_us: 20}\n")
    found = said("overhead", "--sources", "--catalog", overlay)
    assert "  idle_tick_us = 20 us: measured: an overlay" in found.out
