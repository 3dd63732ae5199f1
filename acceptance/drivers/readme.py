"""The commands of README.md, run as a newcomer types them."""

import re
import sys
from pathlib import Path

from acceptance.drivers.shell import Result, run_command
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import ROOT, Session


def blocks() -> list[list[str]]:
    """Return the fenced shell commands of README.md, block by block."""
    fenced = re.findall(r"```\w*\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [block.strip().splitlines() for block in fenced]


def stack_commands() -> list[str]:
    """Return the commands for the stack in README.md's order, without `--watch`."""
    lines = [line for block in blocks() for line in block]
    return [line for line in lines if re.match("cp|curl|docker", line) and "--watch" not in line]


def block_with(command: str) -> str:
    """Return the first block that contains a command."""
    found = ["\n".join(block) for block in blocks() if command in block]
    assert found, f"README.md does not show {command!r}"
    return found[0]


def run_block_with(command: str) -> tuple[Workspace, Result]:
    """Run the block that contains a command, once a run, in a workspace that stays unchanged."""
    block = block_with(command)

    def run() -> tuple[str, Result]:
        path = Workspace.copy("readme").path
        # npm and React would obey it if the page's settings did not say otherwise
        return str(path), run_command(block, path, env={"NODE_ENV": "production"})

    folder, result = Session.current().run_once(re.sub(r"\W+", "-", block), run)
    return Workspace(Path(folder)), Result(*result)


def run_unit_tests(part: str) -> Result:
    """Run the tests of `backend` or `scripts` in the suite's own environment, once a run."""

    def run() -> Result:
        command = [sys.executable, "-m", "pytest", "tests", "-o", "addopts="]  # of the suite
        env = {"PYTHONPATH": ".", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return run_command(command, Workspace.copy("unit").path / part, env=env)

    return Result(*Session.current().run_once(f"unit-{part}", run))
