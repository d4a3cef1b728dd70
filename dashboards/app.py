"""The interactive dashboard over a result folder, for one person on their own machine."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dash_ag_grid
import pandas as pd
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.dcc.express import send_file

from dashboards import comparison, headline
from dashboards.drawing import Figure
from dashboards.figures import drawn
from dashboards.grids import chosen, headings, kind, ordered
from dashboards.results import CONTRACTS, Results, load
from dashboards.sections import BOTH, TABLES, tables
from dashboards.theme import TEMPLATES
from models.tables import Field

Submit = Callable[[Mapping[str, Any]], Path]
"""Given changed settings by dotted key, plans again and returns the new result folder."""

CHANGES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "limits.cpu_ceiling": ("CPU ceiling [share]", {"min": 0.05, "max": 1, "step": 0.05}),
    "limits.memory_ceiling": ("Memory ceiling [share]", {"min": 0.05, "max": 1, "step": 0.05}),
    "limits.spare_hosts": ("Spare hosts", {"min": 0, "max": 100, "step": 1}),
    "migration.max_moves": ("Migrations at most", {"min": 0, "step": 1}),
}
"""Settings that the dashboard can change, with their title and what may be typed."""

send: Any = send_file
_ROW = "_index"
_SWITCH = """
(clicks) => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches !== Boolean(clicks % 2);
  root.dataset.theme = root.dataset.agThemeMode = dark ? "dark" : "light";
  return [root.dataset.theme, dark ? "Light" : "Dark"];
}
"""
_FORMATS = {
    "share": {
        "function": "params.value == null ? '–' : "
        "d3.format(params.value && params.value < 0.001 ? '.2~p' : '.1%')(params.value)"
    },
    "ratio": {"function": "params.value == null ? '–' : d3.format(',.3f')(params.value)"},
    "number": {"function": "params.value == null ? '–' : d3.format(',.2~f')(params.value)"},
    "duration": {"function": "params.value == null ? '–' : d3.format(',.2~f')(params.value) + ' s'"},
    "flag": {"function": "params.value ? 'yes' : 'no'"},
}


def create(folder: Path, submit: Submit | None = None) -> Dash:
    """
    Return the dashboard's application; its ``run`` serves it.

    Parameters
    ----------
    folder
        A result folder.
    submit
        Plans again with changed settings; without it the dashboard only shows.

    Raises
    ------
    ResultError
        If the folder is no result folder.
    """
    results = load(folder)
    app = Dash(
        "dashboards",
        assets_folder=str(Path(__file__).parent / "assets"),
        assets_ignore=r".*\.(js|html)$",
        title=headline.TITLES[results.command],
        update_title="",
    )
    app.layout = _page(results, submit)
    _wire(app, {"results": results}, submit)
    return app


def _wire(app: Any, shown: dict[str, Results], submit: Submit | None) -> None:
    """Connect the page with the functions below; `shown` holds the results on the page."""
    names = tables(shown["results"])
    app.clientside_callback(_SWITCH, Output("look", "data"), Output("theme", "children"), Input("theme", "n_clicks"))
    app.callback(Output("charts", "children"), Input("look", "data"), Input("answer", "children"))(
        lambda look, _answer: charts(shown["results"], look)
    )
    for name in names:
        app.callback(Output(f"save-{name}", "data"), Input(f"button-{name}", "n_clicks"), prevent_initial_call=True)(
            lambda _clicks, name=name: download(shown["results"], name)
        )
    if {"hosts", "moves"} <= set(names):
        _wire_hosts(app, shown)
    if submit is not None:
        _wire_submit(app, shown, submit)


def _wire_hosts(app: Any, shown: dict[str, Results]) -> None:
    def choose(cell: Any, point: Any, _clicks: Any) -> Any:
        hosts, moves = (shown["results"].tables[name] for name in ("hosts", "moves"))
        chosen = {"grid-hosts": listed_host(hosts, cell), "all-moves": ""}
        host = chosen.get(str(ctx.triggered_id), charted_host(hosts, point))
        return (no_update,) * 3 if host is None else (*moves_of(moves, host), "moves")

    app.callback(
        Output("grid-moves", "rowData"), Output("note-moves", "children"), Output("tabs", "value"),
        Input("grid-hosts", "cellClicked"), Input({"chart": "utilisation"}, "clickData", allow_optional=True),
        Input("all-moves", "n_clicks"), prevent_initial_call=True,
    )(choose)  # fmt: skip


def _wire_submit(app: Any, shown: dict[str, Results], submit: Submit) -> None:
    def again(_clicks: int, *values: Any) -> Any:
        results, message = planned(submit, list(values))
        if results is None:
            return no_update, no_update, message
        shown["results"] = results
        return answer(results), _tabs(results), message

    app.callback(
        Output("answer", "children"), Output("tables", "children"), Output("message", "children"),
        Input("submit", "n_clicks"), [State(_setting(key), "value") for key in CHANGES], prevent_initial_call=True,
    )(again)  # fmt: skip


def _setting(key: str) -> str:
    return f"set-{key.replace('.', '-')}"


def planned(submit: Submit, values: list[Any]) -> tuple[Results | None, str]:
    """Plan again with the values given, in the order of `CHANGES`; None leaves a setting. Return result and message."""
    changes = {key: value for key, value in zip(CHANGES, values, strict=True) if value is not None}
    try:
        return load(submit(changes)), "Planned again."
    except Exception as problem:  # whoever submits knows errors of its own; the page shows them all
        return None, f"Not planned: {problem}"


def charts(results: Results, look: str) -> list[Any]:
    """Return all figures in a look, light or dark; those that compare simulations come below their numbers."""
    figures, both = drawn(results), comparison.pair(results)
    found: list[Any] = [_chart(name, figure, look) for name, figure in figures.items() if name not in BOTH]
    found += [_numbers_of(*both)] if both else []
    return found + [_chart(name, figure, look) for name, figure in figures.items() if name in BOTH]


def _numbers_of(before: Results, after: Results) -> html.Section:
    heads = html.Thead(html.Tr([html.Th(text) for text in comparison.HEADS]))
    rows = [
        html.Tr([html.Td(text) for text in (row.title, row.before, row.after, row.change)])
        for row in comparison.rows(before, after)
    ]
    table = html.Table([heads, html.Tbody(rows)], className="small")
    parts = [html.H2(comparison.title(before, after)), html.P(comparison.told(before, after)), table]
    return html.Section(parts, className="panel both")


def _chart(name: str, figure: Figure, look: str) -> html.Figure:
    title, caption = str(figure.layout.title.text), str(figure.layout.meta["caption"])
    figure.update_layout(template=TEMPLATES[look], title_text="")
    height = {"height": f"{figure.layout.height:.0f}px"}
    graph = dcc.Graph(id={"chart": name}, figure=figure, config={"displaylogo": False}, style=height, responsive=True)
    spoken: dict[str, Any] = {"role": "img", "aria-label": f"{title}. {caption}"}
    return html.Figure([html.H3(title), html.Div(graph, **spoken), html.Figcaption(caption)])


def moves_of(moves: pd.DataFrame, host: str) -> tuple[list[dict[str, Any]], str]:
    """Return the moves from or to a host as records, and a note about them; of all hosts if it is empty."""
    if not host:
        return records(moves), f"All {len(moves):,} moves."
    found = moves[(moves["source"] == host) | (moves["destination"] == host)]
    return records(found), f"{len(found):,} of {len(moves):,} moves leave or enter {host}."


def charted_host(hosts: pd.DataFrame, point: Any) -> str | None:
    """Return the host whose bar was clicked, if it was a host's."""
    data = ((point or {}).get("points") or [{}])[0].get("customdata")
    return str(hosts.loc[int(data[1]), "host"]) if isinstance(data, list) and len(data) == 2 else None


def listed_host(hosts: pd.DataFrame, cell: Any) -> str | None:
    """Return the host whose row in the grid was clicked; a row's id is its index in the table."""
    return str(hosts.loc[int(cell["rowId"]), "host"]) if cell else None


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as a grid takes them, each with its index; what is not known is None."""
    plain = table.astype(object).where(table.notna(), None).assign(**{_ROW: table.index.astype(str)})
    return [{str(name): value for name, value in record.items()} for record in plain.to_dict("records")]


def download(results: Results, name: str) -> Any:
    """Return a table as the result folder has it: its CSV, in which no cell is run by a spreadsheet."""
    path = results.folder / f"{name}.csv"
    return send(path if path.is_file() else path.with_suffix(".parquet"))


def answer(results: Results) -> list[Any]:
    """Return the verdict and the big numbers."""
    tiles = [
        html.Div([html.Dt(item.title), html.Dd([html.B(item.value), html.Span(item.note)])])
        for item in headline.numbers(results)
    ]
    badge = html.P(headline.badge(results), className="badge")
    notice = [html.P(text, className="notice")] if (text := headline.notice(results)) else []
    inside = [badge, html.H1(headline.verdict(results)), *notice, html.Dl(tiles, className="numbers")]
    return [html.Section(inside, className=f"answer {results.status}")]


def _page(results: Results, submit: Submit | None) -> html.Div:
    source = str(results.summary.get("source") or "")
    bar = [
        html.Strong(headline.TITLES[results.command]),
        html.Span(source, className="about"),
        html.Button("Dark", id="theme", type="button", n_clicks=0),
    ]
    parts = [html.Div(answer(results), id="answer"), _form() if submit else None, html.Div(_tabs(results), id="tables")]
    return html.Div([html.Header(html.Div(bar, className="bar")), html.Main(parts), dcc.Store(id="look", data="light")])


def _form() -> html.Section:
    fields = [
        html.Label([title, dcc.Input(id=_setting(key), type="number", placeholder="as it is", **limits)])
        for key, (title, limits) in CHANGES.items()
    ]
    button = html.Button("Plan again", id="submit", type="button")
    message = dcc.Loading(html.Span(id="message", role="status"))
    tools = html.Div([*fields, button, message], className="tools")
    return html.Section([html.H2("What if"), tools], className="panel what-if")


def _tabs(results: Results) -> dcc.Tabs:
    overview = dcc.Tab(html.Div(id="charts", className="content"), label="Charts", value="charts")
    grids = [
        dcc.Tab(html.Div(_grid(name, results), className="content"), label=TABLES[name][0], value=name)
        for name in tables(results)
    ]
    return dcc.Tabs([overview, *grids], id="tabs", value="charts")


def _grid(name: str, results: Results) -> list[Any]:
    table, contract = ordered(name, results.tables[name]), CONTRACTS[results.command][name]
    columns = dict.fromkeys([*chosen(name, table, contract), *map(str, table)])
    titles = headings(table, contract)
    note = f"All {len(table):,} {'moves.' if name == 'moves' else 'rows.'}"
    tools: list[Any] = [html.Span(note, id=f"note-{name}")]
    tools += [html.Button("All moves", id="all-moves", type="button")] if name == "moves" else []
    tools += [html.Button("Save the whole table", id=f"button-{name}", type="button"), dcc.Download(id=f"save-{name}")]
    grid = dash_ag_grid.AgGrid(
        id=f"grid-{name}", rowData=records(table), getRowId=f"params.data.{_ROW}", columnSize="autoSize",
        columnDefs=[_column(column, titles[column], table[column], contract.get(column)) for column in columns],
        defaultColDef={"sortable": True, "filter": True, "resizable": True},
        dashGridOptions={"pagination": True, "paginationPageSize": 100, "suppressFieldDotNotation": True},
        style={"height": "70vh"},
    )  # fmt: skip
    return [html.Div(tools, className="tools"), grid]


def _column(name: str, title: str, values: "pd.Series[Any]", contract: Field | None) -> dict[str, Any]:
    how = kind(values, contract)
    column = {"field": name, "headerName": title, "headerTooltip": contract.text if contract else ""}
    if how == "text":
        return column | {"filter": "agTextColumnFilter", "cellDataType": "text"}
    if how == "flag":
        return column | {"valueFormatter": _FORMATS[how], "cellDataType": "boolean"}
    numeric = {"filter": "agNumberColumnFilter", "type": "rightAligned", "cellDataType": "number"}
    return column | numeric | {"valueFormatter": _FORMATS[how]}
