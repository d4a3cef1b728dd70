"""The answer in a sentence, for every kind of answer."""

from typing import Any

import numpy as np
import pytest

from consolidate.wording import duration, traffic, verdict_sentence
from models.estate import Rates

NAN = float("nan")


def said(**changes: Any) -> str:
    """Return the verdict of a plan that frees two of ten hosts, with some things changed."""
    summary: dict[str, Any] = {
        "status": "optimal",
        "violations_before": changes.get("violations_left", 0),
        "violations_left": 0,
        "hosts_before": 10,
        "hosts_after": 8,
        "hosts_bound": 8,
        "waves": 2,
        "moves": 12,
        "makespan_s": 600.0,
        "moving_s": 600.0,
        "saving_eur_year": 1234.5,
        "once_eur": 100.0,
        "payback_months": 1.0,
        "dropped_moves": 0,
    }
    return verdict_sentence(summary | changes, changes.get("reason", ""), changes.get("left", ""))


def test_a_plan() -> None:
    """Hosts, the proof, the way and the money."""
    assert said() == (
        "10 hosts become 8 (proven fewest): 12 moves in 2 waves take 10 min. "
        "It saves 1,234 EUR a year; 100 EUR spent once are paid back in 1.0 months."
    )


def test_pauses_are_no_work() -> None:
    """Moves run for two of ten minutes: both are told."""
    assert "in 2 waves run for 2 min; with waits it takes 10 min." in said(moving_s=120.0)


def test_a_gap() -> None:
    """Where the fewest are not proven, the bound is told."""
    assert "10 hosts become 8 (at least 7 are needed)" in said(hosts_bound=7)


def test_one_wave() -> None:
    """One wave is no waves."""
    assert "in 1 wave take 10 min" in said(waves=1)


def test_no_moves() -> None:
    """Empty hosts are switched off without a move."""
    assert "become 8 (proven fewest): no move is needed." in said(moves=0)


def test_as_many_hosts_as_before() -> None:
    """A plan that only mends says so."""
    assert said(hosts_after=10, hosts_bound=10).startswith("10 hosts stay on: 12 moves")


def test_more_is_sold_than_spent() -> None:
    """What is sold may bring in more than the plan costs."""
    assert "what is sold brings in 50 EUR more than the plan costs" in said(once_eur=-50.0, payback_months=0.0)


def test_never_paid_back() -> None:
    """NaN months are never, and a plan that costs more says so."""
    assert "are paid back never" in said(payback_months=NAN)
    assert said(saving_eur_year=-10.0).endswith("It costs 10 EUR a year more than today.")


def test_nothing_worth_doing() -> None:
    """Either all hosts are needed, or what could be done does not pay."""
    needed = said(status="unchanged", hosts_after=10)
    assert needed.startswith("Nothing worth doing: all 10 hosts are needed (at least 8 by the bound)")
    assert "no move pays back" in said(status="unchanged", dropped_moves=3)


def test_infeasible() -> None:
    """The reason is given."""
    assert said(status="infeasible", reason="It is so.") == "There is no plan that keeps the rules: It is so."


@pytest.mark.parametrize(
    ("count", "words"), [(1, "One violation of today stays: X."), (3, "3 violations of today stay: X.")]
)
def test_what_stays_broken(count: int, words: str) -> None:
    """Violations that a plan does not mend are not passed over."""
    assert said(violations_left=count, left="X").endswith(words)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (86_400, "1 day")]
)
def test_duration(seconds: float, words: str) -> None:
    """The largest unit that fits."""
    assert duration(seconds) == words


def test_what_is_mended() -> None:
    """Of three violations of today one stays: two are mended, and both are said."""
    text = said(violations_before=3, violations_left=1, left="X")
    assert text.endswith(" It mends 2 violations of today. One violation of today stays: X.")


def test_traffic() -> None:
    """Of three VMs that count one tells both rates, one only packets, and one nothing: the profile stands in twice."""
    rates = Rates(np.array([5.0, 5.0, 0.0, 0.0]), np.array([9.0, 0.0, 0.0, 0.0]))
    assert traffic(rates, np.array([True, True, True, False])).startswith("Packets or requests of 2 VMs were not")
    assert traffic(rates, np.array([True, False, False, False])) == ""
