"""Waiting for conditions; the only module of the suite that sleeps."""

import os
import subprocess
import time
from collections.abc import Callable
from operator import not_, truth
from typing import Any

POLL_SECONDS = 0.25  # later a tenth of the time waited, because polling costs CPU
# many processes of the suite keep the machine busy
BUSY_FACTOR = 2 if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 2 else 1


def sleep_during_fault(seconds: float) -> None:
    """Sleep while a fault is in effect; use wait_until for conditions."""
    time.sleep(seconds)


def wait_until(
    look: Callable[[], Any],
    timeout: float,
    what: str,
    process: subprocess.Popen[str] | None = None,
    is_done: Callable[[Any], bool] = truth,
) -> Any:
    """Return the first true result of `look`.

    Raises AssertionError, naming `what` and the last result, after `timeout` seconds, or as soon as
    `process` has ended.
    """
    timeout *= BUSY_FACTOR
    start = time.monotonic()
    while True:
        ended = process is not None and process.poll() is not None
        if is_done(result := look()):
            return result
        if ended:
            raise AssertionError(f"{what}: impossible, the process has ended")
        waited = time.monotonic() - start
        if waited > timeout:
            raise AssertionError(f"{what}: not within {timeout:.0f} s (last seen: {result!r})")
        time.sleep(min(max(POLL_SECONDS, waited / 10), timeout - waited))


def wait_while(
    look: Callable[[], Any], timeout: float, what: str, process: subprocess.Popen[str] | None = None
) -> None:
    """Wait until `look` returns nothing; raise as `wait_until` does."""
    wait_until(look, timeout, what, process, not_)
