"""What this machine has of what some scenarios need: a Docker engine, Node, a browser."""

import functools
import json
import re
import shutil
import subprocess

from acceptance.support.session import ROOT

OLDEST_ENGINE, OLDEST_COMPOSE = "25", "2.24"
NEEDED = f"needed: Docker Engine {OLDEST_ENGINE} or later with Compose {OLDEST_COMPOSE} or later"
BROWSERS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")


def _ask(*command: str) -> str:
    """Return what a program prints. Raises OSError or CalledProcessError when it cannot say."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _is_older(found: str, needed: str) -> bool:
    first, second = ([int(part) for part in re.findall(r"\d+", v)[:2]] for v in (found, needed))
    return first < second


@functools.cache
def docker_missing() -> str | None:
    """Return what was found and what is needed when containers cannot be used, else None."""
    try:
        engine = _ask("docker", "version", "--format", "{{.Server.Version}}")
        compose = _ask("docker", "compose", "version", "--short")
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
        return f"no Docker engine answers ({reason}); {NEEDED}"
    if _is_older(engine, OLDEST_ENGINE) or _is_older(compose, OLDEST_COMPOSE):
        return f"found Docker Engine {engine} with Compose {compose}; {NEEDED}"
    return None


@functools.cache
def node_missing() -> str | None:
    """Return what was found and what is needed when npm cannot be used, else None."""
    needed = oldest_node()
    try:
        found = _ask("node", "--version")
    except (OSError, subprocess.CalledProcessError):
        found = "none"
    if found == "none" or _is_older(found, needed):
        return f"Node: found {found}; needed: Node {needed} or later, with npm"
    return None


def oldest_node() -> str:
    """Return the oldest version of Node that the page's package.json accepts."""
    package = json.loads((ROOT / "frontend/package.json").read_text())
    return package["engines"]["node"].removeprefix(">=")


def browser() -> str | None:
    """Return the program of the machine's own Chrome or Chromium."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def browser_missing() -> str | None:
    """Return what installs a browser when there is none, else None."""
    return None if browser() else "needs Chrome or Chromium; on Debian: apt install chromium"
