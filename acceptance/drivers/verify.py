"""verify.sh and the suite itself, run as a person runs them: in another process, from a clone."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from acceptance.drivers.compose import PROJECT_LABEL
from acceptance.drivers.git import commit_all
from acceptance.drivers.shell import Result, clean_environment, run_command, start_process
from acceptance.drivers.workspace import Workspace
from acceptance.support.reaper import processes_in
from acceptance.support.session import PREFIX, Session
from acceptance.support.waiting import wait_until

TOOLS = ("docker", "node", "npm", "python")  # what a machine may lack, by how its programs begin
INVENTORY = {  # kind -> how docker names one; each name begins with that of its project
    "container": "{{.Names}} {{.ID}}",
    "network": "{{.Name}} {{.ID}}",
    "volume": "{{.Name}}",
    "image": "{{.Repository}} {{.ID}}",
}
CHEAP = ("-n", "0", "-m", "DoD-6-commands and not slow")  # a requirement that takes no time


def committed_copy(label: str) -> Workspace:
    """Return a new copy of the project as a git checkout, with all its files committed."""
    workspace = Workspace.copy(label)
    commit_all(workspace.path)
    return workspace


def verify(workspace: Workspace, *options: str, path: str | None = None) -> Result:
    """Run verify.sh from a folder that is not its own, on a PATH, for a cheap requirement."""
    command = [str(workspace.path / "scripts/verify.sh"), *CHEAP, *options]
    return run_command(command, Path("/"), env={"PATH": path} if path else None)


def first_verification() -> tuple[Workspace, Result]:
    """Return a clean clone, and what its verify.sh printed on its first run; once a run."""

    def make() -> dict:
        workspace = committed_copy("clone")
        return {"folder": str(workspace.path), "result": verify(workspace).to_json()}

    done = Session.current().run_once("clone", make)
    return Workspace(Path(done["folder"])), Result(**done["result"])


@contextmanager
def clean_clone() -> Iterator[Workspace]:
    """Give the clone in which verify.sh has run before; meanwhile nobody else changes it."""
    workspace, _ = first_verification()
    with FileLock(f"{workspace.path}.lock"):
        yield workspace


@contextmanager
def changed(workspace: Workspace, name: str, text: str) -> Iterator[None]:
    """Give a file of a workspace another text, until the block ends."""
    original = workspace.read(name)
    workspace.write(name, text)
    try:
        yield
    finally:
        workspace.write(name, original)


def verdicts(result: Result) -> dict[str, str]:
    """Return the verdict on each section, from the end of a run's output."""
    line = r"^(\S+) +\S.* (VIOLATED|not verified here|verified) +(?:[\d.]+ s|not run)$"
    return dict(re.findall(line, result.output, re.MULTILINE))


def path_without(*tools: str) -> str:
    """Return a PATH on which everything is but these of TOOLS."""
    others = Session.current().run_once("path", lambda: _links(lambda n: not n.startswith(TOOLS)))
    kept = tuple(set(TOOLS) - set(tools))
    return os.pathsep.join([_links(lambda name: name.startswith(kept)), others])


def _links(wanted: Callable[[str], bool]) -> str:
    folder = Session.current().new_folder("path")
    for place in map(Path, clean_environment()["PATH"].split(os.pathsep)):
        for program in place.iterdir() if place.is_dir() else ():
            if wanted(program.name) and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)


def path_with_python(script: str) -> str:
    """Return a PATH on which the only Python is a shell script."""
    folder = Session.current().new_folder("path")
    program = folder / "python3"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return os.pathsep.join([str(folder), path_without("python")])


def collect(workspace: Workspace, *options: str) -> Result:
    """Return what the suite of a workspace prints when it only collects its tests."""
    command = [sys.executable, "-m", "pytest", "acceptance", "-n", "0", "--collect-only"]
    return run_command([*command, *options], workspace.path)


class BackgroundRun:
    """A run of the suite that goes on in the background, with a temporary folder of its own."""

    def __init__(self, workspace: Workspace, *options: str) -> None:
        self.folder = Session.current().new_folder("suite")
        self._log = self.folder / "log"
        command = [sys.executable, "-m", "pytest", "acceptance", *options]
        env = {"TMPDIR": str(self.folder)}
        with self._log.open("w") as log:
            self._process = start_process(command, workspace.path, env, stdout=log)
        [folder] = wait_until(self._session_folders, 60, "the suite begins", self.is_running)
        self.name = folder.name

    def _session_folders(self) -> list[Path]:
        return list(self.folder.glob(f"{PREFIX}*"))

    def is_running(self) -> bool:
        """Return whether it has not ended."""
        return self._process.poll() is None

    def wait(self) -> Result:
        """Wait for its end."""
        code = self._process.wait(timeout=200)
        return Result("pytest acceptance", code, self._log.read_text())

    def wait_for_services(self) -> None:
        """Return when containers, or a process of Redis, are there."""
        wait_until(
            lambda: any("container" in each or "valkey" in each for each in self.leftovers()),
            60,
            "the suite starts services",
            self.is_running,
        )

    def interrupt(self, number: signal.Signals) -> None:
        """Send it a signal: Ctrl-C reaches all of a terminal's processes, others only the first."""
        if number == signal.SIGINT:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)

    def leftovers(self) -> list[str]:
        """Return what the machine and the engine hold of it: its folder, processes, containers…"""
        own = [name for name in engine_inventory() if self.name in name]
        processes = processes_in(self.name).values()
        return [*map(str, self._session_folders()), *processes, *own]


def engine_inventory() -> list[str]:
    """Return what the engine holds that compose has made, a line each: kind, name, identity."""
    lines = []
    for kind, form in INVENTORY.items():
        everything = ["--all"] if kind == "container" else []
        command = ["docker", kind, "ls", *everything, "--filter", f"label={PROJECT_LABEL}"]
        listed = subprocess.run(
            [*command, "--format", f"{kind} {form}"], capture_output=True, text=True, check=False
        )
        lines += listed.stdout.splitlines()
    return sorted(lines)
