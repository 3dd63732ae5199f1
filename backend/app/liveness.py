"""The worker's liveness file: fresh only while the worker reaches its broker.

The worker's own event loop refreshes it; `python -m app.liveness`, the healthcheck, reads it. That
costs a fraction of `celery inspect ping`, which imports all of Celery at every check.
"""

import sys
import tempfile
import time
from pathlib import Path

INTERVAL_SECONDS = 2.0  # between two refreshes
MAX_AGE_SECONDS = 10.0  # after which the worker counts as dead, frozen or cut off
FILE = Path(tempfile.gettempdir(), "worker-liveness")


def touch() -> None:
    """Record that the worker has just reached its broker."""
    FILE.touch()


def clear() -> None:
    """Remove the record of a worker that ran here before."""
    FILE.unlink(missing_ok=True)


def check() -> None:
    """Raise SystemExit with the reason when the file is missing or older than MAX_AGE_SECONDS."""
    try:
        age = time.time() - FILE.stat().st_mtime
    except FileNotFoundError:
        sys.exit("the worker has not reached its broker yet")
    if age > MAX_AGE_SECONDS:
        sys.exit(f"the worker last reached its broker {age:.0f} s ago")


if __name__ == "__main__":
    check()
