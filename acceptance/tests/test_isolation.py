"""The suite is a guest: nothing that the developer has is changed by it, and nothing is left of it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from acceptance.drivers import http_client, verify
from acceptance.drivers.compose import INVENTORY, ComposeStack, engine_inventory
from acceptance.drivers.git import commit_all, git
from acceptance.drivers.stack import published_ports
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import requirement
from acceptance.support.session import PREFIX
from acceptance.support.waiting import wait_until

WHOLE_STACK = ("-m", "DoD-2-health")  # starts all services and asks one question
# these wait for Redis, long enough for all that happens meanwhile
REDIS_ALONE = ("-k", "redis_answers_with_an_error")
REDIS_AND_API = ("-m", "DoD-3-client")
HOSTILE_SETTINGS = (
    "COMPOSE_FILE=nowhere.yml\nCOMPOSE_PROJECT_NAME=hostile\nAPI_PORT=1\nCORS_ORIGINS=*\n"
)


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
        return [
            git(worktree, "log", "--format=%H %an"),
            git(worktree, "status", "--short"),
            git(checkout, "config", "--list"),
        ]

    before = state()
    # what git gives a hook of a linked worktree, and a configuration with which no commit succeeds
    git_dir = git(worktree, "rev-parse", "--absolute-git-dir").strip()
    hostile = tmp_path / "gitconfig"
    hostile.write_text("[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n")
    monkeypatch.setenv("GIT_DIR", git_dir)
    monkeypatch.setenv("GIT_INDEX_FILE", f"{git_dir}/index")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(hostile))
    monkeypatch.chdir(worktree)

    copy = verify.committed_copy("hook")

    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(variable)
    assert state() == before
    assert len(git(copy.path, "log", "--format=%H").split()) == 1
    assert "acceptance/features" in git(copy.path, "ls-files")


@pytest.mark.compose
@pytest.mark.slowest
@requirement("T-isolation")
def test_beside_a_running_stack_on_taken_ports_with_a_hostile_env_file(
    start_stack: Callable[..., ComposeStack],
) -> None:
    stack = start_stack("postgres", "api", workspace=Workspace.copy("developer"))
    commit_all(stack.workspace.path)
    stack.workspace.write(".env", HOSTILE_SETTINGS)

    def inventory() -> list[str]:
        lines = engine_inventory()
        return [line for line in lines if stack.project in line or PREFIX not in line]

    before = inventory()
    assert {line.split()[0] for line in before} == set(INVENTORY)
    with http_client.listening(*(port.default for port in published_ports(stack.workspace))):
        options = ("-n", "0", "--runtime", "compose", *WHOLE_STACK)
        result = verify.BackgroundRun(stack.workspace, *options).wait().checked()
    assert "1 passed" in result.output
    assert inventory() == before


@pytest.mark.slow
@pytest.mark.compose
@pytest.mark.native
@requirement("T-cleanup")
def test_nothing_is_left_of_runs_that_are_ended(runtime: type, shared_stack: object) -> None:
    workspace, options = verify.committed_copy("checkout"), ("--runtime", runtime.runtime)
    runs = {
        signal.SIGINT: verify.BackgroundRun(workspace, "-n", "0", *options, *REDIS_ALONE),
        signal.SIGTERM: verify.BackgroundRun(workspace, "-n", "0", *options, *REDIS_ALONE),
        signal.SIGKILL: verify.BackgroundRun(workspace, "-n", "1", *options, *REDIS_AND_API),
    }
    for run in runs.values():
        run.wait_for_services()
    for number, run in runs.items():
        run.interrupt(number)
    left = {name: run.leftovers for name, run in runs.items()}
    wait_until(lambda: not any(ask() for ask in left.values()), 30, "nothing is left of the runs")
    # the stack of the run beside them is not touched
    services = shared_stack.services()
    wait_until(
        lambda: all(shared_stack.health(name) == "healthy" for name in services), 30, "health"
    )
