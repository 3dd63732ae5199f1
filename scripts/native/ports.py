"""Ports of this machine: which are taken, and by whom."""

import errno
import socket
import subprocess
from collections.abc import Iterable
from contextlib import suppress

import psutil

from native.compose_file import ServiceSpec


def taken_ports(specs: Iterable[ServiceSpec]) -> list[str]:
    """Return a line for each port that another program occupies."""
    return [
        f"port {port.published} is already in use by {port_owner(port.published)}. "
        f"Stop it{f' or set {port.variable} in .env' if port.variable else ''}."
        for spec in specs
        for port in spec.ports
        if is_taken(port.published)
    ]


def is_taken(port: int) -> bool:
    """Return whether another program listens on a port."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def port_owner(port: int) -> str:
    """Return the container or the process that listens on a port, if this user may know it."""
    command = ["docker", "ps", "--filter", f"publish={port}", "--format", "{{.Names}}"]
    with suppress(OSError, subprocess.TimeoutExpired):
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)
        if names := found.stdout.split():
            return f"container {names[0]}"
    with suppress(psutil.Error):  # needs privileges on some systems
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.pid and (port in each.laddr):
                return f"{psutil.Process(each.pid).name()} (pid {each.pid})"
    return "another program"
