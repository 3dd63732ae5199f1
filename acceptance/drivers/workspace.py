"""A clean copy of the project: what git would commit. Everything is tried in one."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from acceptance.drivers.git import git
from acceptance.support.session import ROOT, Session

TESTDATA = Path(__file__).parents[1] / "testdata"
COMPOSE_FILE = "docker-compose.yml"
OVERRIDE = "compose.override.yaml"


@dataclass
class Workspace:
    """A folder with a copy of the project."""

    path: Path

    @classmethod
    def copy(cls, label: str, overlay: str = "") -> "Workspace":
        """Return a new copy: every file that git would track, as it is now, and no other.

        The person's repository is not asked: there may be none, or one of somebody else's.

        `overlay` names a folder of testdata to be added.
        """
        workspace = cls(Session.current().new_folder(label))
        for name in Session.current().run_once("files", lambda: files_of(ROOT)):
            target = workspace.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
            target.chmod(0o755 if os.access(target, os.X_OK) else 0o644)  # as git knows rights
        if overlay:
            workspace.add(overlay)
        return workspace

    def add(self, overlay: str) -> None:
        """Put a folder of testdata on top, and its compose.override.yaml into docker-compose.yml."""
        shutil.copytree(TESTDATA / overlay, self.path, dirs_exist_ok=True)
        override = self.path / OVERRIDE
        if override.exists():
            merged = _merge(self.compose_file(), yaml.safe_load(override.read_text()))
            self.write(COMPOSE_FILE, yaml.safe_dump(merged, sort_keys=False))
            override.unlink()

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.path / name).read_text()

    def write(self, name: str, text: str) -> None:
        """Write a file, in a folder that may be new."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def compose_file(self) -> dict[str, Any]:
        """Return docker-compose.yml as a dictionary, with its variables not put in."""
        return yaml.safe_load(self.read(COMPOSE_FILE))


def files_of(folder: Path) -> list[str]:
    """Return the files of a folder that git would track there, but for nested checkouts."""
    repository = Session.current().new_folder("git")
    git(repository, "init", "--quiet", "--bare")
    options = ("--others", "--exclude-per-directory=.gitignore", "-z")
    listing = git(folder, f"--git-dir={repository}", f"--work-tree={folder}", "ls-files", *options)
    return [name for name in filter(None, listing.split("\0")) if (folder / name).is_file()]


def _merge(base: Any, override: Any) -> Any:
    if not isinstance(base, dict):
        return override
    return base | {name: _merge(base.get(name), value) for name, value in override.items()}
