"""Rows of files of measured migrations as calls of the law; a kind of file is known by its columns."""

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import catalog
from models.laws.migration import MB_PER_MIB, MBIT_PER_MIB, Guests, Machine, Options, Paths, machine
from models.laws.migration.techniques import CHANNELS

Row = Mapping[str, str]
LEADING_MIB = 16
"""The guest of the QEMU runs fills its memory from here on."""
UNITS = {"MiB": 1.0, "GiB": 1024.0, "MB": 1 / MB_PER_MIB, "GB": 1000 / MB_PER_MIB}
"""Of published amounts, in MiB."""
COLD_MB_S = 2.0
"""Cold pages that the guests of the Grid'5000 runs write, in all cases; their hot set is left out."""


@dataclass(frozen=True)
class Calls:
    """Rows as arguments of the law."""

    guests: Guests
    paths: Paths
    options: Sequence[Options]
    machine: Machine


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def kind(rows: Sequence[Row]) -> str:
    """Return what kind of rows these are: ``qemu``, ``published`` or ``grid5000``."""
    columns = set(rows[0]) if rows else set()
    known = {"qemu": {"ram_mib", "max_bw_mib_s"}, "published": {"ram_to_copy", "bw_per_s"},
             "grid5000": {"mem_used_mb", "bw_mbps"}}  # fmt: skip
    found = [name for name, needed in known.items() if needed <= columns]
    if not found:
        raise ValueError(f"These columns are of no known kind of file: {', '.join(sorted(columns))}.")
    return found[0]


def name(row: Row, at: int) -> str:
    """Return the name of a row."""
    return (
        row.get("run_id")
        or row.get("id")
        or "-".join([row.get("case", ""), row.get("run", str(at)), row.get("vm", "")])
    )


def calls(rows: Sequence[Row]) -> Calls:
    """Return the arguments of the law for rows of one kind."""
    return {"qemu": _qemu, "published": _published, "grid5000": _grid5000}[kind(rows)](rows)


def _value(row: Row, column: str, default: float) -> float:
    text = (row.get(column) or "").strip()
    return float(text) if text else default


def _column(rows: Sequence[Row], value: Callable[[Row], float]) -> list[float]:
    return [value(row) for row in rows]


def _qemu(rows: Sequence[Row]) -> Calls:
    """Use what was set up before the run; the dirty rate that was measured beforehand if none was set up."""

    def dirty(row: Row) -> float:
        measured = _value(row, "meas_dirty_rate_mib_s", 0.0)
        return _value(row, "dirty_mib_s", _value(row, "meas_dirty_rate_4096_mib_s", measured))

    firmware, not_empty = (catalog.number("migration", name) for name in ("firmware_mib", "firmware_filled_mib"))

    def filled(row: Row) -> float:
        return _value(row, "fill_mib", _value(row, "ram_mib", 0.0) - LEADING_MIB) + not_empty

    def link(row: Row) -> float:
        return _value(row, "link_mib_s", 0.0) or np.inf

    quarter = catalog.number("migration", "quarter_share")
    guests = Guests.of(
        _column(rows, lambda row: _value(row, "ram_mib", 0.0) + firmware),
        _column(rows, dirty),
        touched_mib=_column(rows, filled),
        working_set_mib=_column(rows, lambda row: _value(row, "ws_mib", filled(row))),
        pattern=np.array([row.get("pattern") or "uniform" for row in rows], object),
        leading_mib=LEADING_MIB,
        compressed_share=[quarter if row.get("fill_kind") == "quarter" else 1.0 for row in rows],
        changed_bytes=_column(rows, lambda row: _value(row, "bytes_changed_per_page_write_bytes", 4096.0)),
    )
    paths = Paths.of(
        _column(rows, link),
        _column(rows, lambda row: _value(row, "max_bw_mib_s", 0.0) or np.inf),
        downtime_limit_ms=_column(rows, lambda row: _value(row, "downtime_limit_ms", 300.0)),
        timeout_s=_column(rows, lambda row: _value(row, "limit_s", np.inf)),
    )
    return Calls(guests, paths, [_capabilities(row) for row in rows], machine("test"))


def _capabilities(row: Row) -> Options:
    """Return the technique of a QEMU run by its capabilities and parameters."""
    given = set(re.split(r"[^a-z-]+", (row.get("caps") or "").lower()))
    told = json.loads(row.get("params") or "{}")
    share = {key: told.get(f"cpu-throttle-{key}", usual) / 100 for key, usual in (("initial", 20), ("increment", 10))}
    multifd = "multifd" in given
    return Options(
        channels=int(told.get("multifd-channels", CHANNELS)) if multifd else 0,
        compression="compress" in given or (multifd and told.get("multifd-compression", "none") != "none"),
        threads=int(told.get("compress-threads", Options().threads)),
        throttle_share=share["initial"] if "auto-converge" in given else 0.0,
        throttle_step_share=share["increment"],
        throttle_most_share=told.get("max-cpu-throttle", 99) / 100,
        throttle_trigger_share=told.get("throttle-trigger-threshold", 50) / 100,
        delta_cache_mib=told.get("xbzrle-cache-size", 64 << 20) / 2**20 if "xbzrle" in given else 0.0,
        postcopy_after_s=_value(row, "postcopy_after_s", 0.0) if "postcopy-ram" in given else None,
    )


def _published(rows: Sequence[Row]) -> Calls:
    """Use the amounts of a published measurement; a sweep where a working set is told of with its rate."""
    unit = [UNITS[row["unit"]] for row in rows]

    def scaled(*columns: str) -> list[float]:
        """Return the first of the columns that is told, in MiB."""
        told = [next((_value(row, name, 0.0) for name in columns if row.get(name)), 0.0) for row in rows]
        return [value * one for value, one in zip(told, unit, strict=True)]

    guests = Guests.of(
        scaled("ram_total"),
        scaled("dirty_rate_per_s"),
        touched_mib=scaled("ram_to_copy", "ram_total"),
        working_set_mib=scaled("wws", "ram_to_copy", "ram_total"),
        pattern="cyclic",
        compressed_share=_column(rows, lambda row: 1 / _value(row, "compression_ratio", 1.0)),
    )
    paths = Paths.of(
        [rate or np.inf for rate in scaled("bw_per_s")],
        downtime_limit_ms=_column(rows, lambda row: _value(row, "downtime_limit_ms", 300.0)),
    )
    setup = machine("grid5000") if all("Grid5000" in row["source"] for row in rows) else machine("server")
    return Calls(guests, paths, [_told(row) for row in rows], setup)


def _told(row: Row) -> Options:
    """Return the technique of a published row by its words; the rate that is told is what the technique made of it."""
    words, rule = row["technique"].lower(), row.get("stop_rule", "")
    channels = re.search(r"multifd (\d+)", words)
    return Options(
        rule={"clark": "clark", "xen29": "xen-4", "xen": "xen"}.get(rule, "qemu"),
        channels=int(channels.group(1)) if channels else 0,
        compression=any(each in words for each in ("zlib", "zstd", "qat")),
        offloaded=True,
        rdma="rdma" in words,
        pinned="rdma" in words and "pin-all" in words,
        throttle_share=0.2 if "auto-converge" in words else 0.0,
        delta_cache_mib=64.0 if "xbzrle" in words else 0.0,
        postcopy_after_pass="postcopy" in words,
    )


def _grid5000(rows: Sequence[Row]) -> Calls:
    """Use memory and the path's rate; a host's port is as fast as the fastest path that it is on."""
    port: dict[str, float] = {}
    for row in rows:
        for end in (row["src"], row["dst"]):
            port[end] = max(port.get(end, 0.0), float(row["bw_mbps"]))
    setup = machine("grid5000")
    net = setup.link_share / MBIT_PER_MIB
    memory = _column(rows, lambda row: float(row["mem_used_mb"]) / MB_PER_MIB)
    paths = Paths.of(
        _column(rows, lambda row: float(row["bw_mbps"]) * net),
        source_mib_s=_column(rows, lambda row: port[row["src"]] * net),
    )
    return Calls(
        Guests.of(memory, COLD_MB_S / MB_PER_MIB, working_set_mib=memory), paths, [Options()] * len(rows), setup
    )


def groups(rows: Sequence[Row]) -> list[list[int]]:
    """Return the rows in groups of one machine each, as row numbers."""
    grid = [at for at, row in enumerate(rows) if "Grid5000" in row.get("source", "")]
    rest = [at for at in range(len(rows)) if at not in set(grid)]
    return [group for group in (grid, rest) if group]
