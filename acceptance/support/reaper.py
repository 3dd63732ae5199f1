"""Cleans up after a run of the suite that ended, was interrupted or was killed.

Fixture finalizers do not run on SIGTERM or SIGKILL; this process, in a session of its own, waits
for the end-of-file of a pipe that the suite holds open, and then removes what carries its name.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from acceptance.support.waiting import wait_until

PROJECT_LABEL = "com.docker.compose.project"
KINDS = {  # in the order of removal: how to name one, where its labels are, how to remove it
    "container": (".Id", ".Config.Labels", ["--force", "--volumes"]),
    "network": (".Id", ".Labels", []),
    "volume": (".Name", ".Labels", ["--force"]),
    "image": (".Id", ".Config.Labels", ["--force"]),
}


def processes_in(folder: str) -> dict[psutil.Process, str]:
    """The processes whose working folder or command line is in a folder, each with a line about it."""
    found = {}
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if process.pid != os.getpid() and any(folder in word for word in words):
            found[process] = f"process {process.pid} {' '.join(words)}"
    return found


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still does something: one that has ended may stay in the list until its parent looks."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def end_processes(folder: Path) -> None:
    """End the processes that have joined the run, with all that they have started, and who works in its folder.

    They get 3 seconds, as a Postgres that is killed leaves its shared memory behind.
    """
    asked = []
    for entry in folder.glob("process-*"):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(entry.name.removeprefix("process-")))
            asked += [process, *process.children(recursive=True)]
    for process in asked:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    with suppress(AssertionError):
        wait_until(lambda: not any(map(is_alive, asked)), 3, "all of them end")
    _kill(asked)
    while late := processes_in(
        str(folder)
    ):  # still ending, or started by one of those in its last moment
        _kill(late)


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if (
                process.pid != os.getpid()
            ):  # who dies lets go of the pipe first, and of its children afterwards
                process.kill()


def inventory(kind: str) -> dict[str, str]:
    """The engine's containers, networks, volumes or images made by compose: project name by identity."""
    everything = ["--all"] if kind == "container" else []
    identities = _docker(kind, "ls", "--quiet", *everything, "--filter", f"label={PROJECT_LABEL}")
    if not identities:
        return {}
    name, labels, _ = KINDS[kind]
    words = _docker(
        kind,
        "inspect",
        "--format",
        f'{{{{{name}}}}} {{{{index {labels} "{PROJECT_LABEL}"}}}}',
        *identities,
    )
    return dict(zip(words[::2], words[1::2], strict=True))


def remove_compose_projects(name: str) -> None:
    """Remove all that belongs to compose projects whose name begins with `name`.

    Once more while there was something: the engine may still have been making it.
    """
    for _ in range(5):
        found = False
        for kind, (_, _, options) in KINDS.items():
            mine = [
                identity
                for identity, project in inventory(kind).items()
                if project.startswith(name)
            ]
            if mine:
                found = True
                _docker(kind, "rm", *options, *mine)
        if not found:
            return


def _docker(*arguments: str) -> list[str]:
    return subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=False
    ).stdout.split()


def main(folder: Path) -> None:
    """Wait for the end of the run that owns `folder`, then remove everything of it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.read()
    end_processes(folder)
    with subprocess.Popen(["rm", "-rf", folder]):  # meanwhile: these are some 100,000 files
        if shutil.which("docker"):
            remove_compose_projects(folder.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
