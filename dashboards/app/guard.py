"""Who may use the dashboard: its own machine, or who has the token; and what its pages may load."""

import hmac
from collections.abc import Callable, Iterable, Mapping
from http import cookies
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

LEAST_TOKEN = 16
"""Characters of a token at least."""
HERE = ("127.0.0.1", "localhost", "::1")
"""Names of this machine."""
_COOKIE = "consolidate_token"
Start = Callable[..., Any]


class Guard:
    """
    A layer around a WSGI application that refuses requests which do not come from the dashboard's own pages.

    Without a token only names of this machine are answered, so that no other site's name can be bent to point here.
    With one, who does not show it is refused: it comes once in the address (``?token=…``), then as a cookie. A
    request that changes anything must come from a page of the same address.

    Parameters
    ----------
    inside
        The application.
    token
        What a visitor must know; empty: nothing, but then the visitor must be on this machine.
    policy
        Content security policy of all answers.
    """

    def __init__(self, inside: Callable[..., Iterable[bytes]], token: str, policy: str) -> None:
        self._inside, self._token = inside, token
        self._headers = [
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
        ]

    def __call__(self, asked: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a request."""
        if self._token and (link := self._introduced(asked)):
            return _answered(start, "303 See Other", [("Location", link), ("Set-Cookie", self._cookie())], "")
        reason = self._refused(asked)
        if reason:
            return _answered(start, "403 Forbidden", self._headers, reason)

        def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start(status, [*headers, *self._headers], *rest)

        return self._inside(asked, started)

    def _introduced(self, asked: Mapping[str, Any]) -> str:
        """Return the address without the token, if it holds the right one."""
        query = parse_qsl(asked.get("QUERY_STRING", ""))
        if not any(key == "token" and self._same(value) for key, value in query):
            return ""
        rest = urlencode([(key, value) for key, value in query if key != "token"])
        path = "/" + str(asked.get("PATH_INFO") or "/").lstrip("/\\")
        return f"{path}?{rest}" if rest else path

    def _cookie(self) -> str:
        return f"{_COOKIE}={self._token}; HttpOnly; SameSite=Strict; Path=/"

    def _same(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _refused(self, asked: Mapping[str, Any]) -> str:
        """Return why a request is not answered; empty: it is."""
        host = str(asked.get("HTTP_HOST", ""))
        if not self._token and urlsplit(f"//{host}").hostname not in HERE:
            return "This dashboard is for its own machine: open it as http://127.0.0.1."
        if self._token and not self._same(_shown(asked)):
            return "This dashboard needs its token: open the address that it printed when it was started."
        origin = asked.get("HTTP_ORIGIN")
        if asked.get("REQUEST_METHOD") == "POST" and origin is not None and urlsplit(origin).netloc != host:
            return "This request comes from a page of another address."
        return ""


def _shown(asked: Mapping[str, Any]) -> str:
    """Return the token in the request's cookies."""
    try:
        found = cookies.SimpleCookie(str(asked.get("HTTP_COOKIE", ""))).get(_COOKIE)
    except cookies.CookieError:
        return ""
    return found.value if found is not None else ""


def _answered(start: Start, status: str, headers: list[tuple[str, str]], text: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [text.encode()]


def policy(hashes: Iterable[str]) -> str:
    """Return the policy of pages: nothing from elsewhere, and of scripts in the page only those with these hashes."""
    scripts = " ".join(["'self'", *hashes])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
