"""The hosts that VMs name, joined to the hosts that there are, in spite of domains, case and prefixes."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from consolidate.readers import delimited, noticed
from consolidate.readers.reading import Options
from models.counting import counted
from models.errors import Finding

_ADDRESS = re.compile(r"[\d.]+|[0-9a-f:]*:[0-9a-f:.]+", re.IGNORECASE)
UNNAMED = "(none named)"
"""What a running VM that names no host is said to be on."""
_SHORTEST = 3
"""Letters that a host's name must have to be recognised behind a prefix."""


def short(name: str) -> str:
    """
    Return a name in lower case without its domain; an address stays whole.

    >>> short("ESX-04.example.com"), short("10.0.0.7")
    ('esx-04', '10.0.0.7')
    """
    folded = name.casefold()
    return folded if _ADDRESS.fullmatch(folded) else folded.split(".", 1)[0]


def joined(
    named: Iterable[str],
    hosts: Sequence[str],
    given: Mapping[str, str],
    file: str,
    findings: list[Finding],
) -> dict[str, str]:
    """
    Return the host that each name stands for; names that stand for none are left out.

    Parameters
    ----------
    named
        Hosts as VMs name them.
    hosts
        Hosts that there are.
    given
        What the user says that names stand for.
    """
    found = {name: given.get(name, name) for name in set(named) - {""} if given.get(name, name) in set(hosts)}
    for how, match in (("case", _by_case), ("domain", _by_domain), ("prefix", _by_prefix)):
        rest = sorted(set(named) - set(found) - {""})
        fresh = match(rest, hosts)
        if fresh:
            found |= fresh
            pairs = [f"{name} = {host}" for name, host in sorted(fresh.items())]
            text = f"{len(fresh)} host names match but for their {how}: {noticed.examples(pairs)}."
            severity = "warning" if how == "prefix" else "info"
            findings.append(Finding(severity, f"matched-{how}", text, file, count=len(fresh)))
    return found


def _unique(keys: Iterable[tuple[str, str]]) -> dict[str, str]:
    grouped: dict[str, set[str]] = defaultdict(set)
    for key, host in keys:
        grouped[key].add(host)
    return {key: next(iter(found)) for key, found in grouped.items() if len(found) == 1}


def _by_case(names: Sequence[str], hosts: Sequence[str]) -> dict[str, str]:
    folded = _unique((host.casefold(), host) for host in hosts)
    return {name: folded[name.casefold()] for name in names if name.casefold() in folded}


def _by_domain(names: Sequence[str], hosts: Sequence[str]) -> dict[str, str]:
    """Match where one side is the other without its domain, and only one host is meant."""
    shorts = _unique((short(host), host) for host in hosts)
    found = {name: shorts[short(name)] for name in names if short(name) in shorts}
    return {name: host for name, host in found.items() if _bare(name) or _bare(host)}


def _bare(name: str) -> bool:
    return short(name) == name.casefold()


def _by_prefix(names: Sequence[str], hosts: Sequence[str]) -> dict[str, str]:
    """Match behind the one prefix that most names have in common, if no two names then mean one host."""
    shorts = {
        key: host
        for key, host in _unique((short(host), host) for host in hosts).items()
        if len(key) >= _SHORTEST and not _ADDRESS.fullmatch(key)
    }
    prefixes: Counter[str] = Counter()
    for name in names:
        prefixes.update({short(name)[: -len(key)] for key in shorts if short(name).endswith(key)} - {""})
    if not prefixes:
        return {}
    prefix = min(prefixes, key=lambda item: (-prefixes[item], item))
    found = {name: shorts[key] for name in names if (key := short(name).removeprefix(prefix)) in shorts}
    meant = Counter(found.values())
    return {name: host for name, host in found.items() if short(name).startswith(prefix) and meant[host] == 1}


def host_map(path: Path | None, hosts: Sequence[str], options: Options, findings: list[Finding]) -> dict[str, str]:
    """Read what the user says that host names stand for: columns ``vm_host`` and ``host``."""
    if path is None:
        return {}
    sheet = delimited.read(path, options, findings, {})
    if sheet is None:
        return {}
    if not {"vm_host", "host"} <= set(sheet.header):
        text = "Expected the columns vm_host (as VMs name it) and host (as the host is called)."
        findings.append(Finding("error", "missing-column", text, sheet.file, 1))
        return {}
    named, meant = (sheet.columns[sheet.header.index(name)] for name in ("vm_host", "host"))
    for row, host in zip(sheet.rows, meant, strict=True):
        if host.strip() not in set(hosts):
            text = f"Is no host of the inventory.{noticed.suggestion(host, hosts)}"
            findings.append(Finding("error", "unknown-host", text, sheet.file, row, "host", host))
    return {name.strip(): host.strip() for name, host in zip(named, meant, strict=True)}


def settled(
    named: Sequence[str],
    found: Mapping[str, str],
    counted: Sequence[bool],
    options: Options,
    file: str,
    findings: list[Finding],
) -> tuple[list[str], Counter[str]]:
    """
    Return each VM's host, empty if it is unknown, and the unknown names with the count of their VMs.

    The share of counted VMs whose host is known decides whether that is an error; `options` say how large it must be.
    """
    unmatched = Counter(name for name in named if name and name not in found)
    wanted = [name for name, count in zip(named, counted, strict=True) if count and name]
    share = sum(name in found for name in wanted) / len(wanted) if wanted else 1.0
    if unmatched:
        enough = options.lenient or share >= options.least_matched
        findings.append(_unknown(unmatched, share, len(wanted), enough, options.least_matched, file))
    return [found.get(name, "") for name in named], unmatched


def _unknown(unmatched: Mapping[str, int], share: float, wanted: int, enough: bool, least: float, file: str) -> Finding:
    vms = sum(unmatched.values())
    strays = "; ".join(_strays(unmatched))
    text = f"{strays}. Of {counted(wanted, 'running VM')} {share:.0%} are on known hosts"
    text += (
        "; the others are taken to be on no host."
        if enough
        else f", at least {least:.0%} must be. Map the names with --host-map FILE, a CSV file with the columns "
        "vm_host and host."
    )
    return Finding("warning" if enough else "error", "unknown-host", text, file, 0, "Host", count=vms)


def _strays(unmatched: Mapping[str, int]) -> Iterator[str]:
    """Yield how many VMs name no host, and how many one that is not known."""
    if unnamed := unmatched.get(UNNAMED, 0):
        yield f"{counted(unnamed, 'running VM names', 'running VMs name')} no host"
    if elsewhere := sorted(unmatched.keys() - {UNNAMED}):
        vms = counted(sum(unmatched[name] for name in elsewhere), "VM is", "VMs are")
        hosts = f"{counted(len(elsewhere), 'host')} that the inventory does not have"
        yield f"{vms} on {hosts}: {noticed.examples(elsewhere)}"
