"""A catalogue of host models that may be bought: the columns of ``hosts.csv`` but its name, and how many of each."""

from pathlib import Path

from consolidate.readers import delimited, noticed, tables
from consolidate.readers.reading import Options
from models.errors import Finding
from models.inventory import Column, Hosts
from models.lifecycle import Offer

COUNT = Column("How many are to be had.", "integer", "", required=True, low=1, high=10_000)


def columns() -> dict[str, Column]:
    """Return the columns of a catalogue, in order; `model` names its rows."""
    of_hosts = Hosts.columns()
    left_out = ("host", "lifecycle", "power_state", "maintenance", "cpu_used_mhz", "memory_used_mib", "offered")
    model = Column("Name of the model.", "text", required=True)
    price = Column(of_hosts["price_eur"].text, "number", "EUR", required=True, low=0.0, high=1e9)
    rest = {name: column for name, column in of_hosts.items() if name not in (*left_out, "model", "price_eur")}
    return {"model": model, "count": COUNT, "price_eur": price, **rest}


def read(path: Path, options: Options | None = None) -> tuple[Offer, ...]:
    """
    Read a catalogue.

    Raises
    ------
    InputError
        With every error in the file.
    """
    findings: list[Finding] = []
    chosen = options or Options()
    sheet = delimited.read(path, chosen, findings, {})
    noticed.stop_on_errors(findings)
    assert sheet is not None
    known = columns()
    origins = {name: tables.Origin(place) for place, name in enumerate(sheet.header) if name in known}
    for name in sheet.header:
        if name not in known:
            message = f"Column {name!r} is unknown.{noticed.suggestion(name, known)}"
            findings.append(Finding("error", "unknown-column", message, sheet.file, 1, name))
    found = tables.values(sheet, known, origins, chosen.decimal, findings)
    noticed.stop_on_errors(findings)
    of_hosts = {name: values for name, values in found.items() if name != "count"}
    return tuple(
        Offer(Hosts.of(host=[model], **{name: [values[row]] for name, values in of_hosts.items()}), found["count"][row])
        for row, model in enumerate(found["model"])
    )
