"""verify.sh and dev.sh as programs: how they set themselves up, report and refuse; and CI."""

import json
import re
from html import unescape
from typing import Any

import pytest
import yaml

from acceptance.drivers import native, verify
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.report import to_extra
from acceptance.plugins.spec import load_sections, requirement
from acceptance.support.attachments import Attachment
from acceptance.support.session import ROOT, Session


@requirement("DoD-7-setup")
def test_what_the_shell_has_for_python_pip_uv_and_pytest_steers_nothing() -> None:
    clone, result = verify.first_verification()  # in a shell full of it: verify.HOSTILE
    assert result.exit_code == 0 and "\n1 passed" in result.output, str(result)
    assert (clone.path / ".venv/bin/uv").exists()


@requirement("DoD-7-report")
def test_the_report_shows_requirement_rule_scenario_steps_and_transcripts() -> None:
    clone = verify.prepared_clone()
    tests = ("-m", "S8 or W", "-k", "the_ports_of_the_shell or the_script_itself")
    verify.verify(clone, "--report", "--runtime", "native", *tests).checked()
    report = unescape(clone.read(".report/report.html"))
    place = [n for each in load_sections() for n in each.requirements].index("S8-env-moves") + 1
    for words in (
        "S8-env-moves",
        "What .env sets arrives unchanged, and everything still works",
        "The ports of the shell override those of .env",
        "And redis of a separate stack",
        "no service no such",
        "not run, or not wholly: DoD-1-start",
        '"initialSort": "order"',
        f'"order": "{place:03}"',
    ):
        assert words in report, words
    assert not re.findall(r"<(?:script|link|img)[^>]+https?://", report), "it sends requests"


@requirement("DoD-7-setup")
def test_another_environment_is_one_line_that_says_what_to_run() -> None:
    workspace, _ = run_block_with("pytest")
    result = run_command(["backend/.venv/bin/pytest", "acceptance"], workspace.path)
    assert result.exit_code != 0 and len(result.output.splitlines()) == 1, str(result)
    assert "./scripts/verify.sh" in result.output


@pytest.mark.parametrize(
    ("option", "test", "count"),
    [
        ("-k=a client SENDS it", "test_a_client_how_it[native-sends]", 1),
        ("acceptance/features/09_rollback.feature", "test_the_data_outlives_the_stack[native]", 4),
    ],
    ids=["name", "feature"],
)
@requirement("DoD-7-selection")
def test_what_runs_is_chosen_by_names(option: str, test: str, count: int) -> None:
    workspace = verify.committed_copy("names")
    result = verify.collect(workspace, "--runtime", "native", option).checked()
    tests = re.findall(r"^acceptance/\S+::(.+)$", result.output, re.MULTILINE)
    assert test in tests and len(tests) == count, str(result)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("-k=a client sents it", "near it: A client sends it"),
        ("-m=DoD-9-nothing", "-m: no requirement DoD-9-nothing"),
    ],
    ids=["name", "requirement"],
)
@requirement("DoD-7-selection")
def test_an_unknown_name_is_refused_with_near_ones(option: str, words: str) -> None:
    result = verify.collect(Workspace.copy("names"), option)
    assert result.exit_code == pytest.ExitCode.USAGE_ERROR, str(result)
    assert words in result.output


@requirement("DoD-7-artifacts")
def test_a_failure_leaves_artifacts_and_with_keep_its_stack() -> None:
    clone = verify.prepared_clone()
    feature = "acceptance/features/04_settings.feature"
    clone.write(feature, clone.read(feature).replace("replies PONG", "replies PANG"))
    name = "The ports of the shell override those of .env"
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


@requirement("DoD-7-report")
def test_the_report_takes_screenshots() -> None:
    assert "iVBORw" in json.dumps(to_extra(Attachment("the page", b"\x89PNG\r\n", False)))


def ci_workflow() -> dict[str, Any]:
    text = (ROOT / ".github/workflows/verify.yml").read_text()
    return yaml.load(text, yaml.BaseLoader)  # which does not read `on` as true


def ci_jobs() -> list[dict[str, Any]]:
    """Return the jobs of CI, one for each line of a matrix."""
    jobs = []
    for job in ci_workflow()["jobs"].values():
        for values in job.get("strategy", {}).get("matrix", {}).get("include", [{}]):
            text = json.dumps(job)
            for name, value in values.items():
                text = text.replace(f"${{{{ matrix.{name} }}}}", value)
            jobs.append(json.loads(text))
    return jobs


@requirement("DoD-7-ci")
def test_ci_verifies_every_change_strictly_on_both_architectures() -> None:
    workflow = ci_workflow()
    always = {"push": {"branches": ["main"]}, "pull_request": ""}  # no filter beside these
    assert {name: workflow["on"].get(name) for name in always} == always
    assert "github.run_id" in workflow["concurrency"]["group"], "else a push ends the run before it"
    strict = []
    for job in ci_jobs():
        for step in job["steps"]:
            command = step.get("run", "")
            options = set(re.findall(" (-[a-z-]+)", command))
            if "./scripts/verify.sh" in command and options == {"--strict", "--report"}:
                assert not {*job, *step} & {"if", "continue-on-error"}, step
                strict.append(job["runs-on"])
    on_linux = [runner for runner in strict if runner.startswith("ubuntu-")]
    assert {runner.endswith("-arm") for runner in on_linux} == {False, True}, strict


@requirement("DoD-7-ci")
def test_ci_shows_the_verdict_keeps_the_report_and_fails_when_verify_does() -> None:
    # how GitHub starts a step whose shell is named, and one whose is not
    shells = {"bash": "bash --noprofile --norc -eo pipefail", "": "bash -e"}
    shell = shells[ci_workflow().get("defaults", {}).get("run", {}).get("shell", "")]
    folder = Session.current().new_folder("ci")
    summary, script = folder / "summary", folder / "scripts/verify.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho much\necho '=== verdict ==='\necho VIOLATED\nexit 3\n")
    script.chmod(0o755)
    variables = {"RUNNER_TEMP": str(folder), "GITHUB_STEP_SUMMARY": str(summary)}
    for job in ci_jobs():
        summary.unlink(missing_ok=True)
        [verifies] = [n for n, step in enumerate(job["steps"]) if "verify.sh" in str(step)]
        command = [*shell.split(), "-c", job["steps"][verifies]["run"]]
        assert run_command(command, folder, env=variables).exit_code == 3
        follows = [step for step in job["steps"][verifies:] if step.get("if") == "always()"]
        for step in follows:
            if "run" in step:
                run_command([*shell.split(), "-c", step["run"]], folder, env=variables).checked()
        assert "VIOLATED" in summary.read_text() and "much" not in summary.read_text()
        assert any("upload-artifact" in step.get("uses", "") for step in follows)


@requirement("DoD-7-ci")
def test_ci_may_read_the_code_and_nothing_else() -> None:
    assert ci_workflow()["permissions"] == {}
    for job in ci_jobs():
        assert job.get("permissions", {}) in ({}, {"contents": "read"})
        [checkout] = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
        assert checkout["with"]["persist-credentials"] == "false"


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
