"""
Size against milliseconds: the dashboard's pages and the report of a large plan or study, in headless Chromium.

``python -m tests.benchmarks.dashboard [--of plan|simulated|study] [--rows N] [--repeats N]`` prints CSV: the time until
a page is drawn and can be used, the time from a click or a key until its effect is seen, and the size and the times of
the report. Rows are the VMs of a plan, each of which moves, on a tenth as many hosts; *simulated* is the same with a
week before and after; or they are the runs of a study that planned, simulated, and grew estates until they were full.
A time is the least of the repeats. ``cpu_ms`` is what browser and server computed meanwhile, on all processors
together; ``busy`` is the machine's load over its processors: more than 1 makes times longer, but not ``cpu_ms``. The
server is a process of its own.
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from dashboards.report import render
from tests.dashboards import factory, studies, weeks
from tests.dashboards.app.estate import sizes
from tests.dashboards.conftest import ARGUMENTS, served
from tests.dashboards.estates import load, plan

COLUMNS = ("of", "rows", "what", "milliseconds", "cpu_ms", "megabytes", "busy")
_PLAN = {
    "overview": ("/", ".answer h1", 3), "hosts": ("/hosts", "#chart-utilisation", 4), "vms": ("/vms", "#tables", 0),
    "migrations": ("/migrations", "#chart-gantt", 4), "power": ("/power", "#chart-breakdown", 2),
}  # fmt: skip
_STUDY = {"overview": ("/", ".answer h1", 4), "scenarios": ("/scenarios", "#chart-tornado", 7)}
PAGES = {"plan": _PLAN, "simulated": _PLAN, "study": _STUDY}
"""By what is shown and by name: path, what is waited for, and how many charts are drawn at least."""
SOUGHT = {
    "plan": ("/vms", "vm", "app03-vm-0"), "simulated": ("/vms", "vm", "app03-vm-0"),
    "study": ("/scenarios", "scenario", "spare_hosts=1"),
}  # fmt: skip
"""By what is shown: the page of the table of all rows, a column, and words that some rows have."""
_ROWS = "() => document.querySelectorAll('#tables .ag-row .ag-cell').length > 0"
_SIZE = "words => Number(document.querySelector('#tables .size').textContent.replace(/,/g, '')) {test}"


def result(of: str, folder: Path, rows: int) -> Path:
    """Write what is shown: a plan, with or without simulations in it, or a study."""
    if of == "study":
        return studies.large(folder, rows)
    estate(folder, rows)
    for when in ("before", "after") if of == "simulated" else ():
        tables = weeks.tables(rows // 10, 2016, packed=when == "after")
        factory.write(folder / when, weeks.summary(tables, policy="none"), tables, *tables)
    return folder


def estate(folder: Path, vms: int) -> Path:
    """Write a plan of so many VMs, of which each moves, and of a tenth as many hosts with a day of load."""
    tables = plan(vms // 10, vms, vms)
    tables |= {"vms": sizes(tables["placement"]["vm"]), "load": load(tables["hosts"], 96)}
    told = factory.summary(moves=vms, vms=vms, hosts=vms // 10, makespan_s=vms * 50.0)
    return factory.write(folder, told, tables, "load")


def serve(folder: Path, told: Any) -> None:
    """Serve the dashboard on a result, and tell its address."""
    from dashboards.app import create

    with served(create(folder)) as address:
        told.send(address)
        told.recv()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve in another process while the context lasts; it is the address."""
    context = get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=serve, args=(folder, theirs), daemon=True)
    process.start()
    yield mine.recv()
    mine.send("end")
    process.join()


def computed() -> dict[int, float]:
    """Return what each process of browser and server has computed so far, in ms: those below this, but the driver."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = file.read_text().rpartition(")")
        except OSError:
            continue
        values, process = rest.split(), int(file.parent.name)
        parents[process] = int(values[1])
        used[process] = 0.0 if name.endswith("(node") else (int(values[11]) + int(values[12])) * 1000.0
    below = {os.getpid()}
    while more := {each for each, parent in parents.items() if parent in below} - below:
        below |= more
    return {each: used[each] / os.sysconf("SC_CLK_TCK") for each in below - {os.getpid()}}


def timed(do: Callable[[], Any]) -> tuple[float, float]:
    """Return how long something takes, and what is computed for it, in ms."""
    began, before = time.perf_counter(), computed()
    do()
    took = (time.perf_counter() - began) * 1000
    return took, sum(after - before.get(process, 0.0) for process, after in computed().items())


def opened(page: Any, address: str, content: str, charts: int) -> None:
    """Open a page and wait until it is drawn and its table, if one is in sight, has rows."""
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_selector(content)
    page.wait_for_function(f"() => document.querySelectorAll('#charts .main-svg .bg').length >= {charts}")
    if not charts:
        page.wait_for_function(_ROWS)


def pages(window: Any, address: str, of: str) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield how long each page takes to be there."""
    for name, (path, content, charts) in PAGES[of].items():
        page = window.new_page()
        yield f"page {name}", timed(lambda: opened(page, address + path, content, charts))  # noqa: B023  # run at once
        page.close()


def interactions(window: Any, address: str, of: str, rows: int) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield how long it takes until what is done to the table of all rows is seen."""
    page = window.new_page()
    path, column, words = SOUGHT[of]
    opened(page, f"{address}{path}", "#tables", 0)
    first = page.locator(f"#tables .ag-row[row-index='0'] [col-id='{column}']").first

    def sort() -> None:
        before = first.inner_text()
        page.locator(f"#tables .ag-header-cell[col-id='{column}']").first.click()
        page.locator(f"#tables .ag-header-cell[col-id='{column}']").first.click()
        page.wait_for_function(
            "([before, css]) => { const cell = document.querySelector(css);"
            " return cell && cell.textContent && cell.textContent !== before; }",
            arg=[before, f"#tables .ag-row[row-index='0'] [col-id='{column}']"],
        )

    def scroll() -> None:
        page.evaluate(f"document.querySelector('#tables .ag-body-viewport').scrollTop = {rows // 2 * 34}")
        page.wait_for_function(
            f"() => [...document.querySelectorAll('#tables .ag-row')].some(row => +row.getAttribute('row-index') > "
            f"{rows // 2 - 50} && row.querySelector('[col-id={column}]')?.textContent)"
        )

    def seek() -> None:
        page.locator("#find").fill(words)
        page.wait_for_function(_SIZE.format(test=f"< {rows}"))

    def choose() -> None:
        page.locator("#tables .ag-row[row-index='0'] [col-id='host_before']").first.click()
        page.wait_for_selector("#host-detail h2")

    acts = [("sort", sort), ("scroll to the middle", scroll), ("search", seek)]
    for name, do in acts + ([("choose a host", choose)] if of != "study" else []):
        yield f"act {name}", timed(do)
    page.close()


def reports(browser: Any, path: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield when the report's first content is seen, when it can be used, and when all is drawn."""
    page = browser.new_page()
    whole = timed(lambda: (page.goto(path.as_uri()), page.wait_for_selector("html[data-drawn=yes]")))
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    usable = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    yield "report first content", (page.evaluate(paint), float("nan"))
    yield "report usable", (usable, float("nan"))
    yield "report all drawn", whole
    page.close()


def measured(of: str, rows: int, repeats: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table."""
    with TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = result(of, Path(place) / of, rows)
        report = folder / "report.html"
        report.write_text(render(folder), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*ARGUMENTS])
        found: dict[str, list[tuple[float, float]]] = {}
        with serving(folder) as address:
            for _ in range(repeats):
                with browser.new_context(viewport={"width": 1280, "height": 900}) as window:
                    for name, took in (*pages(window, address, of), *interactions(window, address, of, rows)):
                        found.setdefault(name, []).append(took)
                for name, took in reports(browser, report):
                    found.setdefault(name, []).append(took)
        busy = round(os.getloadavg()[0] / (os.cpu_count() or 1), 2)
        size = round(report.stat().st_size / 1e6, 2)
        for name, times in found.items():
            took, cpu = (min(each) for each in zip(*times, strict=True))
            megabytes = size if name.startswith("report") else ""
            row = {
                "of": of,
                "rows": rows,
                "what": name,
                "milliseconds": round(took),
                "megabytes": megabytes,
                "busy": busy,
            }
            yield row | {"cpu_ms": "" if cpu != cpu else round(cpu)}
        browser.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=(*PAGES,), default="plan")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=2)
    given = parser.parse_args()
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    for row in measured(given.of, given.rows, given.repeats):
        writer.writerow(row)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
