"""Waiting for a condition: the only place of the suite that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.25  # between two looks; later a tenth of the time waited, as looks cost CPU


def wait_until(
    look: Callable[[], T], timeout: float, what: str, alive: Callable[[], bool] = lambda: True
) -> T:
    """Return the first true result of `look`, called until `timeout` seconds have passed.

    Raises AssertionError, naming `what` and the last result, when the time is over, or at once when
    `alive` says that it cannot happen any more.
    """
    start = time.monotonic()
    while True:
        running = alive()
        if result := look():
            return result
        if not running:
            raise AssertionError(f"{what}: will not happen, the process has ended")
        waited = time.monotonic() - start
        if waited > timeout:
            raise AssertionError(f"{what}: not within {timeout:.0f} s (last seen: {result!r})")
        time.sleep(min(max(POLL_SECONDS, waited / 10), timeout - waited))
