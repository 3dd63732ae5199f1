"""The suite itself: it cannot pass for nothing, and is a guest that changes and leaves nothing."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from acceptance.drivers import http_client, verify
from acceptance.drivers.compose import INVENTORY, ComposeStack, anonymous_volumes, engine_inventory
from acceptance.drivers.git import commit_all, git
from acceptance.drivers.stack import Stack, published_ports
from acceptance.drivers.workspace import Workspace, files_of
from acceptance.plugins import lint, spec
from acceptance.plugins.spec import requirement
from acceptance.support.waiting import wait_until, wait_while

# of the person who runs the suite, and none of its business
HOSTILE_SETTINGS = (
    "COMPOSE_FILE=nowhere.yml\nCOMPOSE_PROJECT_NAME=hostile\nAPI_PORT=1\nCORS_ORIGINS=*\n"
)
HOSTILE_SHELL = {
    "COMPOSE_FILE": "nowhere.yml",
    "COMPOSE_PROJECT_NAME": "hostile",
    "POSTGRES_PASSWORD": "other",
    "DATABASE_URL": "postgresql://elsewhere/x",
    "CELERY_BROKER_URL": "redis://elsewhere",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "NODE_ENV": "production",
    "GIT_DIR": "/nowhere",
    "LC_ALL": "C",
}
# Docker gives it to every container
PROXY = {"httpProxy": "http://127.0.0.1:9", "httpsProxy": "http://127.0.0.1:9"}
# these wait for Redis, long enough for all that happens meanwhile
REDIS_ALONE = ("-n", "0", "-k", "redis_answers_with_an_error")
REDIS_AND_API = ("-n", "1", "-m", "DoD-3-client")
UNSOUND = """
Feature: Unsound scenarios
  @S3-unknown
  Rule: Unknown requirement
    Scenario: Unknown
      Then redis replies PONG to PING
  @S3-broker
  Rule: One requirement
    Scenario: Twice
      Then redis replies PONG to PING
    Scenario: Twice
      Then redis replies PONG to PING
    Scenario Outline: No rows
      Then redis replies <answer> to PING
      Examples:
        | answer |
    Scenario: No assertion
      When redis drops its connections
"""


@requirement("T-sound")
def test_lint_finds_unsound_scenarios(tmp_path: Path) -> None:
    path = tmp_path / "unsound.feature"
    path.write_text(UNSOUND)
    scenarios = list(spec.read_scenarios(path))
    found = [
        text.partition(".feature:")[2] for text in lint.scenario_problems(scenarios, {"S3-broker"})
    ]
    assert found == [
        "5: its Rule must carry one requirement of acceptance/spec.toml",
        "9: another scenario has the same name 'Twice'",
        "11: another scenario has the same name 'Twice'",
        "13: the Examples have no rows",
        "17: no Then step",
    ]
    unused = " ".join(lint.unused_steps(scenarios))
    assert "uses answers" in unused and "uses redis_replies" not in unused


@requirement("T-sound")
def test_lint_compares_requirements_with_tests() -> None:
    expected = {"S3-broker": Counter(["a"]), "S3-unknown": Counter(["b"])}
    assert list(lint.requirement_problems({"S3-broker", "S3-untested"}, expected)) == [
        "acceptance/spec.toml: S3-untested has no Rule and no test",
        "b: acceptance/spec.toml has no requirement S3-unknown",
    ]


@requirement("T-git")
def test_as_a_git_hook_the_suite_leaves_the_repository_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, worktree = tmp_path / "checkout", tmp_path / "worktree"
    checkout.mkdir()
    (checkout / "file").write_text("committed")
    commit_all(checkout)
    git(checkout, "worktree", "add", "--quiet", str(worktree))
    (worktree / "file").write_text("work in progress")

    def state() -> list[str]:
        commands = ["log --format=%H,%an", "status --short", "config --list"]
        return [git(worktree, *command.split()) for command in commands]

    before = state()
    # what git gives a hook of a linked worktree, and a configuration with which no commit succeeds
    git_dir = git(worktree, "rev-parse", "--absolute-git-dir").strip()
    hostile = tmp_path / "gitconfig"
    hostile.write_text("[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n")
    with monkeypatch.context() as hook:
        hook.setenv("GIT_DIR", git_dir)
        hook.setenv("GIT_INDEX_FILE", f"{git_dir}/index")
        hook.setenv("GIT_CONFIG_GLOBAL", str(hostile))
        hook.chdir(worktree)
        copy = verify.committed_copy("hook")
    assert state() == before
    assert len(git(copy.path, "log", "--format=%H").split()) == 1
    assert "acceptance/features" in git(copy.path, "ls-files")


@pytest.mark.parametrize("kind", ["checkout", "no repository", "of somebody else", "submodule"])
@requirement("T-git")
def test_the_suite_copies_what_git_would_commit_whoever_owns_it(tmp_path: Path, kind: str) -> None:
    project = tmp_path / "project"
    files = {".gitignore": "out", "kept": "", "folder/.gitignore": "*.log", "folder/kept.py": ""}
    for name, text in {**files, "out": "", "folder/a.log": "", "nested/file": ""}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    commit_all(project / "nested")
    if kind != "no repository":
        commit_all(project)
        (project / ".git/info").mkdir(exist_ok=True)
        (project / ".git/info/exclude").write_text("kept\n")  # personal
    if kind == "submodule":
        (project / ".git").rename(tmp_path / "git")
        (project / ".git").write_text("gitdir: ../git")
    if kind == "of somebody else" and os.geteuid() == 0:
        os.chown(project, 4321, 4321)
    assert sorted(files_of(project)) == sorted(files)


@pytest.mark.compose
@pytest.mark.slowest
@requirement("T-isolation")
def test_beside_a_running_stack_on_taken_ports_with_a_hostile_env_file(
    new_stack: Callable[..., ComposeStack],
) -> None:
    stack = new_stack(Workspace.copy("developer"))
    stack.start("postgres", "api")
    commit_all(stack.workspace.path)
    stack.workspace.write(".env", HOSTILE_SETTINGS)
    stack.workspace.write("docker-compose.override.yml", "services: {mine: {image: nowhere}}")
    stack.workspace.write(".docker/config.json", json.dumps({"proxies": {"default": PROXY}}))
    hostile = {
        **HOSTILE_SHELL,
        "DOCKER_CONFIG": str(stack.workspace.path / ".docker"),
        "PATH": verify.path_with_warnings("docker"),
    }
    before, volumes = engine_inventory(stack.project), anonymous_volumes()
    assert {line.split()[0] for line in before} == set(INVENTORY)
    with http_client.listening(*(port.default for port in published_ports(stack.workspace))):
        # it starts all services, and asks two questions
        options = ("-n", "0", "--runtime", "compose", "-m", "DoD-2-health or DoD-3-ping")
        run = verify.BackgroundRun(stack.workspace, *options, env=hostile)
        assert "3 passed" in run.wait().checked().output
    run.wait_until_nothing_is_left()
    assert engine_inventory(stack.project) == before
    # a container that ends takes its own with it
    wait_until(lambda: anonymous_volumes() <= volumes, 10, "no volume is left")


@pytest.mark.slow
@pytest.mark.compose
@pytest.mark.native
@requirement("T-cleanup")
def test_nothing_is_left_of_runs_that_are_ended(runtime: type[Stack], shared_stack: Stack) -> None:
    workspace = verify.committed_copy("checkout")
    seldom = "services: {redis: {healthcheck: {interval: 60s}}}"
    workspace.write("acceptance/testdata/frequent-healthchecks/compose.override.yaml", seldom)
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
    runs = {
        number: verify.BackgroundRun(workspace, *options, "--runtime", runtime.runtime)
        for number, options in zip(signals, (REDIS_ALONE, REDIS_ALONE, REDIS_AND_API), strict=True)
    }
    for run in runs.values():
        run.wait_for_services()
    for number, run in runs.items():
        run.interrupt(number)
    for run in runs.values():
        run.wait_until_nothing_is_left()
    # the stack of the run beside them is not touched
    services = shared_stack.services()
    wait_while(lambda: shared_stack.others_than("healthy", services), 30, "all are healthy")
