"""The worker's liveness file. `python app/liveness.py` is a healthcheck without Celery's imports."""

import os
import sys
import time

INTERVAL_SECONDS = 2.0  # between two refreshes
MAX_AGE_SECONDS = 10.0
# /dev/shm is empty after each start of a container, scripts/dev.sh sets TMPDIR
FILE = os.path.join(os.environ.get("TMPDIR", "/dev/shm"), "worker-liveness")


def touch() -> None:
    """Record that the worker has just reached its broker."""
    with open(FILE, "a"):
        os.utime(FILE)


def check() -> None:
    """Raise SystemExit with the reason when the file is missing or older than MAX_AGE_SECONDS."""
    try:
        age = time.time() - os.stat(FILE).st_mtime
    except FileNotFoundError:
        sys.exit("the worker has not reached its broker yet")
    if age > MAX_AGE_SECONDS:
        sys.exit(f"the worker last reached its broker {age:.0f} s ago")


if __name__ == "__main__":
    check()
