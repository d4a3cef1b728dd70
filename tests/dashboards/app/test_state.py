"""What is shown is what the address says."""

import pytest

from dashboards.app.state import View, read


def test_a_link_leads_back() -> None:
    """Every choice is in the link, and read from it again."""
    view = View("hosts", "a b", "h&1", "ü=", "after", 60.0, 7200.0, "x y")
    path, _, query = view.link.partition("?")
    assert read(path, f"?{query}") == view


def test_what_is_usual_is_left_out() -> None:
    """The first page as it is has the shortest link."""
    assert View().link == "/"
    assert View("vms", when="before").link == "/vms?when=before"


@pytest.mark.parametrize(
    "search", ["?since=-1", "?until=nan", "?since=inf", "?since=x", "?when=never", "?a=b", "?&&", None]
)
def test_what_is_wrong_is_as_usual(search: str | None) -> None:
    """An address with nonsense is read as one without."""
    assert read("/", search) == View()
