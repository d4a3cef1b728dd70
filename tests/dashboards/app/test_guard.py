"""Who is answered, and what pages may load."""

from pathlib import Path
from typing import Any

import pytest

from dashboards.app import create
from dashboards.app.guard import Guard
from tests.dashboards import factory

TOKEN = "0123456789abcdef"


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return factory.unchanged(tmp_path_factory.mktemp("guard") / "plan")


def client(folder: Path, token: str = "") -> Any:
    """Return a client of the dashboard over a result."""
    return create(folder, token=token).server.test_client()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8050", "localhost:8050", "[::1]:8050"])
def test_this_machine_is_answered(folder: Path, host: str) -> None:
    """Without a token, whoever asks for an address of this machine is answered."""
    assert client(folder).get("/hosts", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8050", "192.168.0.7:8050", ""])
def test_another_name_is_not(folder: Path, host: str) -> None:
    """A name of elsewhere that leads here is refused: its pages could read what is here."""
    assert client(folder).get("/_dash-layout", headers={"Host": host}).status_code == 403


def test_another_page_changes_nothing(folder: Path) -> None:
    """A request to change something must come from a page of the same address."""
    asked = client(folder)
    answer = asked.post(
        "/_dash-update-component", json={}, headers={"Host": "127.0.0.1", "Origin": "http://evil.example"}
    )
    assert (answer.status_code, answer.text) == (403, "This request comes from a page of another address.")


def test_the_token_is_asked_for(folder: Path) -> None:
    """With a token nothing is told without it, nor with another; once shown it is a cookie, and not in the address."""
    asked = client(folder, TOKEN)
    assert asked.get("/_dash-layout").status_code == 403
    assert asked.get(f"/?token={TOKEN[::-1]}").status_code == 403
    answer = asked.get(f"/hosts?token={TOKEN}&when=after", headers={"Host": "far.example"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hosts?when=after")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    headers = {"Host": "far.example", "Cookie": cookie.partition(";")[0]}
    assert asked.get("/_dash-layout", headers=headers).status_code == 200
    assert asked.get("/_dash-layout", headers={"Cookie": "consolidate_token=x; ;;=,"}).status_code == 403


def test_a_token_leads_to_no_other_site() -> None:
    """The address that the token is taken out of is one of the dashboard's own."""
    told: list[Any] = []
    asked = {"PATH_INFO": "//evil.example/", "QUERY_STRING": f"token={TOKEN}"}
    list(Guard(lambda _asked, _start: [], TOKEN, "")(asked, lambda status, headers: told.append((status, headers))))
    assert dict(told[0][1])["Location"] == "/evil.example/"


def test_pages_load_from_here_alone(folder: Path) -> None:
    """The policy lets no script run but the server's own files and those whose hashes it names."""
    policy = client(folder).get("/", headers={"Host": "localhost"}).headers["Content-Security-Policy"]
    scripts = next(part.split() for part in policy.split(";") if part.strip().startswith("script-src"))
    assert scripts[1] == "'self'"
    assert all(each.startswith("'sha256-") for each in scripts[2:])
    assert "default-src 'self'" in policy


def test_debugging_is_off(folder: Path) -> None:
    """No debugger is served, whatever is asked."""
    app = create(folder)
    assert not app.server.debug
    assert "__debugger__" not in app.server.test_client().get("/?__debugger__=yes", headers={"Host": "localhost"}).text
