"""The worker's liveness file: locked while the worker lives, fresh while it reaches its broker.

The worker's own event loop refreshes it; `python app/liveness.py`, the healthcheck, reads it. That
costs a fraction of `celery inspect ping`, which imports all of Celery at every check.
"""

import fcntl
import os
import sys
import time
import zlib

INTERVAL_SECONDS = 2.0  # between two refreshes
MAX_AGE_SECONDS = 10.0  # after which the worker counts as frozen or cut off
# of this user and this checkout alone; without tempfile, whose import takes longer than the check
FILE = os.path.join(
    os.environ.get("TMPDIR", "/tmp"),
    f"worker-liveness-{os.getuid()}-{zlib.crc32(os.path.realpath(__file__).encode()):x}",
)
_locked: list[int] = []  # the file, open: a lock lives as long as its process


def touch() -> None:
    """Record that the worker has just reached its broker. Raises OSError when it cannot."""
    if not _locked:
        file = os.open(FILE, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _locked.append(file)
    # the system's monotonic clock, which all processes share and nobody sets
    os.pwrite(_locked[0], f"{time.monotonic():020.3f}".encode(), 0)


def check() -> None:
    """Raise SystemExit with the reason when the worker is not there, or the file is too old."""
    try:
        with open(FILE, "r+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        pass
    except BlockingIOError:
        with open(FILE) as file:
            age = time.monotonic() - float(file.read())
        if not 0 <= age <= MAX_AGE_SECONDS:
            sys.exit(f"the worker last reached its broker {age:.0f} s ago")
        return
    sys.exit("the worker has not reached its broker yet")


if __name__ == "__main__":
    check()
