"""The suite refuses to run when a scenario could pass without testing anything, and says where."""

import pytest

from acceptance.drivers import verify
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import requirement

TRAPS = "acceptance/features/99_traps.feature"
STEPS = "acceptance/steps/traps.py"
FINDINGS = [
    (f"{TRAPS}:4", "S3-brokers is no requirement"),
    (f"{TRAPS}:4", "two scenarios are called 'Twice'"),
    (f"{TRAPS}:10", "S3-broker has another Rule"),
    (f"{TRAPS}:10", "the Examples have no rows"),
    (f"{TRAPS}:14", "two rows of the Examples make tests of one name"),
    (f"{TRAPS}:20", "no Then step"),
    (f"{TRAPS}:22", "must match one step definition, and matches: none"),
    (f"{TRAPS}:24", "does not take datatable"),
    (f"{TRAPS}:27", "lacks the datatable"),
    (f"{TRAPS}:30", "unknown tag unknown-tag"),
    (f"{TRAPS}:30", "'it is two' must match one step definition, and matches"),
    (STEPS, "a Then step returns a value"),
    (STEPS, "an async step is never awaited"),
    (STEPS, "a Then step asserts nothing"),
    (STEPS, "no scenario uses this step"),
    ("acceptance/spec.toml", "S3-nobody has no Rule and no test"),
]


@requirement("T-sound")
def test_unsound_scenarios_are_refused() -> None:
    workspace = Workspace.copy("unsound", overlay="unsound")
    spec = workspace.read("acceptance/spec.toml")
    workspace.write("acceptance/spec.toml", spec.replace('"broker"', '"broker", "nobody"'))
    result = verify.collect(workspace)
    lines = [line.removeprefix("ERROR: ") for line in result.output.splitlines()]
    missing = [
        (place, words)
        for place, words in FINDINGS
        if not any(line.startswith(f"{place}:") and words in line for line in lines)
    ]
    assert result.exit_code == pytest.ExitCode.USAGE_ERROR and not missing, str(result)


@requirement("T-sound")
def test_an_unknown_requirement_is_refused() -> None:
    result = verify.collect(Workspace.copy("unsound"), "-m", "DoD-9-nothing")
    assert result.exit_code == pytest.ExitCode.USAGE_ERROR, str(result)
    assert "-m: no requirement DoD-9-nothing" in result.output
