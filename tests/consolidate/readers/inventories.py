"""Small made-up inventories for the readers' tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from consolidate import readers
from consolidate.readers import Options
from models.errors import Finding, InputError

HOSTS = "host,cores,cpu_mhz,memory_mib,cluster,rack,model\nh1,16,2600,131072,c1,r1,R640\nh2,16,2600,131072,c1,r2,R640\n"
VMS = "vm,host,vcpus,memory_mib,application\nweb-1,h1,2,4096,shop\nweb-2,h2,2,4096,shop\ndb-1,h1,4,16384,shop\n"


def folder(path: Path, hosts: str = HOSTS, vms: str = VMS, **files: str) -> Path:
    """Write a canonical folder; further files are named with an underscore for the point."""
    path.mkdir(exist_ok=True)
    (path / "hosts.csv").write_text(hosts, encoding="utf-8")
    (path / "vms.csv").write_text(vms, encoding="utf-8")
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return path


def problems(path: Path, options: Options | None = None) -> tuple[Finding, ...]:
    """Read what must not be readable, and return what is said to be wrong."""
    try:
        readers.read(path, options)
    except InputError as error:
        return error.findings
    raise AssertionError(f"{path} was read without an error.")


def codes(findings: Sequence[Finding]) -> list[str]:
    """Return the findings' codes."""
    return [finding.code for finding in findings]


def only(findings: Sequence[Finding], code: str) -> Finding:
    """Return the one finding with a code."""
    found = [finding for finding in findings if finding.code == code]
    assert len(found) == 1, codes(findings)
    return found[0]


VINFO: tuple[str, ...] = ("VM", "Powerstate", "Template", "CPUs", "Memory", "Host", "Cluster", "VM ID")
VHOST: tuple[str, ...] = ("Host", "Cluster", "Speed", "# CPU", "# Cores", "# Memory")
HOST_ROWS = (("esx1", "c1", 2600, 2, 28, 196608), ("esx2", "c1", 2600, 2, 28, 196608))


def vm_row(name: str, host: str = "esx1", power: str = "poweredOn", **cells: Any) -> tuple[Any, ...]:
    """Return a row of vInfo."""
    values = {"Template": "False", "CPUs": 2, "Memory": 4096, "Cluster": "c1", "VM ID": f"id-{name}", **cells}
    return (
        name,
        power,
        *(values[key] for key in ("Template", "CPUs", "Memory")),
        host,
        values["Cluster"],
        values["VM ID"],
    )


Tabs = Mapping[str, Sequence[Any]]


def export(rows: Sequence[Sequence[Any]], extra: Tabs | None = None, header: Sequence[str] = VINFO) -> dict[str, Any]:
    """Return the tabs of an RVTools export with two hosts and the VMs given."""
    return {"vInfo": [header, *rows], "vHost": [VHOST, *HOST_ROWS], **(extra or {})}


def workbook(path: Path, tabs: Tabs) -> Path:
    """Write a workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tabs.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path
