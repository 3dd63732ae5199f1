"""The commands of README.md, run as a newcomer types them."""

import re
from pathlib import Path

from acceptance.drivers.shell import Env, Result, run_command
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import ROOT, Session

# npm and React would obey it if the page's settings did not say otherwise
NODE_ENV = {"NODE_ENV": "production"}


def blocks() -> list[list[str]]:
    """Return the fenced shell commands of README.md, block by block."""
    text = (ROOT / "README.md").read_text()
    fenced = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return [block.strip().splitlines() for block in fenced]


def stack_commands() -> list[str]:
    """Return the commands for the stack in README.md's order, without `--watch`."""
    lines = [line for block in blocks() for line in block]
    return [line for line in lines if re.match("cp|curl|docker", line) and "--watch" not in line]


def block_with(command: str) -> list[str]:
    """Return the first block that contains a command. Raises AssertionError without one."""
    found = [block for block in blocks() if command in block]
    assert found, f"README.md does not show {command!r}"
    return found[0]


def run_block_with(command: str) -> tuple[Workspace, Result]:
    """Run the block that contains a command, once a run, in a workspace that stays unchanged."""
    block = block_with(command)

    def run() -> tuple[str, Result]:
        workspace = Workspace.copy("readme")
        result = run_command("\n".join(block), workspace.path, env=NODE_ENV)
        return str(workspace.path), result

    name = "readme-" + re.sub(r"\W+", "-", block[-1])
    folder, result = Session.current().run_once(name, run)
    return Workspace(Path(folder)), Result(*result)


def run_block_beside(command: str, workspace: Workspace, env: Env) -> Result:
    """Run the block that contains a command in the workspace of a running stack."""
    workspace.link_environment()
    return run_command("\n".join(block_with(command)), workspace.path, env=env)
