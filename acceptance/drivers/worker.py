"""Tasks, sent by a client on this machine over the published port of Redis."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from acceptance.drivers import data
from acceptance.drivers.stack import Stack

TIMEOUT_SECONDS = 5


@contextmanager
def client(stack: Stack) -> Iterator[Any]:
    """Yield a Celery client that knows no setting of the product; Celery is slow to import."""
    from celery import Celery

    url = f"redis://127.0.0.1:{stack.port('redis')}/0"
    with Celery(backend=url, set_as_current=False) as app:
        app.conf.update(
            broker_read_url=url,  # which no variable of the shell overrides
            broker_write_url=url,
            broker_transport_options={"socket_timeout": TIMEOUT_SECONDS},
            redis_socket_timeout=TIMEOUT_SECONDS,
            result_backend_transport_options={"retry_policy": {"timeout": 1}},
        )
        yield app


def ping(stack: Stack, seconds: float = TIMEOUT_SECONDS) -> str:
    """Return the result of tasks.ping, or why there is none after some seconds."""
    with client(stack) as app:
        try:
            return app.send_task("tasks.ping").get(timeout=seconds)
        except Exception as error:  # noqa: BLE001 (whatever kind)
            return repr(error)


def registered_tasks(stack: Stack) -> list[str]:
    """Return the tasks that the running worker knows, without Celery's own."""
    with client(stack) as app:
        [tasks] = app.control.inspect(timeout=20, limit=1).registered().values()
        return tasks


def send_counted(stack: Stack, tasks: list[list[int]], first: int) -> list[str]:
    """Send counted tasks, numbered from `first`; return their ids.

    Each runs for some seconds, after it has killed its own process or was stopped some times.
    """
    with client(stack) as app:
        numbered = enumerate(tasks, first)
        return [app.send_task("counted.run", [number, *kind]).id for number, kind in numbered]


def counts(stack: Stack, what: str) -> dict[str, int]:
    """Return how often each counted task, by its number, has `begun` or `ran`."""
    reply = data.redis_reply(stack.port("redis"), "HGETALL", what)
    return {number: int(times) for number, times in reply.items()}


def unacknowledged(stack: Stack) -> int:
    """Return how many tasks a worker has taken and not acknowledged."""
    return data.redis_reply(stack.port("redis"), "HLEN", "unacked")


def stored_result(stack: Stack, task: str) -> str:
    """Return what the result backend holds for a task, read past Celery."""
    return str(data.redis_reply(stack.port("redis"), "GET", f"celery-task-meta-{task}"))
