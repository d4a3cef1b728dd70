"""Commands about a plan's execution: rehearse it before, and track it meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from consolidate import inputs, outputs
from consolidate.options import Force, Inventory, Json, Matched, Out, Rules, reading, takes
from consolidate.readers.reading import Options

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
            typer.Option(help="Chance that a link drops in a run; or LINK@START+SECONDS, in every run; repeat."),
        ] = None,
        host_loss: Annotated[
            list[str] | None, typer.Option(help="Chance that a host dies in a run; or HOST@SECONDS, in every; repeat.")
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
        from consolidate import results
        from consolidate.execution import chances, rehearsal
        from consolidate.execution.scene import scene
        from consolidate.terminal import Steps

        results.ready(out, force=force)
        manner = chances.manner_of(on_failure)
        with Steps() as steps:
            steps.begin("reading")
            given = inputs.read(inventory, replace(options, least_matched=least_matched))
            given = inputs.with_hash(inputs.with_hash(given, rules), plan_folder / "moves.csv")
            found = scene(plan_folder, given, rules)
            course = found.course()
            wanted = {"noise": noise, "failure_share": failures, "retries": retries}
            chosen = chances.chances(course, wanted, link_drop or (), host_loss or ())
            done = rehearsal.rehearse(
                found, chosen, course=course, runs=runs, seed=seed, on_failure=manner, late_share=late,
                progress=steps.told,
            )  # fmt: skip
        return outputs.kept(done, out, force, json, render, parquet=False)
