"""`tasks.ping` through a real worker on an in-memory broker, and the worker's liveness file."""

import subprocess
import sys
from unittest.mock import Mock

import app.tasks  # noqa: F401 (registers the tasks, as the worker's `include` does)
import pytest
from app import liveness, worker
from app.consumer import Consumer
from app.worker import celery_app
from celery.contrib.testing.worker import start_worker


def test_ping_answers_pong_through_a_worker(monkeypatch):
    celery_app.conf.update(
        broker_url="memory://",
        broker_transport="memory",
        result_backend="cache+memory://",
        broker_transport_options={"polling_interval": 0.01},
    )
    # without the liveness probe, which pings a Redis
    monkeypatch.setattr(celery_app, "steps", celery_app.steps | {"consumer": set()})
    with start_worker(celery_app, perform_ping_check=False):
        assert celery_app.send_task("tasks.ping").get(timeout=10) == "pong"


def test_what_is_redelivered_has_died_with_its_worker():
    assert worker.TASK_TIME_LIMIT_SECONDS < worker.VISIBILITY_TIMEOUT_SECONDS


def test_worker_stops_within_the_time_that_docker_gives_it():
    assert worker.SOFT_SHUTDOWN_SECONDS + 5 < 10


def test_worker_looks_for_its_broker_once_a_second():
    ensure_connection = Mock()
    consumer = Consumer.__new__(Consumer)
    consumer.app = celery_app
    consumer.ensure_connected(Mock(ensure_connection=ensure_connection))
    asked = ensure_connection.call_args.kwargs
    assert (asked["interval_start"], asked["interval_step"]) == (1, 0)


def test_a_late_refresh_is_no_alarm():
    assert 2 * liveness.INTERVAL_SECONDS < liveness.MAX_AGE_SECONDS


def test_check_tells_a_missing_a_fresh_and_a_stale_file(monkeypatch, tmp_path):
    now = 1000.0
    monkeypatch.setattr(liveness, "FILE", str(tmp_path / "liveness"))
    monkeypatch.setattr(liveness.time, "monotonic", lambda: now)
    liveness.clear()
    with pytest.raises(SystemExit, match="not reached its broker yet"):
        liveness.check()
    liveness.touch()
    liveness.check()
    now += liveness.MAX_AGE_SECONDS + 1
    with pytest.raises(SystemExit, match="last reached its broker 11 s ago"):
        liveness.check()
    liveness.clear()
    with pytest.raises(SystemExit, match="not reached its broker yet"):
        liveness.check()


def test_the_healthcheck_reads_the_file_that_the_worker_writes(monkeypatch, tmp_path):
    check = [sys.executable, liveness.__file__]
    assert subprocess.run(check, env={"TMPDIR": str(tmp_path)}, check=False).returncode == 1
    environment = {"TMPDIR": str(tmp_path)}
    code = "from app import liveness; liveness.touch()"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    subprocess.run(check, env=environment, check=True)
