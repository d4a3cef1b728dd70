"""The interactive dashboard."""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from dashboards import app
from dashboards.results import load
from tests.dashboards import estates, factory


def test_moves_of_a_host_leave_or_enter_it() -> None:
    """A host's moves are those from it and to it; no host means all."""
    moves = estates.plan()["moves"]
    host = str(moves["destination"].iloc[0])
    found, note = app.moves_of(moves, host)
    assert found
    assert all(host in (move["source"], move["destination"]) for move in found)
    assert note == f"{len(found)} of 84 moves leave or enter {host}."
    assert len(app.moves_of(moves, "")[0]) == 84


def test_a_clicked_bar_is_a_host() -> None:
    """The bar's second item is the host's row; a click beside the bars is no host."""
    hosts = estates.plan()["hosts"]
    assert app.charted_host(hosts, {"points": [{"customdata": ["escaped", "3"]}]}) == "esx-03.dc1.example"
    assert app.charted_host(hosts, {"points": [{}]}) is None
    assert app.charted_host(hosts, None) is None


def test_a_clicked_row_is_a_host() -> None:
    """The row's id is the host's row, however the grid is sorted."""
    assert app.listed_host(estates.plan()["hosts"], {"rowId": "7"}) == "esx-07.dc1.example"


def test_records_keep_every_column(tmp_path: Path) -> None:
    """A column called row is not lost to the grid's own, and what is not known is None."""
    table = load(factory.usual(tmp_path / "plan")).tables["findings"]
    first = app.records(table.assign(row=[4.0, float("nan")]))
    assert [record["row"] for record in first] == [4.0, None]


def test_comparison_stands_above_its_charts(tmp_path: Path) -> None:
    """The numbers before and after come between the plan's charts and those that compare."""
    shown = app.charts(load(factory.both(tmp_path / "plan", steps=20)), "light")
    place = next(index for index, part in enumerate(shown) if type(part).__name__ == "Section")
    assert len(shown) - place - 1 == 4
    assert shown[place].children[0].children == "1 h 40 min before and after"


def test_an_interruption_is_told(tmp_path: Path) -> None:
    """A partial simulation says so above its numbers."""
    section = app.answer(load(factory.partial(tmp_path / "simulation")))[0]
    assert section.className == "answer partial"
    assert section.children[2].children.startswith("The run was interrupted.")


def test_charts_wear_the_look(tmp_path: Path) -> None:
    """Light and dark charts differ in their template alone."""
    results = load(factory.usual(tmp_path / "plan"))
    for look, ink in (("light", "#1c2430"), ("dark", "#e8ebef")):
        title, plot, _ = app.charts(results, look)[0].children
        assert title.children == "How full each host is, before and after"
        assert plot.children.figure.layout.template.layout.font.color == ink


def test_download_is_the_guarded_file(tmp_path: Path) -> None:
    """The table that is saved is the folder's own CSV; a Parquet table is saved as such."""
    results = load(factory.usual(tmp_path / "plan"))
    assert app.download(results, "moves")["filename"] == "moves.csv"
    study = load(factory.study(tmp_path / "study"))
    assert app.download(study, "scenarios")["filename"] == "scenarios.parquet"


def test_only_what_was_typed_is_submitted(tmp_path: Path) -> None:
    """Settings left empty are not changed."""
    seen: list[Mapping[str, Any]] = []

    def submit(changes: Mapping[str, Any]) -> Path:
        seen.append(changes)
        return factory.unchanged(tmp_path / "again")

    results, message = app.planned(submit, [0.7, None, 2, None])
    assert seen == [{"limits.cpu_ceiling": 0.7, "limits.spare_hosts": 2}]
    assert results is not None
    assert results.status == "unchanged"
    assert message == "Planned again."


def test_a_failed_submission_is_told() -> None:
    """Whatever planning raises is told on the page, and the result stays."""

    def submit(_changes: Mapping[str, Any]) -> Path:
        raise RuntimeError("no room")

    assert app.planned(submit, [None] * 4) == (None, "Not planned: no room")


def test_no_result_no_dashboard(tmp_path: Path) -> None:
    """A folder without a summary is an error that names the file."""
    with pytest.raises(ValueError, match=r"summary\.json: cannot be read"):
        app.create(tmp_path)


EACH = [
    factory.unchanged,
    factory.infeasible,
    factory.simulate,
    factory.partial,
    factory.hostile_simulation,
    factory.both,
    factory.study,
    factory.overhead,
    factory.overhead_alone,
]


@pytest.mark.parametrize("make", EACH)
def test_each_state_has_a_page(tmp_path: Path, make: Any) -> None:
    """Every kind of result can be served."""
    dash = app.create(make(tmp_path / "result"))
    assert dash.server.test_client().get("/_dash-layout").status_code == 200


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serve a dashboard on a free port of this machine, and return its address."""
    running = []

    def start(dash: Any) -> str:
        server = make_server("127.0.0.1", 0, dash.server, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.browser
def test_dashboard_in_a_browser(tmp_path: Path, visit: Any, serve: Callable[[Any], str]) -> None:
    """Charts are drawn, a click on a host shows its moves, a what-if replaces the answer, and nothing is fetched."""

    def again(_changes: Mapping[str, Any]) -> Path:
        return factory.unchanged(tmp_path / "again")

    page = visit(serve(app.create(factory.hostile(tmp_path / "plan"), again))).page
    page.wait_for_selector(".js-plotly-plot .main-svg")
    page.get_by_text("Hosts", exact=True).last.click()
    page.locator(".ag-row[row-index='1'] .ag-cell").first.click()
    page.wait_for_selector("#grid-moves .ag-row")
    assert "leave or enter <img src=x onerror=alert(1)>." in page.locator("#note-moves").inner_text()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function("document.documentElement.dataset.theme == 'dark'")
    page.get_by_role("button", name="Plan again").click()
    page.wait_for_selector(".answer.unchanged")
    assert "Planned again." in page.locator("main").inner_text()


@pytest.mark.browser
def test_overhead_in_a_browser(tmp_path: Path, visit: Any, serve: Callable[[Any], str]) -> None:
    """All four charts are drawn, and the VM that gains most is the first of its table."""
    page = visit(serve(app.create(factory.overhead(tmp_path / "overhead")))).page
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg .bg').length >= 4")
    page.get_by_text("Which VMs gain most", exact=True).last.click()
    first = page.locator("#grid-gains .ag-row[row-index='0'] [col-id='vm']")
    table = load(tmp_path / "overhead").tables["gains"].sort_values("gain_mhz", ascending=False)
    assert first.inner_text() == table["vm"].iloc[0]
