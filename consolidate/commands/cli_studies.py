"""Commands for what-if studies: many scenarios at once, and two results side by side."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consolidate.commands import outputs
from consolidate.commands.options import (
    Change,
    Config,
    Force,
    Inventory,
    Json,
    Matched,
    Out,
    Rules,
    Seed,
    reading,
    takes,
)
from consolidate.readers.reading import Options
from models.errors import InputError

if TYPE_CHECKING:
    from consolidate.studies import Studied
    from consolidate.what_if.journal import Journal

Render = Callable[[Path], str]


def register(app: typer.Typer, render: Render) -> None:
    """Add the commands; `render` returns the report on a result folder."""

    @app.command()
    def study(
        file: Annotated[
            Path | None, typer.Argument(metavar="STUDY.yaml", help="The study's file.", show_default=False)
        ] = None,
        out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the result.")] = None,
        executor: Annotated[str, typer.Option(help="serial, processes:N, dask:local or dask:ADDRESS.")] = "serial",
        check_only: Annotated[bool, typer.Option("--check", help="Count runs, estimate; run nothing.")] = False,
        resume: Annotated[bool, typer.Option("--resume", help="Skip what is done, by its content.")] = False,
        until_full: Annotated[
            bool, typer.Option("--until-full", help="How much growth does each scenario's estate take?")
        ] = False,
        grow: Annotated[str, typer.Option(help="What grows until it is full: vms or demand.")] = "vms",
        schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of study files.")] = False,
        force: Force = False,
        json: Json = False,
    ) -> int:
        """Plan or simulate every scenario of a study and compare them. Ctrl-C keeps what is there so far."""
        if schema:
            return _schema()
        if file is None:
            raise typer.BadParameter("name the study's file", param_hint="STUDY.yaml")
        if grow not in ("vms", "demand"):
            raise typer.BadParameter(f"Expected vms or demand (found {grow!r})", param_hint="--grow")
        if check_only:
            return _checked(file, out, executor, grow if until_full else "")
        if out is None:
            raise typer.BadParameter("name a folder for the result", param_hint="--out")
        try:
            book = _journal(out, resume=resume, force=force)
        except InputError as problem:
            from consolidate import studies

            raise outputs.together(problem, lambda: studies.task(file, grow if until_full else "")) from None
        found = _studied(file, executor, grow if until_full else "", book)
        status = outputs.kept(found, out, force or resume, json, render)
        book.close()
        return status

    @app.command()
    def compare(
        first: Annotated[str, typer.Argument(metavar="A", help="A result folder, or FOLDER::SCENARIO of a study.")],
        second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
        out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the table and a report.")] = None,
        confidence: Annotated[float, typer.Option(min=0.5, max=0.9999, help="Of the intervals.")] = 0.95,
        force: Force = False,
        json: Json = False,
    ) -> int:
        """Tell how B differs from A, metric by metric, and how sure that is over seeds."""
        from consolidate import inputs, results
        from consolidate.what_if import comparing, comparison_text

        def read() -> Any:
            return tuple(inputs.every(lambda: comparing.read(first), lambda: comparing.read(second)))

        if out is not None:
            folders = [Path(each.partition("::")[0]) for each in (first, second)]
            outputs.ready(out, read, force=force, reads=folders)
        sides: tuple[Any, Any] = read()
        warnings = list(comparing.unlike(*sides))
        for warning in warnings:
            outputs.echo(f"warning: {warning}", err=True)
        deltas = comparing.compared(*sides, confidence)
        if out is not None:
            options = {"first": first, "second": second, "confidence": confidence}
            results.write(
                out,
                manifest={"command": "compare", "inputs": {}, "options": options},
                summary=comparison_text.summary(sides, deltas, confidence, warnings),
                tables={"deltas": deltas},
                render=render,
                force=force,
            )
        if json:
            outputs.echo(results.dumps({"warnings": warnings, "deltas": deltas.to_dict("records")}))
            return 0
        outputs.listed(comparison_text.lines(deltas, confidence))
        if out is not None:
            outputs.echo(f"Report: {out / 'report.html'}")
        return 0

    @app.command()
    @takes("options", reading)
    def partition(
        inventory: Inventory,
        options: Options,
        out: Out,
        executor: Annotated[str, typer.Option(help="serial, processes:N, dask:local or dask:ADDRESS.")] = "processes:2",
        most_hosts: Annotated[
            int, typer.Option(min=2, help="Clusters of more hosts are divided into groups of a third.")
        ] = 1_500,
        rules: Rules = None,
        config: Config = None,
        change: Change = None,
        seed: Seed = None,
        least_matched: Matched = 0.95,
        force: Force = False,
        json: Json = False,
    ) -> int:
        """Plan an estate too large for one machine's solver: clusters, and groups of hosts, on an executor."""
        from consolidate import inputs
        from consolidate.commands.terminal import Steps
        from consolidate.inventories.estate import supposed
        from consolidate.partition import planned
        from consolidate.what_if import executors
        from consolidate.what_if.united import united

        def read() -> Any:
            chosen, given = inputs.every(
                lambda: inputs.settings(config, change, {"search.seed": seed}),
                lambda: inputs.read(inventory, replace(options, least_matched=least_matched), rules),
            )
            given = inputs.with_hash(supposed(given, chosen.estate), rules)
            return chosen, given, *inputs.ruled(rules, given, chosen)

        outputs.ready(out, read, force=force)
        chosen, given, own, timed = read()
        with Steps(remaining=True) as shown, executors.executor(executor) as pool:

            def told(done: int, total: int) -> None:
                shown.told("units", done, total)

            found = united(given, chosen, planned(given, chosen, own, pool, told, timing=timed, most_hosts=most_hosts))
        outputs.kept(found, out, force, json, render, parquet=False)
        return found.exit_status


def _schema() -> int:
    from consolidate import results
    from consolidate.what_if.schema import schema

    outputs.echo(results.dumps(schema()))
    return 0


def _checked(file: Path, out: Path | None, executor: str, until_full: str) -> int:
    from consolidate import studies
    from consolidate.what_if import estimates

    count = executor.rpartition(":")[2]
    workers = int(count) if executor.startswith("processes:") and count.isdecimal() else 1
    found = estimates.estimate(studies.task(file, until_full), out)
    outputs.listed(estimates.lines(found, max(workers, 1)))
    return 0


def _studied(file: Path, executor: str, until_full: str, book: "Journal") -> "Studied":
    from consolidate import studies
    from consolidate.commands import interruption
    from consolidate.commands.terminal import Steps
    from consolidate.what_if import executors

    done = False
    with interruption.gentle() as asked, Steps(remaining=True) as shown:
        pool = executors.executor(executor)
        try:
            found = studies.study(
                file,
                pool,
                progress=lambda so_far, total: shown.told("scenarios", so_far, total),
                journal=book,
                stopped=asked.is_set,
                until_full=until_full,
            )
            done = not asked.is_set()
        finally:
            pool.shutdown(cancel_futures=not done)
    return found


def _journal(out: Path, *, resume: bool, force: bool) -> "Journal":
    """Return the journal beside the result; rows of earlier runs are in it only if they are asked for."""
    from consolidate import results
    from consolidate.readers import noticed
    from consolidate.what_if.journal import NAME, Journal, beside

    results.ready(out, force=force or (resume and (out / NAME).is_file()))
    path = beside(out)
    if resume:
        book = Journal(path, (out / NAME,))
        for finding in noticed.capped(book.findings):
            outputs.echo(f"{finding.severity}: {finding}", err=True)
        return book
    if path.exists() and not force:
        text = f"An earlier run of {out} was cut short, and {path} has its rows: go on with --resume, or --force anew."
        raise InputError(text)
    path.unlink(missing_ok=True)
    return Journal(path)
