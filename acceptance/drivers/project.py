"""The project as a developer works with it: its files, git, npm, the backend's tests, the scripts."""

import re
from pathlib import Path

from dotenv import dotenv_values

from acceptance.drivers.commands import Result, run
from acceptance.drivers.tree import Tree
from acceptance.support.run import ROOT, Run

NPM_CHECKS = ("npm install", "npm run typecheck", "npm run lint", "npm run build")


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


def checked_frontend() -> tuple[Tree, dict[str, Result]]:
    """A copy in which npm has installed, checked and built the page, and what each command said.

    Made once in a run; whoever changes files makes a copy of its own.
    """
    def make() -> dict:
        tree = Tree.copy("frontend")
        results = {command: run(command, tree.path / "frontend").to_json() for command in NPM_CHECKS}
        return {"tree": str(tree.path), "results": results}

    facts = Run.current().once("frontend", make)
    return Tree(Path(facts["tree"])), {command: Result(**result) for command, result in facts["results"].items()}
