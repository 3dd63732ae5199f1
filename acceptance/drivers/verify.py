"""verify.sh and the suite itself, run as a person runs them: in another process, from a clone."""

import os
import re
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from acceptance.drivers.compose import engine_inventory
from acceptance.drivers.git import commit_all
from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import PREFIX, Session
from acceptance.support.waiting import wait_until, wait_while

# variables of real shells that must steer nothing
HOSTILE = {
    "CDPATH": "/:/usr",
    "LC_ALL": "C",
    "PYTHONPATH": "/nowhere",
    "PYTEST_ADDOPTS": "--nonsense",
    "VIRTUAL_ENV": "/nowhere",
}
CHEAP = ("-n", "0", "-m", "DoD-6-commands and not slow")  # a requirement that takes no time


def committed_copy(label: str) -> Workspace:
    """Return a new copy of the project as a git checkout, with all its files committed."""
    workspace = Workspace.copy(label)
    commit_all(workspace.path)
    return workspace


def verify(
    workspace: Workspace, *options: str, path: str | None = None, env: Env | None = None
) -> Result:
    """Run verify.sh from a folder that is not its own, on a PATH, for a cheap requirement."""
    command = [str(workspace.path / "scripts/verify.sh"), *CHEAP, *options]
    return run_command(command, Path("/"), env={**(env or {}), **({"PATH": path} if path else {})})


def first_verification() -> tuple[Workspace, Result]:
    """Return a clean clone, and what its verify.sh printed on its first run; once a run.

    It is run by somebody whose shell holds all that could mislead it.
    """

    def make() -> tuple[str, Result]:
        workspace = committed_copy("clone")
        return str(workspace.path), verify(workspace, env=HOSTILE)

    folder, result = Session.current().run_once("clone", make)
    return Workspace(Path(folder)), Result(*result)


def prepared_clone() -> Workspace:
    """Return a new clean clone that needs no setup: its environment is the suite's own."""
    workspace = committed_copy("clone")
    lock = workspace.read("scripts/requirements.txt")
    workspace.write(".venv/stamp", f"{workspace.path.resolve()}\n{lock}")
    for part in Path(sys.prefix).iterdir():
        if part.name != "stamp":
            (workspace.path / ".venv" / part.name).symlink_to(part)
    return workspace


def verdicts(result: Result) -> dict[str, str]:
    """Return the verdict on each section, from the end of a run's output."""
    line = r"^(\S+) +\S.* (VIOLATED|not verified here|verified) +[\d.]+ s$"
    ran = dict(re.findall(line, result.output, re.MULTILINE))
    idle = re.findall(r"^(not verified here), not run: (.+)$", result.output, re.MULTILINE)
    return ran | {name: label for label, names in idle for name in names.split(", ")}


def path_without(*tools: str) -> str:
    """Return a PATH on which everything is but the programs whose names begin like this."""
    folder = Session.current().new_folder("path")
    for place in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in place.iterdir() if place.is_dir() else ():
            if not program.name.startswith(tools) and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)


def path_with_warnings(program: str) -> str:
    """Return a PATH on which a program prints a warning on stderr before it does its work."""
    folder = Session.current().new_folder("path")
    script = f"#!/bin/sh\necho 'WARNING: not your fault' >&2\nexec {shutil.which(program)} \"$@\"\n"
    (folder / program).write_text(script)
    (folder / program).chmod(0o755)
    return os.pathsep.join([str(folder), os.environ["PATH"]])


class BackgroundRun:
    """A run of the suite that goes on in the background, with a temporary folder of its own."""

    def __init__(self, workspace: Workspace, *options: str, env: Env | None = None) -> None:
        self.folder = Session.current().new_folder("suite")
        self._log = self.folder / "log"
        command = [sys.executable, "-m", "pytest", "acceptance", *options]
        env = {"TMPDIR": str(self.folder), **(env or {})}
        with self._log.open("w") as log:
            self._process = start_process(command, workspace.path, env, stdout=log)
        [folder] = wait_until(self._session_folders, 60, "the suite begins", self._process)
        self.name = folder.name

    def _session_folders(self) -> list[Path]:
        return list(self.folder.glob(f"{PREFIX}*"))

    def wait(self) -> Result:
        """Wait for its end."""
        code = self._process.wait(timeout=200)
        return Result("pytest acceptance", code, self._log.read_text())

    def wait_for_services(self) -> None:
        """Return when containers, or a process of Redis, are there."""
        services = re.compile("container|valkey")
        what = "the suite starts services"
        wait_until(lambda: any(map(services.search, self.leftovers())), 60, what, self._process)

    def interrupt(self, number: signal.Signals) -> None:
        """Send it a signal: Ctrl-C reaches all of a terminal's processes, others only the first."""
        if number == signal.SIGINT:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)

    def wait_until_nothing_is_left(self) -> None:
        """Return when the machine and the engine hold nothing of it. Raises AssertionError."""
        wait_while(self.leftovers, 60, "nothing is left")

    def leftovers(self) -> list[str]:
        """Return what the machine and the engine hold of it: its folder, processes, containers…"""
        return [
            *map(str, self._session_folders()),
            *processes_of(self.name),
            *engine_inventory(self.name),
        ]


def processes_of(name: str) -> list[str]:
    """Return a line for each process that has to do with a run, by all that the system knows of it.

    The reaper looks for processes too, by less; what it overlooks is to be found here.
    """
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            files = [each.path for each in process.open_files()]
            known = [*process.cmdline(), process.cwd(), *process.environ().values(), *files]
            if any(name in text for text in known) and process.pid != os.getpid():
                found.append(f"process {process.pid} {' '.join(process.cmdline())}")
    return found
