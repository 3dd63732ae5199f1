"""Problems of this machine and this clone: ./scripts/verify.sh --doctor"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache

from native import COMPOSE_FILE, ROOT, STATE_FILE
from native.compose_file import load
from native.env_file import ComposeFileError, read_env
from native.ports import taken_ports
from native.translate import frontend

OLDEST_ENGINE, OLDEST_COMPOSE = "25", "2.25"
BROWSERS = (
    *("google-chrome", "google-chrome-stable", "chromium", "chromium-browser"),
    *(f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Google Chrome", "Chromium")),
)


def engine() -> Iterable[str]:
    """Check the versions of Docker Engine and Compose."""
    needed = f"Docker Engine {OLDEST_ENGINE} with Compose {OLDEST_COMPOSE}, or later"
    found = _ask("docker version --format {{.Server.Version}}", f"Install or start {needed}.")
    compose = _ask("docker compose version --short", f"Install {needed}.")
    if _version(found) < _version(OLDEST_ENGINE) or _version(compose) < _version(OLDEST_COMPOSE):
        yield f"Docker Engine {found} with Compose {compose} is too old. Install {needed}."


def node() -> Iterable[str]:
    """Check the versions of Node and npm."""
    package = json.loads((ROOT / "frontend/package.json").read_text("utf-8"))
    needed = package["engines"]["node"]
    found = _ask("node --version", f"Install Node {needed}.")
    _ask("npm --version", "Install npm.")
    for version in needed.split("||"):
        oldest = _version(version)
        if _version(found) >= oldest and ("^" not in version or _version(found)[0] == oldest[0]):
            return
    yield f"Node {found} is not supported. Install Node {needed}."


def browser() -> Iterable[str]:
    """Look for a browser."""
    if not browser_path():
        yield "no Chrome or Chromium found. Install one (Debian: apt install chromium)."


def browser_path() -> str | None:
    """Return the program of Chrome or Chromium."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def env_file() -> Iterable[str]:
    """Read .env. Raises ComposeFileError when it has lines that cannot be read."""
    read_env(ROOT / ".env", {})
    return ()


def variables() -> Iterable[str]:
    """Look for variables of .env that nothing reads."""
    known = read_env(ROOT / ".env.example", {})
    for name in read_env(ROOT / ".env", {}):
        if name not in known and not name.startswith("COMPOSE_"):
            near = get_close_matches(name, known, 1)
            remedy = f"Did you mean {near[0]}?" if near else "Remove it."
            yield f".env: unknown variable {name}. {remedy}"


def ports() -> Iterable[str]:
    """Look for ports that other programs occupy."""
    specs = load(COMPOSE_FILE, os.environ)
    own = [] if findings(engine) else _ask("docker compose ps --format {{.Name}}").split()
    if not STATE_FILE.exists():  # otherwise dev.sh occupies them
        for line in taken_ports(({"frontend": frontend(specs)} | specs).values()):
            if not any(f"by container {name}." in line for name in own):
                yield line


@cache
def findings(check: Callable[[], Iterable[str]]) -> list[str]:
    """Return the problems that a check finds."""
    try:
        return list(check())
    except (ComposeFileError, OSError) as error:
        return str(error).splitlines()


def _ask(command: str, remedy: str = "") -> str:
    words = command.split()
    if not shutil.which(words[0]):
        raise OSError(f"{words[0]} is not installed. {remedy}")
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().split("\n")[-1]
        raise OSError(f"{command.partition(' -')[0]} failed ({reason}). {remedy}")
    return done.stdout.strip()


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


if __name__ == "__main__":
    checks = (engine, node, browser, env_file, variables, ports)
    problems = dict.fromkeys(line for check in checks for line in findings(check))
    print("\n".join(f"✗ {line}" for line in problems) or "No problems found")
    sys.exit(bool(problems))
