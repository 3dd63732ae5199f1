"""The page as its tools install, build and serve it."""

import shutil
from pathlib import Path

from acceptance.drivers.http_client import is_listening
from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command, start_process
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import Session, free_port
from acceptance.support.waiting import wait_until


def built() -> Workspace:
    """Return the workspace that README.md's commands have built, not to be changed."""
    workspace, result = run_block_with("npm run build")
    result.checked()
    return workspace


def link_packages(workspace: Workspace) -> Workspace:
    """Install the packages of the page in a workspace, without npm; return it."""
    packages = workspace.path / "frontend/node_modules"
    packages.mkdir()
    for package in (built().path / "frontend/node_modules").iterdir():
        if package.name == ".package-lock.json":  # dev.sh compares its time
            shutil.copy(package, packages)
        elif not package.name.startswith((".tmp", ".vite")):  # caches of tsc and Vite
            (packages / package.name).symlink_to(package)
    return workspace


def built_with(setting: str) -> Path:
    """Return the folder of a page that was built with a line in its .env.local."""
    workspace = link_packages(Workspace.copy("page"))
    workspace.write("frontend/.env.local", setting)
    run_command("cd frontend && node_modules/.bin/vite build", workspace.path).checked()
    return workspace.path / "frontend/dist"


def server(command: str) -> int:
    """Return the port of `npm run dev` or `npm run preview`, started once a run."""

    def start() -> int:
        port, folder = free_port(), built().path / "frontend"
        log = Session.current().folder / f"{command}.log"
        process = start_process([*command.split(), "--", f"--port={port}"], folder, None, log)
        wait_until(
            lambda: is_listening(port), f"see {log}", is_alive=lambda: process.poll() is None
        )
        return port

    return Session.current().run_once(command.replace(" ", "-"), start)
