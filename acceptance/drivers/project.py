"""The project as a developer works with it: its files, git, npm, the backend's tests."""

import os
import re
import shutil
import sys

from dotenv import dotenv_values

from acceptance.drivers.commands import Result, run
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.tree import Tree
from acceptance.support.run import ROOT


def example_settings(tree: Tree) -> dict[str, str]:
    """The variables of .env.example and their values."""
    return dict(dotenv_values(tree.path / ".env.example"))


def compose_variables(tree: Tree) -> dict[str, str]:
    """The variables that docker-compose.yml reads, with their defaults.

    Raises AssertionError when one has two defaults.
    """
    found = re.findall(r"\$\{(\w+):-([^}]*)\}", tree.read("docker-compose.yml"))
    variables = dict(found)
    assert set(found) == set(variables.items()), "a variable has two defaults in docker-compose.yml"
    return variables


def is_ignored(name: str) -> bool:
    """Whether git would leave a file of this name out."""
    return run(["git", "check-ignore", "--no-index", "--quiet", name], ROOT).exit_code == 0


def built_frontend() -> Tree:
    """The copy in which the README's commands have installed and built the page; not to be changed.

    Raises AssertionError with npm's words when that fails.
    """
    tree, result = run_block_with("npm run build")
    assert result.exit_code == 0, str(result)
    return tree


def copy_with_frontend() -> Tree:
    """A copy of the project of one's own, with the packages of the frontend installed."""
    tree, built = Tree.copy("frontend"), built_frontend()
    shutil.copytree(built.path / "frontend/node_modules", tree.path / "frontend/node_modules", symlinks=True,
                    copy_function=os.link, ignore=shutil.ignore_patterns(".tmp", ".vite*"))
    return tree


def run_backend_tests(tree: Tree) -> Result:
    """Run the backend's tests in a tree, in the suite's own environment but without the suite's plugins."""
    return run([sys.executable, "-m", "pytest"], tree.path / "backend", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
