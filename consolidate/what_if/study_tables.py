"""The tables and the summary of a study, by the contract of ``models/tables.py``."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from consolidate.readers.reading import Reading
from consolidate.what_if import axes as axis
from consolidate.what_if.scenario import Definition, Scenario
from consolidate.wording import counted

if TYPE_CHECKING:
    import pandas as pd

UNSOLVED = ("infeasible", "failed")
_EMPTY = {"str": "", "int64": 0, "float64": float("nan"), "bool": False}


def tables(
    definition: Definition, points: Sequence[Scenario], rows: Sequence[Mapping[str, Any]]
) -> dict[str, "pd.DataFrame"]:
    """Return the scenarios, and what their metrics depend on, and which of them no other beats."""
    from consolidate.what_if import pareto, sensitivity

    table = scenarios(definition, points, rows)
    found = {"scenarios": table}
    if len(table):
        gaps = definition.scenarios or table["status"].isin(UNSOLVED).any()
        found["sensitivity"] = sensitivity.table(table, whole=definition.sample is None and not gaps)
        found["pareto"] = pareto.table(table)
    return found


def scenarios(definition: Definition, points: Sequence[Scenario], rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """Return one row a scenario and seed: what varies, then the metrics; those that are not known are empty."""
    import pandas as pd

    from models.tables import SCENARIO_FULL, SCENARIO_METRICS, SCENARIO_TRIED, frame

    contract = SCENARIO_METRICS | (SCENARIO_TRIED if definition.run != "plan" else {})
    if any("full_growth" in row for row in rows):
        contract = SCENARIO_METRICS | SCENARIO_FULL
    whole = [dict(row) | {"scenario": point.name, "seed": point.seed} for point, row in zip(points, rows, strict=True)]
    columns = {
        key: [_EMPTY[spec.dtype] if (value := row.get(key)) is None else value for row in whole]
        for key, spec in contract.items()
    }
    metrics = frame(contract, columns)
    own = {f"axis.{key}": _column([point.values[key] for point in points]) for key in definition.keys}
    return pd.concat([pd.DataFrame(own, index=metrics.index), metrics], axis=1)


def _column(values: list[Any]) -> list[Any]:
    """Return the values of an axis as a column can hold them: as texts, where they are not of one kind."""
    known = [value for value in values if value is not None]
    for kind in (bool, int | float, str):
        if all(isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) for value in known):
            return values
    return [axis.told(value) for value in values]


def summary(reading: Reading, definition: Definition, table: "pd.DataFrame", *, partial: bool) -> dict[str, Any]:
    """Return the answer of a study."""
    from models.tables import SCHEMA_VERSION

    run = "plan" if "full_growth" in table else definition.run
    best = _best(table, planned=run != "simulate")
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "study",
        "verdict": _verdict(run, definition.count, table, best, partial=partial),
        "source": reading.inventory.source,
        "taken": reading.inventory.taken,
        "scenarios": len(table),
        "infeasible": int((table["status"] == "infeasible").sum()),
        "failed": int((table["status"] == "failed").sum()),
        "status": "partial" if partial else "complete",
        "axes": list(definition.keys),
        "seeds": list(definition.drawn),
        "best_scenario": "" if best is None else best["scenario"],
        "best_seed": None if best is None else best["seed"],
        "best_saving_eur_year": None if best is None else best["saving_eur_year"],
        "best_hosts_after": None if best is None else best["hosts_after"],
    }


def _best(table: "pd.DataFrame", *, planned: bool) -> Mapping[Any, Any] | None:
    """Return the row that costs least: a year of a plan that keeps the rules, or what was simulated."""
    solved = table[~table["status"].isin(UNSOLVED) & (table["violations"] == 0)]
    by = ["cost_after_eur_year", "hosts_after"] if planned else ["sim_cost_eur", "hosts_after"]
    ranked = solved.sort_values(by, kind="stable").to_dict("records")
    return ranked[0] if ranked else None


def _verdict(run: str, whole: int, table: "pd.DataFrame", best: Mapping[Any, Any] | None, *, partial: bool) -> str:
    what = "simulation" if run == "simulate" else "plan"
    counts = {status: int((table["status"] == status).sum()) for status in UNSOLVED}
    count = f"{counted(len(table), what)}, {counts['infeasible']} of them infeasible"
    if counts["failed"]:
        count += f" and {counts['failed']} failed"
    if partial:
        count = f"Interrupted after {len(table)} of {whole}: {count}"
    if run == "both":
        count += f"; {int(table['held_up'].sum())} held up on the days held back"
    if best is None:
        return f"{count}; none can be carried out without a violation."
    if run == "simulate":
        cost, hosts = best["sim_cost_eur"], best["sim_hosts_on_mean"]
        return f"{count}; energy costs least with {best['scenario']}: {cost:,.2f} EUR, {hosts:,.1f} hosts on."
    return (
        f"{count}; a year costs least with {best['scenario']}: {best['cost_after_eur_year']:,.0f} EUR, "
        f"{best['saving_eur_year']:,.0f} EUR less than before the plan, {counted(best['hosts_after'], 'host')} on "
        f"instead of {best['hosts_before']}."
    )
