"""verify.sh and dev.sh as programs: how they set themselves up, report and refuse; and CI."""

import json
import re
import shutil
import sys
from html import unescape

import pytest
import yaml

from acceptance.drivers import native, verify
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.report import to_extra
from acceptance.plugins.spec import load_sections, requirement
from acceptance.support.attachments import Attachment
from acceptance.support.session import ROOT

NEEDS_PYTHON = "needed: 3.11 or later"


@requirement("DoD-7-setup")
def test_an_old_python_is_refused() -> None:
    pretend = "import sys; sys.version_info = (3, 10)"
    script = f'[ "$1" = -c ] && exec {sys.executable} -c "{pretend}; $2"\necho Python 3.10'
    result = verify.verify(Workspace.copy("clone"), path=verify.path_with_python(script))
    assert result.exit_code == 1, str(result)
    assert f"found Python 3.10; {NEEDS_PYTHON}" in result.output


@requirement("DoD-7-setup")
def test_a_changed_lock_is_synchronised() -> None:
    lock = "scripts/requirements.lock"
    clone, _ = verify.first_verification()
    clone.write(".venv/kept", "")
    clone.write(lock, clone.read(lock) + "\n#\n")
    result = verify.verify(clone, "--version").checked()
    assert f"setup: bringing .venv in step with {lock}" in result.output
    assert clone.read(".venv/kept") == ""


@requirement("DoD-7-setup")
def test_a_moved_clone_sets_up_anew() -> None:
    moved = Workspace.copy("moved")
    shutil.copytree(verify.prepared_clone().path / ".venv", moved.path / ".venv", symlinks=True)
    result = verify.verify(moved, path=verify.path_without("python"))
    assert result.exit_code == 1 and NEEDS_PYTHON in result.output, str(result)


@requirement("DoD-7-setup")
def test_a_setup_that_failed_is_repeated() -> None:
    clone, path = Workspace.copy("clone"), verify.path_with_python("# makes no environment")
    for _ in range(2):
        result = verify.verify(clone, path=path)
        assert result.exit_code != 0 and "setup: making .venv" in result.output, str(result)


@requirement("DoD-7-setup")
def test_a_venv_of_somebody_else_is_left_alone() -> None:
    clone, path = Workspace.copy("clone"), verify.path_with_python("# makes no environment")
    clone.write(".venv/pyvenv.cfg", "theirs")
    result = verify.verify(clone, path=path)
    assert "setup: making .dev/venv" in result.output, str(result)
    assert [file.name for file in (clone.path / ".venv").iterdir()] == ["pyvenv.cfg"]


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


@requirement("DoD-7-ci")
def test_ci_runs_verify_strictly_for_every_change() -> None:
    text = (ROOT / ".github/workflows/verify.yml").read_text()
    workflow = yaml.load(text, yaml.BaseLoader)  # which does not read `on` as true
    always = {"push": {"branches": ["main"]}, "pull_request": ""}  # no filter beside these
    assert {name: workflow["on"].get(name) for name in always} == always
    jobs = list(workflow["jobs"].values())
    steps = [step for job in jobs for step in job["steps"] if "run" in step]
    commands = [step["run"] for step in steps]
    assert any(re.search(r"\./scripts/verify\.sh( .*)?--strict", each) for each in commands)
    assert not any("--collect-only" in each for each in commands)
    for part in [*jobs, *steps]:
        assert not part.keys() & {"if", "continue-on-error"}, part


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
