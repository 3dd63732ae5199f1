"""The worker: `celery -A app.worker:celery_app worker -l info`, and the client that sends its tasks.

What was accepted is done: a task is acknowledged when it has run, so what dies with a worker is
delivered again, at the latest VISIBILITY_TIMEOUT_SECONDS after it was taken from the queue.
"""

import os

import celery
from celery import signals

from app.settings import load_settings

SOCKET_TIMEOUT_SECONDS = 1.0  # without one, a frozen Redis blocks its clients for ever
SEND_RETRY_SECONDS = 0.5  # once: with the socket's timeouts, a client hears within 4 s
SOFT_SHUTDOWN_SECONDS = 4.0  # for running tasks to end; with the rest within Docker's 10 s
TASK_TIME_LIMIT_SECONDS = 300
# longer than any task may run: what is redelivered has died with its worker, or could not be acknowledged
VISIBILITY_TIMEOUT_SECONDS = TASK_TIME_LIMIT_SECONDS + 30
REDELIVERY_INTERVAL_SECONDS = 5  # between two looks for such tasks


class Task(celery.Task):  # type: ignore[type-arg]
    """The base class of all tasks."""

    default_retry_delay = 1  # second: also before a task whose process was killed runs again


for name in [name for name in os.environ if name.startswith("CELERY_")]:
    del os.environ[name]  # Celery would obey these rather than REDIS_URL
_redis_url = str(load_settings().redis_url)

celery_app = celery.Celery(
    "ia_crm", broker=_redis_url, backend=_redis_url, include=["app.tasks"], task_cls=Task
)
celery_app.conf.update(
    task_acks_late=True,
    task_publish_retry_policy={
        "max_retries": 1,
        "interval_start": SEND_RETRY_SECONDS,
        "interval_max": SEND_RETRY_SECONDS,
    },
    task_time_limit=TASK_TIME_LIMIT_SECONDS,
    task_retry_on_worker_lost=True,
    task_reject_on_worker_lost=True,  # when the retry cannot be sent
    worker_prefetch_multiplier=1,  # with late acknowledgement: a worker holds what it runs, no more
    worker_concurrency=2,  # the default, a process of 25 MB for each core, is for production
    worker_soft_shutdown_timeout=SOFT_SHUTDOWN_SECONDS,
    worker_consumer="app.consumer:Consumer",
    broker_transport="app.broker:Transport",
    broker_channel_error_retry=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
        "unacked_restore_interval": REDELIVERY_INTERVAL_SECONDS,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": REDELIVERY_INTERVAL_SECONDS,  # a worker may die while it looks
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
    },
    redis_socket_timeout=SOCKET_TIMEOUT_SECONDS,
    redis_socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
    result_backend_transport_options={
        "retry_policy": {"timeout": SOCKET_TIMEOUT_SECONDS},
        "additional_connection_errors": "redis.exceptions:OutOfMemoryError",
    },
)
celery_app.steps["consumer"].add("app.consumer:LivenessProbe")


@signals.worker_init.connect
def retry_storing_results(**_: object) -> None:
    """Let the worker, and no client, try until a result is stored."""
    celery_app.conf.result_backend_always_retry = True
