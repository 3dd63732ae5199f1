"""HTTP as programs and browsers speak it, with each exchange as an attachment."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import requests

from acceptance.support.attachments import attach

TIMEOUT_SECONDS = 5  # the healthcheck of the api waits 3

_client = requests.Session()
_client.trust_env = False  # because the developer's proxy does not reach this machine


def send(method: str, url: str, **headers: str) -> requests.Response:
    """Return the answer, of any status. Raises requests.RequestException after TIMEOUT_SECONDS."""
    options = {"timeout": TIMEOUT_SECONDS, "allow_redirects": False}
    response = _client.request(method, url, headers=headers, **options)
    text = f"{headers}\n\nHTTP {response.status_code}\n{dict(response.headers)}\n\n{response.text}"
    attach(f"{method} {url}", text)
    return response


def status(url: str) -> int | None:
    """Return the status code of the answer, or None without a connection."""
    try:
        return _client.get(url, timeout=TIMEOUT_SECONDS).status_code
    except requests.ConnectionError:
        return None


def may_call(url: str, origin: str) -> tuple[bool, bool]:
    """Return whether the Fetch standard lets a page of `origin` GET, without and with preflight."""
    simple = send("GET", url, Origin=origin)
    preflight = send("OPTIONS", url, Origin=origin, **{"Access-Control-Request-Method": "GET"})
    headers = [each.headers.get("access-control-allow-origin") for each in (simple, preflight)]
    allowed = [header in (origin, "*") for header in headers]
    methods = preflight.headers.get("access-control-allow-methods", "").replace(" ", "").split(",")
    return allowed[0], allowed[1] and preflight.ok and "GET" in methods


def is_listening(port: int) -> bool:
    """Return whether a program listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def listening(*ports: int) -> Iterator[None]:
    """Occupy ports that are not occupied yet."""
    with ExitStack() as servers:
        for port in ports:
            with suppress(OSError):
                servers.enter_context(socket.create_server(("127.0.0.1", port)))
        yield
