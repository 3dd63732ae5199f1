"""Start the local stack without Docker: the services of docker-compose.yml as plain
processes, and the page. Settings come from the shell and .env, as for docker compose.

Ctrl-C stops everything (exit code 0, or 1 before all was healthy).
A changed *.py file restarts the services built from its folder.
kill -USR1 <pid of dev.sh> starts every service that has exited.
Data, logs and state (logs/SERVICE.log, state.json) are in .dev/.
"""

import argparse
import asyncio
import errno
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from typing import TextIO

import psutil

from native import COMPOSE_FILE, STATE_DIR, STATE_FILE, compose_file, reaper
from native.service_spec import Port
from native.translate import ProcessSpec, frontend, skip_reason, translate
from native.variables import ComposeFileError

LOCK_TIMEOUT_SECONDS = 5


class Refusal(Exception):
    """Why nothing is started: a line for each reason."""


def main() -> bool:
    """Run dev.sh; return whether everything was healthy. Raises SystemExit when it is refused."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("./scripts/dev.sh", description=__doc__, formatter_class=raw)
    parser.add_argument("--fresh", action="store_true", help="remove earlier runs' data first")
    parser.add_argument("--no-deps", action="store_true", help="without what SERVICE depends on")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="these; default: all")
    options = parser.parse_args()
    try:
        processes, skipped = plan(options.services, options.no_deps)
        STATE_DIR.mkdir(exist_ok=True)
        with (STATE_DIR / "lock").open("a+") as lock:
            acquire_lock(lock)
            check_ports(processes.values())
            clean(options.fresh)
            for line in skipped:
                print(f"dev.sh: skipping {line}", flush=True)
            command = [sys.executable, "-I", reaper.__file__, str(STATE_FILE)]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=[lock.fileno()], start_new_session=True
            ):
                from native.supervisor import Supervisor  # slow to load; refusals need none of it

                return asyncio.run(Supervisor(processes).run())
    except (ComposeFileError, Refusal, OSError) as error:
        sys.exit("\n".join(f"dev.sh: {line}" for line in str(error).splitlines()))


def plan(names: Collection[str], no_deps: bool) -> tuple[dict[str, ProcessSpec], list[str]]:
    """Return the processes for these services, none meaning all; and a line for each one skipped.

    Raises ComposeFileError or Refusal when one cannot be run.
    """
    specs = compose_file.load(COMPOSE_FILE, os.environ)
    if unknown := set(names) - specs.keys() - {"frontend"}:
        known = ", ".join(dict.fromkeys([*specs, "frontend"]))
        raise Refusal(f"no service {', '.join(sorted(unknown))}, there are {known}")
    asked = [name for name in names if name in specs]
    selected = compose_file.select(specs, asked, no_deps) if asked or not names else []
    processes: dict[str, ProcessSpec] = {}
    skipped: list[str] = []
    errors: list[str] = []
    for name in selected:
        reason = skip_reason(specs[name])
        line = f"{name} ({specs[name].image or 'no image'}): {reason}"
        if reason:
            (errors if name in names else skipped).append(line)
            continue
        try:
            processes[name] = translate(specs[name], specs, os.environ)
        except ComposeFileError as error:
            errors.append(str(error))
    if errors:
        raise Refusal("\n".join(errors))
    if "frontend" not in specs and (not names or "frontend" in names):
        if not shutil.which("npm"):
            page = "for the page (or name services without it)"
            raise Refusal(f"found no npm; needed: Node with npm, {page}")
        processes["frontend"] = frontend(specs.get("api"), os.environ)
    if not processes:
        raise Refusal("nothing to run: " + "; ".join(skipped))
    return processes, skipped


def acquire_lock(lock: TextIO) -> None:
    """Lock the tree for this run. Raises Refusal, with who has it, after LOCK_TIMEOUT_SECONDS."""
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while time.monotonic() < deadline:  # the reaper of a killed run may still be at work
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate(0)
            print(os.getpid(), file=lock, flush=True)
            return
        time.sleep(0.1)
    lock.seek(0)
    raise Refusal(f"already running here as pid {lock.read().strip()}: Ctrl-C there stops it")


def check_ports(processes: Collection[ProcessSpec]) -> None:
    """Raise Refusal when ports are taken, or wanted twice: who holds them, and what moves them."""
    errors, wanted = [], dict[int, tuple[str, Port]]()
    for name, port in ((process.name, port) for process in processes for port in process.ports):
        number, variables, remedy = port.published, {port.variable}, ""
        if number in wanted:
            other, other_port = wanted[number]
            variables.add(other_port.variable)
            reason = f"{os.strerror(errno.EADDRINUSE)} by {other} of this stack"
        elif reason := _bind_error(number):
            reason, remedy = reason + _holder(number), "stop that, or "
        else:
            wanted[number] = name, port
            continue
        named = " or ".join(sorted(filter(None, variables)))
        remedy += f"set {named}, in .env or the shell" if named else "change the file that names it"
        errors.append(f"port {number} for {name}: {reason}: {remedy}")
    if errors:
        raise Refusal("\n".join(errors))


def _bind_error(port: int) -> str:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return ""
    except OSError as error:
        return os.strerror(error.errno or 0)


def _holder(port: int) -> str:
    with suppress(psutil.Error):  # not everybody may ask
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""


def clean(fresh: bool) -> None:
    """Remove what an earlier run has left, but its logs, and its data only when `fresh`."""
    names = ("data", "old", "logs", "logs.previous", "tmp")
    data, old, logs, previous, tmp = (STATE_DIR / name for name in names)
    for folder in (old, previous, tmp):
        shutil.rmtree(folder, ignore_errors=True)
    if logs.exists():
        logs.rename(previous)
    if fresh and data.exists():
        data.rename(old)  # first: a kill on the way must not leave half a database
    shutil.rmtree(old, ignore_errors=True)
    for folder in (data, logs, tmp):
        folder.mkdir(exist_ok=True)
    STATE_FILE.unlink(missing_ok=True)
