"""The page as its tools install, build and serve it."""

from pathlib import Path

from acceptance.drivers.http_client import status
from acceptance.drivers.readme import block_with, run_block_with
from acceptance.drivers.shell import run_command, start_process
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import Session, free_port
from acceptance.support.waiting import wait_until


def built() -> Workspace:
    """Return the workspace that README.md's commands have built, not to be changed."""
    workspace, result = run_block_with("npm run build")
    result.checked()
    return workspace


def workspace_with_packages(overlay: str = "") -> Workspace:
    """Return a new copy of the project, with the packages of the page installed."""
    workspace = Workspace.copy("frontend", overlay)
    packages = workspace.path / "frontend/node_modules"
    packages.mkdir()
    for package in (built().path / "frontend/node_modules").iterdir():
        if not package.name.startswith((".tmp", ".vite")):  # caches of tsc and Vite
            (packages / package.name).symlink_to(package)
    return workspace


def built_with(setting: str) -> Path:
    """Return the folder of a page that was built with a line in its .env.local."""
    workspace = workspace_with_packages()
    workspace.write("frontend/.env.local", setting)
    folder = workspace.path / "frontend"
    run_command(["node_modules/.bin/vite", "build"], folder).checked()
    return folder / "dist"


def server(command: str) -> int:
    """Return the port of README.md's `npm run dev` or `npm run preview`, started once a run."""

    def start() -> int:
        port, folder = free_port(), built().path
        typed = "\n".join([*block_with("npm run dev")[:-1], f"exec {command} -- --port {port}"])
        log = Session.current().folder / f"{command}.log"
        process = start_process(["bash", "-euc", typed], folder, None, log)
        what = f"{command} answers (see {log})"
        wait_until(lambda: status(f"http://127.0.0.1:{port}") == 200, 60, what, process)
        return port

    return Session.current().run_once(command.replace(" ", "-"), start)
