"""Numbers and headlines in words."""

import doctest
from pathlib import Path
from typing import Any

import pytest

from dashboards import grids, headline, words
from dashboards.results import load
from tests.dashboards import estates, factory


@pytest.mark.parametrize("module", [words, grids])
def test_examples_hold(module: Any) -> None:
    """The examples in the docstrings are true, and there are some."""
    failed, tried = doctest.testmod(module)
    assert failed == 0
    assert tried > 0


def headlines(folder: Path, **given: Any) -> dict[str, tuple[str, str]]:
    """Return the big numbers of a plan with the summary keys given, by title."""
    results = load(factory.write(folder, factory.summary(**given), estates.plan()))
    return {item.title: (item.value, item.note) for item in headline.numbers(results)}


def test_a_plan_in_six_numbers(tmp_path: Path) -> None:
    """Hosts with their bound, saving, payback, migrations, carbon and power."""
    assert headlines(tmp_path / "plan") == {
        "Hosts switched on": ("24 → 15", "proven: fewer than 15 cannot do"),
        "Saved a year": ("€41,000", "running cost €96,000 → €55,000"),
        "Paid back": ("in 3.3 months", "€11,200 paid once"),
        "Migrations": ("84", "in 1 h 10 min, 4 waves, 80 live"),
        "CO₂ a year": ("10 t less", "31 → 21 t CO₂e (−32\u00a0%)"),
        "Power": ("2 kW less", "6.1 → 4.1 kW (−33\u00a0%)"),
    }


def test_a_bound_below_is_told(tmp_path: Path) -> None:
    """Where the bound is not met, the headline says how many hosts are needed at least."""
    assert headlines(tmp_path / "plan", hosts_bound=13)["Hosts switched on"][1] == "proven: at least 13 are needed"


def test_never_is_told(tmp_path: Path) -> None:
    """A payback of null is never; money earned once is not called paid."""
    found = headlines(tmp_path / "plan", payback_months=None, once_eur=-500.0)
    assert found["Paid back"] == ("never", "€500 earned once")


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    """Without prices there is no word of money or carbon."""
    keys = ("saving_eur_year", "once_eur", "carbon_before_kg_year")
    found = headlines(tmp_path / "plan", **dict.fromkeys(keys))
    assert set(found) == {"Hosts switched on", "Migrations", "Power"}


def test_new_violations_are_not_hidden(tmp_path: Path) -> None:
    """If the check found something new, the trust section says so."""
    summary = factory.summary(violations_during=1, violations_after=2)
    trust = dict(headline.trust(load(factory.write(tmp_path / "plan", summary, {}))))
    assert "1 new violation during the plan, 2 after it; of 3 violations today 0 stay." in trust["Check"]


@pytest.mark.parametrize(
    ("status", "gap", "text"),
    [
        ("optimal", 0.0, "Proven best possible"),
        ("feasible", 0.041, "Within 4.1\u00a0% of the best possible"),
        ("feasible", None, "A valid plan"),
        ("unchanged", None, "Nothing worth doing"),
        ("infeasible", None, "No placement keeps all the rules"),
    ],
)
def test_status_without_jargon(tmp_path: Path, status: str, gap: float | None, text: str) -> None:
    """Each status has words that a manager understands."""
    results = load(factory.write(tmp_path / "plan", factory.summary(status=status, gap=gap), {}))
    assert headline.badge(results) == text


def test_a_summary_of_little_is_enough(tmp_path: Path) -> None:
    """A summary with the command alone gives headlines without an error."""
    for command in ("plan", "simulate", "study"):
        results = load(factory.write(tmp_path / command, {"command": command}, {}))
        assert headline.badge(results) == headline.TITLES[command]
        assert headline.trust(results) == []
        assert isinstance(headline.numbers(results), list)
