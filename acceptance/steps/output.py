"""Steps about commands and what they print."""

from pytest_bdd import parsers, then, when

from acceptance.drivers.shell import Result, run_command
from acceptance.drivers.workspace import Workspace

TIMED_OUT = 124


@when(parsers.parse('"{command}" is run in its folder {folder}'), target_fixture="result")
def run_in_folder(workspace: Workspace, command: str, folder: str) -> Result:
    return run_command(command, workspace.path / folder)


@then(parsers.parse('the command succeeds and prints "{words}"'))
def succeeds(result: Result, words: str) -> None:
    assert result.exit_code == 0 and words in result.output, str(result)


@then(parsers.parse('the command fails and prints "{words}"'))
def fails(result: Result, words: str) -> None:
    assert result.exit_code not in (0, TIMED_OUT) and words in result.output, str(result)


@then(parsers.parse('the command fails and prints one line that contains "{words}"'))
def fails_in_one_line(result: Result, words: str) -> None:
    lines = [line for line in result.output.splitlines() if words in line]
    assert result.exit_code not in (0, TIMED_OUT) and len(lines) == 1, str(result)
