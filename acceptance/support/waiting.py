"""Waiting for conditions; the only module of the suite that sleeps."""

import time
from collections.abc import Callable
from operator import not_, truth
from typing import Any

POLL_SECONDS = 0.1  # later a tenth of the time waited, because polling costs CPU
PATIENCE_SECONDS = 120  # for what nobody promised to be quick


def sleep_during_fault(seconds: float) -> None:
    """Sleep while a fault is in effect; use wait_until for conditions."""
    time.sleep(seconds)


def wait_until(
    look: Callable[[], Any],
    what: str,
    seconds: float = PATIENCE_SECONDS,
    is_alive: Callable[[], bool] = lambda: True,
    is_done: Callable[[Any], object] = truth,
) -> Any:
    """Return the first true result of `look`, or raise after `seconds` or when nothing is alive."""
    start = time.monotonic()
    while True:
        alive = is_alive()
        result, waited = look(), time.monotonic() - start
        if is_done(result) and waited <= seconds:
            return result
        if not alive:
            raise AssertionError(f"{what}: impossible, the process has ended")
        if waited > seconds:
            raise AssertionError(f"{what}: not within {seconds:.0f} s (last seen: {result!r})")
        time.sleep(min(max(POLL_SECONDS, waited / 10), max(0.01, seconds - waited)))


def wait_while(look: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `look` returns nothing; raise as `wait_until` does."""
    wait_until(look, what, seconds, is_done=not_)
