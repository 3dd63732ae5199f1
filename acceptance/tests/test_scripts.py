"""verify.sh and dev.sh as programs: how they set themselves up, report and refuse."""

import os
import re
import socket

from acceptance.drivers import native, verify
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import requirement
from acceptance.support.reaper import processes_in
from acceptance.support.session import PREFIX


@requirement("DoD-7-setup")
def test_shell_variables_steer_nothing() -> None:
    clone, result = verify.first_verification()  # in the shell of verify.HOSTILE
    assert result.exit_code == 0 and " passed" in result.output, str(result)
    assert (clone.path / ".venv/stamp").exists()


@requirement("DoD-7-setup")
def test_another_environment_is_one_line_that_says_what_to_run() -> None:
    workspace, _ = run_block_with("pytest")
    result = run_command(["backend/.venv/bin/pytest", "acceptance"], workspace.path)
    assert result.exit_code != 0 and len(result.output.splitlines()) == 1, str(result)
    assert "./scripts/verify.sh" in result.output


@requirement("DoD-7-artifacts")
def test_failure_leaves_artifacts_and_stack() -> None:
    clone = verify.prepared_clone()
    feature = "acceptance/features/02_data.feature"
    clone.write(feature, clone.read(feature).replace("replies PONG", "replies PANG"))
    options = ("--runtime", "native", "--keep", "-m", "S3-broker")
    result = verify.verify(clone, *options, env={"TMPDIR": str(clone.path)})
    assert result.exit_code == 1 and "Then redis replies PANG to PING" in result.output, str(result)
    [artifacts] = clone.path.glob(".report/artifacts/*/output.txt")
    text = artifacts.read_text()
    assert "AssertionError" in text and "Ready to accept connections" in text
    [kept] = clone.path.glob(f"{PREFIX}*")
    assert any("valkey" in line for line in processes_in(str(kept)).values()), str(result)
    [command] = re.findall("^remove: (.+)$", result.output, re.MULTILINE)
    run_command(command, clone.path).checked()
    assert not kept.exists() and processes_in(str(kept)) == {}


@requirement("W-refusals")
def test_the_script_itself_refuses_in_one_line() -> None:
    result = run_command(["scripts/dev.sh", "no such"], verify.prepared_clone().path, timeout=30)
    assert result.exit_code == 1, str(result)
    assert len(result.output.splitlines()) == 1 and "no service no such" in result.output


@requirement("W-refusals")
def test_a_setting_that_stops_a_service_is_named_and_ends_dev_sh() -> None:
    workspace = Workspace.copy("refused")
    result = native.run_dev(workspace, "--no-deps", "redis", "api", env={"CORS_ORIGINS": "*"})
    assert result.exit_code == 1, str(result)
    assert "api: CORS_ORIGINS: " in result.output.splitlines()[-1], str(result)


@requirement("W-refusals")
def test_an_occupied_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        result = native.run_dev(Workspace.copy("refused"), "redis", env={"REDIS_PORT": port})
    [line] = result.output.splitlines()
    assert line.startswith(f"dev.sh: port {port} is already in use by "), line
    assert line.endswith(f"(pid {os.getpid()}). Stop it or set REDIS_PORT in .env."), line


@requirement("DoD-7-doctor")
def test_the_doctor_looks_at_the_clone_and_runs_nothing() -> None:
    clone = verify.prepared_clone()
    clone.write(".env", "API_PORT: 8001\nPOSTGRES_PASSWORD='s3cret\n")
    result = verify.verify(clone, "--doctor")
    assert result.exit_code == 1 and "verdict" not in result.output
    assert "✗ .env: line 1" in result.output and "✗ .env: line 2" in result.output
    assert "s3cret" not in result.output
    refused = verify.verify(clone)
    assert refused.exit_code != 0 and ".env: line 2" in refused.output.strip().splitlines()[-1]
