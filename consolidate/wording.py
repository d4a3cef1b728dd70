"""The answer in a sentence, and what several commands say in the same words."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.counting import counted as counted

if TYPE_CHECKING:
    from models.arrays import Mask
    from models.estate import Rates

ALWAYS = 0.95
"""Share of the time until the last move ends from which on moves are said to take that time."""


def verdict_sentence(summary: Mapping[str, Any], reason: str, left: str = "") -> str:
    """Return what a plan comes to, for somebody who reads nothing else; `left` is the first violation that stays."""
    return f"{_answer(summary, reason)}{_bought(summary)}{_mended(summary)}{_stays(summary['violations_left'], left)}"


def _bought(summary: Mapping[str, Any]) -> str:
    count = summary.get("hosts_bought", 0)
    if not count or summary["status"] == "infeasible":
        return ""
    return f" {'One host is' if count == 1 else f'{count} hosts are'} bought for {summary['purchase_eur']:,.0f} EUR."


def _mended(summary: Mapping[str, Any]) -> str:
    count = summary["violations_before"] - summary["violations_left"]
    if count <= 0 or summary["status"] in ("infeasible", "unchanged"):
        return ""
    return f" It mends {'one violation' if count == 1 else f'{count} violations'} of today."


def _stays(count: int, first: str) -> str:
    if not count:
        return ""
    many = "One violation of today stays" if count == 1 else f"{count} violations of today stay"
    return f" {many}: {first}."


def _answer(summary: Mapping[str, Any], reason: str) -> str:
    if summary["status"] == "infeasible":
        return f"There is no plan that keeps the rules: {reason}"
    if summary["status"] == "unchanged":
        return f"Nothing can be moved. {reason}" if reason else _unchanged(summary)
    before, after, bound = summary["hosts_before"], summary["hosts_after"], summary["hosts_bound"]
    proof = "proven fewest" if after <= bound else f"at least {bound} are needed"
    stay = f"{counted(after, 'host')} {'stays' if after == 1 else 'stay'} on"
    became = f"{counted(before, 'host')} {'becomes' if before == 1 else 'become'} {after} ({proof})"
    freed = became if after != before else stay
    moves = f"{counted(summary['moves'], 'move')} in {counted(summary['waves'], 'wave')}"
    way = f"{moves} {spent(summary)}"
    return f"{freed}: {way if summary['moves'] else 'no move is needed'}. {_money(summary)}"


def spent(summary: Mapping[str, Any]) -> str:
    """
    Return for how long moves run, and how long it takes in all where they do not run all the time.

    >>> spent({"moves": 2, "moving_s": 119.0, "makespan_s": 120.0})
    'take 2 min'
    >>> spent({"moves": 1, "moving_s": 120.0, "makespan_s": 7500.0})
    'runs for 2 min; with waits it takes 2.1 h'
    """
    moving_s, last_s = summary["moving_s"], summary["makespan_s"]
    one = "s" if summary["moves"] == 1 else ""
    if moving_s >= ALWAYS * last_s:
        return f"take{one} {duration(last_s)}"
    return f"run{one} for {duration(moving_s)}; with waits it takes {duration(last_s)}"


def _unchanged(summary: Mapping[str, Any]) -> str:
    if summary["dropped_moves"]:
        return "Nothing worth doing: no move pays back within the horizon, or fits in the moves allowed."
    needed = "the one host is" if (count := summary["hosts_before"]) == 1 else f"all {count} hosts are"
    return (
        f"Nothing worth doing: {needed} needed "
        f"(at least {summary['hosts_bound']} by the bound) at these ceilings, rules and spare hosts."
    )


def _money(summary: Mapping[str, Any]) -> str:
    saving, once, months = summary["saving_eur_year"], summary["once_eur"], summary["payback_months"]
    if round(saving) == 0:
        return f"It saves nothing a year and costs {once:,.0f} EUR once."
    if saving < 0:
        return f"It costs {-saving:,.0f} EUR a year more than today."
    if once < 0:
        return (
            f"It saves {saving:,.0f} EUR a year, and what is sold brings in {-once:,.0f} EUR more than the plan costs."
        )
    back = "never" if months != months else f"in {months:.1f} months"
    return f"It saves {saving:,.0f} EUR a year; {once:,.0f} EUR spent once are paid back {back}."


def duration(seconds: float) -> str:
    """
    Return a duration in the units that people use.

    >>> duration(42), duration(600), duration(7500), duration(200_000)
    ('42 s', '10 min', '2.1 h', '2.3 days')
    >>> duration(604_800), duration(86_400)
    ('7 days', '1 day')
    """
    for size, unit, digits in ((86_400, "days", 1), (3_600, "h", 1), (60, "min", 0)):
        if seconds >= size:
            amount = f"{seconds / size:.{digits}f}".removesuffix(".0")
            return f"{amount} {unit.removesuffix('s') if amount == '1' else unit}"
    return f"{seconds:.0f} s"


def three(value: float) -> str:
    """
    Return a number with three significant digits, and with all of those before the point.

    >>> three(26_634.4), three(435.68), three(9.5702), three(24.0), three(0.0000123)
    ('26,634', '436', '9.57', '24', '0.0000123')
    """
    digits = max(2 - math.floor(math.log10(abs(value))), 0) if value else 0
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def traffic(rates: "Rates", those: "Mask") -> str:
    """Return for how many of the VMs that count the profile stands in for packets or requests; empty: for none."""
    unknown = int(((rates.net_mbps <= 0) | (rates.disk_iops <= 0))[those].sum())
    text = (
        f"Packets or requests of {counted(unknown, 'VM')} were not counted and are those of their profile: tell them "
        "in net_mbps and disk_iops."
    )
    return text if unknown else ""
