"""Figures of profile packing."""

import pandas as pd

from dashboards.figures import profiles
from models import tables


def methods(**columns: object) -> pd.DataFrame:
    """Return a table of methods with the columns given."""
    return tables.frame(tables.METHODS, columns)


def test_a_panel_a_trace() -> None:
    """Two traces are two panels; what is never overloaded is drawn at the least share and told as 0."""
    figure = profiles.against(
        methods(
            trace=["one", "one", "two"], method=["peak", "p95", "peak"], hosts=[9, 5, 3],
            overload_share=[0.0, 0.1, 0.0], worst_host_share=[0.0, 0.2, 0.01],
        )
    )  # fmt: skip
    assert [trace.text for trace in figure.layout.annotations] == ["one", "two"]
    assert [list(mark.y) for mark in figure.data] == [[1e-5], [0.2], [0.01]]
    assert [mark.showlegend for mark in figure.data] == [True, True, False]
    assert list(figure.data[0].customdata) == [0.0]


def test_no_rows() -> None:
    """Without rows there is a figure all the same."""
    empty = methods(trace=[], method=[], hosts=[], overload_share=[], worst_host_share=[])
    assert profiles.against(empty).layout.title.text == "Hosts against overload"


def mix(**columns: object) -> pd.DataFrame:
    """Return a table of a host's VMs through the day."""
    return tables.frame(tables.MIX, columns)


def test_vms_are_stacked() -> None:
    """Two VMs peak at 30 and 20 MHz, at different hours: 50 all at once, 35 at the highest."""
    hours = mix(host=["a"] * 4, vm=["x", "x", "y", "y"], hour=[0, 1, 0, 1], cpu_mhz=[30.0, 10.0, 5.0, 20.0])
    figure = profiles.stacked(hours)
    assert [area.name for area in figure.data] == ["x", "y"]
    assert {area.stackgroup for area in figure.data} == {"cpu"}
    assert "35 MHz at the highest" in figure.layout.meta["caption"]
    assert "sum up to 50 MHz" in figure.layout.meta["caption"]


def test_of_several_hosts_the_one_that_gains_most_is_shown() -> None:
    """On b peaks of 9 and 9 MHz at different hours are 18 all at once, and 9 together; on a both are at one hour."""
    two = mix(host=[*"aaaabbbb"], vm=[*"vvwwxxyy"], hour=[0, 1] * 4, cpu_mhz=[9.0, 0, 9, 0, 9, 0, 0, 9])
    figure = profiles.stacked(two)
    assert [area.name for area in figure.data] == ["x", "y"]
    assert "puts on b" in figure.layout.meta["caption"]


def test_no_host() -> None:
    """Without rows there is a figure all the same."""
    assert profiles.stacked(mix(host=[], vm=[], hour=[], cpu_mhz=[])).layout.title.text
