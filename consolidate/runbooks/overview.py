"""The first part of a runbook: what the plan is, what it was made from, and what speaks against running it."""

from typing import Any

from consolidate.runbooks.expiry import HOURS, expires
from consolidate.runbooks.folder import Folder, Move
from consolidate.runbooks.text import bullets, shown, span, table
from consolidate.wording import counted

SCRIPT = "`runbook.ps1`, beside this file, makes these moves with PowerCLI; without `-Execute` it only shows them"
"""What is said of the runbook for machines."""


def header(folder: Folder) -> str:
    """Return the title, and what the plan was made from, with what, and until when it holds."""
    facts, manifest = folder.summary, folder.manifest
    versions = manifest.get("versions", {})
    rows = [
        ("Inventory", shown(facts.get("source", ""))),
        ("Taken", shown(facts.get("taken") or "unknown")),
        *(
            ("SHA-256", f"{shown(name)}: {shown(digest)}")
            for name, digest in sorted(manifest.get("inputs", {}).items())
        ),
        (
            "Data quality",
            f"grade {shown(facts.get('grade') or 'unknown')}; demand: {shown(_listed(facts.get('basis')))}",
        ),
        ("Made with", shown(", ".join(f"{name} {version}" for name, version in sorted(versions.items())))),
        (
            "Solver",
            f"{shown(facts.get('solver', ''))}: {shown(facts.get('status', ''))}, gap {_share(facts.get('gap'))}",
        ),
        ("Seed", f"{facts.get('seed', 'unknown')}; {_reproducible(facts)}"),
        ("Expires", _expires(facts)),
        *([("Script", SCRIPT)] if folder.moves else []),
    ]
    return f"# Runbook: consolidate {shown(facts.get('source', ''))}\n\n" + table(("", ""), rows)


def _expires(facts: Any) -> str:
    until = expires(facts)
    if not until:
        return "already, as nobody knows when the inventory was taken: run `consolidate check` before you start"
    return (
        f"at {until}, {HOURS} hours after the inventory was taken, or earlier if the estate changes; "
        "once expired, run `consolidate check` before you start"
    )


def _reproducible(facts: Any) -> str:
    same = facts.get("reproducible")
    return "the same input gives the same plan" if same else "another run may give another plan"


def summary(folder: Folder) -> str:
    """Return the plan's numbers and assumptions."""
    facts = folder.summary
    live = sum(move.live for move in folder.moves)
    saved = _number(facts.get("saving_eur_year"), "EUR a year")
    waves = counted(len({move.wave for move in folder.moves}), "wave")
    rows = [
        (
            "Hosts on",
            f"{facts.get('hosts_before')} before, {facts.get('hosts_after')} after; "
            f"no plan under these rules needs fewer than {facts.get('hosts_bound')}",
        ),
        ("Moves", f"{len(folder.moves)}, of them {live} live, in {waves}"),
        (
            "Time",
            f"{_span(facts.get('makespan_s'))}; at least {_span(facts.get('makespan_bound_s'))} under these limits",
        ),
        *_risk(facts),
        ("Data sent", _number(facts.get("transferred_gib"), "GiB", 1)),
        ("Pauses of VMs", f"{_span(facts.get('downtime_s'))} in all"),
        (
            "Power",
            f"{_number(facts.get('power_before_w'), 'W')} before, {_number(facts.get('power_after_w'), 'W')} after",
        ),
        ("Saving", f"{saved}; {_once(facts)}"),
    ]
    assumed = facts.get("assumptions") or []
    text = f"## What it does\n\n{shown(facts.get('verdict', ''))}\n\n" + table(("", ""), rows)
    return text + (
        f"\n\n**Assumed**, where the data said nothing:\n\n{bullets(map(shown, assumed))}" if assumed else ""
    )


def _risk(facts: Any) -> list[tuple[str, str]]:
    """Return how many moves are at risk, if any is."""
    risky = facts.get("moves_at_risk")
    return (
        [("Moves at risk", f"{risky}, of which {facts.get('moves_at_risk_at_once')} at once at most")] if risky else []
    )


def warnings(folder: Folder) -> str:
    """Return what speaks against running the plan as it is; empty if nothing does."""
    facts = folder.summary
    found = []
    if folder.infeasible:
        found.append(f"The status is **infeasible**: {shown(_listed(facts.get('blocking')))}.")
    for key, when in (("violations_during", "during the moves"), ("violations_after", "at the end")):
        if facts.get(key):
            found.append(f"{counted(facts[key], 'new violation')} {when}; see `violations.csv`.")
    found += [_slow(move) for move in folder.moves if not move.converges]
    return f"## Warnings\n\n{bullets(found)}" if found else ""


def _slow(move: Move) -> str:
    return (
        f"Move {move.number}, {shown(move.vm)}: copying is predicted not to keep up with its writes; it pauses for "
        f"{span(move.downtime_ms / 1000)}. Move it at a quiet time, throttled, or powered off."
    )


def _number(value: float | None, unit: str, digits: int = 0) -> str:
    return f"unknown {unit}" if value is None else f"{value:,.{digits}f} {unit}"


def _span(seconds: float | None) -> str:
    return "unknown" if seconds is None else span(seconds)


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _once(facts: Any) -> str:
    """Say what is earned or spent once; there is a payback only of what is spent."""
    once = facts.get("once_eur")
    if once is not None and once <= 0:
        return f"{-once:,.0f} EUR earned once" if once < 0 else "nothing is spent"
    months = facts.get("payback_months")
    back = "never" if months is None else f"after {months:.1f} months"
    return f"{_number(once, 'EUR')} spent once; payback {back}"


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value or "")
