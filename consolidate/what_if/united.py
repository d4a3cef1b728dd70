"""The plans of parts of an estate as one result, by the contract of ``models/tables.py``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.partition import Answer, failed, in_turn
from consolidate.plans.plan_tables import way_notes
from consolidate.plans.stranded import worst_share
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.wording import counted
from models.aims import most_at_once
from models.plan import running_s

if TYPE_CHECKING:
    import pandas as pd

_MOST = ("waves", "waves_bound", "makespan_s", "moving_s", "makespan_bound_s", "peak_link_share",
         "ready_share_max", "overload_share_max")  # fmt: skip
_FIRST = ("schema_version", "command", "basis", "seed", "what_if", "grade", "coverage")
_STACKED = ("placement", "moves", "actions", "hosts", "violations", "findings", "vms", "mix")


@dataclass(frozen=True, eq=False)
class United:
    """The plan of a whole estate, as a result folder holds it; its units are a table of their own."""

    summary: dict[str, Any]
    tables: "dict[str, pd.DataFrame]"
    manifest: dict[str, Any]
    lost: int
    """Units that have no plan."""

    @property
    def exit_status(self) -> int:
        """1 if a unit has no plan, or a hard rule stays broken."""
        return int(self.lost > 0 or bool(self.summary["violations_left"]))


def united(reading: Reading, settings: Settings, answers: Iterable[Answer]) -> United:
    """
    Return the plans of all units as one; units without a plan stay as they are, and are told of.

    Units are migrated at the same time, but one after the other where they share links, or the platform counts
    migrations in the whole estate; then the one that rules about time name begins.
    """
    turns = in_turn(reading, settings)
    every = sorted(answers, key=lambda each: (turns and not each.unit.timed, int(each.unit.hosts.min(initial=0))))
    lost = failed(every)
    solved = [each for each, gone in zip(every, lost, strict=True) if not gone]
    tables = _tables(reading, every, solved, turns=turns)
    summary = _summary(reading, settings, every, solved)
    moves = tables.get("moves")
    if moves is not None and len(moves):
        risky = moves[moves["at_risk"]]
        summary["moving_s"] = running_s(moves["start_s"].to_numpy(), moves["end_s"].to_numpy())
        summary["makespan_s"] = float(moves["end_s"].max()) if turns else summary["makespan_s"]
        summary["sum_of_ends_s"] = float(moves["end_s"].sum())
        summary["moves_at_risk_at_once"] = most_at_once(risky["start_s"].to_numpy(), risky["end_s"].to_numpy())
    manifest = {
        "command": "plan", "inputs": dict(reading.hashes), "settings": settings.model_dump(),
        "seed": settings.search.seed, "units": len(every),
    }  # fmt: skip
    return United(summary, tables, manifest, int(np.count_nonzero(lost)))


def _tables(
    reading: Reading, every: Sequence[Answer], solved: Sequence[Answer], *, turns: bool
) -> "dict[str, pd.DataFrame]":
    import pandas as pd

    found: dict[str, pd.DataFrame] = {}
    shift = 0.0
    stacks: dict[str, list[pd.DataFrame]] = {name: [] for name in _STACKED}
    for each in solved:
        end = 0.0
        for name in _STACKED:
            if name not in each.tables:
                continue
            table = each.frame(name)
            if name == "moves":
                table["after"] = [
                    _renumbered(waits, sum(map(len, stacks[name]))) for waits in table["after"].fillna("")
                ]
            if name in ("moves", "actions") and len(table):
                end = max(end, float(table["end_s"].max()))
                table[["start_s", "end_s"]] += shift
            stacks[name].append(table)
        shift += end if turns else 0.0
    stacks["findings"].append(_findings(reading, every))
    stacks["placement"] += [_stays(reading, each) for each in every if not each.tables]
    for name, stack in stacks.items():
        if stack:
            found[name] = pd.concat(stack, ignore_index=True)
    for name, add in (("costs", _costs), ("objective", _objective)):
        if whole := [each.frame(name) for each in solved if name in each.tables]:
            found[name] = add(pd.concat(whole, ignore_index=True), found)
    return found


def _renumbered(waits: str, by: int) -> str:
    """
    Return what a move waits for, with the numbers of moves that so many moves of other units stand before.

    >>> _renumbered("3; boot host-1", 10), _renumbered("", 10)
    ('13; boot host-1', '')
    """
    return "; ".join(str(int(each) + by) if each.isdecimal() else each for each in waits.split("; "))


def _objective(table: "pd.DataFrame", _found: "Mapping[str, pd.DataFrame]") -> "pd.DataFrame":
    """Return the stages with the numbers of all units added; shares of tolerance are alike in all."""
    return _summed(table, ["stage", "unit", "tolerance_share"])


def _costs(table: "pd.DataFrame", found: "Mapping[str, pd.DataFrame]") -> "pd.DataFrame":
    """Return what is paid in all units by item; the notes of the way count the moves and actions of all."""
    notes = dict(zip(table["item"], table["note"], strict=True))
    notes |= way_notes(*(len(found[name]) if name in found else 0 for name in ("moves", "actions")))
    return _summed(table.assign(note=table["item"].map(notes)), ["item", "note"])


def _summed(table: "pd.DataFrame", keys: list[str]) -> "pd.DataFrame":
    """Return the table with the numbers of like rows added."""
    return table.groupby(keys, sort=False, dropna=False).sum(min_count=1).reset_index()[list(table)]


def _findings(reading: Reading, every: Sequence[Answer]) -> "pd.DataFrame":
    """Return what was noticed in the whole, and which units have no plan."""
    from dataclasses import asdict

    from models import tables
    from models.errors import Finding

    told = [
        Finding("warning", "no-plan", f"{each.unit.name}: {_why(each)}", count=len(each.unit.vms))
        for each, gone in zip(every, failed(every), strict=True)
        if gone
    ]
    rows = [asdict(each) for each in (*reading.findings, *told)]
    return tables.frame(tables.FINDINGS, {name: [row[name] for row in rows] for name in tables.FINDINGS})


def _why(answer: Answer) -> str:
    return str(answer.summary.get("reason") or answer.summary.get("verdict") or "has no plan.")


def _stays(reading: Reading, answer: Answer) -> "pd.DataFrame":
    from models import tables

    vms = reading.inventory.vms
    host = vms.host[answer.unit.vms]
    columns = {"vm": vms.vm[answer.unit.vms], "host_before": host, "host_after": host}
    return tables.frame(tables.PLACEMENT, columns)


def _summary(reading: Reading, settings: Settings, every: Sequence[Answer], solved: Sequence[Answer]) -> dict[str, Any]:
    from models import tables
    from models.laws import cost

    inventory = reading.inventory
    parts = [each.summary for each in solved]
    if not parts:
        return {"status": "infeasible", "verdict": _why(every[0]) if every else "There is nothing to plan."}
    whole = {key: _joined(key, spec.dtype, parts) for key, spec in tables.SUMMARY.items()}
    gone = len(every) - len(solved)
    stay = [each.unit for each, lost in zip(every, failed(every), strict=True) if lost]
    for unit in stay:
        on = int((inventory.hosts.power_state[unit.hosts] == "on").sum())
        more_of = {"vms": len(unit.vms), "hosts": len(unit.hosts), "hosts_before": on, "hosts_after": on}
        for key, more in more_of.items():
            whole[key] += more
    statuses = {part["status"] for part in parts}
    status = statuses.pop() if len(statuses) == 1 and not gone else "feasible"
    saving, once = float(whole["saving_eur_year"]), float(whole["once_eur"])
    whole |= {
        "status": status,
        "source": inventory.source,
        "taken": inventory.taken,
        "seed": settings.search.seed,
        "gap": _gap(solved),
        "stranded_before_share": worst_share(each.stranded[0] for each in solved),
        "stranded_share": worst_share(each.stranded[1] for each in solved),
        "payback_months": cost.payback_months(saving, once),
        "reproducible": all(part["reproducible"] for part in parts),
        "next_host": "",
    }
    all_units = f"of {counted(len(every), 'unit')}"
    told = counted(
        gone, f"{all_units} has no plan and stays as it is", f"{all_units} have no plan and stay as they are"
    )
    lost = f" {told}." if gone else ""
    whole["verdict"] = (
        f"{whole['hosts_before'] - whole['hosts_after']:,} of {counted(whole['hosts_before'], 'host')} can be switched "
        f"off by {counted(whole['moves'], 'migration')}, planned in {counted(len(every), 'unit')}; at least "
        f"{whole['hosts_bound']:,} must stay on. It saves {saving:,.0f} EUR a year.{lost}"
    )
    return whole


def _joined(key: str, dtype: str, parts: Sequence[Mapping[str, Any]]) -> Any:
    """Return what the parts tell together: the first, the most, all in a list, or the sum."""
    values = [part[key] for part in parts]
    if dtype == "object":
        return list(dict.fromkeys(each for value in values for each in value))
    if key == "solver":
        return "+".join(sorted({name for value in values for name in str(value).split("+")}))
    if dtype in ("str", "bool") or key in _FIRST:
        return values[0]
    known = [value for value in values if value is not None]
    if key in _MOST:
        return max(known, default=None)
    return sum(known)


def _gap(solved: Sequence[Answer]) -> float:
    """Return the gap of the first stage, all units together."""
    rows = [each.frame("objective").iloc[0] for each in solved if "objective" in each.tables]
    after, bound = (float(np.nansum([row[name] for row in rows])) for name in ("after", "bound"))
    return max(after - bound, 0.0) / bound if bound else 0.0
