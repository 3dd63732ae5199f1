"""`tasks.ping` through a real worker on an in-memory broker, and the worker's liveness file."""

import os
import subprocess
import sys
from contextlib import contextmanager
from subprocess import PIPE
from unittest.mock import Mock

import app.tasks  # noqa: F401 (registers the tasks, as the worker's `include` does)
import pytest
from app import liveness
from app.consumer import Consumer
from app.worker import celery_app
from celery.contrib.testing.worker import start_worker


@pytest.fixture
def memory_broker(monkeypatch):
    changes = {
        "broker_url": "memory://",
        "broker_transport": "memory",
        "result_backend": "cache+memory://",
        "broker_transport_options": {"polling_interval": 0.01},
    }
    kept = {name: celery_app.conf[name] for name in [*changes, "result_backend_always_retry"]}
    celery_app.conf.update(changes)
    # without the liveness probe, which pings a Redis
    monkeypatch.setattr(celery_app, "steps", celery_app.steps | {"consumer": set()})
    yield
    celery_app.conf.update(kept)


def test_ping_answers_pong_through_a_worker(memory_broker):
    with start_worker(celery_app, perform_ping_check=False):
        assert celery_app.send_task("tasks.ping").get(timeout=10) == "pong"
        assert celery_app.conf.result_backend_always_retry, "a worker tries until it is stored"


def test_what_is_redelivered_has_died_with_its_worker():
    limits = celery_app.conf.broker_transport_options
    assert celery_app.conf.task_time_limit < limits["visibility_timeout"] <= 330
    assert limits["unacked_mutex_expire"] <= 10, (
        "a worker that dies while it looks blocks all others"
    )


def test_worker_stops_within_the_time_that_docker_gives_it():
    assert celery_app.conf.worker_soft_shutdown_timeout + 5 < 10


def test_worker_waits_for_its_broker_as_long_as_it_takes():
    assert celery_app.conf.broker_connection_max_retries is None


def test_worker_goes_on_when_redis_refuses_a_command():
    assert celery_app.conf.broker_channel_error_retry


def test_no_client_waits_for_ever_for_a_result():
    assert not celery_app.conf.result_backend_always_retry


def test_worker_looks_for_its_broker_once_a_second():
    ensure_connection = Mock()
    consumer = Consumer.__new__(Consumer)
    consumer.app = celery_app
    consumer.ensure_connected(Mock(ensure_connection=ensure_connection))
    asked = ensure_connection.call_args.kwargs
    assert (asked["interval_start"], asked["interval_step"]) == (1, 0)


def test_a_late_refresh_is_no_alarm():
    assert 2 * liveness.INTERVAL_SECONDS < liveness.MAX_AGE_SECONDS


@contextmanager
def process_that_touches(folder, seconds_ago=0):
    code = f"""
import time
from app import liveness
now = time.monotonic()
time.monotonic = lambda: now - {seconds_ago}
liveness.touch()
print(flush=True)
input()"""
    command = [sys.executable, "-c", code]
    environment = {"TMPDIR": str(folder)}
    with subprocess.Popen(command, env=environment, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout and process.stdout.readline()
        yield
        process.kill()


def check(folder):
    command = [sys.executable, liveness.__file__]
    environment = {"TMPDIR": str(folder)}
    return subprocess.run(command, env=environment, text=True, stderr=PIPE, check=False).stderr


def test_check_tells_a_worker_that_lives_from_one_that_does_not(tmp_path):
    assert "not reached its broker yet" in check(tmp_path)
    with process_that_touches(tmp_path):
        assert check(tmp_path) == ""
    assert "not reached its broker yet" in check(tmp_path), "the file of a dead worker is no proof"


def test_check_tells_a_worker_that_is_frozen_or_cut_off(tmp_path):
    with process_that_touches(tmp_path, seconds_ago=liveness.MAX_AGE_SECONDS + 1):
        assert "last reached its broker 11 s ago" in check(tmp_path)


def test_redis_url_alone_names_the_broker():
    foreign = {
        "CELERY_BROKER_URL": "redis://foreign:1",
        "CELERY_RESULT_BACKEND": "redis://foreign:1",
        "CELERY_CONFIG_MODULE": "foreign",
        "CELERY_LOADER": "foreign",
        "BROKER_URL": "redis://foreign:1",
        "REDIS_URL": "redis://own:2/3",
    }
    code = "from app.worker import celery_app as app; print(app.connection().as_uri(), app.backend.url)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | foreign,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [url.rpartition("/")[2] for url in done.stdout.split()] == ["3", "3"]
    assert "foreign" not in done.stdout
