"""HTTP as programs and browsers speak it, with the exchange kept as evidence."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from acceptance.support import evidence

TIMEOUT = 10  # seconds


@dataclass(frozen=True)
class Access:
    """Whether a browser would let a page read an answer from another origin, and why."""

    permitted: bool
    reason: str


def send(method: str, url: str, **headers: str) -> requests.Response:
    """Send a request and return the answer, whatever its status.

    Raises requests.RequestException when there is no answer within TIMEOUT.
    """
    response = requests.request(method, url, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    head = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    evidence.attach(f"{method} {url}", f"{headers}\n\nHTTP {response.status_code}\n{head}\n{response.text}")
    return response


def status(url: str) -> int | None:
    """The status code of the answer, or None when nobody answers."""
    try:
        return requests.get(url, timeout=TIMEOUT).status_code
    except requests.ConnectionError:
        return None


def is_listening(port: int) -> bool:
    """Whether somebody takes connections on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def listening(port: int) -> Iterator[None]:
    """Take a port, as somebody else's program would."""
    with socket.create_server(("127.0.0.1", port)):
        yield


def own_process() -> str:
    """How others see who listens: this process's id."""
    return f"pid {os.getpid()}"


def cross_origin_get(url: str, origin: str) -> Access:
    """A simple request of a page from `origin`; see the Fetch standard's CORS check."""
    return _cors_check(send("GET", url, Origin=origin), origin)


def preflight(url: str, origin: str, method: str) -> Access:
    """The request with which a browser asks whether a page from `origin` may use `method`."""
    response = send("OPTIONS", url, Origin=origin, **{"Access-Control-Request-Method": method})
    access = _cors_check(response, origin)
    methods = [m.strip() for m in response.headers.get("access-control-allow-methods", "").split(",")]
    if access.permitted and not (response.ok and method in methods):
        return Access(False, f"preflight: HTTP {response.status_code}, methods {methods}")
    return access


def _cors_check(response: requests.Response, origin: str) -> Access:
    allowed = response.headers.get("access-control-allow-origin")
    return Access(allowed in (origin, "*"), f"{origin}: Access-Control-Allow-Origin is {allowed}")
