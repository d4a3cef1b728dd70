"""YAML documents as values that know their line."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from consolidate.readers import files, noticed
from models.errors import Finding

DEEPEST = 12
_EXACT = 2**53
"""Whole numbers below that are exact as floats."""
_EXPONENT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d{1,3}", re.ASCII)


@dataclass(frozen=True)
class Located:
    """
    A value and the line it stands in: a scalar, a list of located values, or a mapping to them.

    The text is a scalar as it is written, for names such as 007 or on, which YAML takes for 7 and true.
    """

    value: Any
    line: int = 0
    text: str = ""


class _MarkedError(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read(path: Path, findings: list[Finding], hashes: dict[str, str]) -> Located | None:
    """Read a YAML file; without a result there is an error among the findings, or the document is empty."""
    data = files.content(path, findings)
    if data is None:
        return None
    hashes[path.name] = files.digest(data)
    text = files.decoded(path, data, "", findings)
    return None if text is None else parsed(text, path.name, findings)


def parsed(text: str, file: str, findings: list[Finding]) -> Located | None:
    """Return the document that a text holds; without one there is an error among the findings, or it is empty."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if node is None else _located(node, set(), 0)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        findings.append(Finding("error", "yaml", f"Is not YAML: {problem.problem or problem.context}.", file, line))
    except _MarkedError as problem:
        findings.append(Finding("error", "yaml", str(problem), file, problem.line))
    except RecursionError:
        findings.append(
            Finding("error", "yaml", f"Is not YAML that can be read: nested deeper than {DEEPEST} levels.", file)
        )
    except (yaml.YAMLError, ValueError, AttributeError) as problem:  # the last one where a tag does not fit its value
        message = f"Is not YAML that can be read: {' '.join(str(problem).split())[:200]}."
        findings.append(Finding("error", "yaml", message, file))
    return None


def _located(node: yaml.Node, seen: set[int], depth: int) -> Located:
    line = node.start_mark.line + 1
    if id(node) in seen:
        raise _MarkedError("Anchors and aliases are not used here; write the value out.", line)
    if depth > DEEPEST:
        raise _MarkedError(f"Is nested deeper than {DEEPEST} levels.", line)
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return Located([_located(item, seen, depth + 1) for item in node.value], line)
    if isinstance(node, yaml.MappingNode):
        return Located(_mapping(node, seen, depth), line)
    return Located(_scalar(node), line, str(node.value))


def _scalar(node: yaml.Node) -> Any:
    """Return the value of a scalar; 1e9 is a number, as in JSON and in YAML 1.2, though not in YAML 1.1."""
    value = yaml.SafeLoader("").construct_object(node)
    plain_text = isinstance(value, str) and isinstance(node, yaml.ScalarNode) and node.style is None
    if not plain_text or not _EXPONENT.fullmatch(value):
        return value
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _mapping(node: yaml.MappingNode, seen: set[int], depth: int) -> dict[str, Located]:
    result: dict[str, Located] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _MarkedError("A key must be a text.", key.start_mark.line + 1)
        name = str(key.value)
        if name in result:
            raise _MarkedError(f"Key {name!r} is there twice.", key.start_mark.line + 1)
        result[name] = _located(value, seen, depth + 1)
    return result


def located(value: Any, line: int = 0) -> Located:
    """Return a plain value as one that knows a line."""
    if isinstance(value, dict):
        return Located({str(key): located(item, line) for key, item in value.items()}, line)
    if isinstance(value, (list, tuple)):
        return Located([located(item, line) for item in value], line)
    return Located(value, line, str(value))


def plain(tree: Located, names: Collection[str] = (), *, name: bool = False) -> Any:
    """Return a located value as a plain one; scalars under the keys in `names` stay as they are written."""
    if isinstance(tree.value, dict):
        return {key: plain(item, names, name=key in names) for key, item in tree.value.items()}
    if isinstance(tree.value, list):
        return [plain(item, names, name=name) for item in tree.value]
    return tree.text if name and tree.value is not None else tree.value


def mapping(tree: Located, known: Collection[str], file: str, findings: list[Finding]) -> dict[str, Located]:
    """Return a mapping's known keys; every other key is an error that names the line."""
    if not isinstance(tree.value, dict):
        message = f"Expected a mapping with the keys {', '.join(sorted(known))}."
        findings.append(Finding("error", "expected-mapping", message, file, tree.line, value=str(plain(tree))))
        return {}
    for key, item in tree.value.items():
        if key not in known:
            hint = noticed.suggestion(key, known) or f" Known are {', '.join(sorted(known))}."
            findings.append(Finding("error", "unknown-key", f"Key {key!r} is unknown.{hint}", file, item.line))
    return {key: item for key, item in tree.value.items() if key in known}


def placed(finding: Finding, file: str, tree: Located | None) -> Finding:
    """Return the finding with the file and the line of the innermost key on its path."""
    row, here, parts = 0, tree, finding.column.split(".")
    while parts and here is not None:
        size, here = _inside(here, parts)
        row, parts = (here.line, parts[size:]) if here is not None else (row, [])
    return replace(finding, file=file, row=row)


def _inside(here: Located, parts: list[str]) -> tuple[int, Located | None]:
    """Return how many parts of a path name what is in a value, and that; names may have dots in them."""
    value = here.value
    if isinstance(value, list) and parts[0].isdigit() and int(parts[0]) < len(value):
        return 1, value[int(parts[0])]
    names = {size: ".".join(parts[:size]) for size in range(len(parts), 0, -1)} if isinstance(value, dict) else {}
    return next(((size, value[name]) for size, name in names.items() if name in value), (0, None))
