"""Figures of a simulation: what they show, in which unit, and what of it is left out."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards.figures import heat, series, simulation
from models.tables import HEAT, TIMELINE, frame
from tests.dashboards import weeks

DAY_S = 86_400.0


def steps(count: int = 1, value: float = 0.0, **columns: Any) -> pd.DataFrame:
    """Return a timeline of hourly steps, of one value but for the columns given."""
    return weeks.blank(TIMELINE, count, value).assign(time_s=3600.0 * (np.arange(count) + 1), **columns)


def warmth(**columns: Any) -> pd.DataFrame:
    """Return a table of heat."""
    return frame(HEAT, columns)


def titles(figure: Any) -> list[str]:
    """Return the titles of the vertical axes, from the top down."""
    return [axis.title.text for axis in figure.select_yaxes()]


@pytest.mark.parametrize("draw", simulation.FIGURES.values())
@pytest.mark.parametrize("table", [steps(0), steps(1), steps(3), steps(2, np.nan)])
def test_any_timeline_is_drawn(draw: Any, table: pd.DataFrame) -> None:
    """No step, one step, nothing but zero, and nothing known are drawn all the same, and each has a caption."""
    figure = draw(table)
    assert figure.layout.meta["caption"].endswith(".")
    figure.to_json()


@pytest.mark.parametrize("draw", simulation.FIGURES.values())
def test_one_step_is_seen(draw: Any) -> None:
    """The only step of a simulation is a line from its start to its end, or a bar."""
    lines = [trace for trace in draw(weeks.blank(TIMELINE, 1, 3600.0)).data if trace.type == "scatter"]
    assert all(np.allclose(trace.x, [0, 60]) for trace in lines)


def test_the_axis_ends_with_the_simulation() -> None:
    """100 steps of an hour are spans of 2 h; neither these nor their bars make the axis longer than 100 h."""
    figure = simulation.active(steps(101, hosts_on=5, overloaded_hosts=1, boots=np.arange(101)))
    assert all(axis.range[1] == pytest.approx(101 / 24) for axis in figure.select_xaxes())
    assert figure.data[1].x[-1] == pytest.approx(101 / 24)


def test_hosts_and_what_becomes_of_them() -> None:
    """Hosts that are overloaded or failed are drawn where there are any; what is switched is counted by span."""
    figure = simulation.active(
        steps(3, hosts_on=[5, 6, 4], hosts_failed=[0, 0, 1], boots=[0, 1, 1], shutdowns=[0, 0, 2])
    )
    assert [trace.name for trace in figure.data] == ["on", "failed", "switched on", "switched off"]
    assert [trace.y.tolist() for trace in figure.data[2:]] == [[0, 1, 0], [0, 0, 2]]
    assert titles(figure) == ["Hosts", "Switched [per 1 h]"]


def test_switching_is_shown_where_there_is_any() -> None:
    """Where no host is switched, overloaded or failed, there is one line alone."""
    figure = simulation.active(steps(3, hosts_on=5))
    assert [trace.name for trace in figure.data] == ["on"]
    assert "none is switched" in figure.layout.meta["caption"]


def test_carbon_intensity_is_shown_where_it_varies() -> None:
    """1,500 W are 1.5 kW; a constant intensity has no panel."""
    assert titles(simulation.power(steps(2, power_w=1500.0, carbon_g_kwh=380.0))) == ["Power [kW]"]
    figure = simulation.power(steps(2, power_w=1500.0, carbon_g_kwh=[380.0, 300.0]))
    assert titles(figure) == ["Power [kW]", "CO₂e [g/kWh]"]
    assert figure.data[0].y[0] == 1.5


def test_energy_grows_from_zero() -> None:
    """Energy starts at zero when the simulation starts; what costs nothing has no panel."""
    figure = simulation.energy(steps(2, energy_kwh=[1.0, 3.0], facility_kwh=[1.4, 4.2], carbon_kg=[0.5, 1.0]))
    assert titles(figure) == ["Energy [kWh]", "CO₂e [kg]"]
    assert figure.data[1].y.tolist() == [0, 1, 3]


def test_demand_is_stacked() -> None:
    """CPU not served lies on top of CPU served, in GHz, at the same times; CPU offered is a line of its own."""
    table = steps(3000, cpu_used_mhz=2000.0, cpu_unserved_mhz=500.0, cpu_offered_mhz=4000.0)
    served, missed, offered = simulation.cpu(table).data
    assert (served.y[0], missed.y[0], offered.y[0]) == (2.0, 0.5, 4.0)
    assert np.array_equal(served.x, missed.x)
    assert (served.stackgroup, missed.stackgroup, offered.stackgroup) == ("layers", "layers", None)


def test_added_cpu_has_its_unit() -> None:
    """What virtualization adds over time is in GHz: 1,500 MHz are 1.5."""
    figure = simulation.added(steps(1, overhead_mhz=1500.0))
    assert titles(figure) == ["Added CPU [GHz]"]
    assert figure.data[0].y.tolist() == [1.5, 1.5]


def test_nothing_under_way_is_no_panel() -> None:
    """Migrations shorter than a step are shown as ended alone; without any, the figure is left out."""
    table = steps(2, migrations=[1, 2])
    assert titles(simulation.migrations(table)) == ["Ended [per 1 h]", "Ended so far"]
    assert "migrations" in simulation.drawn(table)
    assert "migrations" not in simulation.drawn(steps(2))


def test_service_that_is_never_missed_is_told() -> None:
    """Of 100 MHz asked for 20 are not served: 20 %. What is zero throughout has no panel, but a word in the caption."""
    figure = simulation.service(steps(2, cpu_used_mhz=80.0, cpu_unserved_mhz=20.0))
    assert titles(figure) == ["Not served [%]"]
    assert np.allclose(figure.data[1].y, 0.2)
    assert "Zero throughout, and so not shown: hosts' time overloaded" in figure.layout.meta["caption"]


def test_memory_that_is_not_known_is_left_out() -> None:
    """Swapped memory is in GiB; without memory, and with nothing short, there is no figure."""
    assert titles(simulation.pressure(steps(2, memory_share=np.nan, swapped_mib=2048.0))) == ["Swapped [GiB]"]
    assert titles(simulation.pressure(steps(2, memory_share=0.5))) == ["Memory [%]"]
    assert "pressure" not in simulation.drawn(steps(2, memory_share=np.nan))


def test_unplaced_vms_are_shown_where_there_are_any() -> None:
    """Only if a VM is on no host is there a figure of it."""
    assert "unplaced" not in simulation.drawn(steps(2))
    assert titles(simulation.drawn(steps(2, vms_unplaced=[0, 3]))["unplaced"]) == ["VMs on no host"]


def test_small_counts_have_whole_ticks() -> None:
    """An axis up to 3 VMs has no tick at a half."""
    assert simulation.unplaced(steps(2, vms_unplaced=[0, 3])).layout.yaxis.dtick == 1


def test_long_timelines_are_thinned() -> None:
    """100,000 steps have at most 2,000 points a line, and at most 96 bars."""
    table = steps(100_000, hosts_on=5, boots=np.arange(100_000), power_w=1.0)
    bars = simulation.active(table).data[1]
    assert len(simulation.power(table).data[0].x) <= 2_000
    assert len(bars.x) <= 96
    assert bars.y.sum() == 99_999


def test_spans_are_round() -> None:
    """A week of five minutes is counted by 2 h: 84 spans; 30 minutes of a minute step by step."""
    assert series.span_of(np.arange(1, 2017) * 300.0) == "2 h"
    assert series.span_of(np.arange(1, 31) * 60.0) == "1 min"


def test_the_largest_value_of_a_span_is_kept() -> None:
    """200 hours are spans of 3 h; the single 7 among zeros is in the second."""
    values = np.zeros(200)
    values[4] = 7
    ends, found, span = series.most(np.arange(1, 201) * 3600.0, values)
    assert (found[1], found.sum(), span) == (7, 7, "3 h")
    assert ends[-1] == 200 * 3600


def test_heat_is_ordered_by_use() -> None:
    """The busier host is on top; a host that is off is a gap; the bins reach from the start to the end."""
    table = warmth(host=[*"aabb"], time_s=[60.0, 120.0] * 2, cpu_share=[np.nan, 0.2, 0.4, 0.6])
    figure = heat.use(table)
    image = figure.data[0]
    assert list(figure.layout.yaxis.ticktext) == ["b", "a"]
    assert np.allclose(image.z, [[0.4, 0.6], [np.nan, 0.2]], equal_nan=True)
    assert image.x.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("count", "named"), [(1, True), (60, True), (61, False), (400, False)])
def test_hosts_are_named_while_they_can_be_read(count: int, named: bool) -> None:
    """From 61 hosts on there are rows without names, on a figure that does not grow further."""
    figure = heat.use(weeks.tables(count, 10)["heat"])
    assert figure.data[0].z.shape == (count, 10)
    assert figure.layout.yaxis.showticklabels is named
    assert figure.layout.height < 1100


@pytest.mark.parametrize("count", [0, 1])
def test_heat_without_use(count: int) -> None:
    """No host, and a host that was never on, are drawn all the same."""
    table = warmth(host=["a"] * count, time_s=[60.0] * count, cpu_share=[np.nan] * count)
    assert heat.use(table).layout.meta["caption"].endswith(".")


def test_two_maps_share_hosts_and_scale() -> None:
    """Rows are in one order, that of use after; a host that is in one table alone is a gap in the other."""
    before = warmth(host=[*"ab"], time_s=[60.0] * 2, cpu_share=[0.5, 0.1])
    after = warmth(host=[*"bc"], time_s=[60.0] * 2, cpu_share=[0.6, 0.7])
    figure = heat.pair(before, after)
    old, new = figure.data
    assert list(figure.layout.yaxis.ticktext) == ["c", "b", "a"]
    assert np.allclose(old.z.ravel(), [np.nan, 0.1, 0.5], equal_nan=True)
    assert np.allclose(new.z.ravel(), [0.7, 0.6, np.nan], equal_nan=True)
    assert old.coloraxis == new.coloraxis
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0, 1)
