"""Links, timelines of one host and one VM, and what matters most in a study."""

import numpy as np
import pandas as pd
import pytest

from dashboards.figures import links, moves, timelines
from tests.dashboards import estates, weeks


def some_moves(count: int = 500) -> pd.DataFrame:
    """Return moves with rates that differ."""
    table: pd.DataFrame = estates.plan(vms=count, moves=count)["moves"]
    return table.assign(bandwidth_mbps=np.arange(count) % 7 * 100.0 + 100)


def test_the_rate_of_all_is_the_sum() -> None:
    """At any time the rate of all together is the sum of the rates of the moves that run then."""
    table = some_moves()
    when, rate = links.together(table)
    for time in np.random.default_rng(1).uniform(0, when[-1], 50):
        runs = (table["start_s"] <= time) & (table["end_s"] > time)
        assert rate[np.searchsorted(when, time, "right") - 1] == pytest.approx(table.loc[runs, "bandwidth_mbps"].sum())


def test_the_busiest_link_is_the_busiest() -> None:
    """In each span no host sends or receives more than the busiest link, and one does as much at some moment."""
    table = some_moves(120)
    ends, most = links.busiest(table, bins=30)
    start = ends - ends[0]
    moments = np.unique(table[["start_s", "end_s"]].to_numpy())
    for since, until, rate in zip(start, ends, most, strict=True):
        inside = [since, *moments[(moments > since) & (moments < until)]]
        found = 0.0
        for time in inside:
            running = table[(table["start_s"] <= time) & (table["end_s"] > time)]
            sums = [running.groupby(end)["bandwidth_mbps"].sum().max() for end in ("source", "destination")]
            found = max(found, *(0.0 if np.isnan(each) else float(each) for each in sums))
        assert rate == pytest.approx(found)


@pytest.mark.parametrize("count", [5, 100, 1000])
def test_migrations_have_their_links_below(count: int) -> None:
    """Few, many and very many migrations all have both rates below them, in Gbit/s, each on an axis of its own."""
    figure = moves.gantt(some_moves(count))
    names = {trace.name: trace for trace in figure.data}
    axes = [str(names[name].yaxis).replace("y", "yaxis") for name in ("all migrations", "busiest link of a host")]
    titles = [figure.layout[axis].title.text for axis in axes]
    assert titles == ["All moves<br>[Gbit/s]", "Busiest link<br>[Gbit/s]"]
    assert len(set(axes)) == 2
    _, rate = links.together(some_moves(count))
    assert max(names["all migrations"].y) == pytest.approx(rate.max() / 1000)
    assert max(names["busiest link of a host"].y) <= max(names["all migrations"].y) + 1e-9


def test_a_vm_is_where_its_moves_put_it() -> None:
    """A VM that goes from a to b and back is on each in turn, and copied twice, through to the end."""
    table = pd.DataFrame(
        {"start_s": [50.0, 10.0], "end_s": [60.0, 20.0], "source": ["b", "a"], "destination": ["a", "b"]}
    )
    found = timelines.stays(table, "a", 100.0)
    rows = [
        ("a", 0, 20, "stays"),
        ("b", 10, 20, "copied"),
        ("b", 20, 60, "stays"),
        ("a", 50, 60, "copied"),
        ("a", 60, 100, "stays"),
    ]
    assert [tuple(row) for row in found.itertuples(index=False)] == rows
    figure = timelines.vm(table, "v<b>", "a", 100.0)
    assert list(figure.layout.yaxis.ticktext) == ["a", "b"]
    assert "v&lt;b&gt;" in figure.layout.meta["caption"]


def test_a_vm_on_no_host_says_so() -> None:
    """A VM that is on no host and never moves has an empty chart."""
    none = pd.DataFrame({name: [] for name in ("start_s", "end_s", "source", "destination")})
    assert "is on no host" in timelines.vm(none, "v", "", 0.0).layout.meta["caption"]


def test_a_host_over_time_is_its_readings() -> None:
    """The line of a host holds its own shares in order of time; a host without any has an empty chart."""
    heat = weeks.tables(steps=40)["heat"]
    name = str(heat["host"].iloc[0])
    figure = timelines.host([("CPU", heat, "cpu_share")], name)
    own = heat[heat["host"] == name].sort_values("time_s")["cpu_share"].to_numpy()
    assert np.asarray(figure.data[0].y)[-len(own) :] == pytest.approx(own, nan_ok=True)
    assert timelines.host([("CPU", heat, "cpu_share")], "nobody").layout.annotations[0].text == "Nothing to show"
