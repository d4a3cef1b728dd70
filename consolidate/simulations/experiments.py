"""Runs of presets: CloudSim's experiment on a day of traces, under its own policies or ours."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from consolidate.readers.reading import Reading
from consolidate.readers.traces import Traced
from consolidate.settings import Settings
from consolidate.simulation import Progress, Simulated, environment, run
from consolidate.simulations import presets
from models import cloudsim
from models.decisions import Policy
from models.errors import Finding, InputError
from solvers.policies import cloudsim as policies
from solvers.policies.nothing import DoNothing

FIXED = ("npa", "dvfs")
"""Policies that leave all VMs where they were first placed, on the first host that took them."""


def simulate_preset(
    traced: Traced,
    *,
    policy: str,
    policy_options: Mapping[str, Any] | None = None,
    preset_options: Mapping[str, Any] | None = None,
    replicate: int = 1,
    settings: Settings | None = None,
    steps: int | None = None,
    seed: int = 1,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = bool,
) -> Simulated:
    """
    Simulate CloudSim's experiment on a trace.

    Parameters
    ----------
    traced
        A trace in percent, such as a day of PlanetLab.
    policy
        ``npa``, ``dvfs``, a detection and a selection such as ``thr-mmt``, or a policy of ours.
    policy_options
        ``parameter`` of a CloudSim policy, or the options of ours.
    preset_options
        ``hosts``; ``without``, a list of oddities that are left out; ``physics``, which is ``cloudsim``'s or ``ours``,
        and for ours whether ``memory`` is a limit.
    replicate
        How many times as many hosts.
    settings
        Prices.
    steps
        How many ticks; all that CloudSim has if None.
    seed
        Of random selections.
    progress, stopped
        As for `consolidate.simulation.simulate`.

    Raises
    ------
    InputError
        If the trace is not in percent, or a policy or option is unknown.
    """
    from consolidate.simulations.simulated import found

    options = _checked(traced, dict(preset_options or {}))
    without = frozenset(options["without"])
    own = options["physics"] == "ours"
    decide = _policy(policy, dict(policy_options or {}), without, seed, own=own)
    experiment = presets.experiment(
        traced.vms.vm,
        _whole(traced),
        first_fit=policy in FIXED,
        without=without,
        count=options["hosts"] * replicate,
    )
    if own:
        experiment = presets.under_our_physics(experiment, memory=bool(options["memory"]))
    if policy == "npa":
        experiment = replace(experiment, physics=cloudsim.always_full(experiment.physics))
    chosen = settings or Settings()
    model = presets.datacenter(experiment, decide, seed=seed, environment=environment(chosen, traced.start_s))
    count = presets.STEPS if steps is None else steps
    done = run(model, count, progress, stopped)
    on_start = int((np.bincount(experiment.host[experiment.host >= 0], minlength=1) > 0).sum())
    return found(
        model,
        told={
            "policy": policy, "preset": "cloudsim", "seed": seed, "hosts_on_start": on_start, "steps": done,
            "status": "complete" if done == count else "partial", "physics": _told(own, without),
        },
        reading=Reading(replace(experiment.inventory, source=traced.source), traced.findings, hashes=traced.hashes),
        usage=None,
        settings=chosen,
        findings=traced.findings,
        options={"policy": policy, "options": dict(policy_options or {}), "steps": count, "preset": _plain(options)},
    )  # fmt: skip


def _told(own: bool, without: frozenset[str]) -> str:
    """Say whose physics was simulated."""
    if own:
        return "Hosts, VMs and where they start are the preset's; the physics is ours, and so are the policies."
    left = f", without {', '.join(sorted(without))}" if without else ""
    return f"The physics is CloudSim's, with its oddities{left}; see docs/validation.md."


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in options.items()}


def _whole(traced: Traced) -> Any:
    """Return the readings; where one is missing the last one holds, before the first one nothing is asked for."""
    readings = traced.readings
    if not np.isnan(readings).any():
        return readings
    known = ~np.isnan(readings)
    last = np.maximum.accumulate(np.where(known, np.arange(readings.shape[1]), -1), axis=1)
    held = np.take_along_axis(readings, np.maximum(last, 0), axis=1)
    return np.where(last >= 0, held, 0.0)


def _checked(traced: Traced, options: dict[str, Any]) -> dict[str, Any]:
    """Return the preset's options, complete; everything that is wrong is told at once."""
    known = {"hosts": presets.HOSTS, "without": (), "physics": "cloudsim", "memory": True}
    problems = [f"preset.{name} is unknown; known are {', '.join(known)}." for name in options if name not in known]
    if traced.unit != "percent":
        problems.append(f"The preset takes a trace in percent; {traced.source} is in MHz.")
    found = {**known, **{name: value for name, value in options.items() if name in known}}
    problems += [
        f"preset.{name} is a number of 1 or more, not {found[name]!r}."
        for name in ("hosts",)
        if not isinstance(found[name], int) or isinstance(found[name], bool) or not 1 <= found[name] <= 10**6
    ]
    if found["physics"] not in ("cloudsim", "ours") or not isinstance(found["memory"], bool):
        problems.append("preset.physics is cloudsim or ours, and preset.memory true or false.")
    given = found["without"]
    if isinstance(given, str):
        found["without"] = given = tuple(part.strip() for part in given.split(","))
    quirks = cloudsim.QUIRKS.keys() | policies.QUIRKS.keys()
    if not isinstance(given, list | tuple) or set(map(str, given)) - quirks:
        problems.append(f"preset.without is a list of {', '.join(sorted(quirks))}; found {given!r}.")
    if problems:
        raise InputError([Finding("error", "option", text) for text in problems])
    return found


def _policy(name: str, options: dict[str, Any], without: frozenset[str], seed: int, *, own: bool) -> Policy:
    """Return the policy of a name: CloudSim's own, or one of ours, which all are under our physics."""
    if name in FIXED:
        return DoNothing()
    detection, _, selection = name.partition("-")
    if own or detection not in policies.DETECTIONS or selection not in policies.SELECTIONS:
        from solvers.policies import policy

        return policy(name, options)
    parameter = options.pop("parameter", None)
    problems = [f"policy.{key} is unknown to CloudSim's policies; known is parameter." for key in options]
    if parameter is not None and (isinstance(parameter, bool) or not isinstance(parameter, int | float)):
        problems.append(f"policy.parameter is a number, not {parameter!r}.")
    if problems:
        raise InputError([Finding("error", "option", text) for text in problems])
    return policies.CloudSim(
        detection, selection, None if parameter is None else float(parameter), without & policies.QUIRKS.keys(), seed
    )
