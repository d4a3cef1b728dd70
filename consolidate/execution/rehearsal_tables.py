"""The summary and the tables of a rehearsal, by the contract of ``models/tables.py``."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.wording import counted, duration
from models import tables as contract
from models.arrays import NOWHERE, Floats, Names
from models.execution.record import (
    ABORTED,
    COMPLETED,
    FAILED,
    INCOMPLETE,
    NOT_BEGUN,
    TAKEN_BACK,
    Record,
)

if TYPE_CHECKING:
    import pandas as pd

    from consolidate.execution.rehearsal import Played

_RISKY_SHARE = 0.05
"""Share of runs that are stopped or incomplete above which a plan is at risk."""

_AFTER = {
    "stop": "what runs ends and nothing more starts",
    "rollback": "what was done of that wave is taken back",
    "continue": "all is done that is still possible",
}


def tables(played: "Played") -> "dict[str, pd.DataFrame]":
    """Return the tables by name."""
    return {
        "runs": contract.frame(contract.REHEARSAL_RUNS, _runs(played)),
        "waves": contract.frame(contract.REHEARSAL_WAVES, _waves(played)),
        "risks": contract.frame(contract.REHEARSAL_RISKS, _risks(played)),
        "executed": contract.frame(contract.REHEARSAL_EXECUTED, _executed(played)),
        "violations": contract.frame(contract.REHEARSAL_VIOLATIONS, _violations(played)),
    }


def manifest(played: "Played") -> dict[str, Any]:
    """Return what it was computed from."""
    options = {"chances": asdict(played.chances), "manner": asdict(played.manner), "runs": len(played.records)}
    return {
        "command": "rehearse",
        "inputs": dict(played.scene.reading.hashes),
        "settings": played.scene.settings.model_dump(),
        "options": options,
        "seed": played.seed,
    }


def _back(record: Record) -> set[int]:
    return {each.move for each in record.attempts if each.outcome == TAKEN_BACK}


def _columns(rows: Sequence[Mapping[str, Any]], table: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in table}


def _runs(played: "Played") -> dict[str, Any]:
    hosts, links = played.course.problem.hosts, played.course.links.name
    rows = []
    for run, (record, drawn) in enumerate(zip(played.records, played.draws, strict=True)):
        found = played.checked.get(run)
        rows.append(
            {
                "run": run + 1,
                "status": record.status,
                "makespan_s": record.end_s,
                "downtime_s": record.downtime_s(played.course),
                "moves_done": len(record.done()) - len(_back(record)),
                "moves_left": len(record.left),
                "moves_back": len(_back(record)),
                "failed": sum(each.outcome in (FAILED, ABORTED) for each in record.attempts),
                "restarts": sum(each.host != NOWHERE for each in record.restarts),
                "unplaced": sum(each.host == NOWHERE for each in record.restarts),
                "stopped_wave": record.stopped_wave,
                "hosts_lost": ";".join(str(hosts[host]) for host in record.lost),
                "links_dropped": ";".join(str(links[drop.link]) for drop in drawn.drops),
                "violations": np.nan if found is None else len(found),
            }
        )
    return _columns(rows, contract.REHEARSAL_RUNS)


def _waves(played: "Played") -> dict[str, Any]:
    course, rows = played.course, []
    for wave in course.waves:
        size = int((course.moves.wave == wave).sum())
        reached = [each for each in played.records if not each.stopped_wave or each.stopped_wave > wave]
        ends = np.array([each.wave_end_s(course, wave) for each in reached])
        ends = ends[np.isfinite(ends)]
        planned = course.planned_end_s(wave)
        late = float((ends > planned * (1 + played.late_share)).mean()) if len(ends) else np.nan
        stopped = sum(each.stopped_wave == wave for each in played.records)
        rows.append(
            {"wave": wave, "moves": size, "planned_end_s": planned, "late_share": late,
             "stop_share": stopped / len(played.records), **_percentiles("end_p{}_s", ends, (50, 90, 99))}
        )  # fmt: skip
    return _columns(rows, contract.REHEARSAL_WAVES)


def _percentiles(name: str, values: Floats, wanted: Iterable[int]) -> dict[str, float]:
    return {name.format(each): float(np.percentile(values, each)) if len(values) else np.nan for each in wanted}


def _risks(played: "Played") -> dict[str, Any]:
    course, moves, runs = played.course, played.course.moves, len(played.records)
    ends: list[list[float]] = [[] for _ in range(len(moves))]
    critical, failed, undone = (np.zeros(len(moves), np.int64) for _ in range(3))
    for record in played.records:
        back = _back(record)
        for move, attempt in record.done().items():
            ends[move].append(attempt.end_s)
        failed[list({each.move for each in record.attempts if each.outcome in (FAILED, ABORTED)})] += 1
        undone[list(set(record.left) | back)] += 1
        if record.status == COMPLETED:
            critical[list(record.critical(course))] += 1
    rows = [_percentiles("end_p{}_s", np.array(each), (50, 90)) for each in ends]
    return {
        **_named(played, np.arange(len(moves))),
        "planned_start_s": moves.start_s,
        "planned_end_s": moves.end_s,
        "end_p50_s": [row["end_p50_s"] for row in rows],
        "end_p90_s": [row["end_p90_s"] for row in rows],
        "critical_share": critical / max(len(played.completed), 1),
        "failed_share": failed / runs,
        "undone_share": undone / runs,
    }


def _named(played: "Played", rows: Any) -> dict[str, Any]:
    problem, moves = played.course.problem, played.course.moves

    def host(at: Any) -> Names:
        found: Names = np.where(at == NOWHERE, "", problem.hosts[at])
        return found

    return {
        "vm": problem.vms[moves.vm[rows]],
        "source": host(moves.source[rows]),
        "destination": host(moves.destination[rows]),
        "wave": moves.wave[rows],
    }


def _executed(played: "Played") -> dict[str, Any]:
    attempts = sorted(played.replayed.attempts, key=lambda each: (each.start_s, each.move))
    rows = np.array([each.move for each in attempts], np.int64)
    names, hosts = _named(played, rows), played.course.problem.hosts
    ends = {
        end: ["" if at == NOWHERE else str(hosts[at]) for at in (getattr(each, end) for each in attempts)]
        for end in ("source", "destination")
    }
    return {
        **names,
        **ends,
        "planned_start_s": played.course.moves.start_s[rows],
        "start_s": [each.start_s for each in attempts],
        "end_s": [each.end_s for each in attempts],
        "outcome": [each.outcome for each in attempts],
    }


def _violations(played: "Played") -> dict[str, Any]:
    found = [(run + 1, each) for run, several in played.checked.items() for each in several]
    rows = [
        {"run": run, "rule": each.rule, "name": each.name, "who": ";".join(each.who), "amount": each.amount,
         "limit": each.limit, "since_s": each.since_s}
        for run, each in found
    ]  # fmt: skip
    return _columns(rows, contract.REHEARSAL_VIOLATIONS)


def summary(played: "Played", seconds: float) -> dict[str, Any]:
    """Return the summary."""
    course, records, chances = played.course, played.records, played.chances
    ends = np.array([each.end_s for each in played.completed])
    planned = float(course.moves.end_s.max(initial=0.0))
    pauses = np.array([each.downtime_s(course) for each in records])
    stops = [each.stopped_wave for each in records if each.stopped_wave]
    bad = sum(each.status != COMPLETED for each in records) / len(records)
    count = sum(len(each) for each in played.checked.values())
    found = {
        "schema_version": contract.SCHEMA_VERSION,
        "command": "rehearse",
        "status": "holds" if bad <= _RISKY_SHARE and not count else "at risk",
        "source": played.scene.reading.inventory.source,
        "taken": played.scene.reading.inventory.taken,
        "runs": len(records),
        "checked": len(played.checked),
        "seed": played.seed,
        "moves": len(course.moves),
        "waves": len(course.waves),
        "makespan_planned_s": planned,
        "makespan_replayed_s": played.replayed.end_s,
        **{f"makespan_{name}": value for name, value in _percentiles("p{}_s", ends, (50, 90, 99)).items()},
        "downtime_planned_s": float(course.moves.downtime_ms.sum()) / 1000,
        "downtime_p90_s": float(np.percentile(pauses, 90)),
        "completed_share": len(ends) / len(records),
        "stop_share": len(stops) / len(records),
        "late_share": float((ends > planned * (1 + played.late_share)).mean()) if len(ends) else np.nan,
        "late_by_share": played.late_share,
        "moves_back": sum(len(_back(each)) for each in records) / len(records),
        "violations": count,
        "violations_replayed": len(played.checked[0]),
        "replayed_status": played.replayed.status,
        "difference_s": _difference_s(played),
        **_simulated(played),
        "riskiest_wave": int(np.bincount(stops).argmax()) if stops else 0,
        "on_failure": played.manner.on_failure,
        **{name: getattr(chances, name) for name in ("noise", "failure_share", "retries", "drop_share", "loss_share")},
        "seconds": seconds,
        "assumptions": _assumed(played),
    }
    found["verdict"] = _verdict(found, sum(each.status == INCOMPLETE for each in records), _usual_cause(played))
    return {key: found[key] for key in contract.REHEARSAL}


def _difference_s(played: "Played") -> float:
    """Return the largest difference of any end between both replays of the first run; infinite if they differ."""
    one, other = ({(each.move, each.outcome, rank): each.end_s for rank, each in enumerate(sorted(record.attempts))}
                  for record in (played.records[0], played.replayed))  # fmt: skip
    if one.keys() != other.keys():
        return float("inf")
    return max((abs(one[key] - other[key]) for key in one), default=0.0)


def _simulated(played: "Played") -> dict[str, float]:
    meters = played.datacenter.state.meters
    return {"energy_kwh": meters.energy_kwh, "unserved_share": meters.unserved_share}


def _usual_cause(played: "Played") -> str:
    """Return why a move was left, the cause that most runs have; empty if none was."""
    told: Counter[str] = Counter()
    for record in played.records:
        reasons = {why for why in record.left.values() if why != NOT_BEGUN} or set(record.left.values())
        told.update(reasons)
    return told.most_common(1)[0][0] if told else ""


def _verdict(found: Mapping[str, Any], incomplete: int, cause: str) -> str:
    runs, planned = found["runs"], duration(found["makespan_planned_s"])
    if not found["moves"]:
        return "The plan has no moves: there is nothing to rehearse."
    if np.isnan(found["makespan_p50_s"]):
        where = f" (in {found['stop_share']:.0%} it is stopped, most often in wave {found['riskiest_wave']})"
        stopped = where if found["stop_share"] else ""
        why = f" Most often: {cause}" if cause else ""
        return f"In none of {counted(runs, 'run')} is the plan of {planned} done to its end{stopped}.{why}"
    middle, high = duration(found["makespan_p50_s"]), duration(found["makespan_p90_s"])
    of = f"Of {counted(runs, 'run')} of the plan of {planned}"
    parts = [f"{of}, half are done within {middle} and nine in ten within {high}"]
    stopped = found["stop_share"]
    if stopped:
        where = f", most often in wave {found['riskiest_wave']}" if found["waves"] > 1 else ""
        parts.append(f"{stopped:.1%} are stopped{where}")
    if incomplete:
        parts.append(f"in {incomplete / runs:.1%} some VMs stay where they are")
    broken = found["violations"]
    parts.append(f"{counted(broken, 'violation')} in the {found['checked']:,} that were checked" if broken else
                 f"no rule is broken in the {found['checked']:,} that were checked")  # fmt: skip
    return "; ".join(parts) + "."


def _assumed(played: "Played") -> list[str]:
    chances, manner = played.chances, played.manner
    said = [
        "Durations spread as measured on 1,200 migrations on Grid'5000 at 500 and 1,000 Mbit/s with one workload, "
        f"times {chances.noise:g} in the logarithm; each attempt by itself, pauses in proportion.",
        f"{chances.failure_share:.2%} of attempts fail, and are tried again {counted(chances.retries, 'time')}, "
        f"{manner.retry_s:g} s later; no public rate of failures was found.",
        "Boots and shutdowns take as long as planned.",
        f"After a move was given up or a host died, {_AFTER[manner.on_failure]}.",
    ]  # fmt: skip
    if chances.loss_share or chances.losses:
        said.append(f"VMs of a host that dies run again {manner.restart_s:g} s later where there is room, ceilings "
                    "apart: where the plan brings them, else on the roomiest host.")  # fmt: skip
    if count := played.scene.elsewhere:
        who = counted(
            count,
            "VM that the plan does not move is on another host",
            "VMs that the plan does not move are on other hosts",
        )
        said.append(f"{who} than when it was made.")
    if played.scene.reading.usage is None:
        said.append("There are no readings: VMs ask for what the inventory says, all the time.")
    return said
