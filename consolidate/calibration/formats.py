"""Formats, recognised from what a file holds."""

import re
from itertools import islice

from consolidate.calibration import debugfs, domstats, lines, perf_kvm, perf_stat

FORMATS = (perf_kvm.KIND, perf_stat.KIND, debugfs.KIND, domstats.KIND)
_MOST_LINES = 5000
_PATTERNS = {
    perf_kvm.KIND: re.compile(r"\s*Analyze events for |.{0,60}\sSamples\s+Samples%\s|\s*Total Samples:"),
    domstats.KIND: re.compile(
        r"\s*(?:state|cpu|vcpu|balloon|net|block|perf|iothread|dirtyrate|memory)\.[\w.-]{1,200}="
    ),
    perf_stat.KIND: re.compile(
        r"(?:[^,;|\t]{0,80}[,;|\t]){0,3}\s*(?:[0-9.,]{1,40}|<not counted>|<not supported>)"
        r"[,;|\t]\s*[A-Za-z%/]{0,20}[,;|\t]\s*[A-Za-z_][^\s,;|]*[,;|\t]"
    ),
    debugfs.KIND: re.compile(r"\s*(?:[^:]{0,300}/)?[a-z][a-z0-9_]{0,99}(?::|\s)\s*[0-9]{1,20}\s*"),
}


def recognised(text: str) -> str:
    """
    Return the format of a text, one of `FORMATS`; empty if it is none of them.

    >>> recognised("exits 12")
    'debugfs'
    """
    first = [line for _, line in islice(lines.numbered(text, "", []), _MOST_LINES)]
    for kind in (perf_kvm.KIND, domstats.KIND, perf_stat.KIND):
        if any(_PATTERNS[kind].match(line) for line in first):
            return kind
    return debugfs.KIND if any(_PATTERNS[debugfs.KIND].fullmatch(line) for line in first) else ""
