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
