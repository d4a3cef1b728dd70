"""The journal of a study: the rows that are done, each under a hash of all that it was computed from."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from consolidate.results import plain, versions
from consolidate.what_if.axes import FILES
from consolidate.what_if.scenario import Scenario
from consolidate.what_if.trial import Protocol
from models.errors import Finding
from models.tables import SCENARIO_FULL, SCENARIO_METRICS, SCENARIO_TRIED, mistaken

NAME = "journal.jsonl"
_ROW = {**SCENARIO_METRICS, **SCENARIO_TRIED, **SCENARIO_FULL}


class Journal:
    """
    Rows by hash, in a file that grows by a line a row; a line that cannot be read counts for nothing, and is told.

    Parameters
    ----------
    path
        The file; None: nothing is kept.
    earlier
        Further files with rows.
    """

    def __init__(self, path: Path | None = None, earlier: tuple[Path, ...] = ()) -> None:
        self._path = path
        self._rows: dict[str, dict[str, Any]] = {}
        found: list[Finding] = []
        for each in (*earlier, *((path,) if path is not None else ())):
            self._rows |= _read(each, found)
        self.findings = tuple(found)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._rows[key]

    def add(self, key: str, row: Mapping[str, Any]) -> None:
        """Write a row down, unless it failed: then it is computed again when the study goes on."""
        self._rows[key] = dict(row)
        if self._path is not None and row.get("status") != "failed":
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{_cut_short(self._path)}{_line(key, row)}")

    def text(self, keys: tuple[str, ...]) -> str:
        """Return the rows of these keys as a journal holds them, in this order."""
        return "".join(_line(key, self._rows[key]) for key in keys if self._rows[key].get("status") != "failed")

    def close(self) -> None:
        """Remove the file: what it holds is in the result."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def beside(out: Path) -> Path:
    """Return the file, hidden beside a result's folder, that the journal is in until the result is there."""
    return out.parent / f".{out.name}.{NAME}"


def _line(key: str, row: Mapping[str, Any]) -> str:
    return json.dumps({"key": key, "row": plain(row)}) + "\n"


def _cut_short(path: Path) -> str:
    """Return what has to go before a further line: the end of one that the end of a process cut short, if it did."""
    if not path.exists() or not path.stat().st_size:
        return ""
    with path.open("rb") as file:
        file.seek(-1, 2)
        return "" if file.read() == b"\n" else "\n"


def _read(path: Path, findings: list[Finding]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if not path.exists():
        return found
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            key, row = str(entry["key"]), dict(entry["row"])
        except (ValueError, KeyError, TypeError, RecursionError):
            key, row = "", {}
        if "status" in row and not mistaken(row, _ROW):
            found[key] = row
            continue
        text = "Is no row of a study that can be read; it counts for nothing, and is computed again."
        findings.append(Finding("warning", "journal", text, str(path), number, value=line))
    return found


def keys(points: tuple[Scenario, ...], protocol: Protocol, inputs: Mapping[str, str]) -> tuple[str, ...]:
    """
    Return the hash of each scenario: of what is read, supposed, chosen and done, and of the product's version.

    Parameters
    ----------
    inputs
        Hashes of all that is the same for every scenario: inventory, readings, rules, profiles, models.
    """
    common = {
        "version": versions(),
        "inputs": dict(inputs),
        "protocol": {"run": protocol.run, "steps": protocol.steps, "held_back_days": protocol.held_back_days}
        | {"held_up": dict(protocol.held_up), "until_full": protocol.until_full},
    }
    digests: dict[str, str] = {}
    return tuple(_digest(common | _own(point, digests)) for point in points)


def _own(point: Scenario, digests: dict[str, str]) -> dict[str, Any]:
    """Return all that is a scenario's own; of a file that a setting names, what it holds."""
    settings = point.settings.model_dump(mode="json")
    for key in FILES:
        group, _, name = key.partition(".")
        if file := settings[group][name]:
            if file not in digests:
                digests[file] = hashlib.sha256(Path(file).read_bytes()).hexdigest() if Path(file).is_file() else ""
            settings[group][name] = digests[file]
    return {
        "settings": settings,
        "supposed": dict(point.supposed),
        "seed": point.seed,
        "policy": point.policy,
        "options": dict(point.options or {}),
    }


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(plain(content), sort_keys=True).encode()).hexdigest()
