"""The worker's liveness file: fresh only while the worker reaches its broker.

The worker's own event loop refreshes it; `python app/liveness.py`, the healthcheck, reads it. That
costs a fraction of `celery inspect ping`, which imports all of Celery at every check.
"""

import os
import sys
import time
import zlib

INTERVAL_SECONDS = 2.0  # between two refreshes
MAX_AGE_SECONDS = 10.0  # after which the worker counts as dead, frozen or cut off
# of this user and this checkout alone; without tempfile, whose import takes longer than the check
FILE = os.path.join(
    os.environ.get("TMPDIR", "/tmp"),
    f"worker-liveness-{os.getuid()}-{zlib.crc32(os.path.realpath(__file__).encode()):x}",
)


def touch() -> None:
    """Record that the worker has just reached its broker."""
    with open(f"{FILE}.new", "w") as file:
        file.write(str(time.monotonic()))  # of the system, so of all processes; nobody sets it
    os.replace(file.name, FILE)


def clear() -> None:
    """Remove the record of a worker that ran here before."""
    if os.path.exists(FILE):
        os.remove(FILE)


def check() -> None:
    """Raise SystemExit with the reason when the file is missing or older than MAX_AGE_SECONDS."""
    try:
        with open(FILE) as file:
            age = time.monotonic() - float(file.read())
    except FileNotFoundError:
        sys.exit("the worker has not reached its broker yet")
    if age > MAX_AGE_SECONDS:
        sys.exit(f"the worker last reached its broker {age:.0f} s ago")


if __name__ == "__main__":
    check()
