"""The result folder: written beside its place and renamed, so that it is there whole or not at all."""

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.commands.interruption import scratch, uninterrupted
from models.errors import Finding, OutputError

if TYPE_CHECKING:
    import pandas as pd

    from consolidate.simulation import Simulated

MANIFEST = "manifest.json"
LINE_END = "\r\n"
"""Of CSV files, as RFC 4180 has it; with another one a carriage return in a cell would not be quoted."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LIBRARIES = ("mesa", "ortools", "numpy", "scipy", "pandas", "pyarrow", "plotly")


def write(
    folder: Path,
    *,
    manifest: Mapping[str, Any],
    summary: Mapping[str, Any],
    tables: Mapping[str, "pd.DataFrame"],
    parquet: frozenset[str] = frozenset(),
    texts: Mapping[str, str] | None = None,
    inside: Mapping[str, "Simulated"] | None = None,
    render: Callable[[Path], str] | None = None,
    force: bool = False,
) -> Path:
    """
    Write a result folder in one step and return it.

    Parameters
    ----------
    folder
        Where it goes. It must not exist, unless `force` and it is a result folder.
    manifest, summary
        What was computed from what, and the answer.
    tables
        By name; those in `parquet` are written as Parquet, the others as CSV.
    texts
        Further files, by name.
    inside
        Simulations, by the name of the folder in this one that each goes to.
    render
        Given the folder before it is renamed, returns the text of ``report.html``.

    Raises
    ------
    OutputError
        If the folder exists, or cannot be written; nothing is left behind.
    """
    with whole(folder, force=force) as beside:
        _fill(beside, manifest, summary, tables, parquet, texts or {})
        for name, each in (inside or {}).items():
            (beside / name).mkdir()
            _fill(beside / name, each.manifest, each.summary, each.tables, frozenset(each.tables), {})
        if render is not None:
            (beside / "report.html").write_text(render(beside), encoding="utf-8")
    return folder


@contextmanager
def whole(folder: Path, *, force: bool | None = False) -> Iterator[Path]:
    """
    Give a folder to fill that then takes the place of the one named, whole; of a failure nothing is left.

    Parameters
    ----------
    force
        Whether a result that is there may be replaced; None: it never may, so that nobody is told how.

    Raises
    ------
    OutputError
        If the folder exists, or cannot be written.
    """
    ready(folder, force=force)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with scratch(folder.name, folder.parent) as beside:
            (beside / "result").mkdir()
            yield beside / "result"
            _swap(beside, folder)
    except (OSError, UnicodeError) as problem:
        raise _unwritable(folder, problem) from None


def put(path: Path, text: str, *, force: bool) -> None:
    """
    Write a file whole or not at all; what is no ordinary file, such as a pipe, is written to directly.

    A text that says by its first line who runs it may be run by those who may read it.

    Raises
    ------
    OutputError
        If it cannot be written, or is there already and `force` does not say to replace it.
    """
    free(path, force=force)
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", newline="")
            return
        with scratch(path.name, path.parent) as beside:
            (beside / "text").write_text(text, encoding="utf-8", newline="")
            if text.startswith("#!"):
                mode = (beside / "text").stat().st_mode
                (beside / "text").chmod(mode | (mode & 0o444) >> 2)
            (beside / "text").replace(path)
    except (OSError, UnicodeError) as problem:
        raise _unwritable(path, problem) from None


def free(path: Path, *, force: bool) -> None:
    """Raise an `OutputError` if a file is there already that must not be replaced."""
    if path.is_file() and not force:
        text = f"The output {path} exists already; name another file, or replace it with --force."
        raise OutputError([Finding("error", "exists", text)])


def ready(folder: Path, *, force: bool | None, reads: Sequence[Path] = ()) -> None:
    """
    Raise an `OutputError` if a result must not be written to the folder; ask before a long computation.

    Parameters
    ----------
    reads
        Folders that the result is computed from: they are never replaced by it.
    """
    if any(folder.resolve() == each.resolve() for each in reads):
        raise OutputError([Finding("error", "exists", f"The output {folder} is what is read; name another folder.")])
    try:
        if not folder.exists() and not folder.is_symlink():
            return
        if folder.is_dir() and (not any(folder.iterdir()) or (force and (folder / MANIFEST).is_file())):
            return
    except OSError as problem:
        raise _unwritable(folder, problem) from None
    if force is None:
        text = "exists already; name another folder"
    elif force:
        text = "exists and is no result folder; it is not replaced, even with --force"
    else:
        text = "exists already; name another folder, or replace the result in it with --force"
    raise OutputError([Finding("error", "exists", f"The output {folder} {text}.")])


def _unwritable(folder: Path, problem: OSError | UnicodeError) -> OutputError:
    reason = getattr(problem, "strerror", None) or problem
    text = f"The output {folder} cannot be written: {reason}. Nothing was written."
    return OutputError([Finding("error", "unwritable", text)])


def _fill(
    folder: Path,
    manifest: Mapping[str, Any],
    summary: Mapping[str, Any],
    tables: Mapping[str, "pd.DataFrame"],
    parquet: frozenset[str],
    texts: Mapping[str, str],
) -> None:
    _json(folder / MANIFEST, {"versions": versions(), **manifest})
    _json(folder / "summary.json", summary)
    for name, table in tables.items():
        if name in parquet:
            table.to_parquet(folder / f"{name}.parquet", index=False)
        else:
            escaped(table).to_csv(folder / f"{name}.csv", index=False, lineterminator=LINE_END)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _swap(beside: Path, folder: Path) -> None:
    """Put the result in its place; the one that was there goes to where this one was made."""
    with uninterrupted:
        if folder.exists():
            folder.rename(beside / "old")
        try:
            (beside / "result").rename(folder)
        except BaseException:
            if (beside / "old").exists():
                (beside / "old").rename(folder)
            raise


def escaped(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return the table with text cells that a spreadsheet would take for a formula led by an apostrophe."""
    copy = table.copy()
    for name in copy.select_dtypes(include=["object", "string"]):
        copy[name] = [guarded(value) if isinstance(value, str) else value for value in copy[name]]
    return copy


def guarded(text: str) -> str:
    """
    Return a cell's text led by an apostrophe if a spreadsheet would run it.

    >>> guarded("=1+1"), guarded("web-01"), guarded("'quoted")
    ("'=1+1", 'web-01', "''quoted")
    """
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def unguarded(text: str) -> str:
    """
    Return a cell's text as it was before `guarded`; an apostrophe that guards nothing stays.

    >>> unguarded("'=1+1"), unguarded("''quoted"), unguarded("'quoted")
    ('=1+1', "'quoted", "'quoted")
    """
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def versions() -> dict[str, str]:
    """Return the versions of this product and of the libraries that decide its numbers."""
    found = {}
    for name in ("dc-consolidate", *_LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "source"
    return found


def _json(path: Path, content: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(dumps(content))
        file.flush()
        os.fsync(file.fileno())


def dumps(content: Any) -> str:
    """Return JSON in which numpy numbers are numbers, not finite ones null, and unprintable characters escaped."""
    text = json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)


def plain(value: Any) -> Any:
    """Return the value made of JSON's own types."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value if value is None else str(value)
