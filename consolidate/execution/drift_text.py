"""What became of a plan, in words and as JSON's own types."""

import datetime
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from consolidate.execution.drift import BROKEN, DONE, IMPOSSIBLE, RUNNING, WAITING, Drift, Step
from consolidate.execution.journal import Journal
from consolidate.execution.rest import NOTHING, SOLVED, Rest
from consolidate.wording import counted, duration

MOST_LISTED = 12


def lines(found: Drift, journal: Journal, rest: Rest | None) -> Iterator[str]:
    """Yield what people read."""
    counts = ", ".join(f"{found.count(state)} {state}" for state in (DONE, RUNNING, BROKEN, WAITING, IMPOSSIBLE)
                       if found.count(state))  # fmt: skip
    yield f"After {duration(found.now_s)}: {counts or 'no moves'}, of {len(found.steps)}."
    yield _pace(found)
    late_s = found.predicted_end_s - found.planned_end_s
    yield (
        f"The last move was to end after {duration(found.planned_end_s)}, and is predicted to after "
        f"{duration(found.predicted_end_s)}: {duration(abs(late_s))} {'later' if late_s >= 0 else 'earlier'}."
    )
    yield from _waves(found)
    yield from _troubles(found)
    for finding in journal.findings:
        yield f"{finding.severity}: {finding}"
    if rest is not None:
        yield from _left(rest)


def _pace(found: Drift) -> str:
    if not found.samples:
        return "No live move is done yet: the rest is predicted as planned."
    return (
        f"{counted(found.samples, 'live move')} took {found.ratio:.2f} times as long as planned, "
        f"at {found.bandwidth_mbps:,.0f} Mbit/s of memory."
    )


def _waves(found: Drift) -> Iterator[str]:
    for wave in found.waves:
        late_s = wave.end_s - wave.planned_end_s
        sign = "+" if late_s >= 0 else "−"
        yield (
            f"  wave {wave.wave}: {wave.done} of {wave.moves} done; {'ended' if wave.ended else 'will end'} after "
            f"{duration(wave.end_s)} ({sign}{duration(abs(late_s))})"
        )


def _troubles(found: Drift) -> Iterator[str]:
    bad = [step for step in found.steps if step.state in (BROKEN, IMPOSSIBLE)]
    for step in bad[:MOST_LISTED]:
        yield f"  move {step.number}, {step.vm}, {step.source} → {step.destination}: {step.state}{_because(step)}"
    if len(bad) > MOST_LISTED:
        yield f"  and {len(bad) - MOST_LISTED} more"


def _because(step: Step) -> str:
    return f": {step.why}" if step.why else ""


def _left(rest: Rest) -> Iterator[str]:
    if rest.how == NOTHING:
        yield "Nothing is left to do."
        return
    moves = 0 if rest.planned is None else len(rest.planned.plan.moves)
    end_s = 0.0 if rest.planned is None else float(rest.planned.plan.moves.end_s.max(initial=0.0))
    if not rest.feasible:
        yield "There is no plan from here that keeps the rules."
    else:
        yield f"The rest, {rest.how}: {counted(moves, 'move')} in {duration(end_s)}."
    for reason in rest.why[:MOST_LISTED]:
        yield f"  - {reason}"
    if rest.how == SOLVED and rest.feasible:
        for what, names in (("no longer moved", rest.dropped), ("moved elsewhere, or anew", rest.added)):
            if names:
                more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
                yield f"  {what}: {', '.join(names[:MOST_LISTED])}{more}"


def _moment(time_s: float) -> str | None:
    return datetime.datetime.fromtimestamp(time_s, datetime.UTC).isoformat() if time_s == time_s else None


def as_json(found: Drift, journal: Journal, rest: Rest | None) -> dict[str, Any]:
    """Return it made of JSON's own types."""
    from consolidate.execution.rest import as_json as of_rest

    return {
        "command": "track",
        "format": journal.format,
        "started": _moment(found.started),
        "now_s": found.now_s,
        "counts": {state: found.count(state) for state in (DONE, RUNNING, BROKEN, WAITING, IMPOSSIBLE)},
        "duration_ratio": found.ratio,
        "samples": found.samples,
        "bandwidth_mbps": found.bandwidth_mbps,
        "planned_end_s": found.planned_end_s,
        "predicted_end_s": found.predicted_end_s,
        "late_s": found.predicted_end_s - found.planned_end_s,
        "waves": [asdict(wave) for wave in found.waves],
        "moves": [asdict(step) for step in found.steps],
        "findings": [str(finding) for finding in journal.findings],
        "rest": None if rest is None else dict(of_rest(rest)),
    }
