"""Figures of overhead and of where cycles go: what they show, in which order, and where they cut."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards.drawing import color_tools
from dashboards.figures import cycles, overhead
from dashboards.theme import SEQUENTIAL
from models.tables import EVENT_COSTS, GAINS, HOSTS, MERITS, TECHNOLOGIES
from tests.dashboards import estates, prices


def units(figure: Any) -> list[str]:
    """Return the titles of the axes that have a unit in brackets."""
    titles = [axis.title.text for axis in (*figure.select_xaxes(), *figure.select_yaxes()) if axis.title.text]
    return [title for title in titles if "[" in title]


def test_figures_have_units() -> None:
    """Each says the unit of what it shows on an axis."""
    tables = prices.tables()
    assert units(overhead.technologies(tables["technologies"])) == ["CPU over that of native work [ratio]"]
    assert units(overhead.events(tables["event_costs"], tables["technologies"])) == ["Kind of event [MHz each]"]
    assert units(overhead.merits(tables["merits"])) == ["Grade [X least, XXXXX most]"]
    assert units(overhead.gains(tables["gains"])) == ["CPU that virtualization adds today [MHz]"]
    for hosts in (24, 500):
        assert len(units(cycles.use(estates.plan(hosts=hosts, vms=9 * hosts)["hosts"]))) == 2


def test_empty_tables_are_accepted() -> None:
    """Without rows there is a figure all the same."""
    bare = {name: estates.empty(table) for name, table in (("t", TECHNOLOGIES), ("e", EVENT_COSTS), ("g", GAINS))}
    figures = [overhead.technologies(bare["t"]), overhead.events(bare["e"], bare["t"]), overhead.gains(bare["g"])]
    figures += [overhead.merits(estates.empty(MERITS)), cycles.use(estates.empty(HOSTS))]
    assert all(figure.layout.title.text for figure in figures)


def test_what_is_not_known_is_accepted() -> None:
    """NaN wherever a column has numbers gives figures, and a dash for a ratio."""
    tables = prices.tables()
    for name, table in tables.items():
        numbers = [str(column) for column in table.select_dtypes("number")]
        tables[name] = table.astype(dict.fromkeys(numbers, "float64")).assign(**dict.fromkeys(numbers, np.nan))
    assert set(overhead.technologies(tables["technologies"]).data[-1].text) == {"\u00a0–"}
    assert "0 grades of 20 differ" in overhead.merits(tables["merits"]).layout.meta["caption"]
    overhead.events(tables["event_costs"], tables["technologies"])
    assert len(overhead.gains(tables["gains"]).data[0].x) == 0


def test_technologies_are_grouped_by_level() -> None:
    """Levels follow in their order, each under its heading, and the least overhead comes first in each."""
    axis = overhead.technologies(prices.technologies()).layout.yaxis
    heads = [text for text in axis.ticktext if text.startswith("<b>")]
    levels = ("Instruction set", "Hardware", "Operating system", "Library", "Application")
    assert heads == [f"<b>{level}</b>" for level in levels]
    assert list(axis.ticktext[:3]) == ["<b>Instruction set</b>", "dbt-user", "dbt-system"]


def test_long_bars_are_cut_and_say_so() -> None:
    """100 times native ends at 3 with an arrow and its number; 1.557 is as long as it is: 1 + 0.493 + 0.064."""
    figure = overhead.technologies(prices.technologies())
    own, guest, host, ends = figure.data
    names = overhead.ranked(prices.technologies())["technology"].tolist()
    long, short = names.index("interpreter"), names.index("nested")
    assert own.x[long] + guest.x[long] + host.x[long] == pytest.approx(3)
    assert ends.text[long] == "\u00a0▶ 100×"
    assert [part.x[short] for part in (own, guest, host)] == pytest.approx([1, 0.493, 0.064], abs=1e-3)
    assert "Bars longer than 3 are cut" in figure.layout.meta["caption"]


def test_a_level_of_its_own_comes_last() -> None:
    """A level that is none of the five is shown, under its own name; native work comes first."""
    table = prices.technologies().assign(level=["other", "none", *prices.technologies()["level"][2:]])
    heads = [text for text in overhead.technologies(table).layout.yaxis.ticktext if text.startswith("<b>")]
    assert (heads[0], heads[-1]) == ("<b>No virtualization</b>", "<b>other</b>")


def test_events_sum_to_the_overhead() -> None:
    """The cells of a technology, rare events folded into one, add up to what virtualization adds; zero is blank."""
    table = prices.technologies()
    parts = overhead.events(prices.event_costs(table), table).data
    ordered = overhead.ranked(table)
    powers = np.stack([part.z for part in parts])
    shown = np.where(np.isnan(powers), 0.0, 10.0**powers).sum(axis=(0, 2))
    assert len(parts[0].x) == overhead.MOST_EVENTS + 1
    added = (ordered["guest_mhz"] + ordered["host_mhz"]).to_numpy()
    assert shown == pytest.approx(added, rel=0.02, abs=2)
    assert np.array_equal(np.stack([part.text for part in parts]) == "", np.isnan(powers))


def light(color: str) -> float:
    """Return the relative luminance of a colour by WCAG 2.2."""
    hexed = re.findall("[0-9a-f]{2}", color) if color.startswith("#") else []
    parts = [int(part, 16) / 255 for part in hexed] or [int(part) / 255 for part in re.findall(r"\d+", color)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_numbers_are_told_apart_from_their_cells() -> None:
    """Each number's contrast with the colour of its cell is 4.5 at least, from the darkest cell to the brightest."""
    figure = overhead.events(prices.event_costs(prices.technologies()), prices.technologies())
    least, most = figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax
    for cells in figure.data:
        power = np.asarray(cells.z)[~np.isnan(cells.z)]
        place = ((power - least) / (most - least)).tolist()
        assert place
        for color in color_tools.sample_colorscale(SEQUENTIAL, place):
            dark, bright = sorted((light(cells.textfont.color), light(color)))
            assert (bright + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("least", "most", "marks"),
    [
        (200.0, 700.0, ["100", "300", "1k"]),
        (8.0, 500.0, ["1", "10", "100", "1k"]),
        (8.0, 500_000.0, ["1", "100", "10k", "1M"]),
        (100.0, 100.0, ["100", "300", "1k"]),
    ],
)
def test_the_colour_bar_has_marks_enough(least: float, most: float, marks: list[str]) -> None:
    """However near or far the least and the most lie, three marks or more tell the scale, its ends among them."""
    costs = prices.event_costs(prices.technologies()).head(2).assign(guest_mhz=[least, most], host_mhz=0.0)
    scale = overhead.events(costs.assign(technology="hosted"), prices.technologies()).layout.coloraxis
    assert list(scale.colorbar.ticktext) == marks
    assert (scale.cmin, scale.cmax) == (scale.colorbar.tickvals[0], scale.colorbar.tickvals[-1])


def test_grades_that_differ_are_marked() -> None:
    """Three of twenty grades differ: framed, with the textbook's X's after a sign, and the note under the pointer."""
    figure = overhead.merits(prices.merits())
    cells = figure.data[0]
    assert len(figure.layout.shapes) == 3
    assert "XXXXX (5) for the most" in figure.layout.meta["caption"]
    assert "more complexity is a drawback" in figure.layout.meta["caption"]
    assert cells.text[1][0] == "<b>XXXX</b><br>≠ XXXXX"
    assert cells.text[0][0] == "<b>X</b><br>(X)"
    assert "grades a level as a whole" in cells.customdata[1][0]
    assert "grades a level as a whole" not in cells.customdata[1][1]


def test_only_those_that_gain_are_shown() -> None:
    """Of 60 VMs 40 gain; the 20 that gain most are shown, the most first, as freed and still added."""
    table = prices.gains(60)
    figure = overhead.gains(table)
    freed, still = figure.data
    assert len(freed.x) == 20
    assert freed.x[0] == table["gain_mhz"].max()
    assert (np.diff(freed.x) <= 0).all()
    first = table.sort_values("gain_mhz", ascending=False).iloc[0]
    assert freed.x[0] + still.x[0] == pytest.approx(first["guest_mhz"] + first["host_mhz"])
    assert "of 40 VMs that would gain, the 20" in figure.layout.meta["caption"]


def test_names_under_the_pointer_are_text() -> None:
    """Markup in names and notes is escaped wherever plotly would take it for a tag."""
    bad = "<img src=x>"
    tables = prices.tables((bad,))
    merits = tables["merits"].assign(technology=bad, note=bad, performance=0)
    technologies = tables["technologies"].assign(text=bad, net_path=bad, disk_path=bad)
    gains = tables["gains"].assign(vm=bad, workload=bad, changes=bad)
    figures = [overhead.technologies(technologies), overhead.merits(merits), overhead.gains(gains)]
    figures += [overhead.events(tables["event_costs"].assign(event=bad), technologies)]
    for figure in figures:
        assert bad not in str(figure.to_json()).replace("\\u003c", "<").replace("\\u003e", ">")


def test_cycles_add_up_to_the_capacity() -> None:
    """The parts of each host that is on make up the 60 GHz that may be used; hosts that are off are left out."""
    hosts = estates.plan()["hosts"]
    *parts, ready = cycles.use(hosts).data
    assert sum(np.asarray(part.x) for part in parts) == pytest.approx([60.0] * 15)
    assert ready.x.max() == hosts["ready_share_after"].max()


def test_overdrawn_headroom_is_none() -> None:
    """A host that reserves more than may be used has no headroom bar, not one that points back."""
    hosts = estates.plan()["hosts"].assign(headroom_mhz_after=-500.0)
    *_, headroom, _ready = cycles.use(hosts).data
    assert set(headroom.x) == {0.0}


@pytest.mark.parametrize("count", [24, 500])
def test_ready_time_that_is_not_known_has_no_panel(count: int) -> None:
    """Where no ready time is predicted, one panel shows the cycles, and the caption says why."""
    hosts = estates.plan(hosts=count, vms=9 * count)["hosts"].assign(ready_share_after=np.nan)
    figure = cycles.use(hosts)
    assert [trace.name for trace in figure.data] == [name for _, name, _ in cycles.PARTS]
    assert len(units(figure)) == 1
    assert "ready time is not predicted: CPU is only known as allocated." in figure.layout.meta["caption"]


def test_many_hosts_are_groups() -> None:
    """1,250 hosts that are on are 120 groups: the mean of CPU, and the longest ready time."""
    hosts = estates.plan(2000, 20_000, 9_000)["hosts"]
    *parts, ready = cycles.use(hosts).data
    assert {len(trace.y) for trace in (*parts, ready)} == {120}
    assert sum(np.asarray(part.y) for part in parts) == pytest.approx([60.0] * 120)
    assert ready.y.max() == hosts["ready_share_after"].max()


def test_today_is_called_today() -> None:
    """Where the plan changes nothing, the chart is of today; with every host off there is nothing to show."""
    hosts = estates.plan()["hosts"]
    same = hosts.assign(**{name: hosts[name.replace("_after", "_before")] for name in hosts})
    assert cycles.use(hosts).layout.title.text == "Where the cycles go after the plan"
    assert cycles.use(pd.DataFrame(same)).layout.title.text == "Where the cycles go today"
    assert cycles.use(hosts.assign(on_after=False)).layout.meta["caption"] == "No host is on."
