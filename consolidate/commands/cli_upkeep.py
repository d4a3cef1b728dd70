"""Commands for day-to-day work: the best host for a VM now, hosts to be emptied, hosts that were lost."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from consolidate import inputs
from consolidate.commands import outputs
from consolidate.commands.options import Change, Config, Force, Inventory, Json, Matched, Out, Rules, reading, takes
from consolidate.readers.reading import Options

Render = Callable[[Path], str]


def register(app: typer.Typer, render: Render) -> None:
    """Add the commands; `render` returns the report on a result folder."""

    @app.command()
    @takes("options", reading)
    def place(
        inventory: Inventory,
        options: Options,
        vm: Annotated[str, typer.Option("--vm", help="Name of a VM, or of the new one.")] = "",
        vcpus: Annotated[int | None, typer.Option(min=1, max=10_000, help="Virtual CPUs of a new VM.")] = None,
        memory_mib: Annotated[float | None, typer.Option(min=0, max=1e8, help="Memory of a new VM.")] = None,
        cpu_mhz: Annotated[float | None, typer.Option(min=0, max=1e9, help="CPU that it takes of a host.")] = None,
        cluster: Annotated[str, typer.Option(help="Cluster of a new VM.")] = "",
        most: Annotated[int, typer.Option(min=1, help="Hosts that are listed.")] = 5,
        rules: Rules = None,
        config: Config = None,
        change: Change = None,
        least_matched: Matched = 0.95,
        json: Json = False,
    ) -> int:
        """Tell the best hosts for a VM now, one of the inventory or a new one, and what excludes the others."""
        from consolidate import results
        from consolidate.plans import placing

        if not vm and memory_mib is None:
            raise typer.BadParameter("name a VM, or give --vcpus and --memory-mib of a new one", param_hint="--vm")
        if vcpus is not None and memory_mib is None:
            raise typer.BadParameter("a new VM needs it beside --vcpus", param_hint="--memory-mib")
        chosen = inputs.settings(config, change, {})
        given = inputs.read(inventory, replace(options, least_matched=least_matched), rules)
        wanted = placing.Wanted(vm or "new", vcpus, memory_mib, cpu_mhz, cluster)
        found = placing.best(given, chosen, wanted, lambda read: inputs.rules(rules, read), most)
        if json:
            outputs.echo(results.dumps(found.as_json()))
        else:
            outputs.listed(placing.lines(found))
        return int(not found.hosts)

    @app.command()
    @takes("options", reading)
    def drain(
        inventory: Inventory,
        hosts: Annotated[
            list[str],
            typer.Argument(
                help="Hosts to be emptied and switched off: names, patterns such as 'esx-1*', or rack:r1.",
                show_default=False,
            ),
        ],
        options: Options,
        out: Out,
        rules: Rules = None,
        config: Config = None,
        change: Change = None,
        least_matched: Matched = 0.95,
        force: Force = False,
        json: Json = False,
    ) -> int:
        """Plan to empty hosts with the fewest moves, and nothing else: checked, with report and runbook."""
        from consolidate.plans import upkeep

        def planned(given: Any, chosen: Any, own: Any, timed: Any, told: Any) -> Any:
            rows = upkeep.rows(given.inventory, hosts, "HOSTS")
            return upkeep.drained(given, chosen, rows, own, told, timing=timed)

        return _planned(planned, inventory, replace(options, least_matched=least_matched), out, rules, config, change,
                        force, json, render)  # fmt: skip

    @app.command()
    @takes("options", reading)
    def repair(
        inventory: Inventory,
        options: Options,
        out: Out,
        lost: Annotated[
            list[str],
            typer.Option(
                "--lost",
                metavar="HOST",
                help="A host that was lost, or several: a pattern, or rack:r1; may be repeated.",
            ),
        ],
        rules: Rules = None,
        config: Config = None,
        change: Change = None,
        least_matched: Matched = 0.95,
        force: Force = False,
        json: Json = False,
    ) -> int:
        """Plan to restart the VMs of lost hosts elsewhere, with as few other moves as possible."""
        from consolidate.plans import upkeep

        def planned(given: Any, chosen: Any, own: Any, timed: Any, told: Any) -> Any:
            rows = upkeep.rows(given.inventory, lost, "--lost")
            found = upkeep.repaired(given, chosen, rows, own, told, timing=timed)
            for given_up in found.given_up:
                outputs.echo(f"warning: {given_up}", err=True)
            return found.planned

        return _planned(planned, inventory, replace(options, least_matched=least_matched), out, rules, config, change,
                        force, json, render)  # fmt: skip


def _planned(
    plan: Callable[..., Any],
    inventory: Path,
    options: Options,
    out: Path,
    rules: Path | None,
    config: Path | None,
    change: list[str] | None,
    force: bool,
    json: bool,
    render: Render,
) -> int:
    """Read, plan, and write the whole result folder."""
    from consolidate.commands.terminal import Steps

    def read() -> Any:
        chosen, given = inputs.every(
            lambda: inputs.settings(config, change, {}), lambda: inputs.read(inventory, options, rules)
        )
        return chosen, given, *inputs.ruled(rules, given, chosen)

    outputs.ready(out, read, force=force)
    with Steps() as steps:
        steps.begin("reading")
        chosen, given, own, timed = read()
        given = inputs.with_hash(inputs.with_hash(given, rules), inputs.overlay(chosen))
        found = plan(given, chosen, own, timed, steps.told)
        steps.begin("writing")
        outputs.write(out, found, force, {"rules.yaml": rules, "catalog.yaml": inputs.overlay(chosen)}, render)
    outputs.tell(found, out, json)
    return int(found.exit_status)
