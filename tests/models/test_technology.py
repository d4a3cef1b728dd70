"""The catalog as columns, and overlays on it: what replaces and adds rows, and everything that can be wrong."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import catalog
from models.errors import Finding, InputError
from models.overhead import law
from models.technology import EVENTS, FILES, Catalog, standard
from tests.models.overheads import estate, kinds, vm
from tests.models.plain_overhead import Host


def wrong(overlay: Any) -> dict[str, str]:
    """Return what is wrong with an overlay, by its dotted path."""
    with pytest.raises(InputError) as caught:
        standard().overlaid(overlay)
    return {finding.column: finding.message for finding in caught.value.findings}


def cost(found: Catalog, technology: str, event: str, column: str) -> float:
    """Return one number of an event's cost."""
    return float(found.costs[column][found.technologies.row(technology), EVENTS.index(event)])


def test_rows_by_name() -> None:
    """A row is found by its key, many at once, an empty one being the default's or none."""
    table = standard().disk_paths
    assert table.keys[table.row("ide")] == "ide"
    assert table.rows(["ide", "", "native"], "pvscsi").tolist() == [table.index[k] for k in ("ide", "pvscsi", "native")]
    assert table.rows([""]).tolist() == [-1]
    assert table.rows([]).tolist() == []


@pytest.mark.parametrize("table", ["technologies", "microarchitectures", "workloads", "net_paths", "disk_paths"])
def test_unknown_names_list_the_known(table: str) -> None:
    """Whoever asks for what is not there is told what is."""
    columns = getattr(standard(), table)
    known = ", ".join(columns.keys)
    with pytest.raises(InputError) as caught:
        columns.row("nonsense")
    assert f"The {columns.kind} 'nonsense' is unknown; known are {known}." in str(caught.value)
    with pytest.raises(InputError, match="'more', 'nonsense' is unknown; known are"):
        columns.rows(["nonsense", columns.keys[0], "more"])


@pytest.mark.parametrize("name", ["KVM", "kvm", "hardware-assisted"])
def test_providers(name: str) -> None:
    """A provider stands for its technology, in capitals or not."""
    assert standard().technology(name) == "hardware-assisted"


def test_every_provider_has_a_technology() -> None:
    """Each row of the providers leads to a row of the technologies."""
    for row in catalog.rows("providers"):
        assert standard().technology(row["provider"]) in standard().technologies.index


def test_an_unknown_technology() -> None:
    """It lists the known ones."""
    with pytest.raises(InputError, match="The technology 'Parallels' is unknown; known are native, "):
        standard().technology("Parallels")


def test_costs_are_those_of_the_file() -> None:
    """An event without a row costs nothing; one with a row what it says."""
    assert cost(standard(), "shadow-paging", "page_fault", "exits") == 2
    assert cost(standard(), "shadow-paging", "page_fault", "guest_cycles") == 2223
    assert cost(standard(), "native", "page_fault", "exits") == 0
    total = sum(float(row["guest_cycles"]) for row in catalog.rows("event_costs"))
    assert standard().costs["guest_cycles"].sum() == pytest.approx(total)


def test_relief() -> None:
    """APICv takes the completion of interrupts off the hypervisor: on Skylake, not on Nehalem; nothing else."""
    found = standard()
    place = found.technologies.row("hardware-assisted")
    skylake, nehalem = (found.microarchitectures.row(name) for name in ("skylake-sp", "nehalem"))
    assert {EVENTS[column] for column in np.flatnonzero(found.relieved[place, skylake])} == {"eoi", "apic_trap"}
    assert not found.relieved[place, nehalem].any()


def test_intensity() -> None:
    """2,600 hypercalls a second at 2,600 MHz are one in a million cycles."""
    found = standard().overlaid({"workloads": {"mine": {"clock_mhz": 2600, "hypercall_ps": 2600}}})
    row = found.intensity[found.workloads.row("mine")]
    assert row[EVENTS.index("hypercall")] == pytest.approx(1e-6)
    assert row.sum() == row[EVENTS.index("hypercall")]


def test_features() -> None:
    """A processor has what its row lists, by whole names."""
    found = standard()
    row = found.microarchitectures.row("nehalem")
    assert [bool(found.has(name)[row]) for name in ("vt-x", "ept", "iommu", "apicv", "posted", "vt")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_an_overlay_replaces_only_what_it_names() -> None:
    """The other columns of a row, and the other rows, stay; the standard catalog does too."""
    found = standard().overlaid({"technologies": {"hardware-assisted": {"software_cycles": 1}}})
    before, after = (each.rows["technologies"] for each in (standard(), found))
    place = standard().technologies.row("hardware-assisted")
    assert {name for name in before[place] if before[place][name] != after[place][name]} == {
        "software_cycles", "provenance", "source",
    }  # fmt: skip
    assert [each for row, each in enumerate(before) if row != place] == [
        each for row, each in enumerate(after) if row != place
    ]
    assert standard().technologies.numbers["software_cycles"][place] == 516


def test_parameters() -> None:
    """A parameter is replaced by a number."""
    found = standard().overlaid({"parameters": {"pollution_cycles": 1}})
    assert found.parameters["pollution_cycles"] == 1
    assert found.parameters["idle_tick_us"] == standard().parameters["idle_tick_us"]


def test_event_costs() -> None:
    """An event's cost is replaced column by column, or added."""
    listed = [
        {"technology": "shadow-paging", "event": "page_fault", "guest_cycles": 7},
        {"technology": "native", "event": "fork", "host_cycles": 9},
    ]
    found = standard().overlaid({"event_costs": listed})
    assert cost(found, "shadow-paging", "page_fault", "guest_cycles") == 7
    assert cost(found, "shadow-paging", "page_fault", "exits") == 2
    assert cost(found, "native", "fork", "host_cycles") == 9
    assert cost(found, "native", "fork", "exits") == 0


@pytest.mark.parametrize(
    ("part", "neutral"),
    [("technologies", "native"), ("workloads", "none"), ("net_paths", "native"), ("disk_paths", "native"),
     ("microarchitectures", "skylake-sp")],
)  # fmt: skip
def test_a_new_row_is_neutral(part: str, neutral: str) -> None:
    """Where an overlay says nothing, a new row costs what native costs, and a new processor is as a Skylake."""
    first = {"microarchitectures": {"older": {"round_trip_cycles": 9, "cpu_pattern": "Older"}}}
    table = getattr(standard().overlaid(first).overlaid({part: {"mine": {}}}), part)
    for name, values in table.numbers.items():
        assert values[table.row("mine")] == values[table.row(neutral)], name
    for name in {"text", "generation", "cpu_pattern"} & set(table.texts):
        assert table.texts[name][table.row("mine")] == ""


def test_a_new_technology_has_events() -> None:
    """A technology, its path and its costs come in one overlay, in any order, or one after another."""
    events = {"event_costs": [{"technology": "mine", "event": "syscall", "guest_cycles": 5}]}
    technology = {"technologies": {"mine": {"net_path": "my-path"}}}
    path = {"net_paths": {"my-path": {"guest_tx": 1}}}
    at_once = standard().overlaid({**events, **technology, **path})
    in_turn = standard().overlaid(path).overlaid(technology).overlaid(events)
    for found in (at_once, in_turn):
        assert cost(found, "mine", "syscall", "guest_cycles") == 5


def test_what_an_overlay_brings_is_measured() -> None:
    """It says so, unless the overlay says otherwise."""
    found = standard().overlaid({"workloads": {"a": {}, "b": {"provenance": "assumed", "source": "me"}}})
    told = found.workloads.texts
    assert (told["provenance"][-2], told["source"][-2]) == ("measured", "an overlay")
    assert (told["provenance"][-1], told["source"][-1]) == ("assumed", "me")


def test_an_empty_overlay_changes_nothing() -> None:
    """Nor do empty parts."""
    empty: dict[str, Any] = {part: {} for part in FILES if part != "event_costs"} | {"event_costs": []}
    assert standard().overlaid(empty).rows == standard().overlaid({}).rows == standard().rows


@pytest.mark.parametrize("part", FILES)
@pytest.mark.parametrize("given", [None, 1, "text", True])
def test_a_part_of_the_wrong_type(part: str, given: Any) -> None:
    """Event costs are a list, the others mappings."""
    expected = "list" if part == "event_costs" else "mapping"
    assert wrong({part: given}) == {part: f"Expected a {expected}."}


def test_unknown_keys() -> None:
    """Parts, columns, parameters, technologies and events that are not known list those that are."""
    found = wrong(
        {
            "clouds": {},
            "workloads": {"web": {"sycall_ps": 1}},
            "parameters": {"slice": 1},
            "event_costs": [{"technology": "magic", "event": "sycall"}, {}],
        }
    )
    assert "Known are parameters, " in found["clouds"]
    assert "syscall_ps" in found["workloads.web.sycall_ps"]
    assert "slice_ms," in found["parameters.slice"]
    assert "shadow-paging" in found["event_costs.0.technology"]
    assert "syscall" in found["event_costs.0.event"]
    assert {name for name in found if name.startswith("event_costs.1")} == {
        "event_costs.1.technology", "event_costs.1.event",
    }  # fmt: skip
    assert "Is missing" in found["event_costs.1.event"]


@pytest.mark.parametrize("value", [-1, "5", None, True, float("nan"), float("inf"), 1e15, [1], 10**400])
def test_numbers(value: Any) -> None:
    """A number is 0 or more and finite; no text, no flag."""
    message = "Expected a number from 0 to 1e+12."
    assert wrong({"workloads": {"web": {"fork_ps": value}}}) == {"workloads.web.fork_ps": message}
    assert wrong({"parameters": {"idle_tick_us": value}}) == {"parameters.idle_tick_us": message}


def test_all_problems_at_once() -> None:
    """Four mistakes in three parts are four findings, which tell where and what."""
    with pytest.raises(InputError) as caught:
        standard().overlaid({"x": 1, "workloads": {"web": {"fork_ps": -1, "exec_ps": "a"}}, "event_costs": {}})
    assert len(caught.value.findings) == 4
    assert all(isinstance(each, Finding) and each.severity == "error" for each in caught.value.findings)
    assert "workloads.web.exec_ps: Expected a number from 0 to 1e+12. (found 'a')" in str(caught.value)


def lines(keys: st.SearchStrategy[Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[Any, Any]]:
    """Return small mappings."""
    return st.dictionaries(keys, values, max_size=3)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from([0, 1, 1e-9, 1e14, "("])
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | lines(st.text(max_size=5), inner))
ROW_KEYS = sorted({row[next(iter(row))] for part in FILES.values() for row in catalog.rows(part)} | {"", "mine"})
COLUMNS = sorted({name for part in FILES.values() for name in catalog.rows(part)[0]})
TEXTS = st.sampled_from([*EVENTS, *ROW_KEYS, "two-stage", "eoi", "apicv", "none"])
AMOUNTS = st.one_of(st.integers(0, 10), st.floats(0, 1e15), SCALARS, TEXTS)


@st.composite
def overlays(draw: st.DrawFn) -> Any:
    """Return anything, or what is nearly an overlay: columns of the part, and values that might be right."""
    if draw(st.integers(0, 4)) == 0:
        return draw(JSON | lines(st.sampled_from([*FILES, "x"]), JSON))
    found: dict[str, Any] = {}
    for part in draw(st.lists(st.sampled_from(sorted(FILES)), unique=True, max_size=3)):
        names = sorted(catalog.rows(FILES[part])[0])
        keys = st.sampled_from([row[next(iter(row))] for row in catalog.rows(FILES[part])] + ["mine"])
        row = st.integers(0, 9) | lines(st.sampled_from(names), AMOUNTS)
        found[part] = draw(st.lists(row, max_size=2) if part == "event_costs" else lines(keys, row))
    return found


@settings(max_examples=150, deadline=None)
@given(overlays())
def test_any_overlay_is_a_catalog_or_an_input_error(overlay: Any) -> None:
    """Whatever an overlay holds, either it is told what is wrong, or VMs can be charged by it, with a number."""
    try:
        found = standard().overlaid(overlay)
    except InputError:
        return
    vms = [vm(name, page_size=size, net_mbps=1.0) for name in found.workloads.keys for size in ("", "1g")]
    hosts = [Host(name, found.technologies.keys[-1]) for name in found.microarchitectures.keys]
    charge = law(estate(vms, found), kinds(hosts, found), found).charge(np.full((len(vms), 1), 1000.0))
    assert np.isfinite(charge.cpu_mhz).all()
    assert (charge.cpu_mhz >= 0).all()
