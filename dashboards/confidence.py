"""How far an answer can be trusted, in sentences."""

from collections.abc import Mapping
from typing import Any

from dashboards.results import Results
from dashboards.words import count, duration, known, number, share


def trust(results: Results) -> list[tuple[str, str]]:
    """Return what says how far the answer can be trusted: (what, sentence)."""
    summary = results.summary
    if results.command == "simulate":
        return [(what, sentence) for what, sentence in _simulation(summary) if sentence]
    if results.command == "rehearse":
        return [(what, sentence) for what, sentence in _rehearsal(summary) if sentence]
    if results.command == "compare":
        return [(what, sentence) for what, sentence in _comparison(results) if sentence]
    found = [
        ("Data", _data(summary)),
        ("Demand", _basis(summary.get("basis"))),
        ("Placement", _search(results)),
        ("Schedule", _schedule(summary)),
        ("Check", _check(summary)),
        ("Repeatable", _repeatable(summary)),
    ]
    return [(what, sentence) for what, sentence in found if sentence]


def _simulation(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    coverage, refused, seed = (summary.get(key) for key in ("coverage", "refused", "seed"))
    told = f"{share(coverage)} of the readings of running VMs were there." if known(coverage) else ""
    moves = f"{count(refused, 'move')} asked for and refused by an agent."
    again = f"The same input, policy and seed {seed} give the same simulation."
    return [("Data", told), ("Refused", moves if refused else ""), ("Repeatable", again if known(seed) else "")]


def _rehearsal(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    runs, checked, seed = (summary.get(key) for key in ("runs", "checked", "seed"))
    both = summary.get("difference_s")
    agree = f"The quick replay and the one in the datacenter differ by {both:.2g} s at most." if known(both) else ""
    asked = f"An independent check was asked about {count(checked, 'run')} of {number(runs)}, the odd ones first."
    again = f"The same plan, inventory and seed {seed} give the same runs."
    return [("Replay", agree), ("Check", asked if known(checked) else ""), ("Repeatable", again if known(seed) else "")]


def _comparison(results: Results) -> list[tuple[str, str]]:
    deltas, summary = results.tables["deltas"], results.summary
    told = "One seed of each: no interval, so what differs little may be chance."
    if deltas["low"].notna().any():
        paired = "pairs of the same seeds" if deltas["paired"].all() else "means over seeds of their own"
        most = count(int(deltas["seeds"].max()), "seed")
        told = f"Of {share(summary.get('confidence'))}, Student's, from {paired}; {most} at most."
    again = " ".join(map(str, summary.get("paid_back") or []))
    return [("Intervals", told if len(deltas) else ""), ("Paid back", again)]


def _data(summary: Mapping[str, Any]) -> str:
    grade, coverage = summary.get("grade"), summary.get("coverage")
    parts = [f"Grade {grade} on a scale from A to E" if grade else ""]
    parts += [f"{share(coverage)} of the readings that the basis needs were there" if known(coverage) else ""]
    return _sentence("; ".join(filter(None, parts)))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].removesuffix('.')}." if text else ""


def _basis(basis: Any) -> str:
    if isinstance(basis, Mapping):
        return _sentence("; ".join(f"{key}: {value}" for key, value in basis.items()))
    return _sentence(str(basis or ""))


def _search(results: Results) -> str:
    summary = results.summary
    if results.status not in ("optimal", "feasible") or not summary.get("solver"):
        return ""
    gap = summary.get("gap")
    best = (
        "No placement that keeps the rules is better"
        if results.status == "optimal"
        else "It is not proven to be the best"
    )
    if results.status == "feasible" and known(gap):
        best = f"The best possible is at most {share(gap, 1)} better"
    return f"{best}; found by {summary['solver']} in {duration(summary.get('seconds'))}."


def _schedule(summary: Mapping[str, Any]) -> str:
    span, bound = summary.get("makespan_s"), summary.get("makespan_bound_s")
    if not summary.get("moves") or not known(span) or not known(bound):
        return ""
    risky, once = summary.get("moves_at_risk"), summary.get("moves_at_risk_at_once")
    calm = "" if not risky else f" Moves at risk: {risky}, of which {once} at once at most."
    return f"{duration(span)}; no schedule under the same limits is shorter than {duration(bound)}.{calm}"


def _check(summary: Mapping[str, Any]) -> str:
    before, during, after = (summary.get(f"violations_{when}") for when in ("before", "during", "after"))
    if not known(during) or not known(after) or during is None or after is None:
        return ""
    left = summary.get("violations_left") or 0
    text = "An independent check found no new violation during or after the plan"
    if during or after:
        text = f"An independent check found {count(during, 'new violation')} during the plan, {number(after)} after it"
    return (
        f"{text}; of {count(before, 'violation')} today {number(left)} stay{'s' if left == 1 else ''}."
        if before
        else f"{text}."
    )


def _repeatable(summary: Mapping[str, Any]) -> str:
    same = summary.get("reproducible")
    if same is None or summary.get("seed") is None:
        return ""
    if not same:
        return "The search was cut by the clock, so another run may find another plan."
    return f"The same input and seed {summary['seed']} give the same plan."
