"""What a command shows on a terminal: progress on standard error, and the answer in a few lines."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from consolidate.wording import counted, duration, spent
from models.errors import Finding

if TYPE_CHECKING:
    import pandas as pd

    from models.datacenter import Datacenter

MOST_SCENARIOS = 30
"""Scenarios shown in words; ``scenarios.parquet`` has them all."""
_EVERY_S = 0.2
_WIDTH = 36
"""Of the text beside a simulation's bar, so that the bar does not jump."""
MOST_WARNINGS = 5
"""Warnings shown in words; ``findings.csv`` has them all."""


def printable(text: str) -> str:
    r"""
    Return the text with U+FFFD for every character that a terminal would obey instead of show.

    >>> printable("red \x1b[31m\n")
    'red \ufffd[31m\n'
    """
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)


class Steps:
    """
    A progress bar that names the step; it shows nothing unless standard error is a terminal.

    Parameters
    ----------
    remaining
        Whether it tells how long the step is about to take yet.
    """

    def __init__(self, *, remaining: bool = False) -> None:
        self._remaining = remaining
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
            times = (TimeElapsedColumn(), *((TextColumn("still"), TimeRemainingColumn()) if self._remaining else ()))
            self._bar = Progress(*columns, *times, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, name: str) -> None:
        """Name a step whose length is not known."""
        if self._bar is not None:
            self._bar.update(self._task, description=name, completed=0, total=None)

    def told(self, name: str, done: int, total: int) -> None:
        """Show how much of a step is done."""
        if self._bar is not None:
            self._bar.update(self._task, description=name, completed=done, total=total)


class Running:
    """A progress bar of a simulation: simulated time, energy and hosts that are on; on a terminal only."""

    def __init__(self) -> None:
        self._steps = Steps()
        self._told_at = 0.0

    def __enter__(self) -> Self:
        self._steps.__enter__()
        self._steps.begin("reading")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._steps.__exit__(kind, error, trace)

    def told(self, model: "Datacenter", done: int, total: int) -> None:
        """Show how far a simulation is, a few times a second."""
        now = monotonic()
        if now - self._told_at < _EVERY_S and done < total:
            return
        self._told_at = now
        time = duration(model.time_s)
        hosts = int(model.state.on.sum())
        self._steps.told(
            f"{time}, {model.state.meters.energy_kwh:,.1f} kWh, {counted(hosts, 'host')} on".ljust(_WIDTH), done, total
        )


def summary_lines(summary: Mapping[str, Any], findings: "pd.DataFrame", out: Path) -> Iterator[str]:
    """Yield the answer of a plan: the verdict, what it rests on, and where to read on."""
    yield str(summary["verdict"])
    yield ""
    yield f"  hosts      {summary['hosts_before']} → {summary['hosts_after']} (bound {summary['hosts_bound']})"
    yield f"  status     {summary['status']}, gap {summary['gap']:.1%}, {summary['solver']}, {summary['seconds']:.1f} s"
    waves = counted(summary["waves"], "wave")
    yield f"  moves      {summary['moves']} in {waves} {spent(summary)}{_shortest(summary)}"
    yield f"  power      {summary['power_before_w']:,.0f} → {summary['power_after_w']:,.0f} W"
    yield f"  overhead   {_overhead(summary)}"
    yield f"  saving     {summary['saving_eur_year']:,.0f} EUR a year, {_once(summary['once_eur'])}"
    yield f"  checked    {_checked(summary)}"
    yield f"  data       grade {summary['grade']}; {summary['basis']}"
    counts = findings["severity"].value_counts()
    if len(findings):
        yield "  findings   " + ", ".join(f"{counts[name]} of severity {name}" for name in counts.index)
    for record in findings[findings["severity"] == "warning"][:MOST_WARNINGS].to_dict("records"):
        yield f"  warning    {Finding(**{str(name): value for name, value in record.items()})}"
    for name in summary["blocking"][:10]:
        yield f"  blocking   {name}"
    for remedy in summary["remedies"]:
        yield f"  remedy     {remedy}"
    if summary["next_host"]:
        yield f"  next       {summary['next_host']}"
    yield ""
    yield f"Report:  {out / 'report.html'}"
    yield f"Runbook: {out / 'runbook.md'}"


def scenario_lines(scenarios: "pd.DataFrame") -> Iterator[str]:
    """Yield the scenarios of a study as a table."""
    axes = [str(name) for name in scenarios.columns if str(name).startswith("axis.")]
    width = max([len("scenario"), *(len(str(name)) for name in scenarios["scenario"])])
    heads = f"{'status':>12}{'hosts':>7}{'bound':>7}{'moves':>7}{'overhead GHz':>14}{'EUR a year':>12}"
    yield f"{'scenario':<{width}}{heads}"
    for row in scenarios.head(MOST_SCENARIOS).to_dict("records"):
        yield (
            f"{row['scenario']:<{width}}{row['status']:>12}{row['hosts_after']:>7}{row['hosts_bound']:>7}"
            f"{row['moves']:>7}{row['overhead_mhz'] / 1000:>14,.1f}{row['cost_after_eur_year']:>12,.0f}"
        )
        if row["status"] == "failed":
            yield f"  because    {row['reason']}"
    if len(scenarios) > MOST_SCENARIOS:
        yield f"and {len(scenarios) - MOST_SCENARIOS} more over {len(axes)} axes; the report shows them all."


def _overhead(summary: Mapping[str, Any]) -> str:
    """Tell what virtualization adds, and how long virtual CPUs wait."""
    work, added, ready = summary["work_mhz"], summary["overhead_mhz"], summary["ready_share_max"]
    share = f" ({added / work:.1%})" if work else ""
    waits = "" if ready is None else f"; virtual CPUs wait {ready:.1%} of their time at most"
    return f"{added / 1000:,.1f} GHz on {work / 1000:,.1f} GHz of work{share}{waits}"


def _once(eur: float) -> str:
    return f"{-eur:,.0f} EUR earned once" if eur < 0 else f"{eur:,.0f} EUR spent once"


def _shortest(summary: Mapping[str, Any]) -> str:
    """Return how much shorter a schedule of the moves could be at most, in words."""
    span, bound = summary["makespan_s"], summary["makespan_bound_s"]
    if not summary["moves"] or not bound:
        return ""
    return " (proven shortest)" if span <= bound * (1 + 1e-6) else f" (at most {span / bound - 1:.1%} too long)"


def _checked(summary: Mapping[str, Any]) -> str:
    new = summary["violations_during"] + summary["violations_after"]
    before = summary["violations_before"]
    left = summary["violations_left"]
    return f"{counted(new, 'new violation')} at any moment; of {before} today {left} stay{'s' if left == 1 else ''}"
