"""verify.sh and dev.sh as programs: how they set themselves up, report and refuse."""

import re

from acceptance.drivers import native, verify
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import requirement


@requirement("DoD-7-setup")
def test_shell_variables_steer_nothing() -> None:
    clone, result = verify.first_verification()  # in the shell of verify.HOSTILE
    assert result.exit_code == 0 and "\n1 passed" in result.output, str(result)
    assert (clone.path / ".venv/stamp").exists()


@requirement("DoD-7-setup")
def test_another_environment_is_one_line_that_says_what_to_run() -> None:
    workspace, _ = run_block_with("pytest")
    result = run_command(["backend/.venv/bin/pytest", "acceptance"], workspace.path)
    assert result.exit_code != 0 and len(result.output.splitlines()) == 1, str(result)
    assert "./scripts/verify.sh" in result.output


@requirement("DoD-7-artifacts")
def test_a_failure_leaves_artifacts_and_with_keep_its_stack() -> None:
    clone = verify.prepared_clone()
    feature = "acceptance/features/04_settings.feature"
    clone.write(feature, clone.read(feature).replace("replies PONG", "replies PANG"))
    name = "the_ports_of_the_shell"
    run = verify.BackgroundRun(clone, "-n", "0", "--runtime", "native", "--keep", "-k", name)
    result = run.wait()
    assert result.exit_code == 1 and "Then redis replies PANG to PING" in result.output, str(result)
    [folder] = clone.path.glob(".report/artifacts/*")
    artifacts = (folder / "output.txt").read_text()
    assert "AssertionError" in artifacts and "Ready to accept connections" in artifacts
    assert any("valkey" in each for each in run.leftovers()), str(result)
    [command] = re.findall("^remove: (.+)$", result.output, re.MULTILINE)
    # split, as a prompt has it: a shell that names the folder would be removed too
    run_command(command.removesuffix(" </dev/null").split(), clone.path).checked()
    assert run.leftovers() == []


@requirement("W-refusals")
def test_the_script_itself_refuses_in_one_line() -> None:
    result = run_command(["scripts/dev.sh", "no such"], verify.prepared_clone().path, timeout=30)
    assert result.exit_code == 1, str(result)
    assert len(result.output.splitlines()) == 1 and "no service no such" in result.output


@requirement("W-refusals")
def test_a_setting_that_stops_a_service_is_named_and_ends_dev_sh() -> None:
    workspace = Workspace.copy("refused")
    result = native.run_dev(workspace, "--no-deps", "redis", "api", env={"CORS_ORIGINS": "*"})
    assert result.exit_code == 1 and "CORS_ORIGINS: " in result.output, str(result)


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
