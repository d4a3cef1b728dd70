"""What `consolidate overhead` prints: the comparison, its parts, the merits of the levels, and the sources."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from consolidate.virtualization.overheads import Compared
from consolidate.virtualization.technique import overlaid
from models import catalog as files
from models.technology import FILES

if TYPE_CHECKING:
    import pandas as pd

MOST_GAINERS = 20
"""VMs shown in words; ``gains.csv`` has them all."""
_FURTHER = ("providers", "merits")


def plain(found: Compared) -> dict[str, Any]:
    """Return the comparison as one JSON object."""
    tables = {name: table.to_dict("records") for name, table in found.tables.items()}
    return {**found.summary, **tables, "technologies": tables["technologies"]}


def lines(found: Compared, *, events: bool = False, merits: bool = False) -> Iterator[str]:
    """Yield the comparison in words and tables."""
    yield str(found.summary["verdict"])
    yield ""
    yield from _technologies(found.tables["technologies"])
    if events:
        yield ""
        yield from _events(found.tables["event_costs"])
    if merits:
        yield ""
        yield from _merits(found.tables["merits"])
    if "gains" in found.tables and found.summary["gain_mhz"] is not None:
        yield ""
        yield from _gains(found.tables["gains"])
    yield ""
    yield from (f"- {text}" for text in found.summary["assumptions"])


def _technologies(table: "pd.DataFrame") -> Iterator[str]:
    yield (
        f"{'technology':<24}{'level':<12}{'CPU':>9}{'slowdown':>10}{'guest MHz':>12}{'host MHz':>11}{'on host':>9}"
        f"{'memory MiB':>12}{'latency us':>11}"
    )
    for row in table.to_dict("records"):
        yield (
            f"{row['technology']:<24}{row['level']:<12}{row['cpu_ratio']:>8.3f}x{row['slowdown']:>9.3f}x"
            f"{row['guest_mhz']:>12,.1f}{row['host_mhz']:>11,.1f}{row['host_share']:>9.1%}{row['memory_mib']:>12,.0f}"
            f"{row['latency_us']:>11,.0f}"
        )


def _events(table: "pd.DataFrame") -> Iterator[str]:
    yield f"{'technology':<24}{'event':<20}{'a second':>15}{'cycles each':>15}{'guest MHz':>13}{'host MHz':>13}"
    for row in table.to_dict("records"):
        rate, cycles = (f"{row[name]:,.0f}" if row[name] == row[name] else "" for name in ("rate_ps", "cycles"))
        yield (
            f"{row['technology']:<24}{row['event']:<20}{rate:>15}{cycles:>15}{row['guest_mhz']:>13,.2f}"
            f"{row['host_mhz']:>13,.2f}"
        )


def _merits(table: "pd.DataFrame") -> Iterator[str]:
    names = [name for name in table.columns if f"{name}_book" in table.columns]
    yield "Merits, computed from the catalog / as in the textbook; 5 is most, and more complexity is a drawback:"
    yield f"{'level':<24}{'technology':<20}{'slowdown':>9}" + "".join(f"{name:>14}" for name in names) + "  note"
    for row in table.to_dict("records"):
        marks = "".join(f"{row[name]:>10} / {row[f'{name}_book']}" for name in names)
        yield f"{row['level']:<24}{row['technology']:<20}{row['slowdown']:>8.3f}x{marks}  {row['note']}".rstrip()


def _gains(table: "pd.DataFrame") -> Iterator[str]:
    yield f"{'VM':<28}{'workload':<16}{'overhead MHz':>13}{'then':>10}{'gain':>10}  change"
    for row in table.head(MOST_GAINERS).to_dict("records"):
        yield (
            f"{row['vm']:<28}{row['workload']:<16}{row['guest_mhz'] + row['host_mhz']:>13,.1f}"
            f"{row['overhead_then_mhz']:>10,.1f}{row['gain_mhz']:>10,.1f}  {row['changes']}"
        )
    if len(table) > MOST_GAINERS:
        yield f"and {len(table) - MOST_GAINERS} more; --out writes them all."


def providers() -> Iterator[str]:
    """Yield the products that a technology may be named by, with what they run on and need."""
    yield f"{'provider':<20}{'technology':<24}{'architecture':<18}{'host system':<36}requires"
    for row in files.rows("providers"):
        label = f" (in the textbook: {row['book_label']})" if row["book_label"] else ""
        yield (
            f"{row['provider']:<20}{row['technology']:<24}{row['architecture']:<18}{row['host_os']:<36}"
            f"{row['requires'] or '-'}{label}"
        )


def sources(overlay: str | None) -> Iterator[str]:
    """Yield every row of the cost model with its provenance and source, the assumed ones marked."""
    rows = {file: overlaid(overlay).rows[part] for part, file in FILES.items()}
    rows |= {file: files.rows(file) for file in _FURTHER}
    yield "* assumed: give your own in an overlay (--catalog)"
    for file, listed in rows.items():
        yield f"models/catalog/{file}.csv"
        for row in listed:
            key = "/".join(row[name] for name in list(row)[: 2 if file == "event_costs" else 1])
            value = f" = {row['value']} {row['unit']}" if "value" in row else ""
            mark = "*" if row["provenance"] == "assumed" else " "
            yield f"{mark} {key}{value}: {row['provenance']}: {row['source']}"
