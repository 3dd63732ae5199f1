"""verify.sh and the suite, run from a clone."""

import os
import sys
from pathlib import Path

from acceptance.drivers.compose import engine_inventory
from acceptance.drivers.git import commit_all
from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.workspace import Workspace
from acceptance.support.reaper import processes_in
from acceptance.support.session import PREFIX, Session
from acceptance.support.waiting import wait_until

# variables of real shells that must steer nothing
HOSTILE = {"CDPATH": "/:/usr", "PYTHONPATH": "/nowhere", "PYTEST_ADDOPTS": "--nonsense"}


def verify(workspace: Workspace, *options: str, env: Env | None = None) -> Result:
    """Run verify.sh from another folder for a cheap requirement."""
    command = [f"{workspace.path}/scripts/verify.sh", "-n", "0", "-m", "DoD-6-commands", *options]
    return run_command(command, Path("/"), env=env)


def prepared_clone() -> Workspace:
    """Return a new clean clone that needs no setup."""
    workspace = Workspace.copy("clone")
    commit_all(workspace.path)
    workspace.link_environment()
    return workspace


def path_without(*tools: str) -> str:
    """Return a PATH without the programs whose names begin like this."""
    folder = Session.current().new_folder("path")
    for place in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in place.iterdir() if place.is_dir() else ():
            if not program.name.startswith(tools) and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)


class BackgroundRun:
    """A run of the suite in the background, with its own temporary folder."""

    def __init__(self, workspace: Workspace, *options: str, env: Env | None = None) -> None:
        folder = Session.current().new_folder("suite")
        self.log = folder / "log"
        command = [sys.executable, "-m", "pytest", "acceptance", *options]
        variables = {"TMPDIR": str(folder), **(env or {})}
        self.process = start_process(command, workspace.path, variables, self.log)

        [self._folder] = wait_until(lambda: [*folder.glob(f"{PREFIX}*")], "the suite begins")

    def leftovers(self) -> list[str]:
        """Return its folder, processes, containers, networks, volumes and images."""
        name = self._folder.name
        found = [*processes_in(name).values(), *engine_inventory(name)]
        return [*found, name] if self._folder.exists() else found
