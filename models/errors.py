"""
What can go wrong, and what was noticed in the input.

::

    ConsolidationError
    ├── InputError          the input is wrong; holds every problem found        (exit status 2)
    │   └── OutputError     the result cannot be written where it was asked for   (exit status 2)
    ├── NoRoomError         a VM fits on no host, or the VMs fit on no set of hosts (exit status 1)
    └── BrokenPromiseError  we broke a promise of ours: a bug                     (exit status 3)
"""

from collections.abc import Iterable
from dataclasses import dataclass

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """
    One thing noticed in the input.

    Parameters
    ----------
    severity
        ``error`` stops the import, ``warning`` lowers the grade, ``info`` is worth knowing.
    code
        A short, stable name of the kind of finding, such as ``unknown-host``.
    message
        What is wrong and what was expected, in one sentence.
    file, row, column, value
        Where. The row is counted as a spreadsheet counts it (the header is row 1); 0 is no row.
    count
        How many rows share this finding, when they are reported together.
    """

    severity: str
    code: str
    message: str
    file: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    count: int = 1

    def __str__(self) -> str:
        column = f"{_heading(self.file)}{self.column}" if self.column else ""
        where = ", ".join(part for part in (self.file, f"row {self.row}" if self.row else "", column) if part)
        shown = f" (found {shortened(self.value)})" if self.value else ""
        text = f"{_once_stopped(self.message)}{shown}"
        return f"{where}: {text}" if where else text


def _heading(file: str) -> str:
    """Return what a column is called: in a document it is a key, and without a file it speaks for itself."""
    if not file:
        return ""
    return "key " if file == "settings" or file.endswith((".yaml", ".yml", ".json")) else "column "


def _once_stopped(message: str) -> str:
    """Return a message with one full stop, where what a library said brought its own."""
    return message[:-1] if message.endswith("..") and not message.endswith("...") else message


def shortened(value: str, limit: int = 60) -> str:
    """
    Return a value as it is shown: in quotes, and not all of it where it is long.

    >>> shortened("many"), shortened("ab" * 99, 4)
    ("'many'", "'abab'… 198 characters")
    """
    printable = repr(value if len(value) <= limit else value[:limit])
    return printable if len(value) <= limit else f"{printable}… {len(value):,} characters"


class ConsolidationError(Exception):
    """The root of all errors that the product raises on purpose."""


class InputError(ConsolidationError):
    """The input is wrong; every problem found is in `findings`, to be shown in one go."""

    def __init__(self, problems: Iterable[Finding] | str) -> None:
        self.findings = (Finding("error", "input", problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class OutputError(InputError):
    """The result cannot be written where it was asked for."""


class NoRoomError(ConsolidationError):
    """A VM fits on no host, or some VMs together do not fit on the hosts that may take them."""


class BrokenPromiseError(ConsolidationError):
    """A promise of the product was broken: a bug, worth a report."""
