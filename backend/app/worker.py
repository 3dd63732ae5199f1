"""The worker, `celery -A app.worker:celery_app worker -l info`, and the client that sends its tasks.

Tasks are acknowledged late, so a task whose worker dies is redelivered, at the latest
VISIBILITY_TIMEOUT_SECONDS after a worker took it from the queue.
"""

import celery
from celery import signals

from app.settings import load_settings

SOCKET_TIMEOUT_SECONDS = 1.0  # without one, a frozen Redis blocks its clients for ever
SEND_RETRY_SECONDS = 0.5  # one retry: with the socket timeouts, a client fails within 4 s
SOFT_SHUTDOWN_SECONDS = 4.0  # most tasks end in it
TASK_TIME_LIMIT_SECONDS = 300
# longer than any task may run, so that no running task is redelivered
VISIBILITY_TIMEOUT_SECONDS = TASK_TIME_LIMIT_SECONDS + 30
REDELIVERY_INTERVAL_SECONDS = 5  # between two searches for tasks of dead workers


class Task(celery.Task):  # type: ignore[type-arg]
    """The base class of all tasks."""

    default_retry_delay = 1  # second: also applies to a task whose process was killed


_redis_url = str(load_settings().redis_url)
celery_app = celery.Celery("ia_crm", backend=_redis_url, include=["app.tasks"], task_cls=Task)
celery_app.conf.update(
    # not broker_url: CELERY_BROKER_URL in the shell would override it
    broker_read_url=_redis_url,
    broker_write_url=_redis_url,
    task_acks_late=True,
    task_publish_retry_policy={
        "max_retries": 1,
        "interval_start": SEND_RETRY_SECONDS,
        "interval_max": SEND_RETRY_SECONDS,
    },
    task_time_limit=TASK_TIME_LIMIT_SECONDS,
    task_retry_on_worker_lost=True,
    task_reject_on_worker_lost=True,  # when the retry cannot be sent
    worker_prefetch_multiplier=1,  # with late acknowledgement: a worker holds only what it runs
    worker_concurrency=2,  # the default, a process of 25 MB per core, suits production
    worker_soft_shutdown_timeout=SOFT_SHUTDOWN_SECONDS,
    worker_consumer="app.consumer:Consumer",
    broker_channel_error_retry=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
        "unacked_restore_interval": REDELIVERY_INTERVAL_SECONDS,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": REDELIVERY_INTERVAL_SECONDS,  # a worker may die during a search
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
    },
    redis_socket_timeout=SOCKET_TIMEOUT_SECONDS,
    redis_socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
    result_backend_transport_options={"retry_policy": {"timeout": SOCKET_TIMEOUT_SECONDS}},
)
celery_app.steps["consumer"].add("app.consumer:LivenessProbe")


@signals.worker_init.connect
def retry_storing_results(**_: object) -> None:
    """Let the worker, and no client, retry until a result is stored."""
    celery_app.conf.result_backend_always_retry = True
