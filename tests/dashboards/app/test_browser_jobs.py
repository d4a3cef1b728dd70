"""What-ifs in a browser: a slider, a job, a scenario to compare."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.app import create
from tests.dashboards import factory
from tests.dashboards.app.estate import Job, settings
from tests.dashboards.app.reader import ready

pytestmark = pytest.mark.browser
Serve = Callable[[Any], str]


def test_a_slider_makes_a_scenario(plan: Path, tmp_path: Path, serve: Serve, visit: Any) -> None:
    """A changed ceiling is planned in the background, told on the way, and then compared with the first plan."""
    asked: list[Mapping[str, Any]] = []
    again = settings(factory.unchanged(tmp_path / "ceiling 90"), cpu_ceiling=0.9)
    running = ("running", "placing", 0.5, None)

    def submit(changes: Mapping[str, Any], simulate: bool) -> Job:
        asked.append({**changes, "simulate": simulate})
        return Job(running, running, running, running, ("done", "", None, again))

    page = ready(visit(f"{serve(create(plan, submit))}/scenarios").page)
    box = page.locator(".sliders input").first
    expect(box).to_have_value("80")
    box.fill("90")
    box.press("Enter")
    page.get_by_label("Simulate as well").check()
    page.get_by_role("button", name="Plan again").click()
    expect(page.locator("#job progress")).to_have_attribute("value", "0.5")
    expect(page.locator("#job .done")).to_contain_text("ceiling 90 is a scenario now")
    assert asked == [{"limits.cpu_ceiling": 0.9, "simulate": True}]
    line = page.locator(".compare tbody tr").nth(1)
    expect(line).to_contain_text("cpu ceiling 0.9")
    expect(line).to_contain_text("+9")
    page.get_by_role("link", name="Open it").click()
    page.wait_for_selector(".answer.unchanged")
    assert "result=ceiling+90" in page.url
    page.locator("#results summary").press("Enter")
    page.locator("#results").get_by_role("link", name="plan", exact=True).press("Enter")
    page.wait_for_selector(".answer.optimal")
    assert "result=" not in page.url


def test_a_job_is_cancelled(plan: Path, serve: Serve, visit: Any) -> None:
    """While a job runs it can be cancelled, and only then is there a button for it."""
    dash = create(plan, lambda _changes, _simulate: Job(("running", "placing", None, None)))
    page = ready(visit(f"{serve(dash)}/scenarios").page)
    button = page.get_by_role("button", name="Cancel")
    expect(button).to_be_hidden()
    box = page.locator(".sliders input").nth(2)
    box.fill("2")
    box.press("Enter")
    page.get_by_role("button", name="Plan again").click()
    button.click()
    expect(page.locator("#job")).to_contain_text("Cancelled")
    expect(button).to_be_hidden()
