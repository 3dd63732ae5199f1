"""HTTP as programs and browsers speak it, with the exchange kept as evidence."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import requests

from acceptance.support import evidence

TIMEOUT = 10  # seconds


def send(method: str, url: str, **headers: str) -> requests.Response:
    """Send a request and return the answer, whatever its status.

    Raises requests.RequestException when there is no answer within TIMEOUT.
    """
    response = requests.request(
        method, url, headers=headers, timeout=TIMEOUT, allow_redirects=False
    )
    head = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    evidence.attach(
        f"{method} {url}", f"{headers}\n\nHTTP {response.status_code}\n{head}\n{response.text}"
    )
    return response


def status(url: str) -> int | None:
    """The status code of the answer, or None when nobody answers."""
    try:
        return requests.get(url, timeout=TIMEOUT).status_code
    except requests.ConnectionError:
        return None


def permissions(url: str, origin: str) -> dict[str, bool]:
    """Whether a browser lets a page from `origin` read the answer to GET, and to a GET for which it asks first.

    By the Fetch standard's CORS check.
    """
    simple = send("GET", url, Origin=origin)
    asked = send("OPTIONS", url, Origin=origin, **{"Access-Control-Request-Method": "GET"})
    first, second = (
        r.headers.get("access-control-allow-origin") in (origin, "*") for r in (simple, asked)
    )
    methods = asked.headers.get("access-control-allow-methods", "").replace(" ", "").split(",")
    return {"GET": first, "preflight": second and asked.ok and "GET" in methods}


def is_listening(port: int) -> bool:
    """Whether somebody takes connections on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def listening(*ports: int) -> Iterator[None]:
    """Take ports, as somebody else's program would; who is there already is as good."""
    with ExitStack() as servers:
        for port in ports:
            with suppress(OSError):
                servers.enter_context(socket.create_server(("127.0.0.1", port)))
        yield


def own_process() -> str:
    """How others see who listens: this process's id."""
    return f"pid {os.getpid()}"
