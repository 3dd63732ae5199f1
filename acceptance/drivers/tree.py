"""A copy of what git would commit: the clean clone in which everything is tried."""

import shutil
from pathlib import Path

from acceptance.drivers.git import git
from acceptance.support.run import ROOT, Run


class Tree:
    """A folder with a copy of the project."""

    def __init__(self, path: Path):
        self.path = path

    def __repr__(self) -> str:
        return self.path.name

    @classmethod
    def copy(cls, label: str) -> "Tree":
        """A new clean copy: every file that git tracks or would track, as it is now, and no other.

        Raises RuntimeError when the project is not a git checkout.
        """
        listing = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        tree = cls(Run.current().new_folder(label))
        for name in filter(None, listing.split("\0")):
            if (
                ROOT / name
            ).is_file():  # a deleted file is still listed until the deletion is committed
                target = tree.path / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, target)
        return tree

    def read(self, name: str) -> str:
        """The text of a file of the tree."""
        return (self.path / name).read_text()

    def write(self, name: str, text: str) -> None:
        """Write a file of the tree, in a folder that may be new."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def plant(self, name: str, old: str, new: str) -> None:
        """Put a defect into a file: `new` where `old` stands.

        Raises ValueError when `old` is not there exactly once: a defect that is not planted proves nothing.
        """
        text = self.read(name)
        if text.count(old) != 1:
            raise ValueError(f"{name}: {old!r} stands there {text.count(old)} times, not once")
        self.write(name, text.replace(old, new))
