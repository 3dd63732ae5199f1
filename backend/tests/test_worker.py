"""`tasks.ping` through a real worker on an in-memory broker, and the worker's liveness file."""

import os

import app.tasks  # noqa: F401 (registers the tasks, as the worker's `include` does)
import pytest
from app import liveness
from app.worker import LivenessProbe, celery_app
from celery.contrib.testing.worker import start_worker


def test_ping_answers_pong_through_a_worker(monkeypatch):
    celery_app.conf.update(
        broker_url="memory://",
        result_backend="cache+memory://",
        broker_transport_options={"polling_interval": 0.01},
    )
    # without the liveness probe, which pings a Redis
    monkeypatch.setattr(celery_app, "steps", celery_app.steps | {"consumer": set()})
    with start_worker(celery_app, perform_ping_check=False):
        assert celery_app.send_task("tasks.ping").get(timeout=10) == "pong"


def test_liveness_probe_is_part_of_the_worker():
    assert LivenessProbe in celery_app.steps["consumer"]


def test_a_late_refresh_is_no_alarm():
    assert 2 * liveness.INTERVAL_SECONDS < liveness.MAX_AGE_SECONDS


def test_check_tells_a_missing_a_fresh_and_a_stale_file(monkeypatch, tmp_path):
    monkeypatch.setattr(liveness, "FILE", tmp_path / "liveness")
    with pytest.raises(SystemExit, match="not reached its broker yet"):
        liveness.check()
    liveness.touch()
    liveness.check()
    liveness.clear()
    with pytest.raises(SystemExit, match="not reached its broker yet"):
        liveness.check()
    liveness.touch()
    stale = liveness.FILE.stat().st_mtime - liveness.MAX_AGE_SECONDS - 1
    os.utime(liveness.FILE, (stale, stale))
    with pytest.raises(SystemExit, match=r"last reached its broker 1[12] s ago"):
        liveness.check()
