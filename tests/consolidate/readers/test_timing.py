"""Timing rules as users write them."""

from datetime import datetime
from pathlib import Path

import pytest

from consolidate.readers import rules, timing
from models.errors import InputError
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Sync, Timing, Window, laid_out
from tests.consolidate.readers.test_rules import INVENTORY

STARTS = datetime(2026, 11, 27, 23, 0)


def parsed(path: Path, text: str, starts: datetime | None = STARTS) -> tuple[Timing, ...]:
    """Read timing rules from a text."""
    file = path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    return timing.read(file, INVENTORY, starts)


def one(path: Path, text: str) -> Timing:
    """Return the only rule of a text."""
    (found,) = parsed(path, text)
    return found


def wrong(path: Path, text: str, starts: datetime | None = STARTS) -> list[tuple[int, str]]:
    """Return the line and the message of each error."""
    with pytest.raises(InputError) as error:
        parsed(path, text, starts)
    return [(finding.row, finding.message) for finding in error.value.findings]


def test_an_order(tmp_path: Path) -> None:
    """Rows of the VMs that go first, and of those that follow."""
    found = one(tmp_path, "- precedence: {first: db-1, then: web-*, name: tiers}")
    assert isinstance(found, Precedence)
    assert (found.first.tolist(), found.then.tolist(), found.name) == ([2], [0, 1], "tiers")


def test_one_at_a_time(tmp_path: Path) -> None:
    """By default one of the VMs moves."""
    found = one(tmp_path, "- serialize: {vms: web-*}")
    assert isinstance(found, Serialize)
    assert (found.vms.tolist(), found.most) == ([0, 1], 1)


def test_one_at_a_time_of_each_application(tmp_path: Path) -> None:
    """There is one application; a VM without one is in no rule."""
    found = one(tmp_path, "- serialize: {each: application, most: 2}")
    assert isinstance(found, Serialize)
    assert (found.vms.tolist(), found.most) == ([0, 1, 3], 2)


def test_at_the_same_moment(tmp_path: Path) -> None:
    """Post-copy changes hosts at the start."""
    found = one(tmp_path, "- sync: {vms: [web-1, web-2], at_start: true}")
    assert isinstance(found, Sync)
    assert (found.vms.tolist(), found.at_start) == ([0, 1], True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5", 1.5), ("90 s", 90), ("2 h", 7200), ("30min", 1800), ("2026-11-28T01:00", 7200)],
)
def test_a_deadline(tmp_path: Path, text: str, seconds: float) -> None:
    """Seconds, durations and dates, from the start of the plan at 23:00."""
    found = one(tmp_path, f"- deadline: {{vms: web-1, until: {text}}}")
    assert isinstance(found, Deadline)
    assert found.until_s == seconds


def test_hours_of_the_day(tmp_path: Path) -> None:
    """From 22:00 to 6:00: the plan begins at 23:00 in the middle, and the next night is 23 hours later."""
    found = one(tmp_path, '- window: {hosts: "rack:r2", daily: "22:00-06:00"}')
    assert isinstance(found, Window)
    assert (found.places.tolist(), laid_out(found, 1e5)[:2]) == (
        [1, 2],
        ((0.0, 7 * 3600.0), (23 * 3600.0, 31 * 3600.0)),
    )


def test_hours_that_do_not_pass_midnight(tmp_path: Path) -> None:
    """From 8:00 to 18:00 nothing moves: nine hours after 23:00, ten hours long."""
    found = one(tmp_path, '- blackout: {vms: db-1, daily: "8:00-18:00"}')
    assert isinstance(found, Blackout)
    assert laid_out(found, 1e5)[0] == (9 * 3600.0, 19 * 3600.0)


def test_the_end_of_the_day(tmp_path: Path) -> None:
    """24:00 is the midnight at the end of the day that the hours begin on."""
    late, same = (one(tmp_path, f'- blackout: {{vms: db-1, daily: "18:00-{end}"}}') for end in ("24:00", "00:00"))
    assert isinstance(late, Blackout)
    assert isinstance(same, Blackout)
    assert late.spans == same.spans


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('daily: "25:00-06:00"', "Expected a time of day from 00:00 to 24:00, not '25:00'."),
        ('daily: "22:61-06:00"', "Expected a time of day from 00:00 to 24:00, not '22:61'."),
        ('daily: "22:00-22:00"', "Hours of the day end at another time than they begin, not '22:00-22:00'."),
        ("spans: [{}]", "A span needs from, until or both: without them it is all of the time."),
    ],
)
def test_spans_that_are_none(tmp_path: Path, body: str, text: str) -> None:
    """Hours that there are not, and spans that are all of the day by an oversight, are told."""
    assert wrong(tmp_path, f"- blackout: {{vms: db-1, {body}}}") == [(1, text)]


def test_spans(tmp_path: Path) -> None:
    """A span without a beginning begins with the plan."""
    found = one(tmp_path, "- blackout: {hosts: h1, spans: [{until: 10 min}, {from: 1 h, until: 2 h}]}")
    assert isinstance(found, Blackout)
    assert found.spans == ((0.0, 600.0), (3600.0, 7200.0))


def test_a_budget_of_power(tmp_path: Path) -> None:
    """Always, or for a while."""
    found = one(tmp_path, "- power_budget: {watts: 9000, until: 1 h}")
    assert isinstance(found, PowerBudget)
    assert (found.watts, found.from_s, found.until_s) == (9000.0, 0.0, 3600.0)


def test_rules_of_both_sorts_stand_in_one_file(tmp_path: Path) -> None:
    """Each reader takes its own."""
    text = "- spread: {vms: web-*}\n- serialize: {vms: web-*}\n"
    assert [rule.kind for rule in parsed(tmp_path, text)] == ["Serialize"]
    assert [rule.kind for rule in rules.read(tmp_path / "rules.yaml", INVENTORY)] == ["Spread"]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Line by line."""
    text = """
- precedence: {first: db-1}
- deadline: {vms: nobody, until: soon}
- blackout: {hosts: h1}
- window: {hosts: h1, spans: [{from: 5, until: 5}]}
- serialize: {vms: web-1, each: application}
- power_budget: {watts: -1}
- sync: {vms: web-1, whatever: 1}
"""
    found = wrong(tmp_path, text)
    assert [line for line, _ in found] == [2, 3, 3, 4, 5, 6, 7, 8]
    assert "needs then" in found[0][1]
    assert "nobody" in found[1][1]
    assert "'soon'" in found[2][1]
    assert "whatever" in found[7][1]


def test_a_time_of_day_needs_to_know_when_the_plan_begins(tmp_path: Path) -> None:
    """Without it there is no midnight."""
    ((_, message),) = wrong(tmp_path, '- window: {hosts: h1, daily: "22:00-06:00"}', None)
    assert "migration.starts" in message


def test_a_date_before_the_plan_is_an_error(tmp_path: Path) -> None:
    """The plan begins on the 27th."""
    ((_, message),) = wrong(tmp_path, "- deadline: {vms: web-1, until: 2026-11-01}")
    assert "before the plan begins" in message


def test_a_time_beyond_any_plan_is_an_error(tmp_path: Path) -> None:
    """No number is too large to be told."""
    ((_, message),) = wrong(tmp_path, "- deadline: {vms: web-1, until: 99999999999999999999 d}")
    assert "at most" in message
