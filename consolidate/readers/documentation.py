"""The inventory's columns as Markdown tables, from the one place where they are declared."""

import math

from models.inventory import Column, Hosts, Vms


def table() -> str:
    """Return the columns of hosts and of VMs, as ``docs/inventory.md`` holds them."""
    parts = [
        "\n".join((f"### {name}", "", *_lines(columns)))
        for name, columns in (("hosts.csv", Hosts.columns()), ("vms.csv", Vms.columns()))
    ]
    return "\n\n".join(parts) + "\n"


def _lines(columns: dict[str, Column]) -> list[str]:
    head = ["| column | meaning | unit | values | if empty |", "|---|---|---|---|---|"]
    return head + [
        f"| `{name}` | {column.text} | {column.unit} | {_values(column)} | {_default(column)} |"
        for name, column in columns.items()
    ]


def _values(column: Column) -> str:
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    if column.kind == "flag":
        return "`true`, `false`"
    if column.kind == "text":
        return "text"
    kind = "whole number" if column.kind == "integer" else "number"
    return f"{kind}, {column.low or 0:,.0f} to {column.high or 0:,.0f}"


def _default(column: Column) -> str:
    if column.required:
        return "required"
    if column.kind == "flag":
        return "`false`"
    if column.default == "" or (isinstance(column.default, float) and math.isnan(column.default)):
        return ""
    return f"`{column.default:g}`" if isinstance(column.default, (int, float)) else f"`{column.default}`"
