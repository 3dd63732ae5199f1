"""Checks before start-up: other compose files and occupied ports."""

import errno
import os
import socket
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from native import COMPOSE_FILE
from native.service_spec import Port
from native.translate import ProcessSpec


def other_compose_files(folder: Path) -> list[str]:
    """Return the files beside docker-compose.yml that Docker Compose reads, too or instead."""
    files = (path.name for path in folder.glob("*compose*.y*ml"))
    return sorted(name for name in files if name != COMPOSE_FILE.name)


def taken_ports(processes: Iterable[ProcessSpec]) -> list[str]:
    """Return a line for each port that is taken, or wanted twice: who has it, and what moves it."""
    errors, wanted = [], dict[int, tuple[str, Port]]()
    for name, port in ((process.name, port) for process in processes for port in process.ports):
        number, variables, remedy = port.published, {port.variable}, ""
        if number in wanted:
            other, other_port = wanted[number]
            variables.add(other_port.variable)
            reason = f"{os.strerror(errno.EADDRINUSE)} by {other} of this stack"
        elif reason := bind_error(number):
            who, remedy = holder(number), "stop that, or "
            reason += f" by {who}" if who else ""
        else:
            wanted[number] = name, port
            continue
        named = " or ".join(sorted(filter(None, variables)))
        remedy += f"set {named}, in .env or the shell" if named else "change the file that names it"
        errors.append(f"port {number} for {name}: {reason}: {remedy}")
    return errors


def bind_error(port: int) -> str:
    """Return why nobody can listen on a port of this machine, or nothing."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return ""
    except OSError as error:
        return os.strerror(error.errno or 0)


def holder(port: int) -> str:
    """Return who listens on a port: a container, or a process; nothing when that cannot be known."""
    command = ["docker", "ps", "--filter", f"publish={port}", "--format", "{{.Names}}"]
    process = listener(port)
    if process is None or process.name() == "docker-proxy":  # that of somebody else is not shown
        with suppress(OSError):
            asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)
            if names := asked.stdout.split():
                return f"the container {names[0]}"
    return f"{process.name()} (pid {process.pid})" if process else ""


def listener(port: int) -> psutil.Process | None:
    """Return the process that listens on a port, if this user may know it."""
    with suppress(psutil.Error):  # not everybody may ask
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and connection.laddr and connection.laddr.port == port:
                return psutil.Process(connection.pid)
    return None
