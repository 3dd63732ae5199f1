"""The worker's sign of life: a file that is fresh only while the worker reaches its broker.

Written by the worker's own event loop, read by `python -m app.heartbeat`, its healthcheck. That
costs a fraction of `celery inspect ping`, which imports all of Celery at every check.
"""

import sys
import tempfile
import time
from pathlib import Path

INTERVAL = 2.0  # seconds between two beats
MAX_AGE = 10.0  # seconds after which the worker counts as dead, frozen or cut off
FILE = Path(tempfile.gettempdir(), "worker-heartbeat")


def beat() -> None:
    """Record that the worker has just reached its broker."""
    FILE.touch()


def forget() -> None:
    """Remove the record of a worker that ran here before."""
    FILE.unlink(missing_ok=True)


def check() -> None:
    """Raise SystemExit with the reason when the last beat is missing or older than MAX_AGE."""
    try:
        age = time.time() - FILE.stat().st_mtime
    except FileNotFoundError:
        sys.exit("the worker has not reached its broker yet")
    if age > MAX_AGE:
        sys.exit(f"the worker last reached its broker {age:.0f} s ago")


if __name__ == "__main__":
    check()
