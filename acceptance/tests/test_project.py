"""Tests of the project: unit tests, locks, settings, .gitignore, README.md, checks, the page."""

import json
import re
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from acceptance.drivers import frontend, http_client, verify
from acceptance.drivers.browser import FakeApi, Page, serve_folder
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.git import git
from acceptance.drivers.native import only_user_of
from acceptance.drivers.readme import run_block_with, run_unit_tests
from acceptance.drivers.shell import run_command
from acceptance.drivers.stack import Stack
from acceptance.plugins.spec import requirement
from acceptance.support.session import ROOT, Session

README = (ROOT / "README.md").read_text()
CHECKS = {
    hook["id"]: hook["entry"]
    for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    if hook["id"] != "page"  # which is DoD-5-checks
}
PAGE_STATES = {
    "does not answer": "Loading…",
    "answers status: ok": "status: ok",
    "lets no page read its answer": "Error: cannot reach the API",
}
CHECK_IGNORE = ("check-ignore", "--no-index")
IGNORED = [
    *(".env", ".env.local", "backend/.env", "frontend/.env.local", ".dev/state", ".report/a.html"),
    *(".venv/bin/pip", "backend/.venv/bin/pip", "frontend/node_modules/a", "frontend/dist/a"),
]
SOURCES = [".env.example", "backend/app/main.py", "frontend/src/main.tsx", "scripts/verify.sh"]


def pins(lock: str) -> dict[str, str]:
    """Return the version of each package in a lock."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE))


@requirement("DoD-4-locks")
def test_locks_agree_and_satisfy_the_backend() -> None:
    project = tomllib.loads((ROOT / "backend/pyproject.toml").read_text())["project"]
    first, second = pins("backend/requirements.txt"), pins("scripts/requirements.txt")
    differing = [name for name in first.keys() & second.keys() if first[name] != second[name]]
    assert differing == []
    for need in map(Requirement, project["dependencies"]):
        assert need.name in first and first[need.name] in need.specifier, need
        assert need.name in second, need


@requirement("S4-unit-tests")
def test_backend_unit_tests_pass() -> None:
    assert " passed" in run_unit_tests("backend").checked().output


@pytest.mark.node
@requirement("S5-unit-tests")
def test_page_unit_tests_pass() -> None:
    output = run_block_with("npm test")[1].checked().output
    assert re.search(r"Tests +\d+ passed", output), output


@requirement("W-unit-tests", "all")
def test_scripts_unit_tests_pass() -> None:
    assert " passed" in run_unit_tests("scripts").checked().output


@pytest.mark.compose
@requirement("DoD-4-image")
def test_image_contains_exactly_its_lock(shared_stack: Stack) -> None:
    listed = shared_stack.execute("api", ["pip", "freeze", "--all"]).checked().output
    installed = re.findall(r"^(\S+)==(\S+)$", listed, re.MULTILINE)
    locked = pins("backend/requirements.txt")
    others = [name for name, version in installed if locked.get(canonicalize_name(name)) != version]
    assert others == ["pip"], "which the base image brings"


@pytest.mark.node
@requirement("DoD-5-lock", "all")
def test_npm_install_keeps_the_lock() -> None:
    lock = "frontend/package-lock.json"
    text = (ROOT / lock).read_text()
    assert json.loads(frontend.built().read(lock)) == json.loads(text), "npm install changes it"
    assert '"resolved"' not in text, "it holds addresses of downloads"


@requirement("S8-env-example")
def test_env_example_equals_defaults_of_compose_and_table_of_readme() -> None:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    text = yaml.safe_dump(document, width=1000).replace("$$", "")  # without comments
    found = re.findall(r"\$\{(\w+):-([^}]*)\}", text)
    assert len(found) == text.count("$"), "a variable has no default that an empty value has too"
    variables = dict(found)
    assert set(found) == set(variables.items()), "a variable has two defaults"
    assert dotenv_values(ROOT / ".env.example") == variables
    table = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", README, re.MULTILINE)
    assert dict(table) == variables


@requirement("S6-env-file")
def test_git_ignores_settings_and_generated_files_only() -> None:
    assert git(ROOT, *CHECK_IGNORE, *IGNORED, *SOURCES).split() == IGNORED


@pytest.mark.compose
@requirement("DoD-1-project")
def test_compose_project_is_the_folder_name(shared_stack: ComposeStack) -> None:
    folder = shared_stack.workspace.path
    printed = run_command("docker compose config", folder).checked().output
    assert f"name: {folder.name}" in printed.splitlines()


@pytest.mark.parametrize("check", CHECKS)
@requirement("T-checks", "all")
def test_check_passes(check: str) -> None:
    folder = Session.current().run_once("checks", lambda: str(verify.prepared_clone().path))
    run_command(CHECKS[check], Path(folder)).checked()


@requirement("DoD-6-references")
def test_linked_and_named_files_exist() -> None:
    # without blocks, and without all but the first cell of a table's row
    text = re.sub(r"```.*?```|^(\|.*?\|).*?$", r"\1", README, flags=re.DOTALL | re.MULTILINE)
    names = re.findall(r"\]\(([^):]+)\)", text) + re.findall(r"`([\w.-]*[/.][\w./-]*)`", text)
    made = git(ROOT, *CHECK_IGNORE, *(f"{name}/" for name in names)).split()  # by a run
    assert [name for name in names if not (ROOT / name).exists() and f"{name}/" not in made] == []


@pytest.mark.node
@pytest.mark.parametrize("command", ["npm run dev", "npm run preview"])
@requirement("S5-served", "all")
def test_occupied_page_port_is_an_error(command: str) -> None:
    folder = frontend.built().path / "frontend"
    with only_user_of(5173), http_client.listening(5173):
        result = run_command(command, folder, timeout=60)
    assert result.exit_code == 1, str(result)
    assert "Port 5173 is already in use" in result.output


@pytest.mark.node
@pytest.mark.browser
@pytest.mark.parametrize("answer", PAGE_STATES)
@requirement("S5-looks")
def test_page_is_accessible(open_page: Callable[..., Page], answer: str) -> None:
    dist = partial(serve_folder, frontend.built().path / "frontend/dist")
    # axe may need more than the page's limit of 5 seconds
    script = "AbortSignal.timeout = () => new AbortController().signal"
    page = open_page(dist, FakeApi(answer), script=script)
    page.status.get_by_text(PAGE_STATES[answer]).wait_for()
    violations = page.visual_violations()
    assert not violations, "\n".join(violations)
    assert page.playwright.title() == "IA-CRM"
    page.playwright.keyboard.press("Tab")
    style = "it => getComputedStyle(it)"
    colour = page.button.evaluate(f"{style}.backgroundColor")
    assert colour not in ("rgb(239, 239, 239)", "rgba(0, 0, 0, 0)"), "Tailwind is missing"
    assert page.button.evaluate(f"{style}.outlineStyle") != "none", "the focus is invisible"
