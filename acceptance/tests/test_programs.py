"""Tests of programs: how verify.sh and dev.sh report and refuse, and that the suite is a good guest."""

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from acceptance.drivers import http_client, native, verify
from acceptance.drivers.compose import INVENTORY, ComposeStack, engine_inventory
from acceptance.drivers.git import commit_all, git
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command
from acceptance.drivers.stack import Stack, published_ports
from acceptance.drivers.workspace import Workspace
from acceptance.plugins import spec
from acceptance.plugins.spec import requirement
from acceptance.support.reaper import processes_in
from acceptance.support.session import PREFIX
from acceptance.support.waiting import wait_until, wait_while

# of the developer who runs the suite
HOSTILE_SETTINGS = "COMPOSE_PROJECT_NAME=hostile\nAPI_PORT=1\nCORS_ORIGINS=*\n"
HOSTILE_SHELL = {
    "COMPOSE_FILE": "nowhere.yml",
    "COMPOSE_PROJECT_NAME": "hostile",
    "POSTGRES_PASSWORD": "other",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "GIT_DIR": "/none",
}
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
      When redis drops its connections
    Scenario Outline: No rows
      Then redis replies <answer> to PING
      Examples:
        | answer |
"""


@requirement("DoD-7-setup", "all")
def test_another_environment_is_one_line_that_says_what_to_run() -> None:
    workspace, _ = run_block_with("pytest")
    result = run_command(["backend/.venv/bin/pytest", "acceptance"], workspace.path)
    assert result.exit_code != 0 and len(result.output.splitlines()) == 1, str(result)
    assert "./scripts/verify.sh" in result.output


@requirement("DoD-7-artifacts", "all")
def test_failure_leaves_artifacts_and_stack() -> None:
    clone = verify.prepared_clone()
    feature = "acceptance/features/02_data.feature"
    clone.write(feature, clone.read(feature).replace("replies PONG", "replies PANG"))
    options = ("--runtime", "native", "--keep", "-m", "S3-broker")
    result = verify.verify(clone, *options, env={"TMPDIR": str(clone.path)})
    assert result.exit_code == 1 and "Then redis replies PANG to PING" in result.output, str(result)
    [artifacts] = clone.path.glob(".report/artifacts/*/output.txt")
    assert "Ready to accept connections" in artifacts.read_text()
    [kept] = clone.path.glob(f"{PREFIX}*")
    assert any("valkey" in line for line in processes_in(str(kept)).values()), str(result)
    [command] = re.findall("^remove: (.+)$", result.output, re.MULTILINE)
    run_command(command, clone.path).checked()
    assert not kept.exists() and processes_in(str(kept)) == {}


@requirement("W-refusals", "all")
def test_start_that_fails_or_is_refused_names_the_setting() -> None:
    clone = verify.prepared_clone()
    result = native.run_dev(clone, "--no-deps", "redis", "api", env={"CORS_ORIGINS": "*"})
    assert result.exit_code == 1, str(result)
    assert "api: CORS_ORIGINS: " in result.output.splitlines()[-1], str(result)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        command, env = ["scripts/dev.sh", "redis"], {"REDIS_PORT": port}
        result = run_command(command, clone.path, env=env)
    assert result.exit_code == 1, str(result)
    pattern = (
        rf"dev.sh: port {port} is already in use by .* \(pid {os.getpid()}\)\. .*REDIS_PORT.*\n"
    )
    assert re.fullmatch(pattern, result.output), str(result)


@requirement("DoD-7-doctor", "all")
def test_the_doctor_looks_at_the_clone_and_runs_nothing() -> None:
    clone = verify.prepared_clone()
    clone.write(".env", "API_PORT: 8001\nPOSTGRES_PASSWORD='s3cret\n")
    result = verify.verify(clone, "--doctor")
    assert result.exit_code == 1 and "verdict" not in result.output
    assert "✗ .env: line 1" in result.output and "✗ .env: line 2" in result.output
    assert "s3cret" not in result.output


@requirement("T-sound", "all")
def test_lint_finds_unsound_scenarios_and_missing_tests(tmp_path: Path) -> None:
    path = tmp_path / "unsound.feature"
    path.write_text(UNSOUND)
    found = [
        text.rpartition(".feature")[2] for text in spec.problems(path, {"S3-broker", "S3-none"})
    ]
    assert found[:5] == [
        "acceptance/spec.toml: S3-none has no Rule and no test",
        ": two scenarios are named 'Twice'",
        ":5: its Rule must carry one requirement of spec.toml",
        ":11: no Then, or no rows of Examples",
        ":13: no Then, or no rows of Examples",
    ]
    unused = " ".join(found[5:])
    assert "uses answers" in unused and "uses redis_replies" not in unused


@requirement("T-git", "all")
def test_git_hook_changes_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("committed")
    commit_all(tmp_path)
    (tmp_path / "file").write_text("work in progress")
    commands = ("log --format=%H,%an", "status --short", "config --list")
    before = [git(tmp_path, *command.split()) for command in commands]
    with monkeypatch.context() as hook:  # git sets these for a hook of a linked worktree
        hook.setenv("GIT_DIR", str(tmp_path / ".git"))
        hook.setenv("GIT_INDEX_FILE", str(tmp_path / ".git/index"))
        clone = verify.prepared_clone()
    assert [git(tmp_path, *command.split()) for command in commands] == before
    assert len(git(clone.path, "log", "--format=%H").split()) == 1


@pytest.mark.compose
@requirement("T-isolation", "all")
def test_other_stack_and_settings_are_ignored(new_stack: Callable[..., ComposeStack]) -> None:
    stack = new_stack(Workspace.copy("developer"))
    stack.start("postgres", "api")
    commit_all(stack.workspace.path)
    stack.workspace.write(".env", HOSTILE_SETTINGS)
    stack.workspace.write("docker-compose.override.yml", "services: {mine: {image: nowhere}}")
    before = engine_inventory(stack.project)
    assert {line.split()[0] for line in before} == set(INVENTORY)
    with http_client.listening(*(port.default for port in published_ports(stack.workspace))):
        options = ("-n", "0", "--runtime", "compose", "-m", "DoD-2-health or DoD-3-ping")
        run = verify.BackgroundRun(stack.workspace, *options, env=HOSTILE_SHELL)
        assert run.process.wait(timeout=400) == 0, run.log.read_text()
    wait_while(run.leftovers, "nothing is left")
    assert engine_inventory(stack.project) == before


@pytest.mark.compose
@pytest.mark.native
@requirement("T-cleanup", "all")
def test_killed_run_leaves_nothing(runtime: type[Stack], shared_stack: Stack) -> None:
    options = ("-n", "1", "-m", "DoD-3-client", "--runtime", runtime.runtime)
    run = verify.BackgroundRun(verify.prepared_clone(), *options)
    service = {"compose": "container", "native": "valkey"}[runtime.runtime]
    wait_until(lambda: service in "\n".join(run.leftovers()), f"the suite starts {service}")
    run.process.kill()
    wait_while(run.leftovers, "nothing is left")
    assert set(shared_stack.health(*shared_stack.services()).values()) == {"healthy"}
