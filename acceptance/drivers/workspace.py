"""A clean copy of the project: the files that git would commit."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from acceptance.drivers.git import git
from acceptance.support.session import ROOT, Session

TESTDATA = Path(__file__).parents[1] / "testdata"
COMPOSE_FILE = "docker-compose.yml"


@dataclass
class Workspace:
    """A folder with a copy of the project."""

    path: Path
    is_edited: bool = False

    @classmethod
    def copy(cls, label: str, overlay: str = "") -> "Workspace":
        """Return a new copy, with a folder of testdata on top."""
        workspace = cls(Session.current().new_folder(label))
        for name in Session.current().run_once("files", lambda: files_of(ROOT)):
            target = workspace.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
        if overlay:
            shutil.copytree(TESTDATA / overlay, workspace.path, dirs_exist_ok=True)
        override = workspace.path / "compose.override.yaml"
        if override.exists():  # dev.sh reads only docker-compose.yml
            files = (workspace.path / COMPOSE_FILE, override)
            merged = _merge(*(yaml.safe_load(file.read_text()) for file in files))
            workspace.write(COMPOSE_FILE, yaml.safe_dump(merged, sort_keys=False))
            override.unlink()
        return workspace

    def link_environment(self) -> None:
        """Use the suite's own environment as .venv, so that scripts need no setup."""
        if not (self.path / ".venv").exists():
            lock = self.read("scripts/requirements.txt")
            self.write(".venv/stamp", f"{self.path.resolve()}\n{lock}")
            for part in Path(sys.prefix).iterdir():
                if part.name != "stamp":
                    (self.path / ".venv" / part.name).symlink_to(part)

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.path / name).read_text()

    def write(self, name: str, text: str) -> None:
        """Write a file, and its folder."""
        self.is_edited = True
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)


def files_of(folder: Path) -> list[str]:
    """Return the files that git would commit, without asking a repository of the developer."""
    repository = Session.current().new_folder("git")
    git(repository, "init", "--quiet", "--bare")
    options = ("--others", "--exclude-per-directory=.gitignore", "-z")
    listing = git(folder, f"--git-dir={repository}", f"--work-tree={folder}", "ls-files", *options)
    return [name for name in listing.split("\0") if (folder / name).is_file()]


def _merge(base: Any, override: Any) -> Any:
    if not isinstance(base, dict):
        return override
    return base | {name: _merge(base.get(name), value) for name, value in override.items()}
