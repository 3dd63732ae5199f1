"""verify.sh and the suite, run from a clone."""

import os
import re
import sys
from pathlib import Path

from acceptance.drivers.compose import engine_inventory
from acceptance.drivers.git import commit_all
from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.workspace import Workspace
from acceptance.support.reaper import processes_in
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
CHEAP = ("-n", "0", "-m", "DoD-6-commands")


def committed_copy(label: str) -> Workspace:
    """Return a new copy of the project with all its files committed."""
    workspace = Workspace.copy(label)
    commit_all(workspace.path)
    return workspace


def verify(workspace: Workspace, *options: str, env: Env | None = None) -> Result:
    """Run verify.sh from another folder for a cheap requirement."""
    command = [str(workspace.path / "scripts/verify.sh"), *CHEAP, *options]
    return run_command(command, Path("/"), env=env)


def first_verification() -> tuple[Workspace, Result]:
    """Return a clean clone and the result of its first verify.sh, in a HOSTILE shell, once a run."""

    def make() -> tuple[str, Result]:
        workspace = committed_copy("clone")
        return str(workspace.path), verify(workspace, env=HOSTILE)

    folder, result = Session.current().run_once("clone", make)
    return Workspace(Path(folder)), Result(*result)


def prepared_clone() -> Workspace:
    """Return a new clean clone that needs no setup."""
    workspace = committed_copy("clone")
    workspace.link_environment()
    return workspace


def verdicts(result: Result) -> dict[str, str]:
    """Return the verdict on each section that a run has printed."""
    line = r"^(\S+) +\S.* (VIOLATED|not verified here|verified) +[\d.]+ s$"
    ran = dict(re.findall(line, result.output, re.MULTILINE))
    idle = re.findall(r"^(not verified here), not run: (.+)$", result.output, re.MULTILINE)
    return ran | {name: label for label, names in idle for name in names.split(", ")}


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
        self._temporary = Session.current().new_folder("suite")
        self._log = self._temporary / "log"
        command = [sys.executable, "-m", "pytest", "acceptance", *options]
        variables = {"TMPDIR": str(self._temporary), **(env or {})}
        self.process = start_process(command, workspace.path, variables, self._log)
        [folder] = wait_until(self._folders, 60, "the suite begins", self.process)
        self._name = folder.name

    def _folders(self) -> list[Path]:
        return list(self._temporary.glob(f"{PREFIX}*"))

    def wait(self) -> Result:
        """Return its result when it has ended."""
        code = self.process.wait(timeout=200)
        return Result("pytest acceptance", code, self._log.read_text())

    def wait_for_service(self, words: str) -> None:
        """Wait until it has started a container or process whose description contains words."""
        what = f"the suite starts {words}"
        wait_until(lambda: words in "\n".join(self.leftovers()), 60, what, self.process)

    def wait_until_nothing_is_left(self) -> None:
        """Wait until its folder, processes, containers, networks, volumes and images are gone."""
        wait_while(self.leftovers, 60, "nothing is left")

    def leftovers(self) -> list[str]:
        """Return its folder, processes, containers, networks, volumes and images."""
        processes = processes_in(self._name).values()
        return [*map(str, self._folders()), *processes, *engine_inventory(self._name)]
