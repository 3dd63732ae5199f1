"""README.md as a newcomer follows it: its commands, taken from the file and run."""

import re
import shlex
from functools import partial
from pathlib import Path

from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.stack import free_ports
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import ROOT, Session
from acceptance.support.waiting import wait_until

START = "docker compose up --build"
API_ADDRESS = "localhost:8000"
# what README.md's unit tests report beside what they print, in the folder where they run
UNIT_TESTS = {
    "pytest": "pytest --junitxml=results.xml",
    "npm test": "npm test -- --reporter=default --reporter=junit --outputFile=results.xml",
}


def blocks() -> list[list[str]]:
    """Return the fenced shell commands of README.md, block by block."""
    text = (ROOT / "README.md").read_text()
    fenced = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return [block.strip().splitlines() for block in fenced]


def block_with(command: str) -> list[str]:
    """Return the block in which a command stands. Raises AssertionError when there is none."""
    found = [block for block in blocks() if command in block]
    assert found, f"README.md does not show {command!r}"
    return found[0]


def run_block_with(command: str) -> tuple[Workspace, Result]:
    """Run the block in which the command stands, in a workspace not to be changed; once a run."""
    block = block_with(command)
    typed = [UNIT_TESTS.get(line, line) for line in block]

    def run() -> tuple[str, Result]:
        workspace = Workspace.copy("readme")
        # which npm and React would obey, if the page's settings did not say otherwise
        env = {"NODE_ENV": "production"}
        return str(workspace.path), run_command("\n".join(typed), workspace.path, env=env)

    name = "readme-" + re.sub(r"\W+", "-", block[-1])
    folder, result = Session.current().run_once(name, run)
    return Workspace(Path(folder)), Result(*result)


def run_block_beside(command: str, folder: Path, env: Env) -> Result:
    """Run the block in which the command stands in a folder where a stack runs."""
    return run_command("\n".join(block_with(command)), folder, env=env)


def run_stack_commands() -> list[Result]:
    """Run every command about the stack in README.md's order, in a clean copy.

    The start command stays in the foreground, as in a terminal of its own, until the stack is taken
    down. Only the ports differ from README.md's, since a developer may be using those.
    """
    workspace = Workspace.copy("readme")
    project = f"{Session.current().name}-{workspace.path.name}"
    Session.current().register_project(project)
    env = free_ports(workspace) | {"COMPOSE_PROJECT_NAME": project}
    log = workspace.path.with_suffix(".log")
    ps = "docker compose ps --format '{{.Health}}'"
    list_health = partial(run_command, ps, workspace.path, env=env)
    healthy = "healthy\n" * len(ComposeStack(workspace).services())
    shown = [line for block in blocks() for line in block if re.match("cp|curl|docker", line)]
    commands = [line for line in shown if line == START or not line.startswith(f"{START} --watch")]
    results: list[Result] = []
    started = None
    for command in commands:
        if command == START:
            with log.open("w") as output:
                started = start_process(shlex.split(command), workspace.path, env, stdout=output)
            wait_until(lambda: list_health().output == healthy, 120, START, started)
        else:
            typed = command.replace(API_ADDRESS, f"localhost:{env['API_PORT']}")
            result = run_command(typed, workspace.path, env=env)
            results.append(result._replace(command=command))
    assert started, f"README.md does not show {START!r}"
    return [*results, Result(START, started.wait(timeout=30), log.read_text())]
