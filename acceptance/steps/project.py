"""Steps about files, commands, README.md and verify.sh."""

from collections.abc import Callable

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import frontend, readme, verify
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.shell import Result, run_command
from acceptance.drivers.stack import Stack
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import load_sections
from acceptance.steps import parse_list

TIMED_OUT = 124


@given("a workspace with type errors in the page", target_fixture="workspace")
def workspace_with_type_errors() -> Workspace:
    return frontend.workspace_with_packages("type-errors")


@when(parsers.re(r'"(?P<text>.*)" is (?P<how>written|added) to its (?P<name>\S+)'))
def edit(workspace: Workspace, text: str, how: str, name: str) -> None:
    workspace.write(name, (workspace.read(name) if how == "added" else "") + text)


@when(parsers.parse('"{command}" is run in its folder {folder}'), target_fixture="result")
def run_in_folder(workspace: Workspace, command: str, folder: str) -> Result:
    return run_command(command, workspace.path / folder)


@then(
    parsers.re(
        r"the command (?P<how>succeeds|fails) and prints"
        r'(?P<once> one line that contains)? "(?P<words>.+)"'
    )
)
def prints(result: Result, how: str, once: str | None, words: str) -> None:
    lines = [line for line in result.output.splitlines() if words in line]
    assert result.exit_code != TIMED_OUT, str(result)
    assert (result.exit_code == 0) == (how == "succeeds"), str(result)
    assert len(lines) == 1 if once else lines, str(result)


@when(parsers.parse('the README.md block with "{command}" is run'), target_fixture="result")
def run_block(command: str) -> Result:
    return readme.run_block_with(command)[1]


@when(
    parsers.parse('the README.md block with "{command}" is run beside it'), target_fixture="result"
)
def run_block_beside(stack: Stack, command: str) -> Result:
    ports = {"PGPORT": str(stack.port("postgres")), "REDIS_PORT": str(stack.port("redis"))}
    return readme.run_block_beside(command, stack.workspace, ports)


@when("the commands of README.md for the stack are run in their order", target_fixture="results")
def run_stack_commands(new_stack: Callable[..., ComposeStack]) -> list[Result]:
    return new_stack(Workspace.copy("readme")).run_typed(readme.stack_commands())


@then("each command succeeds and prints")
def each_succeeds(results: list[Result], datatable: list[list[str]]) -> None:
    assert [str(result) for result in results if result.exit_code] == []
    for command, words in datatable:
        printed = [result.output for result in results if result.command.startswith(command)]
        assert any(words in text for text in printed), f"{command}: no {words}: {printed}"


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
    clone = verify.prepared_clone()
    if empty:
        clone.write("README.md", "")
    env = {"PATH": verify.path_without(*parse_list(tools))} if tools else {}
    return verify.verify(clone, *(options or "").split(), env=env)


@then(parsers.re('the verdict on (?P<named>.+) is "(?P<label>.+)"'))
def verdict_is(result: Result, named: str, label: str) -> None:
    verdicts = verify.verdicts(result)
    sections = [section.name for section in load_sections()]
    assert sorted(verdicts) == sorted(sections)
    named_sections = sections if named == "every section" else [named]
    assert {verdicts[name] for name in named_sections} == {label}
