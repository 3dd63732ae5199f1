"""`tasks.ping` through a worker on an in-memory broker, settings of tasks, the liveness file."""

import os
import runpy
import subprocess
import sys
import time

import app.tasks  # registers the tasks, as the worker's `include` does
import pytest
from app import liveness
from app.worker import celery_app
from celery.contrib.testing.worker import start_worker


@pytest.fixture
def memory_broker(monkeypatch):
    changes = {
        "broker_read_url": "memory://",
        "broker_write_url": "memory://",
        "result_backend": "cache+memory://",
        "broker_transport_options": {"polling_interval": 0.01},
        "worker_soft_shutdown_timeout": 0.0,
    }
    kept = {name: celery_app.conf[name] for name in [*changes, "result_backend_always_retry"]}
    celery_app.conf.update(changes)
    # the liveness probe pings a Redis
    monkeypatch.setattr(celery_app, "steps", celery_app.steps | {"consumer": set()})
    yield
    celery_app.conf.update(kept)


def test_ping_answers_pong(memory_broker):
    with start_worker(celery_app, perform_ping_check=False):
        assert celery_app.send_task("tasks.ping").get(timeout=10) == "pong"
        assert celery_app.conf.result_backend_always_retry


def test_clients_do_not_retry_for_ever():
    assert not celery_app.conf.result_backend_always_retry


def test_running_tasks_are_not_redelivered():
    options = celery_app.conf.broker_transport_options
    assert celery_app.conf.task_time_limit < options["visibility_timeout"] <= 330
    # the lock of a worker that dies during its search blocks all others
    assert options["unacked_mutex_expire"] <= 10


def test_worker_stops_within_docker_grace():
    assert celery_app.conf.worker_soft_shutdown_timeout + 5 < 10


def test_worker_keeps_retrying_its_broker():
    assert celery_app.conf.broker_connection_max_retries is None
    assert celery_app.conf.broker_channel_error_retry


def test_redis_url_names_the_broker(monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://foreign:1")
    monkeypatch.setenv("REDIS_URL", "redis://own:2/3")
    worker = runpy.run_path(app.worker.__file__)["celery_app"]
    for_reading, for_writing = worker.connection_for_read(), worker.connection_for_write()
    urls = [for_reading.as_uri(), for_writing.as_uri(), worker.backend.url]
    assert [url.partition("own:")[2] for url in urls] == ["2/3"] * 3


def test_one_late_refresh_is_tolerated():
    assert 2 * liveness.INTERVAL_SECONDS < liveness.MAX_AGE_SECONDS


def check_liveness(folder) -> str:
    command = [sys.executable, liveness.__file__]
    done = subprocess.run(
        command, env={"TMPDIR": str(folder)}, stderr=subprocess.PIPE, text=True, check=False
    )
    assert bool(done.stderr) == bool(done.returncode)
    return done.stderr


def test_healthcheck_reads_the_liveness_file(monkeypatch, tmp_path):
    assert "has not reached its broker yet" in check_liveness(tmp_path)
    monkeypatch.setattr(liveness, "FILE", str(tmp_path / "worker-liveness"))
    liveness.touch()
    assert check_liveness(tmp_path) == ""
    late = time.time() - liveness.MAX_AGE_SECONDS - 1
    os.utime(liveness.FILE, (late, late))
    assert "last reached its broker 11 s ago" in check_liveness(tmp_path)
    liveness.touch()
    assert check_liveness(tmp_path) == ""
