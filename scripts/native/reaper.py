"""The process that stops the services when dev.sh was killed, and holds its lock until then."""

import json
import os
import signal
import sys
import time
from pathlib import Path


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group, even a frozen one; return whether it exists."""
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
    groups = [each["pid"] for each in services.values() if each["pid"]]
    # not SIGTERM, because Postgres then waits for its clients
    for number, seconds in ((signal.SIGINT, 5), (signal.SIGKILL, 1)):
        deadline = time.monotonic() + seconds
        groups = [group for group in groups if signal_group(group, number)]
        while time.monotonic() < deadline and any(signal_group(group, 0) for group in groups):
            time.sleep(0.05)
    state.unlink(missing_ok=True)
