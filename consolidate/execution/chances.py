"""What may go wrong in a rehearsal, as it is written on the command line."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from consolidate.readers import noticed
from models.errors import Finding, InputError
from models.execution.chances import Chances, Loss
from models.execution.course import Course
from models.execution.links import Drop

_DROP = "a chance from 0 to 1, or LINK@START+SECONDS, with *SHARE behind it where some of its rate is left"
_LOSS = "a chance from 0 to 1, or HOST@SECONDS"


def chances(course: Course, given: Mapping[str, Any], drops: Sequence[str], losses: Sequence[str]) -> Chances:
    """
    Return what may go wrong.

    Parameters
    ----------
    course
        The plan, whose hosts and links can be named.
    given
        Fields of `Chances`; None is not given.
    drops, losses
        A chance, or what happens in every run: ``LINK@START+SECONDS[*SHARE]`` and ``HOST@SECONDS``. [s]

    Raises
    ------
    InputError
        With every text that is none of these, and every name that is not known.
    """
    findings: list[Finding] = []
    links = {name: row for row, name in enumerate(course.links.name)}
    hosts = {str(name): row for row, name in enumerate(course.problem.hosts)}
    found = {name: value for name, value in given.items() if value is not None}
    for option, texts, expected, read in (
        ("--link-drop", drops, _DROP, lambda text: _drop(text, links)),
        ("--host-loss", losses, _LOSS, lambda text: _loss(text, hosts)),
    ):
        shares, named = _read(option, texts, expected, read, findings)
        if len(shares) > 1:
            message = "A chance is there already; give one, and what happens in every run beside it."
            findings.append(Finding("error", "option", message, "", 0, option, f"{shares[-1]:g}"))
        name = {"--link-drop": "drop", "--host-loss": "loss"}[option]
        if texts:
            found[f"{name}_share"] = shares[-1] if shares else 0.0
            found["drops" if name == "drop" else "losses"] = tuple(named)
    noticed.stop_on_errors(findings)
    return Chances(**found)


def _read(
    option: str, texts: Sequence[str], expected: str, read: Callable[[str], Any], findings: list[Finding]
) -> tuple[list[float], list[Any]]:
    shares, named = [], []
    for text in texts:
        try:
            if "@" in text:
                named.append(read(text))
                continue
            share = float(text)
            if not 0 <= share <= 1:
                raise ValueError
            shares.append(share)
        except KeyError as problem:
            message = f"The plan has no host or link {problem.args[0]!r}."
            findings.append(Finding("error", "unknown-name", message, "", 0, option, text))
        except ValueError:
            findings.append(Finding("error", "option", f"Expected {expected}.", "", 0, option, text))
    return shares, named


def _drop(text: str, links: Mapping[str, int]) -> Drop:
    name, _, rest = text.rpartition("@")
    when, _, share = rest.partition("*")
    start, plus, lasts = when.partition("+")
    if not plus:
        raise ValueError
    start_s, seconds, left = _seconds(start), _seconds(lasts), float(share) if share else 0.0
    if not 0 <= left <= 1:
        raise ValueError
    return Drop(links[name], start_s, start_s + seconds, left)


def _loss(text: str, hosts: Mapping[str, int]) -> Loss:
    name, _, when = text.rpartition("@")
    return Loss(hosts[name], _seconds(when))


def _seconds(text: str) -> float:
    found = float(text)
    if not 0 <= found < float("inf"):
        raise ValueError
    return found


def manner_of(name: str) -> str:
    """Return how a plan is carried out after a failure, by its name."""
    known = ("stop", "rollback", "continue")
    if name not in known:
        message = f"Expected one of {', '.join(known)}."
        raise InputError([Finding("error", "option", message, "", 0, "--on-failure", name)])
    return name
