"""DRS rules, from the rule columns of vInfo."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from consolidate.readers import noticed
from consolidate.readers.rvtools.tab import Tab
from models.counting import counted
from models.errors import Finding

_LIST = re.compile(r"\s*[,;\n]\s*")
_KINDS = {"antiaffinity": "spread", "affinity": "gather"}


def entries(vinfo: Tab, names: list[str], findings: list[Finding]) -> tuple[Mapping[str, Any], ...]:
    """Return the rules, as ``rules.yaml`` would hold them: anti-affinity spreads VMs, affinity gathers them."""
    members: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    unknown: list[int] = []
    cells = zip(vinfo.texts("rules"), vinfo.texts("rule_names"), vinfo.texts("cluster"), names, strict=True)
    for row, (kinds, rules, cluster, name) in enumerate(cells):
        pairs = list(_pairs(kinds, rules))
        for kind, rule in pairs:
            if kind in _KINDS:
                members[cluster, _KINDS[kind], rule].append(name)
        if any(kind not in _KINDS for kind, _ in pairs):
            unknown.append(row)
    _report_unknown(vinfo, unknown, findings)
    alone = [rule for (_, _, rule), vms in members.items() if len(vms) < 2]
    if alone:
        those = counted(len(alone), "rule names a single VM and binds", "rules name a single VM and bind")
        text = f"{those} nothing: {noticed.examples(sorted(alone))}."
        findings.append(Finding("info", "rule-of-one", text, vinfo.sheet.file, count=len(alone)))
    return tuple(
        {kind: {"vms": vms, "level": "host", "name": rule}} for (_, kind, rule), vms in members.items() if len(vms) > 1
    )


def _pairs(kinds: str, rules: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and name of each rule in a row; a single kind holds for all names."""
    if not kinds and not rules:
        return
    each = [re.sub(r"[^a-z]", "", kind.casefold()) for kind in _LIST.split(kinds) if kind]
    named = [rule for rule in _LIST.split(rules) if rule]
    if len(set(each)) == 1:
        yield from ((each[0], rule) for rule in named)
    elif len(each) == len(named):
        yield from zip(each, named, strict=True)
    else:
        yield "", rules


def _report_unknown(vinfo: Tab, rows: list[int], findings: list[Finding]) -> None:
    if rows:
        who = counted(len(rows), "VM has", "VMs have")
        text = f"{who} a rule that is neither affinity nor anti-affinity, or cannot be told apart."
        row, value = vinfo.sheet.rows[rows[0]], vinfo.texts("rules")[rows[0]]
        header = vinfo.header("rules") if vinfo.has("rules") else "Cluster rule(s)"
        findings.append(Finding("warning", "unknown-rule", text, vinfo.sheet.file, row, header, value, len(rows)))
