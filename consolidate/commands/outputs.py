"""What a command writes and prints: results with their reports, texts, answers."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from consolidate.commands.terminal import printable
from models.errors import InputError

if TYPE_CHECKING:
    from consolidate.execution.rehearsal import Rehearsed
    from consolidate.planning import Planned
    from consolidate.simulation import Simulated
    from consolidate.studies import Studied
    from consolidate.virtualization.overheads import Compared
    from consolidate.what_if.united import United

Render = Callable[[Path], str]
"""Returns the report on a result folder."""


def ready(out: Path, read: Callable[[], object], *, force: bool, reads: Sequence[Path] = ()) -> None:
    """
    Raise an `InputError` if a result must not be written to the folder, before it is computed.

    Parameters
    ----------
    read
        Reads what the result is to be computed from; only where it must not be written, to tell what else is wrong.
    reads
        Folders that are read: they are never replaced.
    """
    from consolidate import results

    try:
        results.ready(out, force=force, reads=reads)
    except InputError as problem:
        raise together(problem, read) from None


def together(problem: InputError, read: Callable[[], object]) -> InputError:
    """Return a problem with what is wrong with what is read, if anything is."""
    try:
        read()
    except InputError as other:
        return InputError([*problem.findings, *other.findings])
    return problem


def write(
    out: Path,
    found: "Planned",
    force: bool,
    copies: dict[str, Path | None],
    report: Render,
    inside: Mapping[str, "Simulated"] | None = None,
) -> None:
    """Write a plan with its report and runbooks, copies of the files that `check` needs again, and simulations."""
    from consolidate import results, runbooks
    from consolidate.readers import files
    from consolidate.runbooks import folder as runbook_folder

    def render(folder: Path) -> str:
        plan = runbook_folder.read(folder)
        (folder / "runbook.md").write_text(runbooks.of(plan, "markdown"), encoding="utf-8")
        if found.summary["what_if"]:
            return report(folder)
        try:
            (folder / "runbook.ps1").write_text(runbooks.of(plan, "powercli"), encoding="utf-8")
        except InputError as problem:
            echo(f"warning: There is no runbook.ps1. {problem.findings[0]}", err=True)
        return report(folder)

    results.write(
        out,
        manifest=found.manifest,
        summary=found.summary,
        tables=found.tables,
        texts={name: files.text(path) for name, path in copies.items() if path is not None},
        parquet=frozenset({"load"}),
        inside=inside,
        render=render,
        force=force,
    )


def tell(found: "Planned", out: Path, json: bool) -> None:
    """Print the answer of a plan."""
    from consolidate import results
    from consolidate.commands import terminal

    if json:
        echo(results.dumps(found.summary))
        return
    listed(terminal.summary_lines(found.summary, found.tables["findings"], out))


def kept(
    found: "Simulated | Studied | Compared | United | Rehearsed",
    out: Path,
    force: bool,
    json: bool,
    report: Render,
    *,
    parquet: bool = True,
) -> int:
    """Write a result and tell its answer."""
    from consolidate import results

    results.write(
        out,
        manifest=found.manifest,
        summary=found.summary,
        tables=found.tables,
        parquet=frozenset(found.tables if parquet else ()),
        texts=getattr(found, "texts", None),
        render=report,
        force=force,
    )
    status = int(getattr(found, "exit_status", 0))
    if json:
        echo(results.dumps(found.summary))
        return status
    listed([str(found.summary["verdict"])])
    if "scenarios" in found.tables:
        from consolidate.commands.terminal import scenario_lines

        listed(["", *scenario_lines(found.tables["scenarios"]), ""])
    echo(f"Report: {out / 'report.html'}")
    return status


def put(text: str, output: Path | None, *, force: bool) -> None:
    """Write a text to a file, which must not exist unless `force`, or to standard output."""
    from consolidate import results

    if output is None:
        sys.stdout.write(text)
    else:
        results.put(output, text, force=force)


def listed(lines: Iterable[str]) -> None:
    """Print lines, none of which a name can break in two."""
    for line in lines:
        echo(line.replace("\n", "\N{REPLACEMENT CHARACTER}"))


def echo(text: str, *, err: bool = False) -> None:
    """Print a text, of which a terminal obeys nothing."""
    typer.echo(printable(text.removesuffix("\n")), err=err)
