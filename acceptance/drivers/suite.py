"""The suite itself, run as a person runs it: in another process, from a clean clone."""

import base64
import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from acceptance.drivers.commands import Result, environment, run
from acceptance.drivers.git import commit_all
from acceptance.drivers.tree import Tree
from acceptance.support.reaper import KINDS, inventory, processes_in
from acceptance.support.run import PREFIX, Run
from acceptance.support.verdict import WORDS
from acceptance.support.waiting import wait_until

TOOLS = (
    "docker",
    "node",
    "npm",
    "python",
)  # what a machine may lack: the beginnings of the programs' names


def commit(tree: Tree) -> Tree:
    """Make a git checkout of a copy, with all its files committed."""
    commit_all(tree.path)
    return tree


def verify(tree: Tree, *options: str, **variables: str) -> Result:
    """Run a tree's verify.sh from a folder that is not its own, for one cheap requirement of DoD-6."""
    command = [
        str(tree.path / "scripts/verify.sh"),
        "-n",
        "0",
        "-m",
        "DoD-6-commands and anywhere",
        *options,
    ]
    return run(command, Path("/"), **variables)


def first_verification() -> tuple[Tree, Result]:
    """A clean clone, and what its verify.sh said when it ran there for the first time; once in a run."""

    def make() -> dict:
        tree = commit(Tree.copy("clone"))
        return {"tree": str(tree.path), "result": verify(tree).to_json()}

    facts = Run.current().once("clone", make)
    return Tree(Path(facts["tree"])), Result(**facts["result"])


@contextmanager
def clean_clone() -> Iterator[Tree]:
    """The clone in which verify.sh has run before; meanwhile nobody else changes it, or looks whether it is set up."""
    tree, _ = first_verification()
    with FileLock(f"{tree.path}.lock"):
        yield tree


def verify_again(
    *options: str, file: str = "README.md", old: str = "", new: str = "", **variables: str
) -> Result:
    """Run verify.sh in the clone in which it has run before, meanwhile with `new` where `old` stands in a file."""
    with clean_clone() as tree:
        sound = tree.read(file)
        if old:
            tree.plant(file, old, new)
        try:
            return verify(tree, *options, **variables)
        finally:
            tree.write(file, sound)


def verify_moved(**variables: str) -> Result:
    """Run verify.sh in a tree that is like the clone in which it has run before, but stands elsewhere."""
    with clean_clone() as clone:
        moved = Tree.copy("moved")
        moved.write(".venv/stamp", clone.read(".venv/stamp"))
    return verify(moved, **variables)


def report() -> dict[str, str]:
    """All texts of the HTML file that the clone's verify.sh has written, by what Allure calls them."""
    tree, _ = first_verification()
    texts = defaultdict(str)
    for part, encoded in re.findall(
        r'd\("data/([^/"]*)/[^"]*","([^"]*)"\)', tree.read(".report/html/index.html")
    ):
        texts[part] += base64.b64decode(encoded).decode(errors="replace")
    return texts


def verdicts(result: Result) -> dict[str, str]:
    """The rows of the verdict at the end of a run."""
    words = "|".join(WORDS.values())
    return dict(
        re.findall(rf"^(\S+) +\S.* ({words}) +(?:[\d.]+ s|not run)$", result.output, re.MULTILINE)
    )


def path_without(*tools: str) -> str:
    """A PATH on which everything is but these of TOOLS."""
    everything_else = Run.current().once(
        "path", lambda: _links(lambda name: not name.startswith(TOOLS))
    )
    kept = tuple(set(TOOLS) - set(tools))
    return os.pathsep.join([_links(lambda name: name.startswith(kept)), everything_else])


def _links(wanted: Callable[[str], bool]) -> str:
    folder = Run.current().new_folder("path")
    for place in map(Path, environment()["PATH"].split(os.pathsep)):
        for program in place.iterdir() if place.is_dir() else ():
            if wanted(program.name) and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)


def path_with_python(version: str) -> str:
    """A PATH on which the only Python is one of this version, as far as it says."""
    pretend = f"import sys; sys.version_info = ({version.replace('.', ', ')})"
    return _path_with(
        f'[ "$1" = -c ] && exec {sys.executable} -c "{pretend}; $2"\necho Python {version}\n'
    )


def path_with_failing_pip() -> str:
    """A PATH on which the only Python makes environments whose pip fails."""
    return _path_with('mkdir -p .venv/bin && ln -sf "$(command -v false)" .venv/bin/pip\n')


def _path_with(python: str) -> str:
    folder = Run.current().new_folder("path")
    program = folder / "python3"
    program.write_text(f"#!/bin/sh\n{python}")
    program.chmod(0o755)
    return os.pathsep.join([str(folder), path_without("python")])


def collect(tree: Tree, *options: str) -> Result:
    """What a tree's suite says when it only looks at what there is to run."""
    return run(
        [sys.executable, "-m", "pytest", "acceptance", "-n", "0", "--collect-only", *options],
        tree.path,
    )


class Suite:
    """A run of the suite that goes on in the background."""

    def __init__(self, tree: Tree, runtime: str, *options: str):
        self._home, self._runtime = Run.current().new_folder("suite"), runtime
        self._log = self._home / "log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "acceptance", "--runtime", runtime, *options],
                cwd=tree.path,
                env=environment() | {"TMPDIR": str(self._home)},
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        [folder] = wait_until(
            lambda: list(self._home.glob(f"{PREFIX}*")), 60, "the suite begins", self.is_running
        )
        self._name = folder.name

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self) -> Result:
        """Wait for its end."""
        self._process.wait(timeout=200)
        return Result("pytest acceptance", self._process.returncode, self._log.read_text())

    def wait_for_services(self) -> None:
        """Return when containers, or a process of Redis, are there."""
        wait_until(
            lambda: any(
                thing.startswith("container") or "valkey" in thing for thing in self.leftovers()
            ),
            60,
            "the suite starts services",
            self.is_running,
        )

    def interrupt(self, name: str) -> None:
        """Send it a signal: Ctrl-C reaches all of a terminal's processes, the others only the first."""
        if name == "SIGINT":
            os.killpg(self._process.pid, signal.SIGINT)
        else:
            self._process.send_signal(getattr(signal, name))

    def leftovers(self) -> Iterator[str]:
        """What the machine and the engine hold of it: its folder, processes, containers, volumes, ..."""
        yield from map(str, self._home.glob(f"{PREFIX}*"))
        yield from processes_in(self._name).values()
        for kind in KINDS if self._runtime == "compose" else ():
            yield from (
                f"{kind} {i}"
                for i, owner in inventory(kind).items()
                if owner.startswith(self._name)
            )


def left_after(seconds: int, runs: list[Suite]) -> list[str]:
    """What is left of the runs when all is gone, or when the time is over."""

    def left() -> Iterator[str]:
        return (thing for run in runs for thing in run.leftovers())

    with suppress(AssertionError):
        wait_until(lambda: not any(left()), seconds, "nothing is left")
    return list(left())


def others_inventory(but: str) -> dict[str, list[str]]:
    """What the engine holds that is neither this run's nor of another run of the suite, but for one project."""
    return {
        kind: sorted(
            i
            for i, owner in inventory(kind).items()
            if owner == but or not owner.startswith(PREFIX)
        )
        for kind in KINDS
    }
