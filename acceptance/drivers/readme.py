"""README.md as a newcomer follows it: its commands, taken from the file and run."""

import os
import re
import signal
import subprocess
from pathlib import Path

from acceptance.drivers.commands import Result, environment, run
from acceptance.drivers.http import status
from acceptance.drivers.stack import PORT_VARIABLES, free_ports
from acceptance.drivers.tree import Tree
from acceptance.support.run import ROOT, Run, free_port
from acceptance.support.waiting import wait_until

START = "docker compose up --build"


def blocks(tree: Tree) -> list[list[str]]:
    """The fenced shell commands of README.md, block by block."""
    return [block.strip().splitlines() for block in re.findall(r"```bash\n(.*?)```", tree.read("README.md"), re.DOTALL)]


def line_number(tree: Tree, command: str) -> int:
    """The line of README.md, counted from 1, on which a command stands first."""
    return tree.read("README.md").splitlines().index(command) + 1


def missing_references(tree: Tree) -> list[str]:
    """What README.md links to, or lists in its layout, that does not exist."""
    text = tree.read("README.md")
    names = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    names += re.findall(r"^\| `([^`]+)` \|", text.partition("## Layout")[2], re.MULTILINE)
    return [name for name in names if not (tree.path / name).exists()]


def settings_table(tree: Tree) -> dict[str, str]:
    """The variables and defaults in README.md's table of settings."""
    return dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", tree.read("README.md"), re.MULTILINE))


def run_block_with(command: str) -> tuple[Tree, Result]:
    """Run the block in which the command stands, in a clean copy; once in a run of the suite.

    The copy is not to be changed.
    """
    def make() -> dict:
        tree = Tree.copy("readme")
        return {"tree": str(tree.path), "result": run("\n".join(block), tree.path).to_json()}

    block = next(block for block in blocks(Tree(ROOT)) if command in block)
    facts = Run.current().once("readme-" + re.sub(r"\W+", "-", block[-1]), make)
    return Tree(Path(facts["tree"])), Result(**facts["result"])


def run_stack_commands() -> dict[str, Result]:
    """Run every command about the stack in README.md's order, in a clean copy; once in a run of the suite.

    The start command stays in the foreground, as in a terminal of its own, until the stack is taken
    down. Only the ports are others than README.md's, since a developer may be using those.
    """
    def make() -> dict:
        tree, ports = Tree.copy("readme"), free_ports()
        variables = {PORT_VARIABLES[service]: str(port) for service, port in ports.items()}
        variables["COMPOSE_PROJECT_NAME"] = f"{Run.current().name}-readme"
        terminal = (tree.path.parent / "readme-terminal").open("w+")
        results = {}
        for command in (line for block in blocks(tree) for line in block if re.match("cp|curl|docker", line)):
            if command == START:
                started = subprocess.Popen(command.split(), cwd=tree.path, env=environment() | variables,
                                           stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal)
                wait_until(lambda: _all_healthy(tree, variables), 120, command, lambda: started.poll() is None)
            else:
                typed = command.replace("localhost:8000", f"localhost:{ports['api']}")
                results[command] = run(typed, tree.path, **variables).to_json()
        terminal.seek(0)
        results[START] = Result(START, started.wait(timeout=30), terminal.read()).to_json()
        return results

    return {command: Result(**result) for command, result in Run.current().once("readme-stack", make).items()}


def _all_healthy(tree: Tree, variables: dict[str, str]) -> bool:
    states = run(["docker", "compose", "ps", "--format", "{{.Health}}"], tree.path, **variables).output.split()
    return len(states) == 4 and set(states) == {"healthy"}


def run_page_commands() -> str:
    """Run the commands that end with the dev server, and return what the server sends; then stop it.

    Raises AssertionError when the page does not come.
    """
    tree, port = Tree.copy("readme"), free_port()
    block = next(block for block in blocks(tree) if block[-1] == "npm run dev")
    script = "\n".join([*block[:-1], f"exec {block[-1]} -- --port {port}"])
    log = Path(f"{tree.path}.log")
    with log.open("w") as output:
        server = subprocess.Popen(["bash", "-euc", script], cwd=tree.path, env=environment(), start_new_session=True,
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        page = f"http://127.0.0.1:{port}"
        wait_until(lambda: status(page), 90, f"{block[-1]} serves the page", lambda: server.poll() is None)
        return run(["curl", "-sS", page], tree.path).output
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=10)
