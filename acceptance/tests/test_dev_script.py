"""dev.sh as a program: its options and its refusals."""

import pytest

from acceptance.drivers import native, verify
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import requirement


@requirement("W-refusals")
def test_an_unknown_service_is_refused_by_the_script_itself() -> None:
    with verify.clean_clone() as clone:
        result = run_command(["scripts/dev.sh", "no such"], clone.path)
    assert result.exit_code == 1, str(result)
    assert len(result.output.splitlines()) == 1 and "no service no such" in result.output


@requirement("W-refusals")
def test_the_page_needs_npm() -> None:
    with verify.clean_clone() as clone:
        path = verify.path_without("node", "npm")
        result = run_command(["scripts/dev.sh"], clone.path, env={"PATH": path})
    assert result.exit_code == 1, str(result)
    assert len(result.output.splitlines()) == 1 and "needed: Node with npm" in result.output


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("API_PORT", "eight", "eight is no port"),
        ("API_PORT", "{REDIS_PORT}", "REDIS_PORT"),
        ("CORS_ORIGINS", "*", "CORS_ORIGINS: "),
    ],
)
@requirement("W-refusals")
def test_a_setting_that_cannot_work_is_named(variable: str, value: str, words: str) -> None:
    workspace = Workspace.copy("refused")
    env = {"REDIS_PORT": "29999", variable: value.format(REDIS_PORT="29999")}
    result = native.run_dev(workspace, "--no-deps", "redis", "api", env=env)
    assert result.exit_code == 1 and words in result.output, str(result)
