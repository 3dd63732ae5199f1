"""README.md as a newcomer follows it: its commands, taken from the file and run."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

from acceptance.drivers.commands import Result, environment, run
from acceptance.drivers.stack import free_ports, port_variables
from acceptance.drivers.tree import Tree
from acceptance.support.run import ROOT, Run
from acceptance.support.waiting import wait_until

START = "docker compose up --build"


def blocks(tree: Tree) -> list[list[str]]:
    """The fenced shell commands of README.md, block by block."""
    return [
        block.strip().splitlines()
        for block in re.findall(r"```\w*\n(.*?)```", tree.read("README.md"), re.DOTALL)
    ]


def named_in_sentences(tree: Tree) -> list[str]:
    """The commands, options, files and addresses that README.md names outside its blocks and tables, each once."""
    text = re.sub(r"```.*?```|^\|.*?$", "", tree.read("README.md"), flags=re.DOTALL | re.MULTILINE)
    return list(
        dict.fromkeys(
            name for name in re.findall(r"`([^`]+)`", text) if re.search(r"[./]|^-", name)
        )
    )


def block_with(command: str) -> list[str]:
    """The block in which a command stands."""
    return next(block for block in blocks(Tree(ROOT)) if command in block)


def missing_references(tree: Tree) -> list[str]:
    """What README.md links to, or lists in its layout, that does not exist."""
    text = tree.read("README.md")
    names = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    names += re.findall(r"^\| `([^`]+)` \|", text.partition("## Layout")[2], re.MULTILINE)
    return [name for name in names if not (tree.path / name).exists()]


def local_ports(tree: Tree) -> set[str]:
    """The ports of all addresses of this machine that README.md names."""
    return set(re.findall(r"localhost:(\d+)", tree.read("README.md")))


def settings_table(tree: Tree) -> dict[str, str]:
    """The variables and defaults in README.md's table of settings."""
    return dict(
        re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", tree.read("README.md"), re.MULTILINE)
    )


def versions(tree: Tree) -> dict[str, str]:
    """The versions that README.md asks for."""
    return dict(
        re.findall(r"(Docker Engine|Compose|Node|Python) (\d+(?:\.\d+)?)", tree.read("README.md"))
    )


def run_block_with(command: str) -> tuple[Tree, Result]:
    """Run the block in which the command stands, in a clean copy; once in a run of the suite.

    The copy is not to be changed.
    """

    def make() -> dict:
        tree = Tree.copy("readme")
        return {"tree": str(tree.path), "result": run("\n".join(block), tree.path).to_json()}

    block = block_with(command)
    facts = Run.current().once("readme-" + re.sub(r"\W+", "-", block[-1]), make)
    return Tree(Path(facts["tree"])), Result(**facts["result"])


def run_stack_commands() -> list[Result]:
    """Run every command about the stack in README.md's order, in a clean copy.

    The start command stays in the foreground, as in a terminal of its own, until the stack is taken
    down. Only the ports are others than README.md's, since a developer may be using those.
    """
    tree, ports = Tree.copy("readme"), free_ports()
    variables = port_variables(ports) | {"COMPOSE_PROJECT_NAME": f"{Run.current().name}-readme"}
    terminal = (tree.path.parent / "readme-terminal").open("w+")
    results = []
    for command in (
        line for block in blocks(tree) for line in block if re.match("cp|curl|docker", line)
    ):
        if command == START:
            started = subprocess.Popen(
                command.split(),
                cwd=tree.path,
                env=environment() | variables,
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=terminal,
            )
            wait_until(
                lambda: _all_healthy(tree, variables), 120, command, lambda: started.poll() is None
            )
        else:
            typed = command.replace("localhost:8000", f"localhost:{ports['api']}")
            results.append(replace(run(typed, tree.path, **variables), command=command))
    terminal.seek(0)
    return [*results, Result(START, started.wait(timeout=30), terminal.read())]


def _all_healthy(tree: Tree, variables: dict[str, str]) -> bool:
    states = run(
        ["docker", "compose", "ps", "--format", "{{.Health}}"], tree.path, **variables
    ).output.split()
    return len(states) == 4 and set(states) == {"healthy"}
