"""What this machine has, of what some scenarios need: Node and a browser."""

import functools
import json
import re
import shutil
import subprocess

from acceptance.support.run import ROOT


@functools.cache
def node_missing() -> str | None:
    """Why npm cannot be used here, or None when it can: what was found, and what is needed."""
    needed = json.loads((ROOT / "frontend/package.json").read_text())["engines"][
        "node"
    ].removeprefix(">=")
    try:
        found = subprocess.run(
            ["node", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        found = "none"
    if [int(part) for part in re.findall(r"\d+", found)[:2]] < [
        int(part) for part in needed.split(".")
    ]:
        return f"Node: found {found}; needed: Node {needed} or later, with npm"
    return None


def browser() -> str | None:
    """The program of the machine's own Chrome or Chromium."""
    names = (
        "google-chrome",
        "google-chrome-stable",
        "chromium",
        "chromium-browser",
    )  # the first two have a sandbox everywhere
    return next(filter(None, map(shutil.which, names)), None)


def browser_missing() -> str | None:
    """Why there is no browser here, and what installs one; None when there is one."""
    return (
        None if browser() else "needs Chrome or Chromium; on Debian or Ubuntu: apt install chromium"
    )
