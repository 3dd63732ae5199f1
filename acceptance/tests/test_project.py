"""Tests of the project's files: unit tests, locks, .env.example, .gitignore, README.md, checks."""

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from acceptance.drivers import frontend, verify
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.git import git
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command
from acceptance.drivers.stack import Stack
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import requirement
from acceptance.support.session import ROOT, Session

README = (ROOT / "README.md").read_text()
HOOKS = [
    hook
    for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    if "npm" not in hook["entry"]  # which is DoD-5-lint
]
LOCKS = ("backend/requirements.txt", "scripts/requirements.txt")
SOURCES = ("backend/app", "backend/tests", "frontend/src", "scripts")
IGNORED = [
    *(".env", ".env.local", "backend/.env", "frontend/.env", "frontend/.env.local"),
    *(".venv/bin/python", "backend/.venv/bin/python", "backend/app/__pycache__/a.pyc"),
    *("frontend/node_modules/react", "frontend/dist/index.html"),
    *(".dev/data/postgres/PG_VERSION", ".report/report.html"),
]


def pins(lock: str) -> dict[str, str]:
    """Return the version of each package in a lock."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE))


@requirement("DoD-4-locks")
def test_locks_agree_and_satisfy_the_backend() -> None:
    project = tomllib.loads((ROOT / "backend/pyproject.toml").read_text())["project"]
    first, second = map(pins, LOCKS)
    differing = [name for name in first.keys() & second.keys() if first[name] != second[name]]
    assert differing == []
    for need in map(Requirement, project["dependencies"]):
        for lock in (first, second):
            assert need.name in lock and lock[need.name] in need.specifier, need


@requirement("S4-unit-tests")
def test_backend_unit_tests_pass() -> None:
    assert " passed in " in run_block_with("pytest")[1].checked().output


@pytest.mark.node
@requirement("S5-unit-tests")
def test_page_unit_tests_pass() -> None:
    output = run_block_with("npm test")[1].checked().output
    assert re.search(r"Tests +\d+ passed", output), output


@requirement("W-unit-tests")
def test_scripts_unit_tests_pass() -> None:
    folder = Workspace.copy("unit").path / "scripts"
    command = [sys.executable, "-m", "pytest", "tests", "-o", "addopts="]  # not the suite's options
    run_command(command, folder, env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}).checked()


@pytest.mark.compose
@requirement("DoD-4-image")
def test_image_contains_exactly_its_lock(shared_stack: Stack) -> None:
    code = (
        "from importlib.metadata import distributions;"
        "print(*(f'{each.name}=={each.version}' for each in distributions()))"
    )
    printed = shared_stack.execute("api", ["python", "-c", code]).checked().output
    locked = pins(LOCKS[0])
    installed = dict(word.split("==") for word in printed.split())
    others = [n for n, version in installed.items() if locked.get(canonicalize_name(n)) != version]
    assert others == ["pip"], "which the base image brings"


@pytest.mark.node
@requirement("DoD-5-lock")
def test_npm_install_keeps_the_lock() -> None:
    lock = "frontend/package-lock.json"
    folder = Workspace.copy("lock").path / "frontend"
    assert "added" in run_command("npm ci --dry-run", folder).checked().output
    text = (ROOT / lock).read_text()
    assert json.loads(frontend.built().read(lock)) == json.loads(text), "npm install changes it"
    assert '"resolved"' not in text, "it holds addresses of downloads"


@requirement("S8-env-example")
def test_env_example_equals_compose_defaults() -> None:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    text = yaml.safe_dump(document, width=1000).replace("$$", "")  # without comments
    found = re.findall(r"\$\{(\w+):-([^}]*)\}", text)
    assert len(found) == text.count("$"), "a variable has no default that an empty value has too"
    variables = dict(found)
    assert set(found) == set(variables.items()), "a variable has two defaults"
    assert dotenv_values(ROOT / ".env.example") == variables


@requirement("S6-env-file")
def test_git_ignores_settings_and_generated_files() -> None:
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.*") if path.is_file()]
    sources = [str(path.relative_to(ROOT)) for path in files if path.suffix != ".pyc"]
    names = [".env.example", *sources, *IGNORED]
    listed = git(ROOT, "check-ignore", "--no-index", *names, exit_codes=(0, 1))
    assert listed.split() == IGNORED


@pytest.mark.compose
@requirement("DoD-1-project")
def test_compose_project_is_the_folder_name(shared_stack: ComposeStack) -> None:
    folder = shared_stack.workspace.path
    printed = run_command("docker compose config --format json", folder, stdout_only=True)
    assert json.loads(printed.checked().output)["name"] == folder.name


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
@requirement("T-checks")
def test_check_passes(hook: dict[str, str]) -> None:
    folder = Session.current().run_once("checks", lambda: str(verify.prepared_clone().path))
    run_command(hook["entry"], Path(folder)).checked()


@requirement("DoD-6-references")
def test_linked_and_named_files_exist() -> None:
    links = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    in_tables = re.findall(r"^\| `([^`]*[/.][^`]*)` \|", README, re.MULTILINE)
    prose = re.sub(r"```.*?```|^\|.*?$", "", README, flags=re.DOTALL | re.MULTILINE)
    in_prose = re.findall(r"`([\w.-]*[/.][\w./-]+)`", prose)
    assert links and in_tables and in_prose
    names = [name.removeprefix("./") for name in (*links, *in_tables, *in_prose)]
    made = git(ROOT, "check-ignore", "--no-index", *names, exit_codes=(0, 1)).split()  # by a run
    assert [name for name in names if name not in made and not (ROOT / name).exists()] == []


@requirement("DoD-6-references")
def test_settings_table_equals_env_example() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", README, re.MULTILINE))
    assert table == dotenv_values(ROOT / ".env.example")
