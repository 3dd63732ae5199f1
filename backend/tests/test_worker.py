"""`tasks.ping` through a real worker on an in-memory broker, and the worker's sign of life."""

import os

import pytest
from celery.contrib.testing.worker import start_worker

from app import heartbeat
from app.worker import Heartbeat, celery_app


def test_ping_answers_pong_through_a_worker(monkeypatch):
    celery_app.conf.update(
        broker_url="memory://",
        result_backend="cache+memory://",
        broker_transport_options={"polling_interval": 0.01},
    )
    monkeypatch.setattr(
        celery_app, "steps", celery_app.steps | {"consumer": set()}
    )  # it pings a Redis
    with start_worker(celery_app, perform_ping_check=False):
        assert celery_app.send_task("tasks.ping").get(timeout=10) == "pong"


def test_heartbeat_is_part_of_the_worker():
    assert Heartbeat in celery_app.steps["consumer"]


def test_a_late_heartbeat_is_no_alarm():
    assert 2 * heartbeat.INTERVAL < heartbeat.MAX_AGE


def test_heartbeat_tells_missing_fresh_and_stale(monkeypatch, tmp_path):
    monkeypatch.setattr(heartbeat, "FILE", tmp_path / "beat")
    with pytest.raises(SystemExit, match="not reached its broker yet"):
        heartbeat.check()
    heartbeat.beat()
    heartbeat.check()
    heartbeat.forget()
    with pytest.raises(SystemExit, match="not reached its broker yet"):
        heartbeat.check()
    heartbeat.beat()
    stale = heartbeat.FILE.stat().st_mtime - heartbeat.MAX_AGE - 1
    os.utime(heartbeat.FILE, (stale, stale))
    with pytest.raises(SystemExit, match="last reached its broker 1[12] s ago"):
        heartbeat.check()
