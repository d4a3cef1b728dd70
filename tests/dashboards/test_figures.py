"""Figures: what they show, and that they can be read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards import metrics
from dashboards.figures import canvas, drawn, hosts, load, money, mosaic, moves, placement, study
from dashboards.results import load as read
from models.tables import ACTIONS, COSTS, HOSTS, LOAD, MOVES, PLACEMENT, frame
from tests.dashboards import estates, factory, studies

MAKERS = [factory.usual, factory.large, factory.hostile, factory.unchanged, factory.infeasible]
MAKERS += [factory.only_actions, factory.simulate, factory.study, factory.study_of_overhead, factory.overhead]
MAKERS += [factory.overhead_alone, factory.hostile_overhead, factory.partial, factory.hostile_simulation, factory.both]
MAKERS += [factory.rehearsal, factory.hostile_rehearsal, studies.tried, studies.hostile]


def few_moves(**columns: Any) -> pd.DataFrame:
    """Return moves with the columns given; the others are zero or empty."""
    size = len(columns["vm"])
    blank: dict[str, Any] = {
        name: {"str": [""] * size, "bool": [True] * size}.get(spec.dtype, np.zeros(size))
        for name, spec in MOVES.items()
    }
    return frame(MOVES, blank | columns)


@pytest.mark.parametrize("make", MAKERS)
def test_every_figure_can_be_read(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """Each has a title, a caption of a sentence, named axes, and nothing that needs WebGL."""
    figures = drawn(read(make(tmp_path / "result")))
    assert figures
    for name, figure in figures.items():
        assert figure.layout.title.text, name
        assert figure.layout.meta["caption"].endswith("."), name
        assert not [trace.type for trace in figure.data if "gl" in trace.type or trace.type == "parcoords"]
        named = [axis.title.text for axis in figure.select_xaxes()]
        assert name == "flow" or any(named), name


def test_few_hosts_are_shown_one_by_one() -> None:
    """Up to 60 hosts have a bar each, the fullest on top; above, they are ranked."""
    table = estates.plan(hosts=60)["hosts"]
    bars = hosts.utilisation(table).data
    assert {trace.type for trace in bars} == {"bar"}
    top = table.loc[int(bars[1].customdata[0][1])]
    assert top["fullest_share_after"] == table["fullest_share_after"].max()
    assert "bar" not in {trace.type for trace in hosts.utilisation(estates.plan(hosts=61)["hosts"]).data}


def test_without_change_there_is_one_state() -> None:
    """Where the plan changes nothing, a host has one bar, called today."""
    table = hosts.as_it_is(estates.plan()["hosts"])
    assert {trace.name for trace in hosts.utilisation(table).data} == {"today"}


def test_distribution_counts_hosts_that_are_on() -> None:
    """Of 24 hosts before, the plan leaves 15 on; each line ends at 100 % of its own."""
    before, after = hosts.fullest(estates.plan()["hosts"]).data
    assert [before.name, after.name] == ["before (24 hosts on)", "after (15 hosts on)"]
    assert before.y[-1] == after.y[-1] == 1.0


def test_heat_shows_the_peak_of_a_span() -> None:
    """480 samples are drawn as 240 columns, each the peak of two: 0.1 and 0.9 give 0.9."""
    time = np.arange(480.0)
    table = frame(
        LOAD, {"host": ["a"] * 480, "time_s": time, "cpu_before": time % 2 * 0.8 + 0.1, "cpu_after": 0 * time}
    )
    before, after = load.heat(table).data
    assert before.z.shape == (1, 240)
    assert np.allclose(before.z, 0.9)
    assert np.isnan(after.z).all(), "a host without load is a gap"


def test_heat_groups_many_hosts() -> None:
    """500 hosts are 60 rows."""
    table = load.heat(estates.load(estates.plan(hosts=500)["hosts"], samples=10))
    assert table.data[0].z.shape == (60, 10)


@pytest.mark.parametrize(("count", "rows"), [(5, 5), (40, 40)])
def test_few_moves_have_a_row_each(count: int, rows: int) -> None:
    """Up to 40 moves are named one by one."""
    figure = moves.gantt(estates.plan(moves=count)["moves"])
    assert sum(len(trace.y) for trace in figure.data if trace.type == "bar") == count
    assert len(figure.layout.yaxis.ticktext) == rows


def test_neighbours_keep_apart() -> None:
    """Of 1,000 s each bar gives 3 s: 500 s show as 497; of a bar of 3 s two thirds stay."""
    table = few_moves(vm=[*"abc"], start_s=[0, 500, 997], end_s=[500, 997, 1000])
    lengths = [float(length) * 60 for trace in moves.gantt(table).data if trace.type == "bar" for length in trace.x]
    assert lengths == pytest.approx([497, 494, 2])


def test_lanes_are_reused() -> None:
    """Moves at 0–10, 0–20 and 10–15 need two lanes: the third takes the first's."""
    table = few_moves(vm=[*"abc"], start_s=[0, 0, 10], end_s=[10, 20, 15])
    assert moves._lanes(table["start_s"].to_numpy(), table["end_s"].to_numpy()).tolist() == [0, 1, 0]


def test_many_moves_are_a_bar_a_wave() -> None:
    """5,000 moves in waves of 24 are 209 bars that together count every move."""
    bars, done, *_ = moves.gantt(estates.plan(vms=6000, moves=5000)["moves"]).data
    assert len(bars.y) == 209
    assert bars.y.sum() == done.y[-1] == 5000
    assert len(done.x) <= canvas.MOST_POINTS


def test_progress_follows_the_actions() -> None:
    """Host a (200 W) is shut down at 100 s; b goes from 250 to 300 W with its last move at 40 s: 450, 500, 300 W."""
    table = estates.plan(hosts=2, vms=2, moves=0)["hosts"].assign(
        host=["a", "b"], on_before=True, power_w_before=[200.0, 250.0], power_w_after=[0.0, 300.0]
    )
    move = few_moves(vm=["v"], source=["a"], destination=["b"], end_s=[40.0])
    stop = frame(ACTIONS, {"host": ["a"], "action": ["shutdown"], "start_s": [50.0], "end_s": [100.0], "reason": [""]})
    on, power = moves.progress(table, move, stop).data
    assert on.y.tolist() == [2, 1, 1]
    assert power.y.tolist() == [0.45, 0.5, 0.3, 0.3]
    assert np.allclose(power.x * 60, [0, 40, 100, 115])


def test_lines_cross_at_break_even() -> None:
    """3,000 EUR paid once against 12,000 EUR saved a year are back after 3 of the 12 months shown."""
    summary = {"saving_eur_year": 12_000.0, "once_eur": 3_000.0, "payback_months": 3.0}
    saved, paid, mark = money.break_even(summary).data
    assert np.interp(3.0, saved.x, saved.y) == paid.y[0] == mark.y[0] == 3_000
    assert saved.x[-1] == 12


@pytest.mark.parametrize(
    ("saving", "once", "payback", "sentence"),
    [
        (0.0, 100.0, None, "never paid back"),
        (-5.0, 0.0, None, "never paid back"),
        (100.0, -50.0, 0.0, "earns €50 once, so it pays from the first day"),
        (100.0, 50.0, None, "it is not paid back"),
        (100.0, 50.0, 6.0, "are back after 6.0 months"),
    ],
)
def test_money_is_told_in_words(saving: float, once: float, payback: float | None, sentence: str) -> None:
    """The caption says whether and when the plan is paid back; without a break-even there is no mark."""
    figure = money.break_even({"saving_eur_year": saving, "once_eur": once, "payback_months": payback})
    assert sentence in figure.layout.meta["caption"]
    assert len(figure.data) == (3 if payback else 2)


def test_costs_have_a_row_an_item() -> None:
    """Each item has a bar before, after and once."""
    table = frame(COSTS, {name: [1.0] if spec.dtype == "float64" else ["energy"] for name, spec in COSTS.items()})
    assert [len(trace.x) for trace in money.breakdown(table).data] == [1, 1, 1]


def test_flow_counts_every_vm_once() -> None:
    """Of three VMs one moves from the freed host a to b, one stays on b, one is new and goes to b."""
    table = frame(PLACEMENT, {"vm": [*"xyz"], "host_before": ["a", "b", ""], "host_after": ["b", "b", "b"]})
    where = estates.plan(hosts=2, vms=2, moves=0)["hosts"].assign(host=["a", "b"], cluster="c", role=["freed", "stays"])
    sankey = placement.flow(table, where).data[0]
    assert sankey.link.value.sum() == 3
    assert list(sankey.node.label) == ["freed · 1", "on no host · 1", "stays · 1", "stays · 3"]
    assert sorted(sankey.link.customdata) == ["move", "move", "stay where they are"]


def test_a_host_has_one_cell_before_and_after() -> None:
    """Of 70 hosts in two clusters each has a cell; those that are freed are grey after, at the place that they had."""
    table = estates.plan(hosts=70)["hosts"].assign(cluster=["a"] * 40 + ["b"] * 30)
    figure = mosaic.cells(table)
    off_before, on_before, off_after, on_after = (np.isfinite(trace.z) for trace in figure.data)
    assert (off_before.sum(), on_before.sum(), off_after.sum(), on_after.sum()) == (0, 70, 26, 44)
    assert np.array_equal(on_before, off_after | on_after)
    assert not (off_after & on_after).any()
    assert list(figure.layout.yaxis.ticktext) == ["a", "b"]
    assert list(figure.layout.yaxis.tickvals) == [0, 2], "40 hosts take two rows of 25"
    names = np.array(figure.layout.meta["hosts"]).reshape(-1, figure.layout.meta["columns"])
    freed = set(table.loc[~table["on_after"], "host"])
    assert set(names[off_after]) == freed


def test_long_series_are_thinned_and_keep_their_peak() -> None:
    """100,000 steps become at most 2,000 points, the single peak among them."""
    power = np.ones(100_000)
    power[54_321] = 7.0
    rows = canvas.thinned(np.arange(100_000.0), power)
    assert len(rows) <= 2_000
    assert 54_321 in rows


def test_hosts_by_setting_of_overhead() -> None:
    """Under a 10 and 14 hosts are 12 in the mean, under b 20; the infeasible run does not count."""
    table = pd.DataFrame(
        {"axis.overhead.technology": [*"aabb"], "hosts_after": [10, 14, 20, 9], "overhead_mhz": [1e3, 3e3, 4e3, 0.0],
         "status": ["feasible"] * 3 + ["infeasible"]}
    )  # fmt: skip
    count, added = study.by_overhead(table).data
    assert count.x.tolist() == [12, 20]
    assert (count.error_x.arrayminus[0], count.error_x.array[0]) == (2, 2)
    assert added.x.tolist() == [2, 4]


def test_scenarios_are_averaged_over_feasible_seeds(tmp_path: Path) -> None:
    """Of 8 scenarios with 2 seeds each, the infeasible one is left out; the most saving comes first."""
    scenarios = read(factory.study(tmp_path / "study")).tables["scenarios"]
    assert len(metrics.means(scenarios)) == 7
    assert study.bars(scenarios).layout.yaxis.ticktext[0] == "ceiling 90%, 0 spare"
    assert len(study.frontier(scenarios).data) == 14, "in two panels"


def test_scenarios_are_named_by_their_values() -> None:
    """Both charts of scenarios call them by what varies, and their captions say of which settings."""
    pairs = [("emulated", "ide"), ("emulated", "virtio-blk"), ("virtio", "ide")]
    names = [f"overhead.net_path={net}, overhead.disk_path={disk}" for net, disk in pairs]
    table = pd.DataFrame(pairs, columns=["axis.overhead.net_path", "axis.overhead.disk_path"])
    table = table.assign(scenario=names, status="optimal", hosts_before=9, hosts_after=[5, 4, 3], moves=4)
    table = table.assign(cost_after_eur_year=[1.0, 2.0, 3.0], ready_share_max=np.nan, overload_share_max=np.nan)
    short = ["emulated · ide", "emulated · virtio-blk", "virtio · ide"]
    assert list(study.bars(table).layout.yaxis.ticktext) == short
    assert [trace.name for trace in study.frontier(table).data] == short
    for draw in (study.bars, study.frontier):
        assert draw(table).layout.meta["caption"].endswith("They are named by net path · disk path.")


def test_names_are_text() -> None:
    """Plotly takes < for a tag, so names are escaped; long ones are cut."""
    assert canvas.label("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"
    assert canvas.label("a" * 40, 10) == "aaaaaaaaa…"


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["a.dc1", "b.dc1"], ["a", "b"]),
        (["a.dc1", "b.dc2"], ["a.dc1", "b.dc2"]),
        (["a", "b"], ["a", "b"]),
        (["10.0.0.1", "11.0.0.1"], ["10.0.0.1", "11.0.0.1"]),
    ],
)
def test_a_shared_domain_is_left_out(names: list[str], short: list[str]) -> None:
    """The domain that all hosts share is no news; addresses are no domains."""
    assert canvas.stems(names) == short


def test_hosts_table_is_the_contract_s() -> None:
    """The made-up hosts have every column of the contract."""
    assert list(estates.plan()["hosts"]) == list(HOSTS)
