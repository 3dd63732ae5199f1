"""Tasks, sent through the broker by a client that runs where the api runs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from acceptance.drivers import data
from acceptance.drivers.shell import Result
from acceptance.drivers.stack import Stack

CLIENT_GRACE_SECONDS = 40  # beyond the client's own timeout, starting Python included


def ping(stack: Stack, how: str = "sends", seconds: int = 5) -> Result:
    """Return what a client prints that `sends` tasks.ping by name, or `calls` it, and waits.

    It prints the id of the task and the result. Its exit code is 124 when it hangs.
    """
    timeout = seconds + CLIENT_GRACE_SECONDS
    return stack.run_probe("api", "ping", how, str(seconds), timeout=timeout)


def stored_result(stack: Stack, task: str) -> str:
    """Return what the result backend holds for a task, read past Celery."""
    return data.redis_reply(stack.port("redis"), "GET", f"celery-task-meta-{task}")


def registered_tasks(stack: Stack) -> list[str]:
    """Return the tasks that the running worker knows, without Celery's own."""
    result = stack.run_probe("api", "registered_tasks").checked()
    return sorted(json.loads(result.output))


@contextmanager
def load(stack: Stack, seconds: int = 8) -> Iterator[None]:
    """Meanwhile, send tasks all the time, whether they arrive or not."""
    arguments = ("api", "load", str(seconds))
    sender = threading.Thread(target=stack.run_probe, args=arguments)
    sender.start()
    yield
    sender.join()
