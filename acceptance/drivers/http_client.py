"""HTTP as programs and browsers speak it, with each exchange as an attachment."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import requests

from acceptance.support.attachments import attach

TIMEOUT_SECONDS = 20  # on a busy machine

_client = requests.Session()
_client.trust_env = False  # because the developer's proxy does not reach this machine


def send(method: str, url: str, **headers: str) -> requests.Response:
    """Return the answer, of any status. Raises requests.RequestException after TIMEOUT_SECONDS."""
    response = _client.request(
        method, url, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
    )
    text = f"{headers}\n\nHTTP {response.status_code}\n{dict(response.headers)}\n\n{response.text}"
    attach(f"{method} {url}", text)
    return response


def may_call(url: str, origin: str) -> tuple[bool, bool]:
    """Return whether the Fetch standard lets a page of `origin` GET, without and with preflight."""
    simple = send("GET", url, Origin=origin)
    preflight = send("OPTIONS", url, Origin=origin, **{"Access-Control-Request-Method": "GET"})
    headers = [each.headers.get("access-control-allow-origin") for each in (simple, preflight)]
    first, second = (header in (origin, "*") for header in headers)
    methods = preflight.headers.get("access-control-allow-methods", "")
    return first, second and preflight.ok and "GET" in methods


def status(url: str) -> int | None:
    """Return the status code of the answer, or None without one."""
    with suppress(requests.ConnectionError):
        return _client.get(url, timeout=TIMEOUT_SECONDS).status_code
    return None


def is_listening(port: int, address: str = "127.0.0.1") -> bool:
    """Return whether a program listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


@contextmanager
def listening(*ports: int) -> Iterator[None]:
    """Occupy ports that are not occupied yet."""
    with ExitStack() as servers:
        for port in ports:
            with suppress(OSError):
                servers.enter_context(socket.create_server(("127.0.0.1", port)))
        yield
