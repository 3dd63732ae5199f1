"""What dev.sh refuses before anything starts, and what it removes."""

import asyncio
import os
import signal
import socket
import sys

import pytest
from native import command_line, supervisor
from native.translate import ProcessSpec


class NothingRuns:
    def __init__(self, processes):
        assert processes

    async def run(self):
        return True


@pytest.fixture
def row(monkeypatch, tmp_path):
    """Return the only file of an earlier run's data, in a state folder of this test's own."""
    monkeypatch.setattr(command_line, "STATE_DIR", tmp_path)
    monkeypatch.setattr(command_line, "STATE_FILE", tmp_path / "state.json")
    monkeypatch.setattr(command_line, "LOCK_TIMEOUT_SECONDS", 0.2)
    row = tmp_path / "data/postgres/row"
    row.parent.mkdir(parents=True)
    row.write_text("42")
    return row


@pytest.fixture
def port():
    """Return a port on which this process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def dev(monkeypatch, row):
    """Return what runs dev.sh's command line, without services, and returns what it is refused for."""
    monkeypatch.setattr(supervisor, "Supervisor", NothingRuns)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("REDIS_PORT", str(server.getsockname()[1]))  # which is free, once closed

    def run(*arguments, **settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(sys, "argv", ["dev.sh", "--no-deps", *arguments])
        try:
            assert command_line.main()
        except SystemExit as refusal:
            return str(refusal.code).splitlines()
        return []

    return run


def test_fresh_removes_the_data_of_earlier_runs_and_nothing_else_does(dev, row):
    assert dev("redis") == []
    assert row.exists()
    assert dev("redis", "--fresh") == []
    assert not row.exists()


def test_a_second_start_is_refused_and_removes_nothing(dev, row, tmp_path):
    with (tmp_path / "lock").open("a+") as lock:
        command_line.acquire_lock(lock)
        [line] = dev("redis", "--fresh")
    assert line == f"dev.sh: already running here as pid {os.getpid()}: Ctrl-C there stops it"
    assert row.exists()


def test_a_taken_port_names_port_holder_and_variable_and_removes_nothing(dev, row, port):
    [line] = dev("redis", "--fresh", REDIS_PORT=port)
    assert f"port {port} for redis: Address already in use by " in line
    assert "REDIS_PORT" in line
    assert row.exists()


def test_a_port_that_two_services_want_names_both_variables(dev):
    [line] = dev("redis", "api", API_PORT=os.environ["REDIS_PORT"])
    assert "API_PORT or REDIS_PORT" in line


@pytest.mark.parametrize(
    "value", ["0", "-1", "65536", "eight", " 80", "80 90", "８０", "8000-8002", "127.0.0.1:80"]
)
def test_what_is_no_port_is_one_line_that_names_the_variable(dev, value):
    [line] = dev("redis", REDIS_PORT=value)
    assert line == f"dev.sh: REDIS_PORT: expected a port from 1 to 65535, found {value!r}"


@pytest.mark.parametrize(
    ("service", "settings", "words"),
    [("no such", {}, "no service no such"), ("frontend", {"PATH": ""}, "needed: Node with npm")],
)
def test_what_cannot_start_is_one_line(dev, service, settings, words):
    [line] = dev(service, **settings)
    assert words in line


def test_a_hangup_that_nohup_ignores_stays_ignored(monkeypatch, tmp_path):
    monkeypatch.setattr(supervisor, "STATE_FILE", tmp_path / "state.json")
    monkeypatch.setattr("native.output.LOGS_DIR", tmp_path)
    monkeypatch.setattr("native.service.LOGS_DIR", tmp_path)
    processes = {"it": ProcessSpec("it", ("sleep", "60"), os.environ, tmp_path)}
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def run():
        running = asyncio.create_task(supervisor.Supervisor(processes).run())
        await asyncio.sleep(0)  # it has set its handlers
        handler = signal.getsignal(signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        await running
        return handler

    try:
        assert asyncio.run(run()) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_personal_compose_files_are_not_read_and_said_so(dev, monkeypatch, tmp_path, capsys):
    (tmp_path / "docker-compose.override.yml").write_text("broken: [")
    monkeypatch.setattr(command_line, "ROOT", tmp_path)
    assert dev("redis") == []
    assert "dev.sh: docker-compose.override.yml is not read here" in capsys.readouterr().out
