"""The report as text: self-contained, safe, and right in every state."""

import base64
import hashlib
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dashboards import report
from dashboards.report import embedded, render
from tests.dashboards import estates, factory


class Page(HTMLParser):
    """A page's elements, the text that is read on it, and its scripts by id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[tuple[str | None, str]] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs).get("id"), ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Note text, or a script's."""
        if self._inside == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif self._inside != "style":
            self.text += data

    def data(self, name: str) -> Any:
        """Return the JSON of a script element."""
        return json.loads(dict(self.scripts)[f"data-{name}"])


def test_nothing_is_fetched(tmp_path: Path) -> None:
    """No element names anything outside the page; plotly is in it once."""
    page = Page(render(factory.usual(tmp_path / "plan")))
    links = [value for _, attributes in page.elements for key in ("src", "href") if (value := attributes.get(key))]
    assert all(link.startswith(("#", "data:,")) for link in links)
    assert sum("plotly.js v" in text for _, text in page.scripts) == 1


def test_policy_names_the_scripts(tmp_path: Path) -> None:
    """The page's policy allows by hash just the three scripts without data."""
    page = Page(render(factory.usual(tmp_path / "plan")))
    policy = next(attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes)
    scripts = [text for name, text in page.scripts if name is None]
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    assert policy is not None
    assert "default-src 'none'" in policy
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    assert f"script-src {allowed};" in policy
    assert len(digests) == 3


def test_size_is_bounded(tmp_path: Path) -> None:
    """2,000 hosts and 12,000 moves, every one of them in the page, stay under 8 MB."""
    html = render(factory.large(tmp_path / "plan"))
    assert len(html.encode()) < 8_000_000
    assert Page(html).data("table-moves")["rows"] == 12_000


def test_hostile_names_are_text(tmp_path: Path) -> None:
    """Names made of markup add no element to the page, and are read back exactly from its data."""
    tame = Page(render(factory.write(tmp_path / "tame", factory.summary(), estates.plan())))
    wild = Page(render(factory.hostile(tmp_path / "wild")))
    tags = [{tag for tag, _ in page.elements} for page in (tame, wild)]
    assert tags[0] == tags[1]
    assert len(tame.scripts) == len(wild.scripts)
    assert not [name for _, attributes in wild.elements for name in attributes if name.startswith("on")]
    host = wild.data("table-hosts")["columns"][0]
    assert tuple(host["words"][: len(factory.HOSTILE)]) == factory.HOSTILE
    assert all(name in wild.text for name in factory.HOSTILE)


def test_hostile_technologies_are_text(tmp_path: Path) -> None:
    """Names of technologies, VMs and changes made of markup add no element to the page, and are read back exactly."""
    tame = Page(render(factory.overhead(tmp_path / "tame")))
    wild = Page(render(factory.hostile_overhead(tmp_path / "wild")))
    tags = [{tag for tag, _ in page.elements} for page in (tame, wild)]
    assert tags[0] == tags[1]
    assert not [name for _, attributes in wild.elements for name in attributes if name.startswith("on")]
    for table in ("technologies", "gains"):
        assert set(factory.HOSTILE) <= set(wild.data(f"table-{table}")["columns"][0]["words"])


def test_a_hostile_simulation_is_text(tmp_path: Path) -> None:
    """Policies, presets, hosts and VMs made of markup add no element to the page, and are read back exactly."""
    tame = Page(render(factory.simulate(tmp_path / "tame", steps=50, failures=0)))
    wild = Page(render(factory.hostile_simulation(tmp_path / "wild")))
    tags = [{tag for tag, _ in page.elements} for page in (tame, wild)]
    assert tags[0] == tags[1]
    assert not [name for _, attributes in wild.elements for name in attributes if name.startswith("on")]
    for table in ("hosts", "vms"):
        assert set(factory.HOSTILE) <= set(wild.data(f"table-{table}")["columns"][0]["words"])


def test_two_simulations_of_many_hosts_stay_small(tmp_path: Path) -> None:
    """A week of 400 hosts before and after adds less than 2 MB to the plan's report."""
    alone = len(render(factory.usual(tmp_path / "alone")))
    assert len(render(factory.both(tmp_path / "both", hosts=400))) - alone < 2_000_000


def test_without_both_simulations_the_report_is_as_before(tmp_path: Path) -> None:
    """A plan whose folder holds but one simulation, or a folder that is no result, shows none."""
    plain = render(factory.usual(tmp_path / "plan"))
    folder = factory.both(tmp_path / "more" / "plan")
    (folder / "before" / "summary.json").unlink()
    assert render(folder) == plain


def test_simulations_of_unequal_length_are_told(tmp_path: Path) -> None:
    """If the second was interrupted, its totals are said to be smaller; each row has its change."""
    page = Page(render(factory.both(tmp_path / "plan", status="partial", duration_s=7_500.0)))
    assert "The simulation after was interrupted after 2 h 5 min: its totals are smaller." in page.text


def test_commands_in_what_was_assumed_are_code(tmp_path: Path) -> None:
    """What stands in backticks is set as code, without them, and markup in it stays text."""
    assumed = ["Ask `consolidate overhead --sources <b>`.", "A lone ` stays."]
    page = Page(render(factory.write(tmp_path / "plan", factory.summary(assumptions=assumed), estates.plan())))
    assert "Ask consolidate overhead --sources <b>." in page.text
    assert "A lone ` stays." in page.text
    tags = [tag for tag, _ in page.elements]
    assert tags.count("code") == 1
    assert "b" not in tags[tags.index("code") : tags.index("code") + 2]


@pytest.mark.parametrize("text", ["</script>", "<!--", "<script", "\u2028", "\u2029", "&"])
def test_data_cannot_end_its_script(text: str) -> None:
    """What could end or change a script element is written as an escape that JSON reads back."""
    element = embedded("x", json.dumps([text], ensure_ascii=False))
    inside = element.removeprefix('<script type="application/json" id="data-x">').removesuffix("</script>")
    assert text not in inside
    assert json.loads(inside) == [text]


@pytest.mark.parametrize(
    ("make", "said", "unsaid"),
    [
        (
            factory.usual,
            ["24 hosts become 15", "24 → 15", "€41,000", "in 3.3 months", "Grade B"],
            ["cannot be satisfied"],
        ),
        (factory.unchanged, ["Nothing worth doing", "No VM has to move."], ["Cost against savings", "Saved a year"]),
        (
            factory.infeasible,
            ["What cannot be satisfied together", "rule web tier apart"],
            ["Saved a year", "Migrations o"],
        ),
        (factory.only_actions, ["no VM has to move", "Hosts on and power while"], ["Where VMs go"]),
        (
            factory.simulate,
            ["Complete", "Service level", "CPU not served", "11.8\u00a0%", "VMs without a host", "(SLAV)"],
            ["Violations", "interrupted"],
        ),
        (
            factory.partial,
            ["interrupted at simulated time 2\u00a0d\u00a010\u00a0h", "cover the first 2 d 10 h", "preset cloudsim"],
            ["Complete", "VMs without a host", "VM-hours"],
        ),
        (factory.both, ["The week before and after", "743 kWh", "Service level, before and after"], ["interrupted"]),
        (factory.study, ["The best of 8 scenarios", "Hosts against moves"], ["Moves", "What overhead does to hosts"]),
        (factory.study_of_overhead, ["What overhead does to hosts"], ["Moves"]),
        (
            factory.overhead,
            ["Technology by technology", "16.4 %", "Which VMs gain most by the change"],
            ["Moves", "How sure"],
        ),
        (
            factory.rehearsal,
            ["At risk", "Done in nine of ten runs", "12 min", "Risk by wave", "most often in wave 2", "How sure"],
            ["Costs", "Hosts switched on"],
        ),
        (factory.overhead_alone, ["There are no VMs: a workload alone"], ["Which VMs gain most by the change"]),
    ],
)
def test_each_state_has_its_page(
    tmp_path: Path, make: Callable[[Path], Path], said: list[str], unsaid: list[str]
) -> None:
    """A plan, nothing worth doing, no solution, no moves, a simulation and a study each say what matters to them."""
    text = Page(render(make(tmp_path / "result"))).text.partition("Where this comes from")[0]
    assert [part for part in said if part not in text] == []
    assert [part for part in unsaid if part in text] == []


def test_an_empty_result_has_a_page(tmp_path: Path) -> None:
    """A folder with a command and nothing else is shown, not an error."""
    for command in ("plan", "simulate", "study", "overhead"):
        html = render(factory.write(tmp_path / command, {"command": command}, {}))
        assert "</main>" in html


def test_plots_are_described(tmp_path: Path) -> None:
    """Each plot is an image with a label that says its title and caption, and has its caption below."""
    page = Page(render(factory.usual(tmp_path / "plan")))
    plots = [attributes for _, attributes in page.elements if attributes.get("class") == "plot"]
    assert len(plots) == 9
    assert all(plot["role"] == "img" and len(plot["aria-label"] or "") > 40 for plot in plots)
    assert sum(tag == "figcaption" for tag, _ in page.elements) == 9


def test_same_result_same_report(tmp_path: Path) -> None:
    """The report depends on nothing but the folder's content."""
    folder = factory.usual(tmp_path / "plan")
    assert render(folder) == render(folder)


def test_tables_share_what_the_figures_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows there are, the report keeps its limit, and the longest table alone is cut."""
    folder = factory.large(tmp_path / "plan")
    monkeypatch.setattr(report, "MOST_BYTES", 6_500_000)
    html = render(folder)
    assert len(html.encode()) < 6_550_000
    found = {name: Page(html).data(f"table-{name}") for name in ("moves", "hosts", "costs")}
    assert [found[name]["rows"] < found[name]["total"] for name in ("moves", "hosts", "costs")] == [True, False, False]
