"""Cleans up after a run of the suite that ended, was interrupted or was killed.

Fixture finalizers do not run on SIGTERM or SIGKILL; this process, in a session of its own, waits
for the end-of-file of a pipe that the suite holds open, and then removes what the run has recorded.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from acceptance.support.waiting import wait_until

PROJECT_LABEL = "com.docker.compose.project"
ATTEMPTS = 5  # the engine may still be making what an ended client has asked for
GRACE_SECONDS = 3  # a Postgres that is killed leaves its shared memory to the machine


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process still runs: an ended one is listed until its parent asks."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def processes_in(folder: str) -> dict[psutil.Process, str]:
    """Return the processes that work in a folder or name it, each with a line that describes it."""
    found = {}
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if process.pid != os.getpid() and any(folder in word for word in words):
            found[process] = f"process {process.pid} {' '.join(words)}"
    return found


def end_processes(folder: Path) -> None:
    """End the registered processes with all that they have started, and who works in the folder."""
    asked = []
    for entry in folder.glob("process-*"):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(entry.name.removeprefix("process-")))
            asked += [process, *process.children(recursive=True)]
    asked = [each for each in asked if each.pid != os.getpid()]  # a child of the suite too
    _send_signal(asked, signal.SIGTERM)
    with suppress(AssertionError):
        wait_until(lambda: not any(map(is_alive, asked)), GRACE_SECONDS, "all of them end")
    _send_signal(asked, signal.SIGKILL)
    while late := processes_in(str(folder)):  # still ending, or started in the last moment
        _send_signal(late, signal.SIGKILL)


def _send_signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def remove_project(name: str) -> bool:
    """Remove containers, networks, volumes and images of a compose project; return whether all are gone."""
    label = f"label={PROJECT_LABEL}={name}"
    for _ in range(ATTEMPTS):
        _docker("compose", "-p", name, "down", "--volumes", "--remove-orphans", "--timeout", "0")
        # not by `image prune`: the engine refuses one while another runs
        if images := _docker("image", "ls", "-q", "--filter", label).split():
            _docker("image", "rm", "--force", *images)
        kinds = ("container ls -a", "network ls", "volume ls", "image ls")
        if not any(_docker(*kind.split(), "-q", "--filter", label) for kind in kinds):
            return True
    return False


def _docker(*arguments: str) -> str:
    # by labels alone: whatever the shell or a .env says of compose files is about something else
    env = {name: text for name, text in os.environ.items() if not name.startswith("COMPOSE_")}
    command = ["docker", *arguments]
    done = subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, check=False)
    return done.stdout


def main(folder: Path) -> None:
    """Wait for the end of the run that owns `folder`, then remove everything of it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.read() == "keep":
        return
    end_processes(folder)
    projects = [path.name.removeprefix("project-") for path in folder.glob("project-*")]
    with subprocess.Popen(["rm", "-rf", folder]):  # meanwhile: these are some 40,000 files
        for name in projects:
            remove_project(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
