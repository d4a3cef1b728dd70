"""The command line: parses and wires, nothing else."""

from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from consolidate import inputs
from consolidate.commands import cli_execution, cli_studies, cli_upkeep, outputs
from consolidate.commands.options import (
    Change,
    Config,
    Force,
    ForceFile,
    Inventory,
    Json,
    Matched,
    Out,
    Rules,
    Seed,
    reading,
    takes,
    what_if,
)
from consolidate.readers.reading import Options
from models.errors import Finding, InputError

app = typer.Typer(
    name="consolidate",
    help="From an inventory of servers and VMs to a checked consolidation plan, its cost, and a runbook.",
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Plan, check, price and simulate the consolidation of virtual machines."""
    if version:
        from consolidate.results import versions

        outputs.echo(versions()["dc-consolidate"])
        raise typer.Exit
    if context.invoked_subcommand is None:
        outputs.echo(context.get_help())


@app.command()
def demo(out: Out = Path("demo-report"), force: Force = False) -> int:
    """Run the whole main job on the bundled example, and write a report."""
    from consolidate.bundled import folder

    example = folder()
    return plan(
        inventory=example / "inventory", out=out, rules=example / "rules.yaml", force=force, before_and_after=True
    )


@app.command()
@takes("options", reading)
def inspect(
    inventory: Inventory,
    options: Options,
    json: Json = False,
    anonymise: Annotated[Path | None, typer.Option(help="Write the inventory, without its names, here.")] = None,
    spare_hosts: Annotated[int, typer.Option(min=0, help="Hosts that may be lost, for the ratios beside.")] = 1,
) -> int:
    """Read an inventory, join and check it, grade it, and add it up per cluster."""
    from consolidate import results
    from consolidate.inventories import inspection

    given = inputs.read(inventory, replace(options, lenient=True))
    found = inspection.inspect(given, spare_hosts=spare_hosts)
    if anonymise is not None:
        from consolidate.inventories.anonymise import export

        outputs.echo(f"Written without names: {anonymise}; who is who: {export(given, anonymise)}", err=True)
    if json:
        outputs.echo(results.dumps(found.as_json()))
    else:
        from consolidate.inventories.inspection_text import lines

        outputs.listed(lines(found))
    return 0


@app.command()
@takes("technique", what_if)
@takes("options", reading)
def plan(
    inventory: Inventory,
    options: Options,
    technique: dict[str, Any],
    out: Out,
    rules: Rules = None,
    config: Config = None,
    change: Change = None,
    solver: Annotated[
        str | None, typer.Option(help="auto, evacuate, cp-sat, first-fit, best-fit, dot-product.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Time for the search.")] = None,
    seed: Seed = None,
    max_moves: Annotated[int | None, typer.Option(min=0, help="At most so many migrations.")] = None,
    before_and_after: Annotated[
        bool, typer.Option("--simulate", help="Simulate the time of the readings, before the plan and after it.")
    ] = False,
    buy: Annotated[
        Path | None, typer.Option(help="Catalogue of host models that may be bought: how many of which are needed?")
    ] = None,
    frontier: Annotated[
        bool, typer.Option("--frontier", help="Tell the plans with more hosts, fewer moves or less risk as well.")
    ] = False,
    least_matched: Matched = 0.95,
    force: Force = False,
    json: Json = False,
) -> int:
    """Plan a consolidation: placement, ordered migrations, cost, report and runbook."""
    from consolidate import planning
    from consolidate.commands.terminal import Steps
    from consolidate.inventories.estate import supposed
    from consolidate.simulations.replay import both

    wanted = {
        "search.solver": solver, "search.seconds": seconds, "search.seed": seed, "migration.max_moves": max_moves,
        "search.frontier": True if frontier else None, "estate.buy": None if buy is None else str(buy), **technique,
    }  # fmt: skip

    def read() -> Any:
        chosen, given = inputs.every(
            lambda: inputs.settings(config, change, wanted),
            lambda: inputs.read(inventory, replace(options, least_matched=least_matched), rules, buy),
        )
        given = supposed(inputs.with_hash(given, buy), chosen.estate)
        return chosen, given, *inputs.ruled(rules, given, chosen)

    outputs.ready(out, read, force=force)
    with Steps() as steps:
        steps.begin("reading")
        chosen, given, own, timed = read()
        given = inputs.with_hash(inputs.with_hash(given, rules), inputs.overlay(chosen))
        found = planning.plan(given, chosen, rules=own, timing=timed, progress=steps.told)
        inside = both(given, chosen, found, steps.told) if before_and_after else {}
        steps.begin("writing")
        copies = {"rules.yaml": rules, "catalog.yaml": inputs.overlay(chosen), "hosts-to-buy.csv": buy}
        outputs.write(out, found, force, copies, _render, inside)
    outputs.tell(found, out, json)
    return found.exit_status


@app.command()
@takes("options", reading)
def check(
    plan_folder: Annotated[Path, typer.Argument(metavar="PLAN", help="Result folder of `consolidate plan`.")],
    inventory: Inventory,
    options: Options,
    rules: Rules = None,
    least_matched: Matched = 0.95,
    json: Json = False,
) -> int:
    """Tell whether a plan still holds for a newer inventory, and what has changed."""
    from consolidate import results
    from consolidate.plans import tracking
    from consolidate.plans.rechecking import as_planned, judge

    given = as_planned(plan_folder, inputs.read(inventory, replace(options, least_matched=least_matched), rules))
    found = tracking.recheck(plan_folder, given, judge(plan_folder, rules))
    if json:
        outputs.echo(results.dumps(found.as_json()))
    else:
        outputs.echo(f"The plan {found.verdict}." if found.verdict != "stale" else "The plan is stale: plan again.")
        outputs.listed(f"- {reason}" for reason in found.reasons)
    return int(found.verdict == "stale")


@app.command()
@takes("technique", what_if)
@takes("options", reading)
def simulate(
    inventory: Annotated[Path, typer.Argument(help="An inventory; or a trace, with --preset or --hosts.")],
    options: Options,
    technique: dict[str, Any],
    out: Out,
    policy: Annotated[
        str, typer.Option(help="none, threshold, consolidate, drs, …; thr-mmt, lr-mmt, …; see docs/policies.md.")
    ] = "none",
    preset: Annotated[str, typer.Option(help="cloudsim: its physics, hosts and policies, to the digit.")] = "",
    hosts: Annotated[Path | None, typer.Option(help="Inventory whose hosts the VMs of a trace run on.")] = None,
    plan: Annotated[Path | None, typer.Option(help="Result folder of a plan that is replayed.")] = None,
    order: Annotated[str, typer.Option(help="Of a PlanetLab trace's files: ntfs or name.")] = "ntfs",
    memory_unit: Annotated[str, typer.Option(help="Of an OpenDC trace: auto, kb, mb or gb.")] = "auto",
    resample: Annotated[str, typer.Option(help="What stands for a step of a trace: mean or max.")] = "mean",
    replicate: Annotated[int, typer.Option(min=1, help="So many times as many hosts and VMs.")] = 1,
    scale: Annotated[float, typer.Option(help="Factor on all CPU demand.")] = 1.0,
    variant: Annotated[int | None, typer.Option(help="Seed of a variant of the readings, drawn in blocks.")] = None,
    config: Config = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A setting (limits.cpu_ceiling=0.7), policy.OPTION=… or preset.OPTION=…; repeat.",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Samples to simulate, again from the first after the last; all by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the run.")] = 1,
    least_matched: Matched = 0.95,
    force: Force = False,
    json: Json = False,
) -> int:
    """Simulate an estate over time: utilisation, power, service, migrations. Ctrl-C keeps what is there so far."""
    from consolidate.commands import interruption
    from consolidate.commands.terminal import Running
    from consolidate.readers.traces import FORMATS, TraceOptions
    from consolidate.simulations.simulating import Wanted, given, simulated

    own, policy_options, preset_options = inputs.sorted_changes(change)
    trace = TraceOptions(order=order, memory_unit=memory_unit, resample=resample)
    if options.format in FORMATS:
        options, trace = replace(options, format="auto"), replace(trace, format=options.format)
    wanted = Wanted(
        inventory,
        replace(options, least_matched=least_matched),
        hosts,
        preset,
        policy,
        policy_options,
        preset_options,
        steps,
        seed,
        plan,
        trace,
        replicate,
        scale,
        variant,
    )
    outputs.ready(out, lambda: given(wanted, inputs.settings(config, own, technique)), force=force)
    with Running() as shown, interruption.gentle() as asked:
        found = simulated(wanted, inputs.settings(config, own, technique), shown.told, asked.is_set)
    return outputs.kept(found, out, force, json, _render)


@app.command()
@takes("technique", what_if)
@takes("options", reading)
def overhead(
    options: Options,
    technique: dict[str, Any],
    inventory: Annotated[
        Path | None,
        typer.Argument(help="An inventory, whose VMs are compared; else a workload is.", show_default=False),
    ] = None,
    workload: Annotated[
        str | None, typer.Option(help="Profile of the VM, or of VMs that name none; general by default.")
    ] = None,
    vcpus: Annotated[int, typer.Option(min=1, max=10_000, help="Virtual CPUs of the VM.")] = 4,
    memory_mib: Annotated[float, typer.Option(min=1, max=1e9, help="Its configured memory.")] = 16_384,
    cpu_mhz: Annotated[float, typer.Option(min=0, max=1e9, help="CPU of its own work.")] = 2_000,
    events: Annotated[bool, typer.Option("--events", help="What the overhead is made of.")] = False,
    merits: Annotated[bool, typer.Option("--merits", help="The merits of the five levels.")] = False,
    providers: Annotated[
        bool, typer.Option("--providers", help="Products, such as KVM, and their technologies.")
    ] = False,
    sources: Annotated[bool, typer.Option("--sources", help="Every number of the cost model and its source.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for tables, plots and a report.")] = None,
    config: Config = None,
    change: Change = None,
    least_matched: Matched = 0.95,
    force: Force = False,
    json: Json = False,
) -> int:
    """Compare technologies: what virtualization adds to a workload, or to the VMs of an inventory, and why."""
    from consolidate import results
    from consolidate.virtualization import overhead_text, overheads

    def read() -> Any:
        chosen = inputs.settings(config, change, {**technique, "overhead.workload": workload})
        if inventory is None or sources or providers:
            return chosen, None
        given = inputs.read(inventory, replace(options, least_matched=least_matched))
        return chosen, inputs.with_hash(given, inputs.overlay(chosen))

    if out is not None and not (sources or providers):
        outputs.ready(out, read, force=force)
    chosen, given = read()
    if sources or providers:
        listed = overhead_text.sources(chosen.overhead.catalog) if sources else overhead_text.providers()
        outputs.listed(listed)
        return 0
    if given is None:
        found = overheads.of_workload(chosen, {"vcpus": vcpus, "memory_mib": memory_mib, "cpu_mhz": cpu_mhz})
    else:
        found = overheads.of_inventory(given, chosen)
    if out is not None:
        return outputs.kept(found, out, force, json, _render, parquet=False)
    if json:
        outputs.echo(results.dumps(overhead_text.plain(found)))
    else:
        outputs.listed(overhead_text.lines(found, events=events, merits=merits))
    return 0


@app.command()
def calibrate(
    files: Annotated[
        list[Path],
        typer.Argument(help="perf kvm stat, perf stat -x, files; debugfs or domstats files come in pairs."),
    ],
    name: Annotated[str, typer.Option(help="Name of the workload.")] = "measured",
    seconds: Annotated[float | None, typer.Option(min=0.001, help="Time between the two readings.")] = None,
    busy_core_s: Annotated[float | None, typer.Option(min=0, help="CPU that the VM used in that time.")] = None,
    clock_mhz: Annotated[float | None, typer.Option(min=1, help="Clock of a core.")] = None,
    domain: Annotated[str | None, typer.Option(help="VM, where a file tells of several.")] = None,
    microarchitecture: Annotated[str, typer.Option(help="Processor of the host.")] = "skylake-sp",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; else standard output.")] = None,
    force: ForceFile = False,
) -> int:
    """Turn what was measured on a host into a workload and an overlay of the catalog, for --catalog."""
    from consolidate import calibration
    from models.technology import standard

    processors = standard().microarchitectures
    row = processors.row(microarchitecture)
    found = calibration.calibrate(
        files,
        name=name,
        seconds=seconds,
        clock_mhz=clock_mhz,
        busy_core_s=busy_core_s,
        domain=domain,
        round_trip_cycles=float(processors.numbers["round_trip_cycles"][row]),
    )
    for line in (*found.lines, *(f"{finding.severity}: {finding}" for finding in found.findings)):
        outputs.echo(line, err=True)
    outputs.put(found.text, output, force=force)
    if output is not None:
        outputs.echo(f"Use it: consolidate overhead --workload {quote(name)} --catalog {quote(str(output))}", err=True)
    return 0


@app.command()
def runbook(
    folder: Annotated[Path, typer.Argument(metavar="PLAN", help="Result folder of `consolidate plan`.")],
    platform: Annotated[
        str, typer.Option(help="markdown, powercli, govc, virsh, openstack, proxmox or ansible.")
    ] = "markdown",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; else standard output.")] = None,
    force: ForceFile = False,
) -> int:
    """Write the runbook of a plan for a platform."""
    from consolidate import runbooks

    outputs.put(runbooks.render(folder, platform), output, force=force)
    return 0


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="A result folder.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; else report.html in it.")] = None,
    force: ForceFile = False,
) -> int:
    """Write the self-contained HTML report of a result folder."""
    from consolidate.what_if import comparing

    target = output or folder / "report.html"
    comparing.sound(folder)
    from dashboards.report import render
    from dashboards.results import ResultError

    try:
        text = render(folder)
    except ResultError as problem:
        raise InputError(str(problem)) from None
    outputs.put(text, target, force=force or output is None)
    outputs.echo(str(target))
    return 0


@app.command()
@takes("options", reading)
def dashboard(
    folders: Annotated[list[Path], typer.Argument(help="Result folders; the first is shown first.")],
    options: Options,
    inventory: Annotated[
        Path | None, typer.Option(help="What the first plan was made of: it can then be made again with changes.")
    ] = None,
    rules: Rules = None,
    least_matched: Matched = 0.95,
    host: Annotated[str, typer.Option(help="Address to listen on; one that others reach needs --token.")] = "127.0.0.1",
    token: Annotated[
        str, typer.Option(envvar="CONSOLIDATE_TOKEN", help="What visitors have to know: 16 letters or digits or more.")
    ] = "",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8050,
) -> int:
    """Serve the interactive dashboard of result folders, on this machine alone unless there is a token."""
    from consolidate.commands import listening
    from consolidate.what_if import comparing
    from consolidate.what_if.what_ifs import WhatIfs

    listening.allowed(host, token)
    try:
        from dashboards.app import create
    except ModuleNotFoundError as problem:
        text = f"The dashboard needs {problem.name}: pip install 'dc-consolidate[dashboard]'."
        raise InputError(text) from None
    from dashboards.results import ResultError

    if inventory is None and rules is not None:
        raise typer.BadParameter("rules are for making the plan again, which needs --inventory", param_hint="--rules")
    given = replace(options, least_matched=least_matched)
    again = None if inventory is None else WhatIfs(folders[0], inventory, given, rules, _render)
    read = [lambda folder=folder: comparing.sound(folder) for folder in folders]

    def made() -> Any:
        try:
            return create(folders, again, token, later=again.earlier() if again else ())
        except ResultError as problem:
            raise InputError([Finding("error", "result", str(text)) for text in problem.args]) from None

    *_, application = inputs.every(*([again.check] if again else []), *read, made)
    listening.free(host, port)
    outputs.echo(f"{listening.address(host, port, token)} (Ctrl-C ends it)", err=True)
    application.run(host=host, port=port, debug=False)
    return 0


def _render(folder: Path) -> str:
    from dashboards.report import render

    return render(folder)


cli_studies.register(app, _render)
cli_upkeep.register(app, _render)
cli_execution.register(app, _render)
