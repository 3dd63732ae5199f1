"""HTTP as programs and browsers speak it, with the exchange kept as evidence."""

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


def answers(url: str) -> bool:
    """Whether anything that speaks HTTP is there, whatever it says."""
    try:
        requests.get(url, timeout=TIMEOUT)
    except requests.ConnectionError:
        return False
    return True


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
