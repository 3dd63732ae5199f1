"""Tests of the doctor."""

import socket
from unittest.mock import Mock

import doctor
import native.ports
import pytest

OLD_COMPOSE = '[ "$1" = version ] && echo 26.1.5 || echo 2.9.1'


@pytest.fixture
def install(monkeypatch, tmp_path):
    """Return a function that makes programs, given as shell code, the only ones on PATH."""
    doctor.findings.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))

    def write(**programs):
        for name, code in programs.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{code}\n")
            (tmp_path / name).chmod(0o755)

    return write


@pytest.mark.parametrize(
    ("check", "programs", "words"),
    [
        (doctor.engine, {}, "docker is not installed. Install or start Docker Engine 25"),
        (doctor.engine, {"docker": "echo daemon? >&2; exit 1"}, "docker version failed (daemon?)"),
        (doctor.engine, {"docker": OLD_COMPOSE}, "Engine 26.1.5 with Compose 2.9.1 is too old"),
        (doctor.engine, {"docker": "echo 26.1.5"}, ""),
        (doctor.node, {"node": "echo v24.1.0"}, "npm is not installed. Install npm."),
        (doctor.node, {"node": "echo v21.7.0", "npm": ""}, "Node v21.7.0 is not supported"),
        (doctor.node, {"node": "echo v20.19.0", "npm": ""}, ""),
        (doctor.node, {"node": "echo v24.1.0", "npm": ""}, ""),
        (doctor.browser, {}, "no Chrome or Chromium found"),
    ],
)
def test_programs_and_versions(install, check, programs, words):
    install(**programs)
    found = "".join(doctor.findings(check))
    assert words in found and bool(words) == bool(found)


def test_unknown_variables(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("API_PROT=1\nCOMPOSE_PROFILES=tools\n")
    (tmp_path / ".env.example").write_text("API_PORT=8000\n")
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    assert [*doctor.variables()] == [".env: unknown variable API_PROT. Did you mean API_PORT?"]


@pytest.mark.parametrize(("own", "count"), [("a-api-1", 1), ("b-api-1", 0)])
def test_occupied_ports(install, monkeypatch, own, count):
    install(docker=f'[ "$2" = ps ] && echo {own} || echo 26.1.5')
    monkeypatch.setattr(native.ports, "port_owner", Mock(return_value="container b-api-1"))
    monkeypatch.setattr(doctor, "STATE_FILE", doctor.ROOT / "nothing")
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("API_PORT", number := str(server.getsockname()[1]))
        found = [line for line in doctor.ports() if number in line]
    line = f"port {number} is already in use by container b-api-1. Stop it or set API_PORT in .env."
    assert found == [line] * count
