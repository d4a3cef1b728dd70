"""Tables as grids that fetch the rows they show, so that a hundred thousand of them are as quick as ten."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboards.app.components import AgGrid, Component, dcc, html
from dashboards.app.rows import ROW
from dashboards.grids import chosen, headings, kind
from models.tables import Field

_BLOCK = 100
_ROW_PX, _REST_PX, _MOST_PX = 34, 66, 560
_SAMPLE = 200
_FORMATS = {
    "share": {
        "function": "params.value == null ? '–' : "
        "d3.format(params.value && params.value < 0.001 ? '.2~p' : '.1%')(params.value)"
    },
    "ratio": {"function": "params.value == null ? '–' : d3.format(',.3f')(params.value)"},
    "number": {
        "function": "params.value == null ? '–' : "
        "d3.format(Math.abs(params.value) < 1 ? ',.3~r' : ',.2~f')(params.value)"
    },
    "duration": {"function": "params.value == null ? '–' : d3.format(',.2~f')(params.value) + ' s'"},
    "flag": {"function": "params.value == null ? '' : params.value ? 'yes' : 'no'"},
}


def panel(name: str, titled: str, table: pd.DataFrame, contract: Mapping[str, Field], **how: Any) -> Component:
    """
    Return a table with its title, a button that saves it, and the grid.

    Parameters
    ----------
    how
        within: what the rows are limited to (host, vm or nothing); when: both, before or after.
    """
    within = how.get("within", "")
    key = {"kind": "grid", "table": name, "within": within}
    save = html.Button("Save CSV", id=key | {"kind": "save"}, type="button", n_clicks=0)
    head = html.Div([html.H3([titled, " ", html.Span(f"{len(table):,}", className="size")]), save], className="head")
    parts = [head, dcc.Download(id=key | {"kind": "saved"}), _grid(key, table, contract, how)]
    return html.Section(parts, className="panel grid", **{"aria-label": titled})


def _grid(key: Mapping[str, str], table: pd.DataFrame, contract: Mapping[str, Field], how: Mapping[str, Any]) -> Any:
    titles = headings(table, contract)
    columns = columns_of(key["table"], table, contract, how.get("when", "both"))
    height = min(_REST_PX + _ROW_PX * max(len(table), 2), _MOST_PX)
    shown = [_column(column, titles[column], table[column], contract.get(column)) for column in columns]
    shown[-1] |= {"flex": 1, "minWidth": shown[-1]["width"]}
    options = {
        "suppressFieldDotNotation": True, "cacheBlockSize": _BLOCK, "maxBlocksInCache": 20, "rowHeight": _ROW_PX,
        "headerHeight": 38, "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": False},
        "tooltipShowDelay": 400, "enableCellTextSelection": True,
    }  # fmt: skip
    return AgGrid(
        id=dict(key), rowModelType="infinite", getRowId=f"params.data.{ROW}",
        columnDefs=shown,
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 70},
        dashGridOptions=options, style={"height": f"{height}px"},
    )  # fmt: skip


def columns_of(name: str, table: pd.DataFrame, contract: Mapping[str, Field], when: str) -> list[str]:
    """Return the columns in the order to show them; of before and after only the one that is wanted."""
    columns = dict.fromkeys([*chosen(name, table, contract), *map(str, table)])
    other = {"before": "_after", "after": "_before"}.get(when)
    return [column for column in columns if other is None or not column.endswith(other)]


def _column(name: str, titled: str, values: "pd.Series[Any]", contract: Field | None) -> dict[str, Any]:
    how = kind(values, contract)
    column: dict[str, Any] = {"field": name, "headerName": titled, "headerTooltip": contract.text if contract else ""}
    column |= {"width": _width(titled, values, how)}
    if how == "text":
        return column | {"filter": "agTextColumnFilter", "cellDataType": "text", "tooltipField": name}
    if how == "flag":
        plain = {"filter": "agTextColumnFilter", "cellDataType": False}
        return column | plain | {"valueFormatter": _FORMATS[how]}
    numeric = {"filter": "agNumberColumnFilter", "type": "rightAligned", "cellDataType": "number"}
    return column | numeric | {"valueFormatter": _FORMATS[how]}


def _width(titled: str, values: "pd.Series[Any]", how: str) -> int:
    """Return the width that suits a column's heading and its first values, in px."""
    widest = int(values.head(_SAMPLE).astype("str").str.len().max()) if how == "text" and len(values) else 8
    return int(min(max(len(titled) * 7.6 + 56, widest * 7.4 + 36), 360))
