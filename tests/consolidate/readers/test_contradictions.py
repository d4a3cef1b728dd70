"""Rules about time that cannot be kept together are told by name and row, as small sets."""

from pathlib import Path

import pytest

from tests.consolidate.readers.test_timing import parsed, wrong


@pytest.mark.parametrize(
    ("text", "row", "told"),
    [
        (
            "- precedence: {first: web-1, then: web-1}",
            1,
            "Precedence (rules.yaml, row 1) cannot be kept: the moves of web-1 would have to end before they begin.",
        ),
        (
            "- precedence: {first: web-1, then: web-2}\n- serialize: {vms: '*'}\n"
            "- precedence: {first: web-2, then: db-1}\n- precedence: {first: db-1, then: web-1, name: back}",
            4,
            "Precedence (rules.yaml, row 1), Precedence (rules.yaml, row 3) and Precedence back (rules.yaml, row 4) "
            "contradict each other: the moves of web-1, web-2, db-1 would have to end before they begin.",
        ),
        (
            "- sync: {vms: [web-1, web-2]}\n- precedence: {first: web-1, then: web-2}",
            2,
            "Sync (rules.yaml, row 1) and Precedence (rules.yaml, row 2) contradict each other: the moves of web-2 "
            "would have to end before they begin.",
        ),
        (
            "- sync: {vms: [web-1, web-2, db-1]}\n- serialize: {vms: '*', most: 2}",
            2,
            "Sync (rules.yaml, row 1) and Serialize (rules.yaml, row 2) contradict each other: web-1, web-2, db-1 "
            "change hosts at the same moment, and at most 2 may move at once.",
        ),
        (
            "- window: {vms: 'web-*', spans: [{from: 2 h, until: 3 h}]}\n- deadline: {vms: web-2, until: 1 h}",
            2,
            "Window (rules.yaml, row 1) and Deadline (rules.yaml, row 2) contradict each other: no moment is left for "
            "web-2 to move.",
        ),
        (
            "- window: {vms: web-1, daily: '22:00-23:00'}\n- blackout: {vms: 'web-*', daily: '20:00-06:00'}",
            2,
            "Window (rules.yaml, row 1) and Blackout (rules.yaml, row 2) contradict each other: no moment is left for "
            "web-1 to move.",
        ),
        (
            "- window: {hosts: 'rack:r2', daily: '01:00-03:00'}\n- window: {hosts: h2, spans: [{until: 1 h}]}",
            2,
            "Window (rules.yaml, row 1) and Window (rules.yaml, row 2) contradict each other: no moment is left at h2.",
        ),
        (
            "- blackout: {vms: db-1, spans: [{until: 2 h}]}\n- precedence: {first: db-1, then: web-1}\n"
            "- deadline: {vms: db-1, until: 3 h}\n- deadline: {vms: web-1, until: 90 min}",
            4,
            "Blackout (rules.yaml, row 1), Precedence (rules.yaml, row 2) and Deadline (rules.yaml, row 4) contradict "
            "each other: no moment is left for web-1 to move after what must be over before.",
        ),
    ],
    ids=["itself", "circle", "together", "crowd", "deadline", "daily", "host", "chain"],
)
def test_told(tmp_path: Path, text: str, row: int, told: str) -> None:
    """Only the rules that are needed for it are named, and what they come to."""
    assert wrong(tmp_path, text) == [(row, told)]


@pytest.mark.parametrize(
    "text",
    [
        "- precedence: {first: web-1, then: [web-2, db-1]}\n- precedence: {first: web-2, then: db-1}",
        "- sync: {vms: [web-1, web-2]}\n- serialize: {vms: '*', most: 2}\n- precedence: {first: web-1, then: db-1}",
        "- sync: {vms: [web-1, web-2]}\n- sync: {vms: [web-2, db-1], at_start: true}\n"
        "- precedence: {first: db-1, then: web-1}",
        "- blackout: {vms: web-1, spans: [{from: 0}]}\n- precedence: {first: web-1, then: web-2}",
        "- window: {vms: web-1, daily: '22:00-06:00'}\n- deadline: {vms: web-1, until: 60 d}\n"
        "- blackout: {vms: web-1, spans: [{until: 50 d}]}",
    ],
    ids=["order", "two at once", "overlapping", "never", "long after"],
)
def test_what_can_be_kept_is_not_told(tmp_path: Path, text: str) -> None:
    """
    Orders without a circle, two that may move at once, db-1 that moves at the start of web-2 and is over before web-1.

    A VM that never moves is no contradiction, and nights come for ever.
    """
    assert parsed(tmp_path, text)


def test_all_sets_are_told_at_once(tmp_path: Path) -> None:
    """One about an order, one about a deadline, and a VM that is unknown."""
    text = """
- precedence: {first: web-1, then: web-2}
- precedence: {first: web-2, then: web-1}
- deadline: {vms: nobody, until: 1 h}
- deadline: {vms: db-1, until: 1 h}
- window: {vms: db-1, spans: [{from: 1 h}]}
"""
    assert sorted(row for row, _ in wrong(tmp_path, text)) == [3, 4, 6]
