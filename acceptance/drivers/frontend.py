"""The page as its tools make and serve it: packages, builds, `npm run dev`, `npm run preview`."""

import re
from pathlib import Path

from acceptance.drivers.http_client import send, status
from acceptance.drivers.readme import block_with, run_block_with
from acceptance.drivers.shell import run_command, start_process
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import Session, free_port
from acceptance.support.waiting import wait_until


def built() -> Workspace:
    """Return the workspace in which README.md's commands have installed and built the page.

    It is not to be changed. Raises AssertionError with npm's words when that fails.
    """
    workspace, result = run_block_with("npm run build")
    result.checked()
    return workspace


def workspace_with_packages(overlay: str = "") -> Workspace:
    """Return a new copy of the project, with the packages of the page installed."""
    workspace = Workspace.copy("frontend", overlay)
    packages = workspace.path / "frontend/node_modules"
    packages.mkdir()
    for package in (built().path / "frontend/node_modules").iterdir():
        if not package.name.startswith((".tmp", ".vite")):  # what tsc and Vite remember
            (packages / package.name).symlink_to(package)
    return workspace


def built_with(setting: str) -> Path:
    """Return the folder that holds the page, built with a line in its .env.local."""
    workspace = workspace_with_packages()
    workspace.write("frontend/.env.local", setting)
    folder = workspace.path / "frontend"
    run_command(["node_modules/.bin/vite", "build"], folder).checked()
    return folder / "dist"


def is_ready(page: str) -> bool:
    """Return whether the page and its script are served; `npm run dev` prepares them when asked."""
    if status(page) != 200:
        return False
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', send("GET", page).text)
    return all(status(page + script) == 200 for script in scripts)


def server(command: str) -> int:
    """Return the port of `npm run dev` or `npm run preview`, as README.md starts it; once a run."""

    def start() -> int:
        port, folder = free_port(), built().path
        typed = "\n".join([*block_with("npm run dev")[:-1], f"exec {command} -- --port {port}"])
        log = Session.current().folder / f"{command}.log"
        with log.open("w") as output:
            process = start_process(["bash", "-euc", typed], folder, stdout=output)
        page = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: is_ready(page), 60, f"{command} answers", process)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{log.read_text()}") from None
        return port

    return Session.current().run_once(command.replace(" ", "-"), start)
