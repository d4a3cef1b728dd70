"""Which pages are written after a time."""

import numpy as np
import pytest

from models.laws.migration.writing import Writers


def writers(pattern: str, pages: float = 100.0, rate: float = 10.0, at: float = 0.0) -> Writers:
    """Return one guest; a tenth of its pages takes nine tenths of its writes if some are hot."""
    one = np.ones(1)
    return Writers(pages * one, rate * one, np.array([pattern], object), 0.1 * one, 0.9 * one, at * one)


def test_a_sweep_writes_each_page_once_a_lap() -> None:
    """100 pages at 10 a second: 30 after 3 s, all after 10 s and later."""
    guest = writers("cyclic")
    assert [guest.unique(np.array([time]))[0] for time in (0.0, 3.0, 10.0, 25.0)] == pytest.approx([0, 30, 100, 100])


def test_a_sweep_goes_on_where_it_stood() -> None:
    """From page 90 the sweep of 2 s passes the last tenth and the first."""
    found = writers("cyclic", at=90.0).written(np.array([2.0]), 10)[0]
    assert found.tolist() == pytest.approx([1, 0, 0, 0, 0, 0, 0, 0, 0, 1])


def test_a_sweep_remembers_where_it_stands() -> None:
    """After 95 pages and 10 more, of 100, it stands at the fifth."""
    guest = writers("cyclic")
    guest.pass_by(np.array([9.5]))
    guest.pass_by(np.array([1.0]))
    assert guest.at[0] == pytest.approx(5)


def test_random_writes_hit_pages_again() -> None:
    """As many writes as pages leave 1/e of them untouched."""
    assert writers("uniform").unique(np.array([10.0]))[0] == pytest.approx(100 * (1 - np.exp(-1)), rel=1e-3)


def test_hot_pages_take_most_writes() -> None:
    """Of 100 writes 90 fall on 10 hot pages, nearly all of which are hit, and 10 on 90 others."""
    expected = 10 * (1 - np.exp(-9)) + 90 * (1 - np.exp(-1 / 9))
    assert writers("hotcold").unique(np.array([10.0]))[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("pattern", ["uniform", "hotcold"])
def test_random_writes_by_experiment(pattern: str) -> None:
    """Thrown writes hit as many pages as the law says, within 2 %."""
    random = np.random.default_rng(1)
    pages, count = 20_000, 30_000
    hot = random.random(count) < (0.9 if pattern == "hotcold" else 0.1)
    drawn = np.where(hot, random.integers(0, pages // 10, count), random.integers(pages // 10, pages, count))
    found = writers(pattern, pages, count).unique(np.array([1.0]))[0]
    assert found == pytest.approx(len(np.unique(drawn)), rel=0.02)


def test_nothing_is_written_to_nothing() -> None:
    """A guest without a working set writes no page."""
    assert writers("cyclic", pages=0.0).unique(np.array([5.0]))[0] == 0
