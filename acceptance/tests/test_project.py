"""The project's own files: README.md and what it names, locks, .env.example, formatting."""

import json
import re
import shlex
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import doctor
import pytest
import yaml
from dotenv import dotenv_values
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from acceptance.drivers import frontend, http_client, native, verify
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.git import git
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command, terminal
from acceptance.drivers.stack import Stack
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import known_requirements, load_sections, requirement
from acceptance.support.session import ROOT, Session, free_port

README = (ROOT / "README.md").read_text()
SENTENCES = re.sub(r"```.*?```|^\|.*?$", "", README, flags=re.DOTALL | re.MULTILINE)
INLINE_CODE = re.findall(r"`([^`]+)`", SENTENCES)
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
def test_the_locks_pin_what_the_backend_asks_for_alike() -> None:
    project = tomllib.loads((ROOT / "backend/pyproject.toml").read_text())["project"]
    first, second = map(pins, LOCKS)
    differing = [name for name in first.keys() & second.keys() if first[name] != second[name]]
    assert differing == []
    for need in map(Requirement, project["dependencies"]):
        for lock in (first, second):
            assert need.name in lock and lock[need.name] in need.specifier, need


@pytest.mark.slowest
@requirement("DoD-4-locks")
def test_one_command_adds_a_package_to_what_the_backend_needs_and_to_both_locks() -> None:
    [command] = [code for code in INLINE_CODE if code.startswith("./scripts/lock.sh ")]
    need = Requirement(shlex.split(command)[1])
    clone = verify.prepared_clone()
    run_command(command, clone.path).checked()
    for name in ("backend/pyproject.toml", *LOCKS):
        assert re.search(rf"\b{need.name}\b", clone.read(name)), name


@requirement("DoD-4-locks")
def test_the_readme_installs_what_the_services_are_started_with() -> None:
    workspace, _ = run_block_with("pytest")
    command = [".venv/bin/python", "-c", "import celery, redis, uvicorn"]
    run_command(command, workspace.path / "backend").checked()


@pytest.mark.compose
@requirement("DoD-4-image")
def test_the_image_holds_the_packages_of_its_lock(shared_stack: Stack) -> None:
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
def test_npm_installs_from_the_lock_and_leaves_it_as_it_is() -> None:
    lock = "frontend/package-lock.json"
    folder = Workspace.copy("lock").path / "frontend"
    assert "added" in run_command("npm ci --dry-run", folder).checked().output
    text = (ROOT / lock).read_text()
    assert json.loads(frontend.built().read(lock)) == json.loads(text), "npm install changes it"
    assert '"resolved"' not in text, "it holds addresses of downloads"


@requirement("S8-env-example")
def test_env_example_has_the_variables_and_defaults_of_docker_compose_yml() -> None:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    text = yaml.safe_dump(document, width=1000).replace("$$", "")  # without comments
    found = re.findall(r"\$\{(\w+):-([^}]*)\}", text)
    assert len(found) == text.count("$"), "a variable has no default that an empty value has too"
    variables = dict(found)
    assert set(found) == set(variables.items()), "a variable has two defaults"
    assert dotenv_values(ROOT / ".env.example") == variables


@requirement("S6-env-file")
def test_git_would_ignore_settings_and_what_tools_make_and_nothing_else() -> None:
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.*") if path.is_file()]
    sources = [str(path.relative_to(ROOT)) for path in files if path.suffix != ".pyc"]
    names = [".env.example", *sources, *IGNORED]
    listed = git(ROOT, "check-ignore", "--no-index", *names, exit_codes=(0, 1))
    assert listed.split() == IGNORED


@pytest.mark.compose
@requirement("DoD-1-project")
def test_each_clone_is_a_compose_project_named_after_its_folder(shared_stack: ComposeStack) -> None:
    assert shared_stack.configuration()["name"] == shared_stack.workspace.path.name


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
@requirement("T-checks")
def test_a_check_finds_nothing(hook: dict[str, str]) -> None:
    folder = Session.current().run_once("checks", lambda: str(verify.prepared_clone().path))
    run_command(hook["entry"], Path(folder)).checked()


@requirement("DoD-6-references")
def test_files_that_it_links_to_lists_or_names_exist() -> None:
    links = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    listed = re.findall(r"^\| `([^`]+)` \|", README.partition("## Layout")[2], re.MULTILINE)
    named = [word for word in INLINE_CODE if re.fullmatch(r"[\w.-]*[/.][\w./-]+", word)]
    assert links and listed and named
    names = [name.removeprefix("./") for name in (*links, *listed, *named)]
    made = git(ROOT, "check-ignore", "--no-index", *names, exit_codes=(0, 1)).split()  # by a run
    assert [name for name in names if name not in made and not (ROOT / name).exists()] == []


@requirement("DoD-6-references")
def test_options_and_requirements_that_it_names_exist() -> None:
    sections = {section.name for section in load_sections()}
    dev = native.run_dev(Workspace.copy("help"), "--help").output
    suite = run_command([sys.executable, "-m", "pytest", "acceptance", "--help"], ROOT).output
    for code in (code for code in INLINE_CODE if re.search(r"(^|\s)-", code)):
        if code.startswith("docker"):
            if doctor.findings(doctor.engine):
                continue
            subcommand, _, _ = code.partition(" -")
            program = run_command(f"{subcommand} --help", ROOT).output
        else:
            program = dev if "dev.sh" in code else suite
        for option in re.findall(r"(?:^|\s)(--?\w[\w-]*)", code):
            assert option in program or "python -m" in code, code
        for name in re.findall(r"^-m (\S+)", code):
            assert name in known_requirements() | sections, code


@requirement("DoD-6-references")
def test_its_table_of_settings_is_that_of_env_example() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", README, re.MULTILINE))
    assert table == dotenv_values(ROOT / ".env.example")


@requirement("DoD-6-references")
def test_its_versions_are_those_that_are_asked_for() -> None:
    project = tomllib.loads((ROOT / "backend/pyproject.toml").read_text())["project"]
    package = json.loads((ROOT / "frontend/package.json").read_text())
    nodes = re.findall(r"\d+\.\d+", package["engines"]["node"])
    needed = {
        ("Docker Engine", doctor.OLDEST_ENGINE),
        ("Compose", doctor.OLDEST_COMPOSE),
        *(("Node", version) for version in nodes),
        ("Python", project["requires-python"].removeprefix(">=")),
    }
    named = re.findall(r"(Docker Engine|Compose|Node|Python) (\d+(?:\.\d+)?)", README)
    assert set(named) == needed


@requirement("DoD-6-references")
def test_the_start_command_comes_first() -> None:
    assert "docker compose up --build" in README.splitlines()[:15]


@requirement("E-debugger")
def test_a_breakpoint_of_an_api_started_by_hand_opens_the_debugger() -> None:
    workspace, port = Workspace.copy("debugger"), free_port()
    path = "backend/app/routers/health.py"
    source = workspace.read(path)
    workspace.write(path, source.replace("return Health", "breakpoint()\n    return Health"))
    command = next(code for code in INLINE_CODE if code.startswith("uvicorn"))
    argv = [sys.executable, "-m", *command.split(), "--port", str(port)]
    with ThreadPoolExecutor() as pool, terminal(argv, workspace.path / "backend") as screen:
        screen.expect_exact("running on")
        answer = pool.submit(http_client.send, "GET", f"http://127.0.0.1:{port}/health")
        screen.expect_exact("(Pdb)")
        screen.sendline("c")
        assert answer.result().status_code == 200
