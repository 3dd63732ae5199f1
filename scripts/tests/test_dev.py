"""What dev.sh refuses and removes, and how it follows a service."""

import os
import time

from native import __main__ as dev
from native import service
from native.compose_file import ServiceSpec
from native.service import Service


def test_only_fresh_removes_data(monkeypatch, tmp_path):
    monkeypatch.setattr(dev, "STATE_DIR", tmp_path)
    monkeypatch.setattr(dev, "STATE_FILE", tmp_path / "state.json")
    (tmp_path / "data/postgres").mkdir(parents=True)
    dev.clean(fresh=False)
    assert (tmp_path / "data/postgres").exists()
    dev.clean(fresh=True)
    assert not (tmp_path / "data/postgres").exists()


def start(folder, script, **keys):
    """Return a service, and a function that runs it until a condition holds."""
    keys |= {"name": "it", "cwd": folder, "command": ["sh", "-c", script]}
    keys["environment"] = {"PATH": os.environ["PATH"], "TMPDIR": str(folder / "tmp")}
    it = Service(ServiceSpec.model_validate(keys), folder / "it.log", print)
    steps = it.supervise()

    def run_until(condition):
        next(steps)
        while not condition():
            next(steps)
            time.sleep(0.01)

    return it, run_until


def test_start_period_keeps_a_service_starting(monkeypatch, tmp_path):
    monkeypatch.setattr(service, "REPORT_SECONDS", 0)
    check = {"test": ["CMD-SHELL", "echo wrong password; exit 1"], "start_interval": "1ms"}
    check |= {"interval": "1ms", "retries": 1, "start_period": "10m"}
    it, run_until = start(tmp_path, "exec sleep 60", healthcheck=check)
    run_until(lambda: it.check_output)
    assert it.health == "starting"
    assert "not healthy yet: wrong password" in it.log.read_text()
    it.interrupted = True
    run_until(lambda: not it.pid)


def test_interrupted_service_stops_gracefully(tmp_path):
    it, run_until = start(
        tmp_path, "trap 'sleep 1; echo bye; exit' TERM; echo hi; while sleep 0.1; do :; done"
    )
    run_until(lambda: "hi" in it.log.read_text())
    it.interrupted = True
    run_until(lambda: not it.pid)
    assert "bye" in it.log.read_text()
