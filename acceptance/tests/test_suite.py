"""Tests of the suite: its lint, its git, its isolation and its cleanup."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from acceptance.drivers import http_client, verify
from acceptance.drivers.compose import INVENTORY, ComposeStack, engine_inventory
from acceptance.drivers.git import commit_all, git
from acceptance.drivers.stack import Stack, published_ports
from acceptance.drivers.workspace import Workspace, files_of
from acceptance.plugins import lint, spec
from acceptance.plugins.spec import requirement

# of the developer who runs the suite
HOSTILE_SETTINGS = "COMPOSE_PROJECT_NAME=hostile\nAPI_PORT=1\nCORS_ORIGINS=*\n"
HOSTILE_SHELL = {
    "COMPOSE_FILE": "nowhere.yml",
    "COMPOSE_PROJECT_NAME": "hostile",
    "POSTGRES_PASSWORD": "other",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "GIT_DIR": "/nowhere",
}
# Docker gives these to every container
PROXIES = {"httpProxy": "http://127.0.0.1:9", "httpsProxy": "http://127.0.0.1:9"}
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
def test_suite_in_git_hook_changes_no_repository(
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
    # git gives a hook of a linked worktree these variables, and no commit succeeds with this configuration
    git_dir = git(worktree, "rev-parse", "--absolute-git-dir").strip()
    (tmp_path / ".gitconfig").write_text("[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n")
    with monkeypatch.context() as hook:
        hook.setenv("GIT_DIR", git_dir)
        hook.setenv("GIT_INDEX_FILE", f"{git_dir}/index")
        hook.setenv("HOME", str(tmp_path))
        hook.chdir(worktree)
        copy = verify.committed_copy("hook")
    assert state() == before
    assert len(git(copy.path, "log", "--format=%H").split()) == 1
    assert "acceptance/features" in git(copy.path, "ls-files")


@requirement("T-git")
def test_suite_copies_only_files_for_git(tmp_path: Path) -> None:
    files = {".gitignore": "out", "kept": "", "folder/.gitignore": "*.log", "folder/kept.py": ""}
    for name, text in {**files, "out": "", "folder/a.log": "", "nested/file": ""}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    commit_all(tmp_path / "nested")
    assert sorted(files_of(tmp_path)) == sorted(files)
    commit_all(tmp_path)
    (tmp_path / ".git/info").mkdir(exist_ok=True)
    (tmp_path / ".git/info/exclude").write_text("kept\n")  # personal
    assert sorted(files_of(tmp_path)) == sorted(files)


@pytest.mark.compose
@requirement("T-isolation")
def test_suite_ignores_running_stack_and_hostile_settings(
    new_stack: Callable[..., ComposeStack],
) -> None:
    stack = new_stack(Workspace.copy("developer"))
    stack.start("postgres", "api")
    commit_all(stack.workspace.path)
    stack.workspace.write(".env", HOSTILE_SETTINGS)
    stack.workspace.write("docker-compose.override.yml", "services: {mine: {image: nowhere}}")
    stack.workspace.write(".docker/config.json", json.dumps({"proxies": {"default": PROXIES}}))
    hostile = {**HOSTILE_SHELL, "DOCKER_CONFIG": str(stack.workspace.path / ".docker")}
    before = engine_inventory(stack.project)
    assert {line.split()[0] for line in before} == set(INVENTORY)
    with http_client.listening(*(port.default for port in published_ports(stack.workspace))):
        # it starts all services, and asks two questions
        options = ("-n", "0", "--runtime", "compose", "-m", "DoD-2-health or DoD-3-ping")
        run = verify.BackgroundRun(stack.workspace, *options, env=hostile)
        assert " passed" in run.wait().checked().output
    run.wait_until_nothing_is_left()
    assert engine_inventory(stack.project) == before


@pytest.mark.compose
@pytest.mark.native
@requirement("T-cleanup")
def test_killed_run_leaves_nothing(runtime: type[Stack], shared_stack: Stack) -> None:
    options = ("-n", "1", "-m", "DoD-3-client", "--runtime", runtime.runtime)
    run = verify.BackgroundRun(verify.committed_copy("checkout"), *options)
    run.wait_for_service({"compose": "container", "native": "valkey"}[runtime.runtime])
    run.process.kill()
    run.wait_until_nothing_is_left()
    services = shared_stack.services()
    assert shared_stack.others_than("healthy", services) == {}
