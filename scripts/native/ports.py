"""Ports of this machine: which are taken, and by whom."""

import os
import socket
import subprocess
from collections.abc import Iterable
from contextlib import suppress

import psutil

from native.compose_file import ServiceSpec


def taken_ports(specs: Iterable[ServiceSpec]) -> list[str]:
    """Return a line for each port that is taken, or that two services want."""
    errors: list[str] = []
    wanted: dict[int, str] = {}
    for name, port in ((spec.name, port) for spec in specs for port in spec.ports):
        number, owner = port.published, wanted.get(port.published, "")
        if not owner and bind_error(number):
            owner = port_owner(number) or "another program"
        wanted[number] = name
        if owner:
            remedy = f" or set {port.variable} in .env" if port.variable else ""
            errors.append(f"port {number} is already in use by {owner}. Stop it{remedy}.")
    return errors


def bind_error(port: int) -> str:
    """Return why no program can listen on a port, or an empty text."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return ""
    except OSError as error:
        return os.strerror(error.errno or 0)


def port_owner(port: int) -> str:
    """Return the container or the process that listens on a port, if this user may know it."""
    process = ""
    with suppress(psutil.Error):  # needs privileges on some systems
        for each in psutil.net_connections("tcp"):
            listens = each.status == psutil.CONN_LISTEN and each.pid
            if listens and each.laddr and each.laddr.port == port:
                process = f"{psutil.Process(each.pid).name()} (pid {each.pid})"
    if not process or process.startswith("docker-proxy"):
        command = ["docker", "ps", "--filter", f"publish={port}", "--format", "{{.Names}}"]
        with suppress(OSError, subprocess.TimeoutExpired):
            found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)
            if names := found.stdout.split():
                return f"container {names[0]}"
    return process
