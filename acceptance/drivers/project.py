"""The project as a developer works with it: its files, git, npm, the backend's tests."""

import re
import sys
import tomllib

import yaml
from dotenv import dotenv_values
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from acceptance.drivers.commands import Result, run
from acceptance.drivers.git import git
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.stack import Stack
from acceptance.drivers.tree import Tree
from acceptance.support.run import ROOT

INSTALLED = "from importlib.metadata import distributions; print(*(f'{each.name}=={each.version}' for each in distributions()))"


def example_settings(tree: Tree) -> dict[str, str]:
    """The variables of .env.example and their values."""
    return dict(dotenv_values(tree.path / ".env.example"))


def compose_variables(tree: Tree) -> dict[str, str]:
    """The variables that docker-compose.yml reads, with their defaults.

    Raises AssertionError when one has two defaults, or none that an empty value has too: that is ${NAME:-default}.
    """
    text = tree.read("docker-compose.yml")
    found = re.findall(r"\$\{(\w+):-([^}]*)\}", text)
    assert len(found) == text.count("$"), "a variable of docker-compose.yml has no default"
    variables = dict(found)
    assert set(found) == set(variables.items()), "a variable has two defaults in docker-compose.yml"
    return variables


def import_after_install(modules: list[str]) -> Result:
    """What Python says when it imports these in the environment that the README's commands have made for the tests."""
    tree, _ = run_block_with("pytest")
    return run([".venv/bin/python", "-c", f"import {', '.join(modules)}"], tree.path / "backend")


def lock_faults(tree: Tree, locks: list[str], pyproject: str) -> list[str]:
    """Where the locks lack a dependency of the project, pin a version that it does not want, or differ."""
    wanted = map(Requirement, tomllib.loads(tree.read(pyproject))["project"]["dependencies"])
    first, second = (_pins(tree, lock) for lock in locks)
    faults = [
        f"{name} {first[name]} and {second[name]}"
        for name in first.keys() & second.keys()
        if first[name] != second[name]
    ]
    return faults + [
        f"{need} in {lock}"
        for need in wanted
        for lock, pins in zip(locks, (first, second), strict=True)
        if need.name not in pins or pins[need.name] not in need.specifier
    ]


def _pins(tree: Tree, lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", tree.read(lock), re.MULTILINE))


def unlocked(stack: Stack, service: str, lock: str) -> list[str]:
    """The packages installed where a service runs that are not of the versions in the lock."""
    result = stack.run_python(service, INSTALLED)
    assert result.exit_code == 0, str(result)
    installed = [word.split("==") for word in result.output.split()]
    pins = _pins(stack.tree, lock)
    return [name for name, version in installed if pins.get(canonicalize_name(name)) != version]


def workflow(tree: Tree) -> dict:
    """The workflow of CI."""
    return yaml.load(
        tree.read(".github/workflows/verify.yml"), yaml.BaseLoader
    )  # which does not read `on` as true


def is_ignored(name: str) -> bool:
    """Whether git would leave a file of this name out."""
    return bool(git(ROOT, "check-ignore", "--no-index", name, exit_codes=(0, 1)))


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
    packages = tree.path / "frontend/node_modules"
    packages.mkdir()
    for package in (built.path / "frontend/node_modules").iterdir():
        if not package.name.startswith((".tmp", ".vite")):  # what tsc and Vite remember
            (packages / package.name).symlink_to(package)
    return tree


def run_backend_tests(tree: Tree) -> Result:
    """Run the backend's tests in a tree, in the suite's own environment but without the suite's plugins."""
    return run(
        [sys.executable, "-m", "pytest"], tree.path / "backend", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"
    )
