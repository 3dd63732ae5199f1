"""The project's own files: locks, formatting."""

import re
import sys
import tomllib

import pytest
from dotenv import dotenv_values
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from acceptance.drivers import frontend
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.git import git
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command
from acceptance.drivers.stack import Stack
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import requirement
from acceptance.support.session import ROOT

LOCKS = ("backend/requirements.lock", "scripts/requirements.lock")
NOT_LOCKED = ["pip"]  # the base image brings it
COMMITTED = [".env.example", "backend/app/main.py", "frontend/src/lib/api.ts"]
IGNORED = [
    *(".env", ".env.local", "backend/.env", "frontend/.env", "frontend/.env.local"),
    *(".venv/bin/python", "backend/.venv/bin/python", "backend/app/__pycache__/a.pyc"),
    *("frontend/node_modules/react", "frontend/dist/index.html"),
    *(".dev/data/postgres/PG_VERSION", ".report/report.html"),
]
INSTALLED = (
    "from importlib.metadata import distributions;"
    "print(*(f'{each.name}=={each.version}' for each in distributions()))"
)


def pins(lock: str) -> dict[str, str]:
    """Return the version of each package in a lock."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE))


@requirement("DoD-4-locks")
def test_the_locks_pin_what_the_backend_asks_for_alike() -> None:
    project = tomllib.loads((ROOT / "backend/pyproject.toml").read_text())["project"]
    first, second = map(pins, LOCKS)
    differing = [name for name in first.keys() & second.keys() if first[name] != second[name]]
    assert differing == []
    for need in map(Requirement, project["dependencies"]):
        for lock in (first, second):
            assert need.name in lock and lock[need.name] in need.specifier, need


@requirement("DoD-4-locks")
def test_the_readme_installs_what_the_services_are_started_with() -> None:
    workspace, _ = run_block_with("pytest")
    command = [".venv/bin/python", "-c", "import celery, redis, uvicorn"]
    run_command(command, workspace.path / "backend").checked()


@pytest.mark.compose
@requirement("DoD-4-image")
def test_the_image_holds_the_packages_of_its_lock(shared_stack: Stack) -> None:
    printed = shared_stack.execute("api", ["python", "-c", INSTALLED]).checked().output
    locked = pins(LOCKS[0])
    installed = dict(word.split("==") for word in printed.split())
    others = [n for n, version in installed.items() if locked.get(canonicalize_name(n)) != version]
    assert others == NOT_LOCKED


@pytest.mark.node
@requirement("DoD-5-lock")
def test_npm_installs_from_the_lock_and_leaves_it_as_it_is() -> None:
    lock = "frontend/package-lock.json"
    folder = Workspace.copy("lock").path / "frontend"
    assert "added" in run_command("npm ci --dry-run", folder).checked().output
    text = (ROOT / lock).read_text()
    assert frontend.built().read(lock) == text, "npm install has changed it"
    assert '"resolved"' not in text, "it holds addresses of downloads"


@requirement("S8-env-example")
def test_env_example_has_the_variables_and_defaults_of_docker_compose_yml() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    found = re.findall(r"\$\{(\w+):-([^}]*)\}", text)
    assert len(found) == text.count("$"), "a variable has no default that an empty value has too"
    variables = dict(found)
    assert set(found) == set(variables.items()), "a variable has two defaults"
    assert dotenv_values(ROOT / ".env.example") == variables


@pytest.mark.parametrize("name", COMMITTED)
@requirement("S6-env-file")
def test_git_would_commit(name: str) -> None:
    assert (Workspace.copy("committed").path / name).exists()


@requirement("S6-env-file")
def test_git_would_ignore_settings_and_what_tools_make() -> None:
    listed = git(ROOT, "check-ignore", "--no-index", *IGNORED, exit_codes=(0, 1))
    assert listed.split() == IGNORED


@pytest.mark.compose
@requirement("DoD-1-project")
def test_each_clone_is_a_compose_project_named_after_its_folder(shared_stack: ComposeStack) -> None:
    assert shared_stack.configuration()["name"] == shared_stack.workspace.path.name


@pytest.mark.parametrize("check", ["check", "format --check"])
@requirement("T-checks")
def test_ruff(check: str) -> None:
    run_command([sys.executable, "-m", "ruff", *check.split(), "."], ROOT).checked()
