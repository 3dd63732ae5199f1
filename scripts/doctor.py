"""What this machine and this clone have of what the project needs: ./scripts/verify.sh --doctor"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import psutil
from native import COMPOSE_FILE, ROOT, STATE_FILE
from native.compose_file import Port, load
from native.env_file import ComposeFileError, read_env
from native.ports import bind_error, listener, port_owner
from native.translate import FRONTEND_PORT

OLDEST_ENGINE, OLDEST_COMPOSE = "25", "2.25"
BROWSERS = (
    *("google-chrome", "google-chrome-stable", "chromium", "chromium-browser"),
    *(f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Google Chrome", "Chromium")),
)
NEEDED_BYTES = 3 << 30  # packages, images and data of a run
LABEL = "com.docker.compose.project"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be."""

    subject: str
    expected: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.subject}: expected {self.expected}, found {self.found}: {self.remedy}"


Findings = Iterator[Finding | str]  # a text says what is as it should be


@cache
def ask(*command: str) -> str:
    """Return what a program prints. Raises OSError, or CalledProcessError with its words."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout


def engine() -> Findings:
    """Look for a Docker engine of this machine, and Compose."""
    expected = f"Engine {OLDEST_ENGINE} or later with Compose {OLDEST_COMPOSE} or later"
    try:
        server = ask("docker", "version", "--format", "{{.Server.Version}}").strip()
        compose = ask("docker", "compose", "version", "--short").strip().removeprefix("v")
        context = ask("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    except (OSError, subprocess.SubprocessError) as error:
        words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
        yield Finding("Docker", expected, f"none that answers ({words})", "install or start it")
        return
    found = f"Engine {server} with Compose {compose}"
    address = os.environ.get("DOCKER_HOST") or context.strip()
    if _version(server) < _version(OLDEST_ENGINE) or _version(compose) < _version(OLDEST_COMPOSE):
        yield Finding("Docker", expected, found, "update it")
    elif not re.match(r"unix:|npipe:|fd:|\w+://(localhost|127\.|\[::1\])", address):
        here = "an engine of this machine, on which ports are published"
        yield Finding("Docker", here, address, "choose another: docker context use, or DOCKER_HOST")
    else:
        yield f"Docker {found}"


def node() -> Findings:
    """Look for Node and npm as the page's package.json asks for them."""
    expected = json.loads((ROOT / "frontend/package.json").read_text("utf-8"))["engines"]["node"]
    try:
        found = ask("node", "--version").strip() if shutil.which("npm") else "no npm"
    except (OSError, subprocess.SubprocessError):
        found = "none"
    if _satisfies(_version(found), expected):
        yield f"Node {found} with npm"
    else:
        yield Finding("Node", f"{expected} with npm", found, "install it, for the page")


def browser() -> Findings:
    """Look for the machine's own Chrome or Chromium."""
    if found := browser_path():
        yield f"browser {found}"
    else:
        remedy = "install one, on Debian: apt install chromium"
        yield Finding("browser", "Chrome or Chromium", "none", remedy)


def browser_path() -> str | None:
    """Return the program of the machine's own Chrome or Chromium."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def git() -> Findings:
    """Look for Git, by whose rules the suite copies the project."""
    try:
        yield ask("git", "--version").strip()
    except (OSError, subprocess.SubprocessError):
        yield Finding("Git", "any", "none", "install it")


def folder() -> Findings:
    """Look whether this clone can be written."""
    if os.access(ROOT, os.W_OK):
        yield f"{ROOT} can be written"
    else:
        yield Finding(
            str(ROOT), "a folder that you may write", "none", "change its rights, or copy it"
        )


def disk() -> Findings:
    """Look for room in this clone and in the temporary folder."""
    for place in (ROOT, Path(tempfile.gettempdir())):
        free = shutil.disk_usage(place).free
        if free < NEEDED_BYTES:
            room = f"{NEEDED_BYTES >> 30} GB free"
            yield Finding(str(place), room, f"{free >> 20} MB", "make room")
        else:
            yield f"{place} has {free >> 30} GB free"


def env_file() -> Findings:
    """Look whether .env is read alike by all who read it."""
    try:
        read_env(ROOT / ".env", os.environ)
        yield ".env can be read" if (ROOT / ".env").exists() else "no .env, the defaults hold"
    except ComposeFileError as error:
        for line in str(error).splitlines():
            name, number, reason = line.split(": ", 2)
            expected = "what .env.example explains"
            yield Finding(f"{name}: {number}", expected, "another form", reason)


def settings() -> Findings:
    """Look for values that a service refuses."""
    try:
        load(COMPOSE_FILE, os.environ)
    except ComposeFileError as error:
        if not str(error).startswith(".env: "):  # told above
            yield Finding("settings", "values that work", str(error), "change it")
        return
    known = read_env(ROOT / ".env.example", {})
    for name in read_env(ROOT / ".env", {}).keys() - known.keys():
        if not name.startswith("COMPOSE_"):
            near = get_close_matches(name, known, 1)
            remedy = f"write {near[0]}" if near else "remove it"
            yield Finding(".env", "variables of .env.example", name, remedy)
    for name in ("COMPOSE_FILE", "COMPOSE_PROFILES"):
        if os.environ.get(name):
            yield Finding(
                "shell", f"no {name}", os.environ[name], "docker compose obeys it: unset it"
            )
    for path in sorted(ROOT.glob("*compose*.y*ml")):
        if path != COMPOSE_FILE:
            yield Finding("folder", COMPOSE_FILE.name, path.name, "Docker Compose alone reads it")


def ports() -> Findings:
    """Look for ports of the stack that somebody else holds."""
    try:
        specs = load(COMPOSE_FILE, os.environ)
    except ComposeFileError:
        return
    wanted: list[tuple[str, Port]] = [
        (name, port) for name, spec in specs.items() for port in spec.ports
    ]
    wanted.append(("frontend", FRONTEND_PORT))
    taken = [(n, p) for n, p in wanted if bind_error(p.published) and not _is_ours(p)]
    for name, port in taken:
        remedy = f"stop that, or set {port.variable} in .env" if port.variable else "stop that"
        subject = f"port {port.published} for {name}"
        yield Finding(subject, "a free one", port_owner(port.published) or "it taken", remedy)
    if not taken:
        numbers = ", ".join(str(port.published) for _, port in wanted)
        yield f"the ports {numbers} are free, or this clone's"


def _is_ours(port: Port) -> bool:
    if any(publisher in port_owner(port.published) for publisher in containers()):
        return True
    try:
        process = listener(port.published)
        if process is None or not Path(process.cwd()).is_relative_to(ROOT):
            return False
        # the page may be started by hand; all else is this stack's when dev.sh has started it
        parents = [each.pid for each in process.parents()]
        return port is FRONTEND_PORT or json.loads(STATE_FILE.read_text())["pid"] in parents
    except (psutil.Error, FileNotFoundError):
        return False


def project_name() -> str:
    """Return the name of the compose project, which may be nothing.

    As compose-go v2 makes it of the folder (loader/normalize, NormalizeProjectName).
    """
    try:
        variables = read_env(ROOT / ".env", os.environ)
    except ComposeFileError:
        variables = dict(os.environ)
    name = re.sub(r"[^-_a-z0-9]", "", ROOT.name.lower()).lstrip("-_")
    return variables.get("COMPOSE_PROJECT_NAME") or name


@cache
def containers() -> dict[str, tuple[str, str]]:
    """Return the containers of the compose project: name -> image, and folder of their clone."""
    line = f'{{{{.Names}}}}\t{{{{.Image}}}}\t{{{{.Label "{LABEL}.working_dir"}}}}'
    options = ("--all", "--no-trunc", "--filter", f"label={LABEL}={project_name()}")
    try:
        listed = ask("docker", "ps", *options, "--format", line).splitlines()
    except (OSError, subprocess.SubprocessError):
        return {}
    return {name: (image, folder) for name, image, folder in (each.split("\t") for each in listed)}


def compose_project() -> Findings:
    """Look whether this clone is a compose project of its own, with containers of its last images."""
    name = project_name()
    own_line = "write COMPOSE_PROJECT_NAME=another-name into .env"
    if not name:
        found = f"{ROOT.name}, which has none"
        yield Finding("compose project", "a folder with a Latin letter or digit", found, own_line)
        return
    others = {folder for _, folder in containers().values() if Path(folder) != ROOT}
    for folder in sorted(others):
        yield Finding(
            f"compose project {name}", "this clone's alone", f"that of {folder}", own_line
        )
    for container, (image, _) in containers().items():
        if re.fullmatch(r"(sha256:)?[0-9a-f]{12,}", image):  # no tag names it any more
            remedy = "docker compose up --build"
            yield Finding(container, "a container of the last image", "an older one", remedy)
    if not others:
        yield f"compose project {name}"


CHECKS: tuple[Callable[[], Findings], ...] = (
    *(engine, node, browser, git, folder, disk),
    *(env_file, settings, ports, compose_project),
)
NEEDED_TO_VERIFY = (git, folder, env_file)  # without these, nothing can be verified


@cache
def findings(check: Callable[[], Findings]) -> list[str]:
    """Return what a check has found that is not as it should be."""
    return [str(each) for each in check() if isinstance(each, Finding)]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _satisfies(version: tuple[int, ...], wanted: str) -> bool:
    # https://docs.npmjs.com/cli/v11/using-npm/semver, as much as package.json uses
    for alternative in wanted.split("||"):
        oldest = _version(alternative)
        if version >= oldest and ("^" not in alternative or version[0] == oldest[0]):
            return True
    return False


def main() -> None:
    """Print what was found, findings last; exit with 1 when there are any."""
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(lambda check=check: list(check())) for check in CHECKS]
        results = [each for done in asked for each in done.result()]
    print(f"✓ Python {sys.version.split()[0]}")
    for text in (each for each in results if isinstance(each, str)):
        print(f"✓ {text}")
    found = [each for each in results if isinstance(each, Finding)]
    for finding in found:
        print(f"✗ {finding}")
    if found:
        sys.exit(1)
    print("everything is as it should be")


if __name__ == "__main__":
    main()
