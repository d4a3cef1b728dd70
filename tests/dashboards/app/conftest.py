"""The plan that most browser tests of the dashboard only look at: written, served and opened once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.app import create
from tests.dashboards.app.estate import usual
from tests.dashboards.conftest import served, visiting


@pytest.fixture(scope="session", name="plan")
def _plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return usual(tmp_path_factory.mktemp("results") / "plan")


@pytest.fixture(scope="session", name="address")
def _address(plan: Path) -> Iterator[str]:
    """Serve the plan once for all tests that only look at it."""
    with served(create(plan)) as address:
        yield address


@pytest.fixture(scope="module", name="window")
def _window(address: str, browser: Any) -> Iterator[Any]:
    """Open one page for all tests that only look at the plan, which they do from link to link, as a reader does."""
    with visiting(browser) as visit:
        yield visit(f"{address}/vms").page
