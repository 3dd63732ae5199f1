"""Stops the services once dev.sh has gone, also by SIGKILL, and holds the tree's lock until then."""

import json
import os
import signal
import sys
import time
from pathlib import Path

GRACE_SECONDS = 2  # between asking a process to stop and killing it


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group, also to a frozen one; return whether it was still there."""
    try:
        os.killpg(group, number)
        os.killpg(group, signal.SIGCONT)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    state = Path(sys.argv[1])
    sys.stdin.read()  # ends when dev.sh does
    services = json.loads(state.read_text())["services"] if state.exists() else {}
    groups = [facts["pid"] for facts in services.values() if facts.get("pid")]
    # not SIGTERM, at which Postgres waits for its clients
    for number, seconds in ((signal.SIGINT, GRACE_SECONDS), (signal.SIGKILL, 1)):
        deadline = time.monotonic() + seconds
        groups = [group for group in groups if signal_group(group, number)]
        while time.monotonic() < deadline and any(signal_group(group, 0) for group in groups):
            time.sleep(0.05)
    state.unlink(missing_ok=True)
