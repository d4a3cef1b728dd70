"""What the dashboard shows, as its address tells it: every view has a link, and back goes back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

PAGES: Mapping[str, str] = {
    "": "Overview",
    "hosts": "Hosts",
    "vms": "VMs",
    "migrations": "Migrations",
    "power": "Power",
    "scenarios": "Scenarios",
}
"""Pages by path, in the order of the navigation."""
WHEN = ("both", "before", "after")
_LONGEST = 400


@dataclass(frozen=True)
class View:
    """
    What is shown.

    Parameters
    ----------
    page
        One of `PAGES`, or what else the path says.
    result
        Name of the result that is shown; empty: the first.
    host, vm
        Chosen host and VM; empty: none.
    when
        both, before or after the plan.
    since, until
        Time range since the start, in s; None: not limited.
    find
        Words that rows of tables must have.
    """

    page: str = ""
    result: str = ""
    host: str = ""
    vm: str = ""
    when: str = "both"
    since: float | None = None
    until: float | None = None
    find: str = ""

    @property
    def path(self) -> str:
        """The page as the path of an address."""
        return f"/{self.page}"

    @property
    def search(self) -> str:
        """All else as the query of an address; what is as usual is left out."""
        usual = View()
        shown = {
            each.name: _plain(getattr(self, each.name))
            for each in fields(self)
            if each.name != "page" and getattr(self, each.name) != getattr(usual, each.name)
        }
        return f"?{urlencode(shown)}" if shown else ""

    @property
    def link(self) -> str:
        """The address, without the server's."""
        return self.path + self.search

    def but(self, **changes: Any) -> "View":
        """Return the view with changes."""
        return replace(self, **changes)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def read(path: str | None, search: str | None) -> View:
    """
    Return the view of an address; what it has wrong is as usual.

    >>> read("/hosts", "?host=esx%2001&when=after&since=x").link
    '/hosts?host=esx+01&when=after'
    """
    found = {key: values[-1][:_LONGEST] for key, values in parse_qs((search or "").removeprefix("?")).items()}
    texts = {name: found[name] for name in ("result", "host", "vm", "find") if name in found}
    when = found.get("when", "both")
    since, until = (_seconds(found.get(name)) for name in ("since", "until"))
    page = (path or "/").strip("/")[:_LONGEST]
    return View(page=page, when=when if when in WHEN else "both", since=since, until=until, **texts)


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and math.isfinite(value) and value >= 0 else None
