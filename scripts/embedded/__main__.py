"""./scripts/dev.sh: arguments, what must be free before a start, and the run."""

import argparse
import asyncio
import fcntl
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import IO

import psutil

from embedded import compose_file
from embedded.output import Console
from embedded.page import check_node, page
from embedded.reaper import Reaper
from embedded.service import STATE, Refused, Service
from embedded.supervisor import STATE_FILE, Supervisor

HELP = """Start the local stack without Docker: the services of docker-compose.yml as plain
processes, and the page. Settings come from the shell and .env, as for docker compose."""
MORE = """Ctrl-C stops everything (exit code 0, or 1 before all was healthy).
A changed *.py file restarts the services built from it.
kill -USR1 <pid of dev.sh> starts every service that has exited.
Data, logs and state (logs/SERVICE.log, state.json) are in .dev/."""
LOCK_PATIENCE = 10  # seconds for the leftovers of a killed run to stop


def main() -> int:
    """Run dev.sh; return its exit code."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("./scripts/dev.sh", description=HELP, epilog=MORE, formatter_class=raw)
    parser.add_argument("--fresh", action="store_true", help="remove the data of earlier runs first")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="these and what they depend on; default: all")
    options = parser.parse_args()
    try:
        services = compose_file.load()
        services["frontend"] = page(services["api"].port if "api" in services else None)
        chosen = _with_dependencies(options.services or list(services), services)
        if "frontend" in chosen:
            check_node()
        STATE.mkdir(exist_ok=True)
        with (STATE / "lock").open("a+") as lock:
            _take(lock)
            _check_ports(chosen)
            for name in ("data", "logs", "tmp") if options.fresh else ("logs", "tmp"):
                _empty(STATE / name)
            return _run(chosen, lock)
    except (Refused, OSError) as error:
        print(f"dev.sh: {error}", file=sys.stderr)
        return 1


def _run(services: dict[str, Service], lock: IO[str]) -> int:
    console, reaper = Console(list(services)), Reaper(lock.fileno(), STATE_FILE)
    console.line("dev", f"starting {', '.join(services)}")

    async def supervise() -> bool:
        return await Supervisor(services, console, reaper).run()

    try:
        return 0 if asyncio.run(supervise()) else 1
    finally:
        reaper.close()
        console.line("dev", "stopped")
        console.close()


def _empty(folder: Path) -> None:
    old = folder.with_suffix(".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)  # first: a kill on the way must not leave half a database
        shutil.rmtree(old)
    folder.mkdir()


def _with_dependencies(names: list[str], services: dict[str, Service]) -> dict[str, Service]:
    chosen: set[str] = set()
    while names:
        name = names.pop()
        if name not in services:
            raise Refused(f"no service {name}, there are {', '.join(services)}")
        if name not in chosen:
            chosen.add(name)
            names += services[name].depends_on
    return {name: service for name, service in services.items() if name in chosen}


def _take(lock: IO[str]) -> None:
    """Lock the tree for this run. Raises Refused when another one holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = int(lock.read() or 0)
        if _is_running(holder):
            raise Refused(f"already running here as pid {holder}") from None
        _wait_for(lock)
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()


def _is_running(pid: int) -> bool:
    try:
        return "embedded" in psutil.Process(pid).cmdline()
    except psutil.Error:  # no such process, or killed and not yet collected
        return False


def _wait_for(lock: IO[str]) -> None:
    print("dev.sh: waiting for the services of a killed run to stop", file=sys.stderr)

    def give_up(*_: object) -> None:
        raise Refused("the services of a killed run do not stop")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LOCK_PATIENCE)
    fcntl.flock(lock, fcntl.LOCK_EX)
    signal.alarm(0)


def _check_ports(services: dict[str, Service]) -> None:
    """Raise Refused, with a line for each, when ports are taken or wanted twice."""
    wanted: dict[int, str] = {}
    problems = []
    for service in services.values():
        for port in service.ports.values():
            if port in wanted:
                problems.append(f"port {port} is wanted by {wanted[port]} and {service.name}: {service.remedy}")
            elif reason := _why_not(port):
                problems.append(f"port {port} for {service.name}: {reason}: {service.remedy}")
            wanted[port] = service.name
    if problems:
        raise Refused("\ndev.sh: ".join(problems))


def _why_not(port: int) -> str:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closed run's last connections do not count
        try:
            attempt.bind(("127.0.0.1", port))
        except PermissionError as error:
            return error.strerror
        except OSError:
            return f"taken by {_holder(port)}"
    with socket.socket() as attempt:  # macOS lets two bind when the other one listens on all addresses
        return f"taken by {_holder(port)}" if attempt.connect_ex(("127.0.0.1", port)) == 0 else ""


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return "another process (not visible from here)"


if __name__ == "__main__":
    sys.exit(main())
