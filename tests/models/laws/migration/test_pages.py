"""Memory in cells: what is sent, in which order, under two limits."""

import numpy as np
import pytest

from models.arrays import Floats
from models.laws.migration.pages import Pages


def memory() -> Pages:
    """Return 100 pages: 10 empty, 4 cells of 5 that are written to, 30 filled, 40 empty."""
    one = np.ones(1)
    return Pages.of(100 * one, 50 * one, 20 * one, 10 * one, 4)


def send(pages: Pages, amount: float, seconds: float = np.inf) -> tuple[Floats, Floats, Floats]:
    """Send pages of 10 bytes and 1 s, empty ones of 1 byte and 0.1 s."""
    weight = np.where(pages.empty, 1.0, 10.0)[None]
    return pages.send(np.array([amount]), np.array([seconds]), weight, weight / 10)


def test_cells() -> None:
    """All pages are to be sent at first, in the order of their cells."""
    assert memory().left[0].tolist() == [10, 5, 5, 5, 5, 30, 40]


def test_bytes_are_a_limit() -> None:
    """120 bytes: 10 empty pages and 11 filled ones, two whole cells and a page of the third."""
    pages = memory()
    _, sent, took = send(pages, 120)
    assert pages.left[0].tolist() == [0, 0, 0, 4, 5, 30, 40]
    assert (sent[0], took[0], pages.at[0]) == (120, pytest.approx(12), 3)


def test_time_is_a_limit() -> None:
    """3 s: 10 empty pages in 1 s, and two filled ones."""
    pages = memory()
    assert send(pages, 1e9, 3.0)[1][0] == pytest.approx(30)
    assert pages.left[0, 1] == pytest.approx(3)


def test_what_costs_nothing_waits_its_turn() -> None:
    """Empty pages that take no time are not sent before the filled ones ahead of them."""
    pages = memory()
    weight = np.where(pages.empty, 1.0, 10.0)[None]
    pages.send(np.array([np.inf]), np.array([3.0]), weight, np.where(pages.empty, 0.0, 1.0)[None])
    assert pages.left[0].tolist() == [0, 2, 5, 5, 5, 30, 40]


def test_sending_goes_on_where_it_was_and_wraps() -> None:
    """What is dirtied behind is sent after what is ahead."""
    pages = memory()
    send(pages, 10 + 500)
    pages.dirtied(np.array([True]), np.ones((1, 4)))
    send(pages, 40 + 30)
    assert pages.left[0].tolist() == [0, 2, 5, 5, 5, 0, 0]


def test_only_new_pages_are_dirtied() -> None:
    """Of a cell of which 3 pages are left, writing half adds 1."""
    pages = memory()
    send(pages, 10 + 20)
    assert pages.dirtied(np.array([True]), np.full((1, 4), 0.5))[0] == pytest.approx(1)
    assert pages.left[0, 1] == pytest.approx(4)


def test_pages_of_one_kind_ahead() -> None:
    """First 10 empty pages, then 50 filled ones, then 40 empty ones."""
    pages = memory()
    found = []
    for sent in (10, 500, 40):
        count, empty = pages.ahead()
        found.append((count[0], bool(empty[0])))
        send(pages, sent)
    assert found == [(10, True), (50, False), (40, True)]
