"""Waiting for a condition: the only place of the suite that sleeps."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

POLL_SECONDS = 0.25  # between two looks; later a tenth of the time waited, as looks cost CPU


def let_pass(seconds: float) -> None:
    """Return after some seconds: where a fault lasts so long, not where something is waited for."""
    time.sleep(seconds)


def wait_until(
    look: Callable[[], Any], timeout: float, what: str, process: subprocess.Popen[str] | None = None
) -> Any:
    """Return the first true result of `look`, called until `timeout` seconds have passed.

    Raises AssertionError, naming `what` and the last result, when the time is over, or at once when
    `process`, on which it depends, has ended.
    """
    start = time.monotonic()
    while True:
        ended = process is not None and process.poll() is not None
        if result := look():
            return result
        if ended:
            raise AssertionError(f"{what}: will not happen, the process has ended")
        waited = time.monotonic() - start
        if waited > timeout:
            raise AssertionError(f"{what}: not within {timeout:.0f} s (last seen: {result!r})")
        time.sleep(min(max(POLL_SECONDS, waited / 10), timeout - waited))
