"""Steps about the project as a developer works with it: files, git, README.md, verify.sh."""

from pytest_bdd import given, parsers, step, then, when

from acceptance.drivers import frontend, readme, verify
from acceptance.drivers.shell import Result
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import load_sections
from acceptance.steps import parse_list


@given(
    parsers.re(r"a workspace with the packages of the page( and the testdata (?P<overlay>\S+))?"),
    target_fixture="workspace",
)
def workspace_with_packages(overlay: str | None) -> Workspace:
    return frontend.workspace_with_packages(overlay or "")


@step(parsers.re(r'"(?P<text>.*)" is written to its (?P<name>\S+)'))
def write(workspace: Workspace, text: str, name: str) -> None:
    workspace.write(name, text)


@when(parsers.re(r'"(?P<text>.*)" is added to its (?P<name>\S+)'))
def add(workspace: Workspace, text: str, name: str) -> None:
    workspace.write(name, workspace.read(name) + text)


@when(parsers.parse('the README.md block with "{command}" is run'), target_fixture="result")
def run_block(command: str) -> Result:
    return readme.run_block_with(command)[1]


@when("the commands of README.md for the stack are run in their order", target_fixture="results")
def run_stack_commands() -> list[Result]:
    return readme.run_stack_commands()


@then("each command succeeds and prints")
def each_succeeds(results: list[Result], datatable: list[list[str]]) -> None:
    assert [str(result) for result in results if result.exit_code] == []
    for command, words in datatable:
        printed = [result.output for result in results if result.command.startswith(command)]
        assert printed and words in printed[0], f"{command} does not print {words}: {printed}"


@when(
    parsers.re(
        r"verify\.sh(?P<options> --\w+)? of a clean clone is run(?P<first> for the first time)?"
        r"( on a machine without (?P<tools>.+))?(?P<empty> while its README\.md is empty)?"
    ),
    target_fixture="result",
)
def run_verify(
    options: str | None, first: str | None, tools: str | None, empty: str | None
) -> Result:
    if first:
        return verify.first_verification()[1]
    with verify.clean_clone() as clone:
        path = verify.path_without(*parse_list(tools)) if tools else None
        text = "" if empty else clone.read("README.md")
        with verify.changed(clone, "README.md", text):
            return verify.verify(clone, *(options or "").split(), path=path)


@then(parsers.re('the verdict on (?P<named>.+) is "(?P<label>.+)"'))
def verdict_is(result: Result, named: str, label: str) -> None:
    verdicts = verify.verdicts(result)
    sections = [section.name for section in load_sections()]
    assert list(verdicts) == sections
    named_sections = sections if named == "every section" else [named]
    assert {verdicts[name] for name in named_sections} == {label}
