"""What dev.sh refuses and removes, and how it follows a service."""

import asyncio
import os
import signal
import socket

import pytest
from native import __main__ as dev
from native import service, supervisor
from native.compose_file import Port, ServiceSpec
from native.env_file import ComposeFileError
from native.ports import taken_ports


def test_only_fresh_removes_data(monkeypatch, tmp_path):
    for name, place in {"STATE_DIR": "", "LOGS_DIR": "logs", "STATE_FILE": "state.json"}.items():
        monkeypatch.setattr(dev, name, tmp_path / place)
    (tmp_path / "data/postgres").mkdir(parents=True)
    dev.clean(fresh=False)
    assert (tmp_path / "data/postgres").exists()
    dev.clean(fresh=True)
    assert not (tmp_path / "data/postgres").exists()


def test_second_start_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(dev, "LOCK_ATTEMPTS", 1)
    with (tmp_path / "lock").open("w") as lock, (tmp_path / "lock").open("w") as other:
        dev.acquire_lock(lock)
        with pytest.raises(ComposeFileError, match="already running"):
            dev.acquire_lock(other)


def test_occupied_port_names_owner_and_variable(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        spec = ServiceSpec(name="it", cwd=tmp_path, ports=[Port(80, port, "IT_PORT")])
        [line, other] = taken_ports([spec, spec])
    assert line.startswith(f"port {port} is already in use by ")
    assert line.endswith(f"(pid {os.getpid()}). Stop it or set IT_PORT in .env.")
    assert f"port {port} is already in use by it." in other


def test_start_period_keeps_a_service_starting(monkeypatch, tmp_path):
    monkeypatch.setattr(service, "LOGS_DIR", tmp_path)
    monkeypatch.setattr(service, "REPORT_SECONDS", 0)
    check = {"test": ["CMD-SHELL", "echo wrong password; exit 1"], "start_interval": "1ms"}
    check |= {"interval": "1ms", "retries": 1, "start_period": "10m"}
    keys = {"name": "it", "cwd": tmp_path, "command": ["sleep", "60"], "healthcheck": check}
    spec = ServiceSpec.model_validate(keys | {"environment": {"PATH": os.environ["PATH"]}})
    health: set[str] = set()

    async def run():
        it = service.Service(spec, print, lambda: health.add(it.health))
        running = asyncio.create_task(it.supervise())
        while not it.check_output:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(run())
    assert health == {"starting"}
    assert "not healthy yet: wrong password" in (tmp_path / "it.log").read_text()


def test_stop_during_restart_is_graceful(monkeypatch, tmp_path, capfd):
    script = "trap 'sleep 0.5; echo bye; exit' TERM; echo begun; while :; do sleep 0.1; done"
    rule = {"path": str(tmp_path / "source"), "action": "sync+restart"}
    keys = {"name": "it", "cwd": tmp_path, "command": ["sh", "-c", script]}
    keys |= {"develop": {"watch": [rule]}, "environment": {"PATH": os.environ["PATH"]}}
    for module in (service, supervisor):
        monkeypatch.setattr(module, "LOGS_DIR", tmp_path)
    monkeypatch.setattr(supervisor, "STATE_FILE", tmp_path / "state.json")
    (tmp_path / "source").mkdir()

    async def run():
        running = supervisor.Supervisor({"it": ServiceSpec.model_validate(keys)}).run()
        task, printed = asyncio.create_task(running), ""
        while "restarting it" not in printed:
            printed += capfd.readouterr().out
            if "begun" in printed:
                (tmp_path / "source/edit").touch()
            await asyncio.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        assert await task

    asyncio.run(run())
    assert "bye" in (tmp_path / "it.log").read_text()
