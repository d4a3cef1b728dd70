"""Options that several commands take, and how a command takes a group of them as one."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Annotated, Any

import typer

from consolidate.readers.reading import Options

INVENTORY = typer.Argument(
    help="RVTools workbook or folder, or a folder with hosts.csv and vms.csv.", show_default=False
)
Inventory = Annotated[Path, INVENTORY]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the result; it must not exist.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the result that is in the folder.")]
ForceFile = Annotated[bool, typer.Option("--force", help="Replace the file that is there.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Usage = Annotated[Path | None, typer.Option("--usage", help="Readings over time: CSV or Parquet.")]
Rules = Annotated[Path | None, typer.Option("--rules", help="Rules (YAML), beside those in the inventory.")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings (YAML).")]
Change = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting, such as limits.cpu_ceiling=0.7; may be repeated."),
]
HostMap = Annotated[Path | None, typer.Option("--host-map", help="CSV: host name of a VM, name of the host.")]
Map = Annotated[Path | None, typer.Option("--map", help="Column map (YAML) for any CSV.")]
Format = Annotated[str, typer.Option("--format", help="auto, canonical, rvtools or mapped.")]
Delimiter = Annotated[str, typer.Option("--delimiter", help="Of CSV files, in place of the one found out.")]
Decimal = Annotated[str, typer.Option("--decimal", help="Decimal sign of CSV files.")]
Encoding = Annotated[str, typer.Option("--encoding", help="Of CSV files.")]
Taken = Annotated[
    str,
    typer.Option("--taken", metavar="DATE", help="When the snapshot was taken (ISO 8601), if the files do not say."),
]
Matched = Annotated[float, typer.Option("--least-matched", min=0, max=1, help="Share of VMs whose host must be known.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of the search.")]
Catalog = Annotated[
    Path | None,
    typer.Option("--catalog", help="Overlay (YAML) of the catalog, such as `consolidate calibrate` writes."),
]
Technology = Annotated[
    str | None, typer.Option(help="What if VMs ran under this technology or provider; overhead --providers lists them.")
]
NetPath = Annotated[
    str | None,
    typer.Option("--net-path", help="What if their packets went this way: emulated, dom0-split, virtio, sr-iov, …"),
]
DiskPath = Annotated[
    str | None,
    typer.Option(
        "--disk-path", help="What if their disk requests went this way: ide, emulated-scsi, virtio-blk, nvme-direct, …"
    ),
]
PageSize = Annotated[str | None, typer.Option("--page-size", help="What if pages of 4k, 2m or 1g mapped their memory.")]
Microarchitecture = Annotated[
    str | None, typer.Option(help="What if all hosts had this processor: skylake-sp, ice-lake, zen4, …")
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="VMS", help="VMs that the what-if is for; may be repeated.")
]


def reading(
    usage: Usage = None,
    host_map: HostMap = None,
    column_map: Map = None,
    format: Format = "auto",
    delimiter: Delimiter = "",
    decimal: Decimal = "",
    encoding: Encoding = "",
    taken: Taken = "",
) -> Options:
    """Return the options that say how an inventory is read."""
    return Options(format, column_map, host_map, usage, delimiter, decimal, encoding, taken=taken)


def what_if(
    technology: Technology = None,
    net_path: NetPath = None,
    disk_path: DiskPath = None,
    page_size: PageSize = None,
    microarchitecture: Microarchitecture = None,
    only: Only = None,
    catalog: Catalog = None,
) -> dict[str, Any]:
    """Return the settings that say how VMs are virtualized, by dotted key; None is not given."""
    return {
        "overhead.technology": technology,
        "overhead.net_path": net_path,
        "overhead.disk_path": disk_path,
        "overhead.page_size": page_size,
        "overhead.microarchitecture": microarchitecture,
        "overhead.vms": only or None,
        "overhead.catalog": str(catalog) if catalog is not None else None,
    }


def takes(name: str, gather: Callable[..., Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of `gather`; it takes what that returns as its argument `name`."""

    def decorator(command: Callable[..., int]) -> Callable[..., int]:
        own, shared = signature(command).parameters.values(), signature(gather).parameters

        @wraps(command)
        def wrapped(**given: Any) -> int:
            gathered = gather(**{key: given.pop(key) for key in shared if key in given})
            return command(**given, **{name: gathered})

        listed = [*(each for each in own if each.name != name), *shared.values()]
        vars(wrapped)["__signature__"] = signature(command).replace(parameters=listed)
        return wrapped

    return decorator
