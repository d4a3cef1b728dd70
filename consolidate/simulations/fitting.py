"""Which options of a simulation are not possible, do not go together, or would do nothing."""

from typing import TYPE_CHECKING

from consolidate.readers import traces
from consolidate.settings import Settings
from models.errors import Finding, InputError

if TYPE_CHECKING:
    from consolidate.simulations.simulating import Wanted

PRESETS = ("cloudsim",)
_SEEDS = 2**31
_MOST_STEPS = 100_000_000
"""Samples that may be simulated; 950 years of 5 minutes."""


def unfit(wanted: "Wanted") -> list[Finding]:
    """Return which options do not go together, or are not possible."""
    problems = []
    if wanted.preset and wanted.preset not in PRESETS:
        problems.append(f"Preset {wanted.preset!r} is unknown; known are {', '.join(PRESETS)}.")
    if wanted.preset and (wanted.plan or wanted.hosts or wanted.options.usage):
        problems.append(
            "A preset brings its own hosts and takes a trace: --plan, --hosts and --usage do not go with it."
        )
    if wanted.preset_options and not wanted.preset:
        problems.append("Options of a preset (--set preset.…) need --preset.")
    if wanted.preset and wanted.policy == "clairvoyant":
        problems.append("The policy clairvoyant needs the trace of an inventory: it does not go with a preset.")
    if "trace_mhz" in wanted.policy_options:
        problems.append("policy.trace_mhz is what is simulated, and cannot be set.")
    if wanted.plan and wanted.replicate > 1:
        problems.append("A plan is for one estate: --plan does not go with --replicate.")
    problems += _out_of_range(wanted)
    told = [Finding("error", "option", text) for text in problems]
    return [*told, *_wrong_policy(wanted), *traces.wrong(wanted.trace)]


def _wrong_policy(wanted: "Wanted") -> tuple[Finding, ...]:
    """Return what is wrong with a policy and its options; those of a preset are its own."""
    from solvers.policies import policy

    options = {**wanted.policy_options, **({"trace_mhz": None} if wanted.policy == "clairvoyant" else {})}
    try:
        if not wanted.preset:
            policy(wanted.policy, options)
    except InputError as problem:
        return problem.findings
    return ()


def _out_of_range(wanted: "Wanted") -> list[str]:
    """Return which numbers are not possible."""
    problems = []
    if not 1 <= wanted.replicate <= 1000:
        problems.append(f"--replicate is from 1 to 1,000, not {wanted.replicate}.")
    if not 0 < wanted.scale <= 1000:
        problems.append(f"--scale is above 0 and at most 1,000, not {wanted.scale:g}.")
    if wanted.steps is not None and wanted.steps > _MOST_STEPS:
        problems.append(f"--steps is at most {_MOST_STEPS:,}, not {wanted.steps}.")
    for name, value in (("--variant", wanted.variant), ("--seed", wanted.seed)):
        if value is not None and not 0 <= value < _SEEDS:
            problems.append(f"{name} is from 0 to below 2,147,483,648, not {value}.")
    return problems


def without_effect(wanted: "Wanted", settings: Settings) -> list[Finding]:
    """Return the settings that mean nothing here: to buy hosts without a plan; with a preset all but prices."""
    given, usual = settings.model_dump(), Settings().model_dump()
    buy = settings.estate.buy
    if not wanted.preset:
        text = "A simulation buys no hosts: plan with it, and replay that plan with --plan."
        nobody = [Finding("error", "option", text, "settings", 0, "estate.buy", buy or "")]
        return nobody if buy is not None and wanted.plan is None else []
    changed = [
        f"{group}.{name}"
        for group in given
        for name in given[group]
        if given[group][name] != usual[group][name] and group != "prices"
    ]
    text = "A preset does not take this setting; it takes those of prices, preset.… and policy.…."
    return [Finding("error", "option", text, "settings", 0, name) for name in changed]
