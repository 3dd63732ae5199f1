"""Steps about files, commands, README.md and verify.sh."""

from collections.abc import Callable

from pytest_bdd import parsers, then, when

from acceptance.drivers import frontend, readme, verify
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.shell import Result, run_command
from acceptance.drivers.stack import Stack
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import load_sections
from acceptance.steps import parse_list

NEEDY = "DoD-1-start or DoD-5-lock"  # requirements that need Docker and Node


@when(parsers.re(r'"(?P<text>.*)" is (?P<how>written|added) to its (?P<name>\S+)'))
def edit(stack: Stack, text: str, how: str, name: str) -> None:
    before = stack.workspace.read(name) if how == "added" else ""
    stack.workspace.write(name, before + text)


@when(parsers.parse('"{command}" is run in a page with type errors'), target_fixture="result")
def run_in_page(command: str) -> Result:
    workspace = frontend.link_packages(Workspace.copy("page", "type-errors"))
    return run_command(command, workspace.path / "frontend")


@then(
    parsers.re(
        r"the command (?P<how>succeeds|fails) and prints"
        r'(?P<once> one line that contains)? "(?P<words>.+)"'
    )
)
def prints(result: Result, how: str, once: str | None, words: str) -> None:
    lines = [line for line in result.output.splitlines() if words in line]
    assert result.exit_code in ((0,) if how == "succeeds" else (1, 2)), str(result)
    assert len(lines) == 1 if once else lines, str(result)


@when("the tests of the backend are run", target_fixture="result")
def run_backend_tests() -> Result:
    return readme.run_unit_tests("backend")


@when(parsers.parse('the README.md block with "{command}" is run'), target_fixture="result")
def run_block(command: str) -> Result:
    return readme.run_block_with(command)[1]


@when(
    parsers.parse('the README.md block with "{command}" is run beside it'), target_fixture="result"
)
def run_block_beside(stack: Stack, command: str) -> Result:
    ports = {"PGPORT": str(stack.port("postgres")), "REDIS_PORT": str(stack.port("redis"))}
    stack.workspace.link_environment()
    return run_command(readme.block_with(command), stack.workspace.path, env=ports)


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
        r"verify\.sh(?P<options> --\w+)? of a clean clone is run (in a hostile shell"
        r"|on a machine without (?P<tools>.+)|(?P<empty>while its README\.md is empty))"
    ),
    target_fixture="result",
)
def run_verify(options: str | None, tools: str | None, empty: str | None) -> Result:
    clone = verify.prepared_clone()
    if empty:
        clone.write("README.md", "")
    if not tools:
        return verify.verify(clone, env=verify.HOSTILE)
    env = {"PATH": verify.path_without(*parse_list(tools))}
    return verify.verify(clone, *(options or "").split(), "-m", NEEDY, env=env)


@then("the verdict names every section")
def verdict_names_sections(result: Result) -> None:
    _, _, verdict = result.output.partition(" verdict ")
    words = verdict.replace(",", " ").split()
    assert [each.name for each in load_sections() if each.name not in words] == []
