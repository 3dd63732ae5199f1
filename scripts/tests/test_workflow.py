"""CI verifies what a person verifies, shows what it found, and may do nothing else."""

import json
import os
import re
import subprocess

import yaml
from native import ROOT


def workflow():
    text = (ROOT / ".github/workflows/verify.yml").read_text()
    return yaml.load(text, yaml.BaseLoader)  # which does not read `on` as true


def jobs():
    """Return the jobs of CI, one for each line of a matrix."""
    found = []
    for job in workflow()["jobs"].values():
        for values in job.get("strategy", {}).get("matrix", {}).get("include", [{}]):
            text = json.dumps(job)
            for name, value in values.items():
                text = text.replace(f"${{{{ matrix.{name} }}}}", value)
            found.append(json.loads(text))
    return found


def test_ci_verifies_every_change_strictly_on_both_architectures():
    described = workflow()
    always = {"push": {"branches": ["main"]}, "pull_request": ""}  # no filter beside these
    assert {name: described["on"].get(name) for name in always} == always
    assert "github.run_id" in described["concurrency"]["group"], (
        "else a push ends the run before it"
    )
    strict = []
    for job in jobs():
        for step in job["steps"]:
            command = step.get("run", "")
            options = set(re.findall(" (-[a-z-]+)", command))
            if "./scripts/verify.sh" in command and options == {"--strict", "--report"}:
                assert not {*job, *step} & {"if", "continue-on-error"}, step
                strict.append(job["runs-on"])
    on_linux = [runner for runner in strict if runner.startswith("ubuntu-")]
    assert {runner.endswith("-arm") for runner in on_linux} == {False, True}, strict


def test_ci_shows_the_verdict_keeps_the_report_and_fails_when_verify_does(tmp_path):
    # how GitHub starts a step whose shell is named, and one whose is not
    shells = {"bash": "bash --noprofile --norc -eo pipefail", "": "bash -e"}
    shell = shells[workflow().get("defaults", {}).get("run", {}).get("shell", "")]
    summary, script = tmp_path / "summary", tmp_path / "scripts/verify.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho much\necho '=== verdict ==='\necho VIOLATED\nexit 3\n")
    script.chmod(0o755)
    paths = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(summary)}

    def run(step):
        command = [*shell.split(), "-c", step["run"]]
        return subprocess.run(command, cwd=tmp_path, env=os.environ | paths, check=False).returncode

    for job in jobs():
        summary.unlink(missing_ok=True)
        [verifies] = [n for n, step in enumerate(job["steps"]) if "verify.sh" in str(step)]
        assert run(job["steps"][verifies]) == 3
        follows = [step for step in job["steps"][verifies:] if step.get("if") == "always()"]
        assert {run(step) for step in follows if "run" in step} == {0}
        assert "VIOLATED" in summary.read_text() and "much" not in summary.read_text()
        assert any("upload-artifact" in step.get("uses", "") for step in follows)


def test_ci_may_read_the_code_and_nothing_else():
    assert workflow()["permissions"] == {}
    for job in jobs():
        assert job.get("permissions", {}) in ({}, {"contents": "read"})
        [checkout] = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
        assert checkout["with"]["persist-credentials"] == "false"
