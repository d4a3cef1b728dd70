"""Where the dashboard listens: on this machine alone, or on another address for those who know a token."""

import re
import socket

from models.errors import InputError

HERE = ("127.0.0.1", "localhost", "::1")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")


def allowed(host: str, token: str) -> None:
    """
    Check that visitors from elsewhere have to know a token.

    Raises
    ------
    InputError
        If the address is not of this machine and there is no token, or if the token is too short.
    """
    if token and not _TOKEN.fullmatch(token):
        raise InputError("--token: 16 or more letters, digits, - or _ are needed.")
    if host not in HERE and not token:
        text = (
            f"--host {host}: others could open the dashboard. Give a --token that they have to know, such as "
            "--token $(openssl rand -hex 16); it is sent unencrypted, so put a proxy with TLS before it."
        )
        raise InputError(text)


def free(host: str, port: int) -> None:
    """Raise an `InputError` if the port cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            text = f"Port {port} of {host} cannot be listened on: {problem.strerror}; choose another with --port."
            raise InputError(text) from None


def address(host: str, port: int, token: str) -> str:
    """
    Return what to open in a browser.

    >>> address("127.0.0.1", 8050, ""), address("::1", 80, "t" * 16)
    ('http://127.0.0.1:8050', 'http://[::1]:80/?token=tttttttttttttttt')
    """
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}" + (f"/?token={token}" if token else "")
