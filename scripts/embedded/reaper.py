"""Stops what is left when dev.sh dies without a word (SIGKILL), and holds the tree's lock until then."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

GRACE = 2.5  # seconds between asking a process to stop and killing it


class Reaper:
    """A detached child that knows every process group, and acts when this process is gone."""

    def __init__(self, lock_fd: int, state_file: Path) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-I", __file__, str(state_file)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, pass_fds=[lock_fd], start_new_session=True)

    def add(self, group: int, stop_signal: signal.Signals) -> None:
        """Tell it of a process group, and how that is asked to stop."""
        self._tell(group, stop_signal)

    def remove(self, group: int) -> None:
        """Tell it that a process group has gone."""
        self._tell(group, 0)

    def close(self) -> None:
        """Let it stop what is left, remove the state file and end."""
        self._child.stdin.close()
        self._child.wait()

    def _tell(self, group: int, number: int) -> None:
        self._child.stdin.write(b"%d %d\n" % (group, number))
        self._child.stdin.flush()


def signal_group(group: int, number: int) -> None:
    """Send a signal to a process group, also to a frozen one and to one that has gone."""
    with suppress(ProcessLookupError, PermissionError):  # macOS denies it when only zombies are left
        os.killpg(group, number)
        os.killpg(group, signal.SIGCONT)


def _is_alive(pid: int, groups: set[int]) -> bool:
    try:  # not by signal 0, which also reaches zombies: in a container nobody may collect them
        return os.getpgid(pid) in groups and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (OSError, psutil.Error):
        return False


def _wait_until_gone(groups: set[int], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(_is_alive(pid, groups) for pid in psutil.pids()):
        time.sleep(0.05)  # they are nobody's children here: there is nothing to wait on


def main() -> None:
    """Follow the groups on stdin until its end, then stop those that remain."""
    groups: dict[int, int] = {}
    for line in sys.stdin:
        group, number = map(int, line.split())
        groups[group] = number
    left = {group for group, number in groups.items() if number}
    for group in left:
        signal_group(group, groups[group])
    _wait_until_gone(left, GRACE)
    for group in left:
        signal_group(group, signal.SIGKILL)
    _wait_until_gone(left, 1.0)
    Path(sys.argv[1]).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
