"""The page: Vite's development server, beside the compose services."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable

from embedded.service import ROOT, HealthCheck, Refused, Service, clean_environment

FOLDER = ROOT / "frontend"
PORT = 5173  # fixed: the API's CORS default names it


def page(api_port: int | None) -> Service:
    """Return the page's service; the page calls the API at `api_port`, or at its own default."""
    base_url = {"VITE_API_BASE_URL": f"http://localhost:{api_port}"} if api_port else {}
    ask = ["python", "-c", f"import urllib.request as r; r.urlopen('http://127.0.0.1:{PORT}/', timeout=2)"]
    return Service(
        name="frontend",
        command=["npm", "run", "dev"],
        env=clean_environment() | base_url,
        cwd=FOLDER,
        ports={PORT: PORT},
        remedy="stop it, the API lets in no other origin",
        address=f"http://localhost:{PORT}",
        health=HealthCheck(ask, interval=10, timeout=3, retries=2, start_period=60, start_interval=0.5),
        prepare=_install,
    )


def check_node() -> None:
    """Raise Refused when Node is missing or older than package.json asks for."""
    try:
        needed = json.loads((FOLDER / "package.json").read_text())["engines"]["node"]
    except (OSError, ValueError, KeyError) as error:
        raise Refused(f"frontend/package.json: cannot read engines.node: {error!r}") from None
    found = "none"
    if shutil.which("node") and shutil.which("npm"):
        found = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    if _version(found) < _version(needed):
        raise Refused(f"Node: found {found}, needed {needed}, with npm (the page needs it; the rest starts without: "
                      "name the services)")


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:2]))


async def _install(execute: Callable[..., Awaitable[None]]) -> None:
    installed, wanted = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime:
        return
    # the developer's own environment: certificates and proxies for the download
    why = "npm ci, node_modules is missing or older than package-lock.json"
    await execute(["npm", "ci"], why=why, env=dict(os.environ))
