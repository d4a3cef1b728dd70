"""Commands about a plan's execution: rehearse it before, and track it meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consolidate import inputs
from consolidate.commands import outputs
from consolidate.commands.options import Force, Inventory, Json, Matched, Out, Rules, reading, takes
from consolidate.readers.reading import Options

if TYPE_CHECKING:
    from consolidate.execution.drift import Drift
    from consolidate.execution.rest import Rest
    from consolidate.planning import Planned
    from consolidate.readers.reading import Reading

Render = Callable[[Path], str]
PLAN = typer.Argument(metavar="PLAN", help="Result folder of `consolidate plan`.", show_default=False)


def register(app: typer.Typer, render: Render) -> None:
    """Add the commands; `render` returns the report on a result folder."""

    @app.command()
    @takes("options", reading)
    def rehearse(
        plan_folder: Annotated[Path, PLAN],
        inventory: Inventory,
        options: Options,
        out: Out,
        runs: Annotated[int, typer.Option(min=1, max=100_000, help="How often the plan is carried out.")] = 200,
        seed: Annotated[int, typer.Option(min=0, help="Seed of what happens.")] = 1,
        noise: Annotated[
            float | None, typer.Option(min=0, max=10, help="Factor on the measured spread of durations; 0 is none.")
        ] = None,
        failures: Annotated[
            float | None, typer.Option(min=0, max=1, help="Share of attempts to migrate that fail.")
        ] = None,
        retries: Annotated[
            int | None, typer.Option(min=0, max=100, help="How often a failed move is tried again; once by default.")
        ] = None,
        link_drop: Annotated[
            list[str] | None,
            typer.Option(
                metavar="CHANCE|LINK@START+SECONDS",
                help="Chance that a link drops in a run; or LINK@START+SECONDS, in every run; repeat.",
            ),
        ] = None,
        host_loss: Annotated[
            list[str] | None,
            typer.Option(
                metavar="CHANCE|HOST@SECONDS",
                help="Chance that a host dies in a run; or HOST@SECONDS, in every; repeat.",
            ),
        ] = None,
        on_failure: Annotated[
            str, typer.Option(help="After a move was given up: stop, rollback (of the wave) or continue.")
        ] = "stop",
        late: Annotated[
            float | None, typer.Option(min=0, max=100, help="A wave is late that ends so much later, as a share.")
        ] = None,
        rules: Rules = None,
        least_matched: Matched = 0.95,
        force: Force = False,
        json: Json = False,
    ) -> int:
        """Carry a plan out many times under uncertainty: how long it takes, what may go wrong, and where."""
        from consolidate.commands.terminal import Steps
        from consolidate.execution import chances, rehearsal
        from consolidate.execution.scene import scene
        from consolidate.runbooks import folder

        def read() -> Any:
            manner = chances.manner_of(on_failure)
            folder.read(plan_folder)
            given = inputs.read(inventory, replace(options, least_matched=least_matched), rules)
            given = inputs.with_hash(inputs.with_hash(given, rules), plan_folder / "moves.csv")
            return manner, scene(plan_folder, given, rules)

        outputs.ready(out, read, force=force, reads=[plan_folder])
        with Steps() as steps:
            steps.begin("reading")
            manner, found = read()
            course = found.course()
            wanted = {"noise": noise, "failure_share": failures, "retries": retries}
            chosen = chances.chances(course, wanted, link_drop or (), host_loss or ())
            done = rehearsal.rehearse(
                found, chosen, course=course, runs=runs, seed=seed, on_failure=manner, late_share=late,
                progress=steps.told,
            )  # fmt: skip
        return outputs.kept(done, out, force, json, render, parquet=False)

    @app.command()
    @takes("options", reading)
    def track(
        plan_folder: Annotated[Path, PLAN],
        journal: Annotated[
            Path,
            typer.Option(help="What happened: CSV, or the task log of vSphere, Nova or Proxmox.", show_default=False),
        ],
        options: Options,
        inventory: Annotated[
            Path | None, typer.Option(help="Inventory of now, or that of the plan: what is left is planned from there.")
        ] = None,
        out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the plan of the rest.")] = None,
        started: Annotated[
            str, typer.Option(metavar="TIME", help="When the plan began (ISO 8601), if not with its first move.")
        ] = "",
        now: Annotated[str, typer.Option(metavar="TIME", help="The present moment, if not the last event.")] = "",
        rules: Rules = None,
        least_matched: Matched = 0.95,
        force: Force = False,
        json: Json = False,
    ) -> int:
        """Compare a plan with what really happened, predict the rest anew, and plan it from the present state."""
        from consolidate import results
        from consolidate.execution import drift, drift_text
        from consolidate.execution import journal as journals
        from consolidate.runbooks import folder

        def read() -> Any:
            plan = folder.read(plan_folder)
            return plan, journals.read(journal, plan)

        if out is not None:
            if inventory is None:
                raise typer.BadParameter("a plan of the rest needs one", param_hint="--inventory")
            outputs.ready(out, read, force=force, reads=[plan_folder])
        plan, kept = read()
        found = drift.drift(plan, kept, started, now)
        left = None
        if inventory is not None:
            given = inputs.read(inventory, replace(options, least_matched=least_matched), rules)
            given = inputs.with_hash(inputs.with_hash(given, rules), journal)
            found, left = _rest(plan_folder, found, given, rules)
            if out is not None and left.planned is not None:
                _write(out, plan_folder, found, left.planned, rules, force, render)
        if json:
            outputs.echo(results.dumps(drift_text.as_json(found, kept, left)))
        else:
            outputs.listed(drift_text.lines(found, kept, left))
            if out is not None and left is not None and left.planned is not None:
                outputs.echo(f"Report: {out / 'report.html'}")
        return int(left is not None and not left.feasible)


def _rest(plan: Path, found: "Drift", given: "Reading", rules: Path | None) -> "tuple[Drift, Rest]":
    """Return the drift with what is impossible now, and what is left."""
    from consolidate.commands.terminal import Steps
    from consolidate.execution import drift, rest

    with Steps() as steps:
        steps.begin("planning")
        left = rest.rest(plan, found, given, rules, steps.told)
    impossible = {step.number: step.why for step in left.recheck.steps if step.state == "impossible"}
    return drift.left(found, impossible), left


def _write(
    out: Path, plan: Path, found: "Drift", planned: "Planned", rules: Path | None, force: bool, render: Render
) -> None:
    """Write the plan of the rest, with the drift beside it."""
    from consolidate.execution import drift
    from consolidate.plans.rechecking import rules_of
    from models.tables import DRIFT, frame

    catalog, offers = (
        path if (path := plan / name).is_file() else None for name in ("catalog.yaml", "hosts-to-buy.csv")
    )
    copies = {"rules.yaml": rules_of(plan, rules), "catalog.yaml": catalog, "hosts-to-buy.csv": offers}
    tables = {**planned.tables, "drift": frame(DRIFT, drift.table(found))}
    outputs.write(out, replace(planned, tables=tables), force, copies, render)
