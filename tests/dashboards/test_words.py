"""Numbers and headlines in words."""

import doctest
from pathlib import Path
from typing import Any

import pytest

from dashboards import confidence, grids, headline, scenarios, words
from dashboards.results import Results, load
from tests.dashboards import estates, factory


@pytest.mark.parametrize("module", [words, grids, scenarios])
def test_examples_hold(module: Any) -> None:
    """The examples in the docstrings are true, and there are some."""
    failed, tried = doctest.testmod(module)
    assert failed == 0
    assert tried > 0


def headlines(folder: Path, **given: Any) -> dict[str, tuple[str, str]]:
    """Return the big numbers of a plan with the summary keys given, by title."""
    results = load(factory.write(folder, factory.summary(**given), estates.plan()))
    return {item.title: (item.value, item.note) for item in headline.numbers(results)}


def test_a_plan_in_eight_numbers(tmp_path: Path) -> None:
    """Hosts with their bound, saving, payback, migrations, carbon, power, overhead (60 of 500 GHz) and ready time."""
    assert headlines(tmp_path / "plan") == {
        "Hosts switched on": ("24 → 15", "proven: fewer than 15 cannot do"),
        "Saved a year": ("€41,000", "running cost €96,000 → €55,000"),
        "Paid back": ("in 3.3 months", "€11,200 paid once"),
        "Migrations": ("84", "in 1 h 10 min, 4 waves, 80 live"),
        "CO₂ a year": ("10 t less", "31 → 21 t CO₂e (−32\u00a0%)"),
        "Power": ("2 kW less", "6.1 → 4.1 kW (−33\u00a0%)"),
        "Virtualization adds": ("12.0\u00a0%", "to the VMs' own work: 70 GHz → 60 GHz"),
        "Ready time": ("3.1\u00a0%", "of its time a virtual CPU waits for a core, on the worst host"),
    }


def test_a_bound_below_is_told(tmp_path: Path) -> None:
    """Where the bound is not met, the headline says how many hosts are needed at least."""
    assert headlines(tmp_path / "plan", hosts_bound=13)["Hosts switched on"][1] == "proven: at least 13 are needed"


def test_never_is_told(tmp_path: Path) -> None:
    """A payback of null is never; money earned once is not called paid."""
    found = headlines(tmp_path / "plan", payback_months=None, once_eur=-500.0)
    assert found["Paid back"] == ("never", "€500 earned once")


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    """Without prices there is no word of money or carbon, and without a model of overhead none of that."""
    keys = ("saving_eur_year", "once_eur", "carbon_before_kg_year", "overhead_mhz", "ready_share_max")
    found = headlines(tmp_path / "plan", **dict.fromkeys(keys))
    assert set(found) == {"Hosts switched on", "Migrations", "Power"}


def test_new_violations_are_not_hidden(tmp_path: Path) -> None:
    """If the check found something new, the trust section says so."""
    summary = factory.summary(violations_during=1, violations_after=2)
    trust = dict(confidence.trust(load(factory.write(tmp_path / "plan", summary, {}))))
    assert "1 new violation during the plan, 2 after it; of 3 violations today 0 stay." in trust["Check"]


def test_moves_at_risk_are_told(tmp_path: Path) -> None:
    """The trust section says how many moves are at risk and how many of them run at once, if there is any."""
    told = [
        dict(confidence.trust(load(factory.write(tmp_path / str(risky), factory.summary(moves_at_risk=risky), {}))))
        for risky in (3, 0)
    ]
    assert "Moves at risk: 3, of which 2 at once at most." in told[0]["Schedule"]
    assert "risk" not in told[1]["Schedule"]


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
    for command in ("plan", "simulate", "study", "overhead"):
        results = load(factory.write(tmp_path / command, {"command": command}, {}))
        assert headline.badge(results) == headline.TITLES[command]
        assert confidence.trust(results) == []
        assert isinstance(headline.numbers(results), list)


def test_overhead_in_five_numbers(tmp_path: Path) -> None:
    """Of 40 GHz of work 6.56 GHz are 16.4 %; the cheapest and the dearest, what the change frees, and the processor."""
    found = {item.title: (item.value, item.note) for item in headline.numbers(load(factory.overhead(tmp_path / "o")))}
    assert found == {
        "Virtualization adds": ("16.4\u00a0%", "6.56 GHz to 40 GHz of own work of 188 running VMs"),
        "Least overhead": ("container", "1.002× the CPU of native work; hardware and OS levels"),
        "Most overhead": ("user-mode-kernel", "2.77× the CPU of native work; hardware and OS levels"),
        "The change frees": ("3.21 GHz", "container; 40 VMs would gain"),
        "Technologies compared": ("16", "on skylake-sp"),
    }


def test_a_workload_alone_has_no_today(tmp_path: Path) -> None:
    """Without an inventory the work is told, and no word is said of today or of gains."""
    results = load(factory.overhead_alone(tmp_path / "o"))
    titles = {item.title: item.value for item in headline.numbers(results)}
    assert titles["Own work"] == "2.9 GHz"
    assert not {"Virtualization adds", "The change frees"} & set(titles)
    assert headline.badge(results) == "Technology by technology"


def test_a_study_s_answer_names_settings_briefly(tmp_path: Path) -> None:
    """The verdict and the scenario of the fewest hosts call a setting by its name alone."""
    results = load(factory.study(tmp_path / "study"))
    table = results.tables["scenarios"]
    table["scenario"] = [f"limits.cpu_ceiling={value}" for value in table["axis.limits.cpu_ceiling"]]
    told = {**results.summary, "verdict": "The most is saved with limits.cpu_ceiling=0.9."}
    found = Results(results.folder, told, results.manifest, results.tables)
    assert headline.verdict(found) == "The most is saved with cpu_ceiling=0.9."
    assert {item.note for item in headline.numbers(found)} >= {"cpu_ceiling=0.9"}
