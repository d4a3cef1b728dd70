"""A plan's result folder, read back: what runbooks and tracking are made from."""

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consolidate.readers import noticed
from consolidate.results import MANIFEST, unguarded
from consolidate.runbooks import soundness
from models.errors import Finding, InputError

if TYPE_CHECKING:
    from models.tables import Field

Row = Mapping[str, Any]

LONGEST_S = 1e9
"""No move, boot or shutdown of a plan is later. [s]"""


STILL = ("cold", "new", "balloon")
"""Kinds of moves in which no running VM is migrated."""


@dataclass(frozen=True)
class Move:
    """One migration; `number` counts them from 1, in the order in which they start, `row` is that of the file."""

    number: int
    wave: int
    start_s: float
    end_s: float
    vm: str
    source: str
    destination: str
    kind: str
    duration_s: float
    downtime_ms: float
    transferred_mib: float
    converges: bool
    reason: str
    disk_mib: float = 0.0
    balloon_mib: float = 0.0
    at_risk: bool = False
    bandwidth_mbps: float = 0.0
    rounds: int = 0
    energy_j: float = 0.0
    row: int = 0

    @property
    def live(self) -> bool:
        """Whether a running VM is migrated."""
        return self.kind not in STILL


@dataclass(frozen=True)
class Action:
    """A host that is booted or shut down."""

    host: str
    action: str
    start_s: float
    end_s: float
    reason: str
    row: int = 0


@dataclass(frozen=True)
class Folder:
    """
    The result of a plan.

    Parameters
    ----------
    moves, actions
        What is to be done, in order.
    hosts, placement
        Rows of the tables of the same names.
    summary, manifest
        The answer, and what it was computed from.
    ids
        The id of each VM in its platform, where one is known.
    sizes
        What each VM was when the plan was made, by name; empty if the folder does not say.
    """

    moves: tuple[Move, ...]
    actions: tuple[Action, ...]
    hosts: tuple[Row, ...]
    placement: tuple[Row, ...]
    summary: Mapping[str, Any]
    manifest: Mapping[str, Any]
    ids: Mapping[str, str]
    sizes: Mapping[str, Row]

    @property
    def infeasible(self) -> bool:
        """Whether there is no plan that keeps the rules."""
        return self.summary.get("status") == "infeasible"

    def freed(self) -> tuple[str, ...]:
        """Return the hosts that the plan empties and switches off, in the order in which it does so."""
        down = [action.host for action in self.actions if action.action == "shutdown"]
        rest = [row["host"] for row in self.hosts if row["role"] == "freed" and row["host"] not in set(down)]
        return (*down, *rest)


def read(folder: Path) -> Folder:
    """
    Read the result folder of a plan.

    Raises
    ------
    InputError
        If it is not the folder of a plan, or a table in it is damaged.
    """
    from models.tables import ACTIONS, HOSTS, MOVES, PLACEMENT, SCHEMA_VERSION, SIZES, SUMMARY, mistaken

    summary = _json(folder / "summary.json")
    manifest = _json(folder / MANIFEST)
    if summary.get("command") != "plan":
        raise InputError(f"{folder} holds the result of {summary.get('command')!r}, not of a plan.")
    if wrong := mistaken(summary, SUMMARY):
        raise _not_a_plan(folder / "summary.json", f"has values of a wrong kind: {', '.join(wrong)}")
    if (version := summary.get("schema_version") or 0) > SCHEMA_VERSION:
        raise _not_a_plan(folder / "summary.json", f"is of version {version}, newer than {SCHEMA_VERSION}")
    if wrong := [key for key in ("versions", "inputs", "settings") if not isinstance(manifest.get(key, {}), dict)]:
        raise _not_a_plan(folder / MANIFEST, f"has values of a wrong kind: {', '.join(wrong)}")
    contracts = {"moves": MOVES, "actions": ACTIONS, "hosts": HOSTS, "placement": PLACEMENT}
    if (folder / "vms.csv").is_file():
        contracts["vms"] = SIZES
    findings: list[Finding] = []
    tables = {name: _table(folder / f"{name}.csv", contract, findings) for name, contract in contracts.items()}
    if findings:  # numbers that are none leave only names to look at
        noticed.stop_on_errors([*findings, *soundness.unknown(folder, tables)])
    noticed.stop_on_errors(soundness.problems(folder, tables, summary))
    sizes = {row["vm"]: row for row in tables.get("vms", ())}
    return Folder(
        moves=_moves(tables["moves"]),
        actions=tuple(Action(**row, row=line) for line, row in _numbered(tables["actions"], "start_s")),
        hosts=tuple(tables["hosts"]),
        placement=tuple(tables["placement"]),
        summary=summary,
        manifest=manifest,
        ids={name: row["platform_id"] for name, row in sizes.items() if row["platform_id"]},
        sizes=sizes,
    )


def _moves(rows: list[dict[str, Any]]) -> tuple[Move, ...]:
    kept = Move.__dataclass_fields__.keys() - {"number", "row"}
    ordered = enumerate(_numbered(rows, "wave", "start_s"), 1)
    return tuple(Move(number, row=line, **{name: row[name] for name in kept}) for number, (line, row) in ordered)


def _numbered(rows: list[dict[str, Any]], *by: str) -> list[tuple[int, dict[str, Any]]]:
    """Return rows with their number in the file, sorted."""
    return sorted(enumerate(rows, 2), key=lambda each: [each[1][column] for column in by])


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise _not_a_plan(path, f"cannot be read: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise _not_a_plan(path, f"is not JSON: {problem}") from None
    if not isinstance(content, dict):
        raise _not_a_plan(path, "is not a JSON object")
    return content


def _not_a_plan(path: Path, text: str) -> InputError:
    message = f"{path.parent} is not the result folder of a plan: {path.name} {text}."
    return InputError([Finding("error", "not-a-plan", message, str(path))])


def _table(path: Path, table: Mapping[str, "Field"], findings: list[Finding]) -> list[dict[str, Any]]:
    """Return the rows of a table with its columns as Python's own types; columns not asked for are left out."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header, rows = reader.fieldnames or (), list(reader)
    except OSError as problem:
        raise _not_a_plan(path, f"cannot be read: {problem.strerror}") from None
    except (ValueError, csv.Error) as problem:
        raise _not_a_plan(path, f"is no table: {problem}") from None
    missing = sorted(table.keys() - set(header))
    if missing:
        raise _not_a_plan(path, f"lacks {', '.join(missing)}")
    for line, row in enumerate(rows, 2):
        if None in row or None in row.values():
            findings.append(Finding("error", "ragged-row", f"Expected {len(header)} cells.", str(path), line))
    return [
        {name: _value(row[name] or "", spec, findings, (path, line, name)) for name, spec in table.items()}
        for line, row in enumerate(rows, 2)
    ]


def _value(text: str, spec: "Field", findings: list[Finding], place: tuple[Path, int, str]) -> Any:
    if spec.optional and not text:
        return math.nan
    try:
        match spec.dtype:
            case "int64":
                return int(text)
            case "float64":
                return _seconds(text) if spec.unit == "s" else _finite(text)
            case "bool":
                return {"True": True, "False": False}[text]
            case _:
                return unguarded(text)
    except (ValueError, KeyError):
        path, line, column = place
        what = f"Expected seconds from 0 to {LONGEST_S:g}." if spec.unit == "s" else f"Is no {spec.dtype}."
        findings.append(Finding("error", "damaged", what, str(path), line, column, text))
        return None


def _seconds(text: str) -> float:
    number = _finite(text)
    if not 0 <= number <= LONGEST_S:
        raise ValueError(text)
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
