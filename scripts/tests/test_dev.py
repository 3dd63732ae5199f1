"""What dev.sh refuses and removes, and how it follows a service."""

import asyncio
import os
import socket
import sys

import pytest
from native import __main__ as dev
from native import service
from native.compose_file import ServiceSpec


class NothingRuns:
    def __init__(self, specs):
        assert specs

    async def run(self):
        return True


@pytest.fixture
def row(monkeypatch, tmp_path):
    """Return a file of an earlier run's data."""
    for name, place in {"STATE_DIR": "", "LOGS_DIR": "logs", "STATE_FILE": "state.json"}.items():
        monkeypatch.setattr(dev, name, tmp_path / place)
    row = tmp_path / "data/postgres/row"
    row.parent.mkdir(parents=True)
    row.touch()
    return row


@pytest.fixture
def run(monkeypatch, row):
    """Return a function that runs dev.sh without services and returns why it refuses."""
    monkeypatch.setattr(dev, "Supervisor", NothingRuns)
    monkeypatch.setattr(dev, "LOCK_ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("REDIS_PORT", str(server.getsockname()[1]))  # free, once closed

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["dev.sh", "--no-deps", *arguments])
        try:
            return "" if dev.main() else "failed"
        except SystemExit as refusal:
            return str(refusal.code)

    return run


def test_only_fresh_removes_data(run, row):
    assert run("redis") == "" and row.exists()
    assert run("redis", "--fresh") == "" and not row.exists()


def test_second_start_is_refused(run, row, tmp_path):
    with (tmp_path / "lock").open("a+") as lock:
        dev.acquire_lock(lock)
        assert "already running" in run("redis", "--fresh")
    assert row.exists()


def test_occupied_port_names_owner_and_variable(run, row):
    port = os.environ["REDIS_PORT"]
    with socket.create_server(("127.0.0.1", int(port))):
        line = run("redis", "--fresh")
    assert line.startswith(f"dev.sh: port {port} is already in use by ")
    assert line.endswith(f"(pid {os.getpid()}). Stop it or set REDIS_PORT in .env.")
    assert row.exists()


def test_start_period_keeps_a_service_starting(monkeypatch, tmp_path):
    monkeypatch.setattr(service, "LOGS_DIR", tmp_path)
    monkeypatch.setattr(service, "REPORT_SECONDS", 0)
    check = {"test": ["CMD-SHELL", "echo wrong password; exit 1"], "start_interval": "1ms"}
    check |= {"interval": "1ms", "retries": 1, "start_period": "10m"}
    keys = {"name": "it", "cwd": tmp_path, "command": ["sleep", "60"], "healthcheck": check}
    spec = ServiceSpec.model_validate(keys | {"environment": {"PATH": os.environ["PATH"]}})
    health: set[str] = set()

    async def run():
        it = service.Service(spec, print, lambda: health.add(it.health), is_one_shot=False)
        running = asyncio.create_task(it.supervise())
        while not it.check_output:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(run())
    assert health == {"starting"}
    assert "not healthy yet: wrong password" in (tmp_path / "it.log").read_text()
