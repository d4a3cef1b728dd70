"""A study: one plan for each scenario and seed, wherever the executor computes them."""

import hashlib
import pickle
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consolidate import scenario, study_files
from consolidate.interruption import scratch
from consolidate.readers.reading import Options, Reading
from consolidate.scenario import Definition, Scenario
from consolidate.settings import Settings
from models.errors import InputError
from models.rules import Rule

if TYPE_CHECKING:
    import pandas as pd

Summary = Mapping[str, Any]
Planner = Callable[[Reading, Settings, Sequence[Rule]], Summary]
"""Returns the summary of a plan; importable by name, so that a worker can find it."""


@dataclass(frozen=True, eq=False)
class Studied:
    """
    What a study found.

    Parameters
    ----------
    summary
        The keys of `models.tables.STUDY`.
    tables
        ``scenarios``: the axes, then the columns of `models.tables.SCENARIO_METRICS`.
    manifest
        What it was computed from.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, "pd.DataFrame"]
    manifest: Mapping[str, Any]


def planned(reading: Reading, settings: Settings, rules: Sequence[Rule]) -> Summary:
    """Return the summary of a plan."""
    from consolidate.planning import plan

    return plan(reading, settings, rules=rules).summary


def check(path: Path) -> int:
    """
    Return how many scenarios a study's file has, without computing any.

    Raises
    ------
    InputError
        With every wrong key, value and file.
    """
    return study_files.read(path).count


def study(
    path: Path,
    executor: Executor,
    progress: Callable[[int, int], None] | None = None,
    *,
    planner: Planner = planned,
) -> Studied:
    """
    Plan every scenario of a study with every seed.

    The inventory is read once, and unpacked once by each worker. A scenario without a solution is a row like any
    other.

    Parameters
    ----------
    path
        The study's file.
    executor
        Where the plans are computed.
    progress
        Called after every plan with the plans done and all plans.
    planner
        Computes one plan.

    Raises
    ------
    InputError
        If the study's file, or a file that it names, is wrong.
    """
    definition = study_files.read(path)
    reading, rules = _read(definition)
    points = scenario.scenarios(definition)
    overlays = [Path(each) for each in definition.catalogs if isinstance(each, str)]
    with scratch("consolidate-") as folder:
        packed = folder / "inputs.pickle"
        packed.write_bytes(pickle.dumps((reading, rules), pickle.HIGHEST_PROTOCOL))
        futures = [executor.submit(_computed, planner, str(packed), point.settings) for point in points]
        summaries = _gathered(futures, progress)
    table = _table(definition, points, summaries)
    return Studied(
        summary=_summary(reading, definition, table),
        tables={"scenarios": table},
        manifest={
            "command": "study",
            "inputs": {**{each.name: _hash(each) for each in (path, *overlays)}, **reading.hashes},
            "options": definition.model_dump(mode="json", exclude={"inventory", "rules", "usage"}),
            "seeds": list(definition.drawn),
        },
    )


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(definition: Definition) -> tuple[Reading, tuple[Rule, ...]]:
    from consolidate import readers

    reading = readers.read(definition.inventory, Options(usage=definition.usage))
    if definition.rules is None:
        return reading, ()
    from consolidate.readers import rules

    return reading, rules.read(definition.rules, reading.inventory)


def _computed(planner: Planner, packed: str, settings: Settings) -> dict[str, Any]:
    """Return one plan's numbers; called in a worker."""
    from models.tables import SCENARIO_METRICS

    reading, rules = _unpacked(packed)
    summary = planner(reading, settings, rules)
    return {key: summary[key] for key in SCENARIO_METRICS if key in summary} | {
        "violations": summary["violations_after"],
    }


@lru_cache(maxsize=1)
def _unpacked(packed: str) -> tuple[Reading, tuple[Rule, ...]]:
    """Return the inputs. A worker keeps them until the next study, whose file has another name."""
    try:
        content: tuple[Reading, tuple[Rule, ...]] = pickle.loads(Path(packed).read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"A worker does not see {packed}: set TMPDIR to a folder that this machine and all workers share."
        ) from None
    return content


def _gathered(
    futures: list[Future[dict[str, Any]]], progress: Callable[[int, int], None] | None
) -> list[dict[str, Any]]:
    """Return the results in the order of the scenarios; the first failure ends the study."""
    try:
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()
            if progress is not None:
                progress(done, len(futures))
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return [future.result() for future in futures]


def _table(definition: Definition, points: Sequence[Scenario], summaries: list[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    from models.tables import SCENARIO_METRICS, frame

    rows = [
        found | {"scenario": point.name, "seed": point.seed} for point, found in zip(points, summaries, strict=True)
    ]
    metrics = frame(SCENARIO_METRICS, {key: [row[key] for row in rows] for key in SCENARIO_METRICS})
    axes = {f"axis.{key}": [point.values[key] for point in points] for key in definition.keys}
    return pd.concat([pd.DataFrame(axes, index=metrics.index), metrics], axis=1)


def _summary(reading: Reading, definition: Definition, table: "pd.DataFrame") -> dict[str, Any]:
    from models.tables import SCHEMA_VERSION

    solved = table[(table["status"] != "infeasible") & (table["violations"] == 0)]
    ranked = solved.sort_values(["cost_after_eur_year", "hosts_after"], kind="stable").to_dict("records")
    best: Mapping[Any, Any] | None = ranked[0] if ranked else None
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "study",
        "verdict": _verdict(table, best),
        "source": reading.inventory.source,
        "taken": reading.inventory.taken,
        "scenarios": len(table),
        "infeasible": int((table["status"] == "infeasible").sum()),
        "axes": list(definition.keys),
        "seeds": list(definition.drawn),
        "best_scenario": "" if best is None else best["scenario"],
        "best_seed": None if best is None else best["seed"],
        "best_saving_eur_year": None if best is None else best["saving_eur_year"],
        "best_hosts_after": None if best is None else best["hosts_after"],
    }


def _verdict(table: "pd.DataFrame", best: Mapping[Any, Any] | None) -> str:
    infeasible = int((table["status"] == "infeasible").sum())
    count = f"{len(table)} plans, {infeasible} of them infeasible"
    if best is None:
        return f"{count}; none can be carried out without a violation."
    return (
        f"{count}; a year costs least with {best['scenario']}: {best['cost_after_eur_year']:,.0f} EUR, "
        f"{best['saving_eur_year']:,.0f} EUR less than before the plan, {best['hosts_after']} hosts on instead of "
        f"{best['hosts_before']}."
    )
