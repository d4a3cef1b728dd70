"""Why a placement does not exist, in words, and which VMs, hosts and rules stand in each other's way."""

import numpy as np

from models.arrays import NOWHERE
from models.counting import counted
from models.rules import Offline, Online, Spare
from solvers.company import Scattered
from solvers.cover import must_be_on
from solvers.relations import Relations
from solvers.spare import survives
from solvers.state import State


def infeasibility(relations: Relations) -> tuple[str, tuple[str, ...]]:
    """Return a sentence and the names that together cannot be satisfied, from the plainest cause to the vaguest."""
    return (
        _contradicted(relations)
        or _tied(relations)
        or _homeless(relations)
        or _too_full(relations)
        or _unspared(relations)
        or _locked(relations)
    )


def _contradicted(relations: Relations) -> tuple[str, tuple[str, ...]] | None:
    """Find a host that must be off and must be on: by a rule, or by a VM that must not move."""
    problem = relations.problem
    for host in np.flatnonzero(relations.forced_off & must_be_on(relations)):
        pinned = problem.vms[np.isin(relations.item, np.flatnonzero(relations.fixed & (relations.start == host)))]
        rules = [each for each in problem.rules if isinstance(each, Offline | Online) and host in each.hosts]
        names = tuple(f"{rule.kind} {rule.name}".strip() for rule in rules)
        cause = f"{pinned[0]} must not leave it" if len(pinned) else "another rule demands that it is on"
        return f"{problem.hosts[host]} must be off, but {cause}.", (str(problem.hosts[host]), *pinned, *names)
    return None


def _tied(relations: Relations) -> tuple[str, tuple[str, ...]] | None:
    """Find VMs that must be in more places than the rules that keep them on one host let them."""
    problem = relations.problem
    for each in relations.company:
        if not isinstance(each, Scattered) or len(each.items) >= each.least:
            continue
        names = tuple(problem.vms[np.isin(relations.item, each.items)].tolist())
        rules = tuple(dict.fromkeys(rule for item in each.items for rule in _rules_about(relations, int(item))))
        groups = counted(len(each.items), "group that shares a host", "groups that each share a host")
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
        text = f"{shown} must be in at least {each.least:,} places, but other rules make them {groups}."
        return text, names[:20] + rules
    return None


def _homeless(relations: Relations) -> tuple[str, tuple[str, ...]] | None:
    """Find a VM that fits on no host that may take it, even an empty one."""
    problem = relations.problem
    for item in range(relations.items):
        allowed = relations.allowed(item)
        need = relations.need(item)
        fits = (need <= relations.capacity).all(axis=1)
        if (allowed & fits).any():
            continue
        names = tuple(problem.vms[relations.item == item])
        rules = _rules_about(relations, item)
        if not allowed.any():
            closed = (relations.scope[relations.which[item]] & relations.closed).any()
            cause = "the others are overfull, off or in maintenance, or " if closed else ""
            return f"{names[0]} may be on no host: {cause}{', '.join(rules) or 'none is left'}.", names + rules
        column = int(((need - relations.capacity)[allowed].min(axis=0)).argmax())
        free = int(relations.capacity[allowed, column].max())
        text = f"{names[0]} needs {int(need[0, column]):,} of {problem.dims[column]}; the roomiest host it may be on"
        return f"{text} offers {free:,}.", names + rules
    return None


def _too_full(relations: Relations) -> tuple[str, tuple[str, ...]] | None:
    """Find a set of hosts that offers less than the VMs that can be nowhere else need."""
    problem = relations.problem
    offers_all = relations.capacity * ~relations.forced_off[:, None]
    reach = np.array([relations.allowed(item) for item in range(relations.items)]).reshape(-1, relations.hosts)
    for mask in np.unique(reach, axis=0):
        members = ~(reach & ~mask).any(axis=1)
        total, offers = relations.demand.min(axis=0)[members].sum(axis=0), offers_all[mask].sum(axis=0)
        if (total > offers).any():
            column = int((total / np.maximum(offers, 1)).argmax())
            vms = tuple(problem.vms[np.isin(relations.item, np.flatnonzero(members))])
            hosts = tuple(problem.hosts[mask])
            text = f"{counted(len(vms), 'VM needs', 'VMs need')} {int(total[column]):,} of {problem.dims[column]}"
            several = f"{len(hosts):,} hosts that may take them offer"
            who = "host that may take them offers" if len(hosts) == 1 else several
            return f"{text}; the {who} {int(offers[column]):,}.", hosts + vms[:20]
    return None


def _unspared(relations: Relations) -> tuple[str, tuple[str, ...]] | None:
    """Tell that hosts cannot be lost even now, so that no VM may be moved without making that worse."""
    problem = relations.problem
    if survives(State(relations, relations.start), problem.on):
        return None
    rules = tuple(f"{rule.kind} {rule.name}".strip() for rule in problem.rules if isinstance(rule, Spare))
    text = "The spare hosts asked for are not there even at the start, and what must move would make that worse"
    return f"{text}: ask for fewer.", rules


def _locked(relations: Relations) -> tuple[str, tuple[str, ...]]:
    """Name what has to leave and finds no room beside what stays."""
    state = State(relations, relations.start)
    stuck = []
    for item in np.flatnonzero((relations.start == NOWHERE) | ~relations.stays):
        if state.host[item] != NOWHERE:
            state.take(int(item))
        options = np.flatnonzero(state.targets(int(item)))
        if len(options):
            state.put(int(item), int(options[0]))
        else:
            stuck.append(int(item))
    names = [str(name) for item in stuck for name in relations.problem.vms[relations.item == item]]
    rules = tuple(dict.fromkeys(rule for item in stuck[:20] for rule in _rules_about(relations, item)))
    if stuck:
        several = f"{len(names):,} VMs that must leave their host find"
        who = "One VM that must leave its host finds" if len(names) == 1 else several
        return f"{who} no room beside the others.", tuple(names[:20]) + rules
    names_of_rules = tuple(dict.fromkeys(f"{rule.kind} {rule.name}".strip() for rule in relations.problem.rules))
    return "The rules exclude each other, or the time was too short to find a placement.", names_of_rules[:20]


def _rules_about(relations: Relations, item: int) -> tuple[str, ...]:
    """Return the rules that name a VM of the item or close a host, by kind and name."""
    vms = np.flatnonzero(relations.item == item)
    named = []
    for rule in relations.problem.rules:
        nobody = np.array([], np.int64)
        rows = [getattr(rule, "vms", nobody), getattr(rule, "on", nobody), *getattr(rule, "parts", ())]
        if any(np.isin(vms, row).any() for row in rows) or rule.kind in ("Offline", "Quarantine"):
            named.append(f"{rule.kind} {rule.name}".strip())
    return tuple(dict.fromkeys(named))
