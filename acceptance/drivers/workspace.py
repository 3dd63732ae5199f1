"""A clean copy of the project: what git would commit. Everything is tried in one."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from acceptance.drivers.git import git
from acceptance.support.session import ROOT, Session

TESTDATA = Path(__file__).parents[1] / "testdata"
COMPOSE_FILE = "docker-compose.yml"
OVERRIDE = "compose.override.yaml"
APPENDED_KEYS = ("ports", "volumes")  # compose's own rule when it merges files


class Workspace:
    """A folder with a copy of the project."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return self.path.name

    @classmethod
    def copy(cls, label: str, overlay: str = "") -> "Workspace":
        """Return a new copy: every file that git tracks or would track, as it is now, and no other.

        `overlay` names a folder of testdata: its files come on top, its compose.override.yaml is
        merged into docker-compose.yml.
        """
        workspace = cls(Session.current().new_folder(label))
        listing = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, listing.split("\0")):
            if (ROOT / name).is_file():  # a deleted file is listed until the deletion is committed
                target = workspace.path / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, target)
        if overlay:
            workspace._apply(TESTDATA / overlay)
        return workspace

    def _apply(self, overlay: Path) -> None:
        shutil.copytree(overlay, self.path, dirs_exist_ok=True)
        override = self.path / OVERRIDE
        if override.exists():
            merged = _merge(yaml.safe_load(self.read(COMPOSE_FILE)), _load(override), "")
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

    def append(self, name: str, text: str) -> None:
        """Write text at the end of a file."""
        self.write(name, self.read(name) + text)

    def compose_file(self) -> dict[str, Any]:
        """Return docker-compose.yml as a dictionary, with its variables not put in."""
        return _load(self.path / COMPOSE_FILE)

    def environment_file(self, name: str) -> dict[str, str]:
        """Return the variables of a file like .env.example."""
        from dotenv import dotenv_values

        return {key: value or "" for key, value in dotenv_values(self.path / name).items()}


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def _merge(base: Any, override: Any, key: str) -> Any:
    if isinstance(base, dict) and isinstance(override, dict):
        merged = {name: _merge(base.get(name), value, name) for name, value in override.items()}
        return base | merged
    if isinstance(base, list) and key in APPENDED_KEYS:
        return [*base, *override]
    return override
