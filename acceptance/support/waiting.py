"""Waiting for a condition: the only place of the suite that sleeps."""

import os
import subprocess
import time
from collections.abc import Callable
from operator import not_, truth
from typing import Any

POLL_SECONDS = 0.25  # between two looks; later a tenth of the time waited, as looks cost CPU
# what is promised within some seconds takes longer while the suite keeps the machine busy itself
BUSY_FACTOR = 2 if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 2 else 1


def let_pass(seconds: float) -> None:
    """Return after some seconds: where a fault lasts so long, not where something is waited for."""
    time.sleep(seconds)


def wait_until(
    look: Callable[[], Any], timeout: float, what: str, process: subprocess.Popen[str] | None = None
) -> Any:
    """Return the first true result of `look`, called until `timeout` seconds have passed.

    In a run of many processes it is twice as long.

    Raises AssertionError, naming `what` and the last result, when the time is over, or at once when
    `process`, on which it depends, has ended.
    """
    return _wait(look, truth, timeout, what, process)


def wait_while(
    look: Callable[[], Any], timeout: float, what: str, process: subprocess.Popen[str] | None = None
) -> None:
    """Return when `look` returns nothing any more; raise as `wait_until` does."""
    _wait(look, not_, timeout, what, process)


def _wait(
    look: Callable[[], Any],
    is_over: Callable[[Any], bool],
    timeout: float,
    what: str,
    process: subprocess.Popen[str] | None,
) -> Any:
    timeout *= BUSY_FACTOR
    start = time.monotonic()
    while True:
        ended = process is not None and process.poll() is not None
        if is_over(result := look()):
            return result
        if ended:
            raise AssertionError(f"{what}: will not happen, the process has ended")
        waited = time.monotonic() - start
        if waited > timeout:
            raise AssertionError(f"{what}: not within {timeout:.0f} s (last seen: {result!r})")
        time.sleep(min(max(POLL_SECONDS, waited / 10), timeout - waited))
