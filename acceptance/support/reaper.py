"""Cleanup after a run of the suite, by a process of its own: no finalizer runs on SIGKILL."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil

from acceptance.support.waiting import wait_until

PROJECT_LABEL = "com.docker.compose.project"
ATTEMPTS = 5  # the engine may still create what an ended client has asked for
GRACE_SECONDS = 3  # a killed Postgres leaves its shared memory


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process runs; an ended one is listed until its parent asks."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def processes_in(folder: str) -> dict[psutil.Process, str]:
    """Return the processes that work in a folder or name it, with a description of each."""
    found, myself = {}, psutil.Process()
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if any(folder in word for word in words) and process not in (myself, *myself.parents()):
            found[process] = f"process {process.pid} {' '.join(words)}"
    return found


def end_processes(folder: Path) -> None:
    """End the registered processes with their children, and all that work in the folder."""
    asked = list[psutil.Process]()
    for entry in folder.glob("process-*"):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(entry.name.removeprefix("process-")))
            asked += [process, *process.children(recursive=True)]
    _send_signal(asked, signal.SIGTERM)
    with suppress(AssertionError):
        wait_until(lambda: not any(map(is_alive, asked)), "all of them end", GRACE_SECONDS)
    _send_signal(asked, signal.SIGKILL)
    while late := processes_in(str(folder)):
        _send_signal(late, signal.SIGKILL)


def _send_signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def remove_project(name: str) -> bool:
    """Remove all of a compose project, images included; return whether nothing is left."""
    label = f"label={PROJECT_LABEL}={name}"
    for _ in range(ATTEMPTS):
        _docker("compose", "-p", name, "down", "--volumes", "--remove-orphans", "--timeout", "0")
        # the engine refuses `image prune` while another runs
        _docker("image", "rm", "--force", *_docker("image", "ls", "-q", "--filter", label).split())
        kinds = ("container ls -a", "network ls", "volume ls", "image ls")
        if not any(_docker(*kind.split(), "-q", "--filter", label) for kind in kinds):
            return True
    return False


def _docker(*arguments: str) -> str:
    # COMPOSE_FILE of the shell is about another project
    env = {name: text for name, text in os.environ.items() if not name.startswith("COMPOSE_")}
    command = ["docker", *arguments]
    done = subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, check=False)
    return done.stdout


def main(folder: Path) -> None:
    """Wait until the run closes its pipe or dies, then remove what it has registered."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.read() == "keep":
        return
    end_processes(folder)
    with ThreadPoolExecutor() as pool:
        for path in folder.glob("project-*"):
            pool.submit(remove_project, path.name.removeprefix("project-"))
    os.close(sys.stdout.fileno())  # the run may end
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
